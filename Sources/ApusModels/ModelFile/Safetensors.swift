import ApusNumerics

/// Named arrays in a safetensors file: the `state_dict`s of PyTorch and Hugging Face, read and written as they are.
///
/// F64, F32, I64, I32, U8 and BOOL are read and written natively; F16 and BF16 are read as float32, exactly. Files from
/// unknown sources are safe to read: whatever they contain, the outcome is their arrays or an error, at a memory cost of
/// at most twice their size plus 64 MB.
///
/// - SeeAlso: https://huggingface.co/docs/safetensors
public enum Safetensors {
  /// What a file holds.
  public struct Contents: Sendable {
    public var tensors: [String: NDArray]
    /// Free text by name, such as `format`: `pt`.
    public var metadata: [String: String]

    public init(tensors: [String: NDArray] = [:], metadata: [String: String] = [:]) {
      self.tensors = tensors
      self.metadata = metadata
    }
  }

  /// Reads the file at `path`, which must be a regular file.
  ///
  /// - Throws: ``ApusError/inputOutput(path:reason:)``; ``ApusError/malformedFile(reason:)`` for content that violates the
  ///   format, gaps, overlaps and trailing bytes included; ``ApusError/unsupported(reason:)`` for other element types.
  public static func read(path: String) throws -> Contents {
    let file = try InputFile(path: path)
    return try FilePath.naming(path) { try contents(of: file) }
  }

  /// Reads a file that is in memory; the arrays are copies.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Contents {
    try contents(of: MemorySource(bytes: bytes))
  }

  /// Writes a file at `path`, replacing it as a whole or, on failure, not at all.
  ///
  /// - Throws: ``ApusError/inputOutput(path:reason:)``; ``ApusError/invalidArgument(name:reason:)`` for names and sizes
  ///   that readers refuse.
  public static func write(_ contents: Contents, to path: String) throws {
    let layout = try layout(of: contents)
    try AtomicFile.replace(path, byteCount: layout.byteCount) { file in
      try layout.emit { try file.write($0) }
    }
  }

  /// The bytes of the file that ``write(_:to:)`` writes, as a uint8 array.
  public static func encode(_ contents: Contents) throws -> NDArray {
    try layout(of: contents).encoded()
  }

  private static func contents(of source: any ByteSource) throws -> Contents {
    let reader = try SafetensorsReader(source)
    var tensors = [String: NDArray](minimumCapacity: reader.header.entries.count)
    try reader.readArrays { tensors[$0] = $1 }
    return Contents(tensors: tensors, metadata: reader.header.metadata)
  }

  private static func layout(of contents: Contents) throws(ApusError) -> SafetensorsLayout {
    try SafetensorsLayout(contents.tensors.map { ($0.key, $0.value) }, metadata: contents.metadata)
  }
}
