import ApusNumerics

/// One file for every model: parameters, and the fitted state when there is one.
///
/// The container is safetensors, whose metadata hold kind, parameters, scalars, the structure of models within models,
/// version and checksum; docs/MODEL_FILE.md describes it. Files from unknown sources are safe to load: the outcome is
/// the model that was saved or an error, at a memory cost of at most twice the file plus 64 MB.
public enum ModelFile {
  /// The version this library writes, and the newest it reads.
  static let formatVersion = 1
  /// Levels of models within models, the outermost included.
  static let nestingLimit = 64
  /// Models in one file.
  static let modelLimit = 65_536
  /// Parameters of one estimator.
  static let parameterLimit = 1024
  /// Scalars of one model.
  static let scalarLimit = 65_536

  static let formatKey = "format"
  static let formatName = "apus"
  static let formatVersionKey = "format_version"
  static let libraryVersionKey = "library_version"
  /// What the keys of notes begin with.
  static let notePrefix = "note."
  /// The hash of the file; see ``FileChecksum``.
  static let checksumKey = "checksum"

  /// Writes `model` to a file at `path`, replacing it as a whole or, on failure, not at all.
  ///
  /// The file is on the disk when this returns.
  ///
  /// - Throws: ``ApusError/inputOutput(path:reason:)``; ``ApusError/invalidArgument(name:reason:)`` for a parameter outside
  ///   its range and for more than a file holds.
  public static func save(_ model: SavedModel, to path: String) throws {
    try FilePath.check(path)
    let layout = try layout(of: model)
    try AtomicFile.replace(path, byteCount: layout.byteCount) { file in
      var checksum = FileChecksum()
      try layout.emit {
        checksum.update($0)
        try file.write($0)
      }
      if let end = layout.checksumEnd {
        try file.overwrite(Array(checksum.digits.utf8), at: end &- FileChecksum.digitCount)
      }
    }
  }

  /// Reads the model in the file at `path`, which must be a regular file.
  ///
  /// The kinds of the estimators in it must be registered.
  ///
  /// - Throws: ``ApusError/inputOutput(path:reason:)``; ``ApusError/malformedFile(reason:)`` when the content is damaged or
  ///   no model; ``ApusError/unsupportedVersion(reason:)`` when a newer library wrote it.
  public static func load(path: String) throws -> SavedModel {
    let file = try InputFile(path: path)
    return try FilePath.naming(path) { try model(from: file) }
  }

  /// The bytes of the file that ``save(_:to:)`` writes, as a uint8 array.
  public static func encode(_ model: SavedModel) throws -> NDArray {
    let layout = try layout(of: model)
    let bytes = try layout.encoded()
    if let end = layout.checksumEnd {
      var checksum = FileChecksum()
      checksum.update(UnsafeRawBufferPointer(start: bytes.data, count: bytes.count))
      bytes.data.advanced(by: end &- FileChecksum.digitCount).copyMemory(
        from: Array(checksum.digits.utf8), byteCount: FileChecksum.digitCount)
    }
    return bytes
  }

  /// The model in a file that is in memory; its arrays are copies. Throws as ``load(path:)``.
  public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> SavedModel {
    try model(from: MemorySource(bytes: bytes))
  }

  private static func layout(of model: SavedModel) throws -> SafetensorsLayout {
    var writer = ModelTreeWriter()
    var metadata = try writer.metadata(of: model)
    for (name, text) in model.notes {
      try checkNoteName(name)
      metadata["\(notePrefix)\(name)"] = text
    }
    metadata[formatKey] = formatName
    metadata[formatVersionKey] = String(formatVersion)
    metadata[libraryVersionKey] = LibraryVersion.current.description
    metadata[checksumKey] = FileChecksum.placeholder
    return try SafetensorsLayout(writer.arrays, metadata: metadata)
  }

  private static func model(from source: any ByteSource) throws -> SavedModel {
    let file = try SafetensorsReader(source)
    let metadata = file.header.metadata
    try checkVersion(metadata)
    try file.checkCanonicalLayout()
    guard let text = metadata[checksumKey], let expected = FileChecksum.hash(text),
      file.header.checksumRange?.count == text.utf8.count
    else { throw ApusError.malformedFile(reason: "model file: the checksum is missing or malformed") }
    var reader = ModelTreeReader()
    let hash = try file.readHashedArrays(checksumDigitCount: FileChecksum.digitCount) { reader.add($1, at: $0) }
    guard hash == expected else {
      throw ApusError.malformedFile(reason: "model file: the content is damaged: its checksum is not the one it states")
    }
    do {
      var model = try reader.model(metadata)
      for (key, text) in metadata where key.hasPrefix(notePrefix) {
        let name = String(key.dropFirst(notePrefix.count))
        try checkNoteName(name)
        model.notes[name] = text
      }
      return model
    } catch let error as ApusError {
      throw blamingVersion(error, metadata)
    }
  }

  /// Throws ``ApusError/invalidArgument(name:reason:)`` unless `name` can name a note.
  package static func checkNoteName(_ name: String) throws(ApusError) {
    guard ModelField.isTensorName(name) else {
      throw .invalidArgument(
        name: "name", reason: "\(MessageText.quoted(name)): names of notes are letters, digits, '_', '-' and '.'")
    }
  }

  private static func checkVersion(_ metadata: [String: String]) throws(ApusError) {
    guard metadata[formatKey] == formatName, let text = metadata[formatVersionKey] else {
      throw .malformedFile(reason: "model file: a safetensors file, but not of an Apus model; read it as a state_dict")
    }
    guard let version = Int(text, radix: 10), version > 0, String(version) == text else {
      throw .malformedFile(reason: "model file: format version \(MessageText.quoted(text)) is malformed")
    }
    guard version <= formatVersion else {
      let writer = metadata[libraryVersionKey].map { " by Apus \(MessageText.quoted($0))" } ?? ""
      throw .unsupportedVersion(
        reason: "model file: format version \(version), written\(writer), is newer than \(formatVersion), "
          + "the newest that Apus \(LibraryVersion.current) reads")
    }
  }

  /// `error` as one about the file; as one about its version when a newer library wrote the file, which may know kinds,
  /// parameters and values that this one does not.
  private static func blamingVersion(_ error: ApusError, _ metadata: [String: String]) -> ApusError {
    if case .outOfMemory = error { return error }
    let text = metadata[libraryVersionKey] ?? ""
    guard let writer = LibraryVersion(text), LibraryVersion.current < writer else {
      if case .malformedFile = error { return error }
      return .malformedFile(reason: "model file: \(error)")
    }
    return .unsupportedVersion(
      reason: "model file: written by Apus \(writer), newer than this \(LibraryVersion.current): \(error)")
  }
}
