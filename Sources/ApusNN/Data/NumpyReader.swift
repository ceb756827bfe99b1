import ApusAutograd
import ApusNumerics

/// NumPy's array files: magic "\u{93}NUMPY", version, header length, a Python dictionary, the elements.
/// (numpy.lib.format, versions 1.0 to 3.0.)
enum NumpyReader {
  static func parse(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(magic) else {
      throw ApusError.malformedFile(reason: "npy: does not begin with NumPy's magic bytes")
    }
    guard (1...3).contains(bytes[6]) else {
      throw ApusError.unsupportedVersion(reason: "npy: version \(bytes[6]).\(bytes[7]), known are 1 to 3")
    }
    let isShort = bytes[6] == 1
    guard isShort || bytes.count >= 12 else { throw ApusError.malformedFile(reason: "npy: ends in its header") }
    var length = Int(bytes[8]) | Int(bytes[9]) << 8
    if !isShort { length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
    let start = isShort ? 10 : 12
    guard length <= bytes.count &- start, length <= 65_536 else {
      throw ApusError.malformedFile(reason: "npy: a header of \(length) bytes does not fit the file")
    }
    let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ length]), as: UTF8.self)
    let header = try Header(text)
    let elements = UnsafeRawBufferPointer(rebasing: bytes[(start &+ length)...])
    let source = header.isColumnMajor ? Array(header.shape.reversed()) : header.shape
    let array = try ElementReader.array(
      elements, source, header.type, isBigEndian: header.isBigEndian, format: "npy")
    return Tensor(header.isColumnMajor ? try array.transposed.contiguous() : array)
  }

  /// What the dictionary says.
  private struct Header {
    let type: ElementReader.Kind
    let isBigEndian: Bool
    let isColumnMajor: Bool
    let shape: [Int]

    init(_ text: String) throws {
      guard let description = Self.value(of: "descr", in: text), let order = Self.value(of: "fortran_order", in: text),
        let shape = Self.value(of: "shape", in: text)
      else { throw ApusError.malformedFile(reason: "npy: the header lacks descr, fortran_order or shape") }
      let kind = description.filter { $0 != "'" && $0 != "\"" }
      guard let type = ElementReader.Kind(rawValue: String(kind.dropFirst())), let byteOrder = kind.first,
        "<>|=".contains(byteOrder)
      else {
        throw ApusError.malformedFile(reason: "npy: element type \(kind.prefix(20)) is not one of numbers or bool")
      }
      self.type = type
      isBigEndian = byteOrder == ">"
      guard order == "True" || order == "False" else {
        throw ApusError.malformedFile(reason: "npy: fortran_order is \(order.prefix(20))")
      }
      isColumnMajor = order == "True"
      self.shape = try shape.filter { $0 != "(" && $0 != ")" }.split(separator: ",").map { part in
        guard let extent = Int(part.filter { $0 != " " }), extent >= 0 else {
          throw ApusError.malformedFile(reason: "npy: '\(part.prefix(20))' is no extent")
        }
        return extent
      }
      guard self.shape.count <= 32 else { throw ApusError.malformedFile(reason: "npy: more than 32 dimensions") }
    }

    /// The text after `'key':` up to the next comma outside parentheses.
    private static func value(of key: String, in text: String) -> String? {
      let characters = Array(text)
      let pattern = Array("'\(key)'")
      guard characters.count > pattern.count else { return nil }
      for start in 0...(characters.count - pattern.count)
      where Array(characters[start..<start + pattern.count]) == pattern {
        guard let colon = characters[(start + pattern.count)...].firstIndex(of: ":") else { return nil }
        var depth = 0
        var result: [Character] = []
        for character in characters[(colon + 1)...] {
          if character == "(" { depth += 1 }
          if depth == 0, character == "," || character == "}" { break }
          result.append(character)
          if character == ")" { depth -= 1 }
        }
        return String(result.filter { $0 != " " })
      }
      return nil
    }
  }
}
