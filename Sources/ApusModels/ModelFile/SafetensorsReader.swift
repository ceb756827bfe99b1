import ApusNumerics
import Glibc

/// One safetensors file being read: first the header, then, if the caller likes what it says, the arrays.
///
/// Every array gets memory of its own, so that holding one does not hold the file, and 16-bit numbers are widened through
/// a small block: the peak is header plus arrays, at most twice the file.
struct SafetensorsReader {
  let header: SafetensorsHeader
  private let source: any ByteSource
  /// The file up to its data: the length and the header.
  private let start: Buffer<UInt8>

  private static let lengthSize = 8
  private static let blockSize = 262_144

  /// Reads the header.
  ///
  /// - Throws: as ``SafetensorsHeader/init(_:dataByteCount:)``, and what `source` throws.
  init(_ source: any ByteSource) throws {
    guard source.byteCount >= Self.lengthSize else {
      throw ApusError.malformedFile(
        reason: "safetensors: \(source.byteCount) bytes are too few for a header; the file is empty or cut off")
    }
    var word: UInt64 = 0
    try withUnsafeMutableBytes(of: &word) { try source.read(at: 0, into: $0) }
    let length = UInt64(littleEndian: word)
    let available = source.byteCount &- Self.lengthSize
    guard let count = Int(exactly: length), count <= available, count <= SafetensorsLimits.headerByteCount else {
      throw ApusError.malformedFile(
        reason: "safetensors: the header length is \(length), at most "
          + "\(min(available, SafetensorsLimits.headerByteCount)) is possible: another format, or cut off")
    }
    let start = try Buffer<UInt8>(count: count &+ Self.lengthSize)
    try source.read(at: 0, into: UnsafeMutableRawBufferPointer(start.elements))
    let text = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(start.elements)[Self.lengthSize...])
    self.header = try withExtendedLifetime(start) {
      try SafetensorsHeader(text, dataByteCount: available &- count)
    }
    self.start = start
    self.source = source
  }

  /// Checks that the file is laid out as ``SafetensorsLayout`` writes it: there is one file for given arrays.
  func checkCanonicalLayout() throws(ApusError) {
    guard start.count % SafetensorsLimits.alignment == 0 else {
      throw .malformedFile(reason: "model file: the data begins at byte \(start.count), which is not aligned")
    }
    var end = 0
    for (entry, next) in zip(header.entries, header.entries.dropFirst()) {
      guard SafetensorsLayout.precedes((entry.type.width, entry.name), (next.type.width, next.name)) else {
        throw .malformedFile(reason: "model file: tensor \(MessageText.quoted(next.name)) is out of order")
      }
    }
    for entry in header.entries {
      guard entry.range.lowerBound == end else {
        throw .malformedFile(reason: "model file: the data of \(MessageText.quoted(entry.name)) is out of order")
      }
      guard entry.type.isNative else {
        throw .malformedFile(
          reason: "model file: tensor \(MessageText.quoted(entry.name)) has element type \(entry.type.rawValue)")
      }
      end = entry.range.upperBound
    }
  }

  /// Reads the arrays in the order of their bytes, and hands each to `take`.
  func readArrays(_ take: (String, NDArray) -> Void) throws(ApusError) {
    for entry in header.entriesByOffset {
      take(entry.name, entry.type.isNative ? try nativeArray(entry) : try widenedArray(entry))
    }
  }

  /// Reads the arrays of a file with canonical layout, hands each to `take`, and returns the hash of the whole file with
  /// the last `checksumDigitCount` bytes of the checksum text taken as zeros (`0`).
  func readHashedArrays(
    checksumDigitCount: Int, _ take: (String, NDArray) -> Void
  ) throws(ApusError) -> UInt64 {
    var hash = XXH64()
    hashStart(into: &hash, checksumDigitCount: checksumDigitCount)
    for entry in header.entries {
      let array = try nativeArray(entry)
      withExtendedLifetime(array) { hash.update(UnsafeRawBufferPointer(start: array.data, count: entry.range.count)) }
      take(entry.name, array)
    }
    return hash.value
  }

  private func hashStart(into hash: inout XXH64, checksumDigitCount: Int) {
    let bytes = UnsafeRawBufferPointer(start.elements)
    withExtendedLifetime(start) {
      guard let range = header.checksumRange, range.count >= checksumDigitCount else { return hash.update(bytes) }
      let end = range.upperBound &+ Self.lengthSize
      let digits = (end &- checksumDigitCount)..<end
      let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: checksumDigitCount)
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[..<digits.lowerBound]))
      zeros.withUnsafeBytes { hash.update($0) }
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[digits.upperBound...]))
    }
  }

  /// The array whose bytes in the file are its elements.
  private func nativeArray(_ entry: SafetensorsHeader.Entry) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: entry.shape, dtype: entry.type.dtype)
    let bytes = UnsafeMutableRawBufferPointer(start: array.data, count: entry.range.count)
    try source.read(at: start.count &+ entry.range.lowerBound, into: bytes)
    if entry.type == .bool, let position = bytes.firstIndex(where: { $0 > 1 }) {
      throw .malformedFile(
        reason: "safetensors: element \(position) of \(MessageText.quoted(entry.name)) is \(bytes[position]), "
          + "a truth value is 0 or 1")
    }
    return array
  }

  /// The float32 array of 16-bit numbers.
  private func widenedArray(_ entry: SafetensorsHeader.Entry) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: entry.shape, dtype: .float32)
    let block = try Buffer<UInt8>(count: min(Self.blockSize, entry.range.count))
    var position = entry.range.lowerBound
    var target = array.pointer(Float.self)
    while position < entry.range.upperBound {
      let taken = min(block.count, entry.range.upperBound &- position)
      let bytes = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(block.elements)[..<taken])
      try source.read(at: start.count &+ position, into: bytes)
      HalfPrecision.convert(
        block.pointer, to: target, count: taken / entry.type.width, isBrainFloat: entry.type == .brainFloat16)
      position &+= taken
      target = target.advanced(by: taken / entry.type.width)
    }
    return array
  }
}
