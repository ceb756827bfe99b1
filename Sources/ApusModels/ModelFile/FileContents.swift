import ApusNumerics

/// A whole file in memory.
package enum FileContents {
  /// The bytes of a regular file.
  ///
  /// - Throws: ``ApusError/inputOutput(path:reason:)`` for directories, pipes and what cannot be read,
  ///   ``ApusError/outOfMemory(bytes:)``.
  package static func read(path: String) throws(ApusError) -> Buffer<UInt8> {
    let file = try InputFile(path: path)
    let bytes = try Buffer<UInt8>(count: file.byteCount)
    try file.read(at: 0, into: UnsafeMutableRawBufferPointer(start: bytes.pointer, count: file.byteCount))
    return bytes
  }
}
