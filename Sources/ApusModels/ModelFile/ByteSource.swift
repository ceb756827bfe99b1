import ApusNumerics

/// Something with a known number of bytes that a loader reads by position.
protocol ByteSource {
  var byteCount: Int { get }

  /// Fills `target` with the bytes from `offset` on.
  ///
  /// - Throws: ``ApusError/malformedFile(reason:)`` when there are not that many,
  ///   ``ApusError/inputOutput(path:reason:)`` when they cannot be read.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ApusError)
}

/// Bytes in memory that somebody else keeps alive.
struct MemorySource: ByteSource {
  let bytes: UnsafeRawBufferPointer

  var byteCount: Int { bytes.count }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ApusError) {
    guard offset >= 0, offset <= bytes.count, target.count <= bytes.count &- offset else {
      throw .malformedFile(reason: "file: ends at byte \(bytes.count), more was expected")
    }
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset &+ target.count)]))
  }
}
