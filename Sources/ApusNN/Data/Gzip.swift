import ApusNumerics

/// Decompression of gzip files (RFC 1952) with DEFLATE (RFC 1951).
enum Gzip {
  /// The ratio up to which the length a file claims is believed at once; more is allocated as it is decompressed.
  private static let believedRatio = 8

  /// The contents of all members one after the other.
  ///
  /// - Throws: ``ApusError/malformedFile(reason:)`` for damaged data, checked by length and CRC-32.
  static func decompress(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Buffer<UInt8> {
    guard bytes.count >= 18 else { throw ApusError.malformedFile(reason: "gzip: ends in its header") }
    // The last member's length modulo 2^32 is the first guess; a wrong one only costs further allocations.
    let tail = bytes.count &- 4
    let guess =
      Int(bytes[tail]) | Int(bytes[tail &+ 1]) << 8 | Int(bytes[tail &+ 2]) << 16 | Int(bytes[tail &+ 3]) << 24
    let (limit, _) = bytes.count.multipliedReportingOverflow(by: believedRatio)
    var output = try InflatedBytes(capacity: min(max(guess, 64), max(limit, 64)))
    var position = 0
    repeat {
      position = try member(bytes, position, &output)
    } while position < bytes.count
    return try output.finished()
  }

  /// Reads one member; returns where the next begins.
  private static func member(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ output: inout InflatedBytes
  ) throws -> Int {
    var position = start
    func byte() throws(ApusError) -> UInt8 {
      guard position < bytes.count else { throw .malformedFile(reason: "gzip: ends early") }
      defer { position &+= 1 }
      return bytes[position]
    }
    guard try byte() == 0x1F, try byte() == 0x8B, try byte() == 8 else {
      throw ApusError.malformedFile(reason: "gzip: byte \(start) begins no member of DEFLATE data")
    }
    let flags = try byte()
    guard flags & 0xE0 == 0 else { throw ApusError.malformedFile(reason: "gzip: reserved flags are set") }
    for _ in 0..<6 { _ = try byte() }
    if flags & 4 != 0 {
      let length = Int(try byte()) | Int(try byte()) << 8
      for _ in 0..<length { _ = try byte() }
    }
    if flags & 8 != 0 { while try byte() != 0 {} }
    if flags & 16 != 0 { while try byte() != 0 {} }
    if flags & 2 != 0 { for _ in 0..<2 { _ = try byte() } }
    let first = output.count
    var reader = BitReader(bytes, position)
    try Inflate.run(&reader, &output, from: first)
    position = reader.position
    var trailer: (UInt32, UInt32) = (0, 0)
    for shift in stride(from: UInt32(0), to: 32, by: 8) { trailer.0 |= UInt32(try byte()) << shift }
    for shift in stride(from: UInt32(0), to: 32, by: 8) { trailer.1 |= UInt32(try byte()) << shift }
    guard trailer.1 == UInt32(truncatingIfNeeded: output.count &- first), trailer.0 == output.checksum(from: first)
    else { throw ApusError.malformedFile(reason: "gzip: length or checksum is wrong") }
    return position
  }
}

/// Bytes that grow as they are decompressed.
struct InflatedBytes {
  private var buffer: Buffer<UInt8>
  private(set) var count = 0

  init(capacity: Int) throws(ApusError) { buffer = try Buffer(count: capacity) }

  mutating func append(_ byte: UInt8) throws(ApusError) {
    if count == buffer.count { try grow() }
    buffer.pointer[count] = byte
    count &+= 1
  }

  /// Repeats the `length` bytes that lie `distance` back; they may overlap what is written.
  mutating func repeatBack(_ distance: Int, _ length: Int, from first: Int) throws(ApusError) {
    guard distance <= count &- first else {
      throw .malformedFile(reason: "gzip: a reference points before the beginning")
    }
    while buffer.count &- count < length { try grow() }
    let target = buffer.pointer + count
    for index in 0..<length { target[index] = target[index &- distance] }
    count &+= length
  }

  private mutating func grow() throws(ApusError) {
    let doubled = buffer.count.multipliedReportingOverflow(by: 2)
    guard !doubled.overflow else { throw .sizeOverflow(reason: "gzip: too long") }
    let larger = try Buffer<UInt8>(count: doubled.partialValue)
    larger.pointer.update(from: buffer.pointer, count: count)
    buffer = larger
  }

  /// The bytes in a buffer of exactly their size.
  func finished() throws(ApusError) -> Buffer<UInt8> {
    if buffer.count == count { return buffer }
    let exact = try Buffer<UInt8>(count: count)
    exact.pointer.update(from: buffer.pointer, count: count)
    return exact
  }

  /// CRC-32 of the bytes from `first` on.
  func checksum(from first: Int) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    Self.table.withUnsafeBufferPointer { table in
      for index in first..<count {
        crc = table[Int((crc ^ UInt32(buffer.pointer[index])) & 0xFF)] ^ (crc >> 8)
      }
    }
    return ~crc
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 0 ? crc >> 1 : 0xEDB8_8320 ^ (crc >> 1) }
  }
}

/// Bits of a byte stream, least significant first.
struct BitReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  /// The next byte that is not wholly or partly used.
  private(set) var position: Int
  private var held: UInt32 = 0
  private var heldCount = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) {
    self.bytes = bytes
    self.position = position
  }

  /// The next `count` (at most 16) bits as a number.
  mutating func bits(_ count: Int) throws(ApusError) -> Int {
    while heldCount < count {
      guard position < bytes.count else { throw .malformedFile(reason: "gzip: ends early") }
      held |= UInt32(bytes[position]) << UInt32(heldCount)
      position &+= 1
      heldCount &+= 8
    }
    let value = held & ((1 << UInt32(count)) &- 1)
    held >>= UInt32(count)
    heldCount &-= count
    return Int(value)
  }

  /// Leaves out the rest of a byte that is partly used.
  mutating func alignToByte() {
    held = 0
    heldCount = 0
  }
}

/// DEFLATE blocks.
enum Inflate {
  static func run(_ reader: inout BitReader, _ output: inout InflatedBytes, from first: Int) throws {
    var isLast = false
    while !isLast {
      isLast = try reader.bits(1) == 1
      switch try reader.bits(2) {
      case 0: try stored(&reader, &output)
      case 1: try block(&reader, &output, fixedLengths, fixedDistances, first)
      case 2:
        let (lengths, distances) = try dynamicCodes(&reader)
        try block(&reader, &output, lengths, distances, first)
      default: throw ApusError.malformedFile(reason: "gzip: a block of unknown kind")
      }
    }
  }

  private static func stored(_ reader: inout BitReader, _ output: inout InflatedBytes) throws {
    reader.alignToByte()
    let length = try reader.bits(16)
    guard try reader.bits(16) == ~length & 0xFFFF else {
      throw ApusError.malformedFile(reason: "gzip: the length of a stored block is damaged")
    }
    for _ in 0..<length { try output.append(UInt8(truncatingIfNeeded: try reader.bits(8))) }
  }

  /// Base and extra bits of the length symbols 257…285 and the distance symbols 0…29.
  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtra = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
  private static let distanceExtra = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]

  private static func block(
    _ reader: inout BitReader, _ output: inout InflatedBytes, _ lengths: PrefixCode, _ distances: PrefixCode,
    _ first: Int
  ) throws {
    while true {
      let symbol = try lengths.next(&reader)
      if symbol < 256 {
        try output.append(UInt8(truncatingIfNeeded: symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol <= 285 else { throw ApusError.malformedFile(reason: "gzip: length symbol \(symbol)") }
      let length = lengthBase[symbol &- 257] &+ (try reader.bits(lengthExtra[symbol &- 257]))
      let code = try distances.next(&reader)
      guard code < 30 else { throw ApusError.malformedFile(reason: "gzip: distance symbol \(code)") }
      let distance = distanceBase[code] &+ (try reader.bits(distanceExtra[code]))
      try output.repeatBack(distance, length, from: first)
    }
  }

  private static let fixedLengths = PrefixCode(
    unchecked: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  private static let fixedDistances = PrefixCode(unchecked: (0..<30).map { _ in 5 })

  /// The order in which the lengths of the code for code lengths come.
  private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  private static func dynamicCodes(_ reader: inout BitReader) throws -> (PrefixCode, PrefixCode) {
    let literals = try reader.bits(5) &+ 257
    let distances = try reader.bits(5) &+ 1
    let count = try reader.bits(4) &+ 4
    guard literals <= 286, distances <= 30 else { throw ApusError.malformedFile(reason: "gzip: too many codes") }
    var own = [Int](repeating: 0, count: 19)
    for index in 0..<count { own[lengthOrder[index]] = try reader.bits(3) }
    let code = try PrefixCode(own)
    var lengths: [Int] = []
    while lengths.count < literals + distances {
      let symbol = try code.next(&reader)
      let (value, times): (Int, Int)
      switch symbol {
      case 0..<16: (value, times) = (symbol, 1)
      case 16:
        guard let last = lengths.last else { throw ApusError.malformedFile(reason: "gzip: nothing to repeat") }
        (value, times) = (last, 3 &+ (try reader.bits(2)))
      case 17: (value, times) = (0, 3 &+ (try reader.bits(3)))
      default: (value, times) = (0, 11 &+ (try reader.bits(7)))
      }
      for _ in 0..<times { lengths.append(value) }
    }
    guard lengths.count == literals + distances, lengths[256] > 0 else {
      throw ApusError.malformedFile(reason: "gzip: the code lengths do not add up")
    }
    return (try PrefixCode(Array(lengths[..<literals])), try PrefixCode(Array(lengths[literals...])))
  }
}

/// A canonical prefix code (RFC 1951, 3.2.2), decoded bit by bit.
struct PrefixCode {
  /// Number of codes of each length 0…15.
  private var counts = [Int](repeating: 0, count: 16)
  /// Symbols in the order of their codes.
  private var symbols: [Int] = []

  /// - Throws: when the lengths describe more codes than there are.
  init(_ lengths: [Int]) throws {
    self.init(unchecked: lengths)
    var left = 1
    for length in 1...15 {
      left = left << 1 &- counts[length]
      guard left >= 0 else { throw ApusError.malformedFile(reason: "gzip: an impossible code") }
    }
  }

  fileprivate init(unchecked lengths: [Int]) {
    for length in lengths { counts[length] &+= 1 }
    symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
    counts[0] = 0
  }

  func next(_ reader: inout BitReader) throws(ApusError) -> Int {
    var (code, first, index) = (0, 0, 0)
    for length in 1...15 {
      code |= try reader.bits(1)
      let count = counts[length]
      if code &- count < first { return symbols[index &+ code &- first] }
      index &+= count
      first = (first &+ count) << 1
      code <<= 1
    }
    throw .malformedFile(reason: "gzip: a code that stands for nothing")
  }
}
