@testable import ApusModels

/// Files in the form they are mutated in, and back: a header text, a zero byte and the data. What a mutation could not guess,
/// the length, the alignment and the checksum, is added here, so that every layer behind them is reached.
enum FuzzFile {
  private static let marker = Array("\"checksum\":\"xxh64:".utf8)

  static func assemble(_ input: [UInt8]) -> [UInt8] {
    let end = input.firstIndex(of: 0) ?? input.count
    var header = Array(input[..<end])
    while (header.count + 8) % 64 != 0 { header.append(0x20) }
    var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    file.append(contentsOf: input.dropFirst(end + 1))
    guard file.count >= marker.count + 16 else { return file }
    for start in 0..<(file.count - marker.count - 16)
    where file[start] == marker[0] && file[start..<(start + marker.count)].elementsEqual(marker) {
      let digits = (start + marker.count)..<(start + marker.count + 16)
      file.replaceSubrange(digits, with: repeatElement(UInt8(ascii: "0"), count: 16))
      var hash = XXH64()
      file.withUnsafeBytes { hash.update($0) }
      file.replaceSubrange(digits, with: Hexadecimal.text(hash.value).utf8)
      break
    }
    return file
  }

  static func disassemble(_ file: [UInt8]) -> [UInt8] {
    let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    return file[8..<(8 + length)] + [0] + file[(8 + length)...]
  }
}
