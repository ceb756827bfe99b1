import ApusNumerics

/// Puts a model together from named arrays and JSON texts; the inverse of ``ModelTreeWriter``.
///
/// The texts and names come from a file: everything in them is checked, and every array must belong somewhere.
struct ModelTreeReader {
  /// Arrays by the prefix of their model, then by name.
  private var arrays: [String: [String: NDArray]] = [:]
  private var modelCount = 0

  /// Takes in the array that the file names `path`.
  mutating func add(_ array: NDArray, at path: String) {
    let split = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex
    arrays[String(path[..<split]), default: [:]][String(path[split...])] = array
  }

  /// The outermost model.
  ///
  /// - Throws: ``ApusError``, of any case that setting a parameter has; the caller makes it one about the file.
  mutating func model(_ metadata: [String: String]) throws -> SavedModel {
    var fields = Fields()
    for field in [ModelField.kind, ModelField.parameters, ModelField.scalars, ModelField.children] {
      guard var text = metadata[field] else { continue }
      if field == ModelField.kind {
        fields.kind = text
        continue
      }
      try text.withUTF8 { utf8 in
        var reader = JSONReader(UnsafeRawBufferPointer(utf8), subject: "model file: \(field)")
        try read(field, of: &fields, from: &reader, prefix: "", depth: 1)
        try reader.finish()
      }
    }
    let model = try assemble(fields, prefix: "", depth: 1)
    if let (prefix, left) = arrays.first(where: { !$0.value.isEmpty }), let name = left.keys.first {
      throw ApusError.malformedFile(
        reason: "model file: tensor \(MessageText.quoted(prefix + name)) belongs to no model")
    }
    return model
  }

  /// The parts of a model as they are read.
  private struct Fields {
    var kind: String?
    var parameters: [(name: String, value: ParameterValue)]?
    var scalars: [String: ParameterValue]?
    var children: [SavedModel]?
  }

  private mutating func read(
    _ field: String, of fields: inout Fields, from reader: inout JSONReader, prefix: String, depth: Int
  ) throws {
    switch field {
    case ModelField.kind: fields.kind = try reader.string(limit: SafetensorsLimits.nameByteCount)
    case ModelField.parameters: fields.parameters = try parameters(&reader, prefix: prefix, depth: depth)
    case ModelField.scalars: fields.scalars = try scalars(&reader)
    case ModelField.children: fields.children = try children(&reader, prefix: prefix, depth: depth)
    default: throw reader.failure("unknown field \(MessageText.quoted(field)) of a model")
    }
  }

  private mutating func assemble(_ fields: Fields, prefix: String, depth: Int) throws -> SavedModel {
    modelCount &+= 1
    guard modelCount <= ModelFile.modelLimit else {
      throw ApusError.malformedFile(reason: "model file: more than \(ModelFile.modelLimit) models")
    }
    guard let kind = fields.kind, let parameters = fields.parameters else {
      throw ApusError.malformedFile(reason: "model file: a model lacks kind or parameters")
    }
    var estimator = try Registry.make(kind)
    for (name, value) in parameters {
      let parameter = try type(of: estimator).schema.parameter(name)
      try parameter.write(&estimator, try parameter.storable(value))
    }
    guard let scalars = fields.scalars else {
      guard fields.children == nil else {
        throw ApusError.malformedFile(reason: "model file: a model that is not fitted has children")
      }
      return SavedModel(estimator: estimator, state: nil)
    }
    let tensors = arrays.removeValue(forKey: prefix) ?? [:]
    for name in tensors.keys where !ModelField.isTensorName(name) {
      throw ApusError.malformedFile(reason: "model file: tensor name \(MessageText.quoted(name)) is not allowed")
    }
    return SavedModel(
      estimator: estimator, state: ModelState(tensors: tensors, scalars: scalars, children: fields.children ?? []))
  }

  /// A model within another, as an object.
  private mutating func model(_ reader: inout JSONReader, prefix: String, depth: Int) throws -> SavedModel {
    guard depth <= ModelFile.nestingLimit else {
      throw reader.failure("models nested deeper than \(ModelFile.nestingLimit) levels")
    }
    var fields = Fields()
    try reader.object(keyLimit: 64, countLimit: 4) { reader, field in
      try read(field, of: &fields, from: &reader, prefix: prefix, depth: depth)
    }
    return try assemble(fields, prefix: prefix, depth: depth)
  }

  private mutating func children(_ reader: inout JSONReader, prefix: String, depth: Int) throws -> [SavedModel] {
    var children: [SavedModel] = []
    try reader.array(countLimit: ModelFile.modelLimit) { reader in
      let prefix = ModelField.childPrefix(prefix, children.count)
      children.append(try model(&reader, prefix: prefix, depth: depth &+ 1))
    }
    return children
  }

  private mutating func parameters(
    _ reader: inout JSONReader, prefix: String, depth: Int
  ) throws -> [(name: String, value: ParameterValue)] {
    var parameters: [(name: String, value: ParameterValue)] = []
    try reader.object(keyLimit: SafetensorsLimits.nameByteCount, countLimit: ModelFile.parameterLimit) {
      reader, name in
      let arrayName = ModelField.arrayName(prefix, parameter: name)
      let value =
        reader.peek() == UInt8(ascii: "{")
        ? try composite(&reader, name: arrayName, depth: depth) : try Self.simple(&reader)
      parameters.append((name, value))
    }
    return parameters
  }

  private func scalars(_ reader: inout JSONReader) throws -> [String: ParameterValue] {
    var scalars: [String: ParameterValue] = [:]
    try reader.object(keyLimit: SafetensorsLimits.nameByteCount, countLimit: ModelFile.scalarLimit) { reader, name in
      scalars[name] =
        reader.peek() == UInt8(ascii: "{") ? .double(try Self.bits(&reader)) : try Self.simple(&reader)
    }
    return scalars
  }

  /// A parameter that is an object with one member: an array, an estimator, or the bits of a double.
  private mutating func composite(_ reader: inout JSONReader, name: String, depth: Int) throws -> ParameterValue {
    var value: ParameterValue?
    try reader.object(keyLimit: 64, countLimit: 1) { reader, key in
      switch key {
      case ModelField.double: value = .double(try Self.double(&reader))
      case ModelField.array: value = .array(try array(&reader, name: name))
      case ModelField.estimator:
        let nested = try model(&reader, prefix: name + "/", depth: depth &+ 1)
        guard nested.state == nil else { throw reader.failure("a parameter holds a fitted model") }
        value = .estimator(nested.estimator)
      default: throw reader.failure("unknown type \(MessageText.quoted(key)) of a value")
      }
    }
    guard let value else { throw reader.failure("a value without type") }
    return value
  }

  /// The array that a parameter refers to; only its own.
  private mutating func array(_ reader: inout JSONReader, name: String) throws -> NDArray {
    let stated = try reader.string(limit: SafetensorsLimits.nameByteCount)
    guard stated == name, let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      throw reader.failure(
        "array parameter refers to \(MessageText.quoted(stated)), expected \(MessageText.quoted(name))")
    }
    let split = name.utf8.index(after: slash)
    guard let array = arrays[String(name[..<split])]?.removeValue(forKey: String(name[split...])) else {
      throw reader.failure("tensor \(MessageText.quoted(name)) is missing")
    }
    return array
  }

  /// A value that is not an object.
  private static func simple(_ reader: inout JSONReader) throws(ApusError) -> ParameterValue {
    switch reader.peek() {
    case UInt8(ascii: "n"):
      try reader.null()
      return .none
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try reader.bool())
    case UInt8(ascii: "\""): return .string(try reader.string(limit: SafetensorsLimits.metadataByteCount))
    default:
      switch try reader.number() {
      case .int(let value): return .int(value)
      case .double(let value): return .double(value)
      }
    }
  }

  /// An object with the bits of a double.
  private static func bits(_ reader: inout JSONReader) throws -> Double {
    var value: Double?
    try reader.object(keyLimit: 64, countLimit: 1) { reader, key in
      guard key == ModelField.double else {
        throw reader.failure("unknown type \(MessageText.quoted(key)) of a scalar")
      }
      value = try double(&reader)
    }
    guard let value else { throw reader.failure("a scalar without type") }
    return value
  }

  private static func double(_ reader: inout JSONReader) throws(ApusError) -> Double {
    guard let bits = Hexadecimal.word(try reader.string(limit: 64)) else {
      throw reader.failure("expected sixteen lower-case hexadecimal digits")
    }
    return Double(bitPattern: bits)
  }
}
