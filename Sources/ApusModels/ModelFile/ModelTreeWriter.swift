import ApusNumerics

/// Takes a model apart into named arrays and JSON texts; ``ModelTreeReader`` is its inverse.
///
/// Arrays are named by their way through the tree: `coef`, `parameters/alpha`, `children/0/coef`.
struct ModelTreeWriter {
  private(set) var arrays: [(name: String, array: NDArray)] = []
  private var modelCount = 0

  /// The metadata of the outermost model; gathers the arrays of all.
  mutating func metadata(of model: SavedModel) throws -> [String: String] {
    try enter(depth: 1)
    var metadata = [ModelField.kind: type(of: model.estimator).schema.kind]
    var parameters = JSONWriter()
    try write(parametersOf: model.estimator, prefix: "", depth: 1, to: &parameters)
    metadata[ModelField.parameters] = parameters.text
    guard let state = model.state else { return metadata }
    var scalars = JSONWriter()
    try write(scalarsOf: state, to: &scalars)
    metadata[ModelField.scalars] = scalars.text
    try gatherTensors(of: state, prefix: "")
    if !state.children.isEmpty {
      var children = JSONWriter()
      try write(childrenOf: state, prefix: "", depth: 1, to: &children)
      metadata[ModelField.children] = children.text
    }
    return metadata
  }

  /// Writes a model within the one at `depth - 1` as an object.
  private mutating func write(_ model: SavedModel, prefix: String, depth: Int, to writer: inout JSONWriter) throws {
    try enter(depth: depth)
    writer.beginObject()
    writer.key(ModelField.kind)
    writer.string(type(of: model.estimator).schema.kind)
    writer.key(ModelField.parameters)
    try write(parametersOf: model.estimator, prefix: prefix, depth: depth, to: &writer)
    if let state = model.state {
      writer.key(ModelField.scalars)
      try write(scalarsOf: state, to: &writer)
      try gatherTensors(of: state, prefix: prefix)
      if !state.children.isEmpty {
        writer.key(ModelField.children)
        try write(childrenOf: state, prefix: prefix, depth: depth, to: &writer)
      }
    }
    writer.endObject()
  }

  private mutating func write(
    parametersOf estimator: any Estimator, prefix: String, depth: Int, to writer: inout JSONWriter
  ) throws {
    writer.beginObject()
    for parameter in type(of: estimator).schema.parameters {
      writer.key(parameter.name)
      let value = try parameter.storable(parameter.read(estimator))
      let name = ModelField.arrayName(prefix, parameter: parameter.name)
      switch value {
      case .array(let array):
        arrays.append((name, array))
        writer.beginObject()
        writer.key(ModelField.array)
        writer.string(name)
        writer.endObject()
      case .estimator(let nested):
        writer.beginObject()
        writer.key(ModelField.estimator)
        try write(SavedModel(estimator: nested, state: nil), prefix: name + "/", depth: depth &+ 1, to: &writer)
        writer.endObject()
      default: Self.write(scalar: value, to: &writer)
      }
    }
    writer.endObject()
  }

  private func write(scalarsOf state: ModelState, to writer: inout JSONWriter) throws(ApusError) {
    guard state.scalars.count <= ModelFile.scalarLimit else {
      throw .invalidArgument(
        name: "model", reason: "has \(state.scalars.count) scalars, a file holds up to \(ModelFile.scalarLimit)")
    }
    writer.beginObject()
    for (name, value) in state.scalars.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      if case .array = value { throw .unsupportedType(name: name, reason: "an array is no scalar") }
      if case .estimator = value { throw .unsupportedType(name: name, reason: "an estimator is no scalar") }
      writer.key(name)
      Self.write(scalar: value, to: &writer)
    }
    writer.endObject()
  }

  private mutating func write(
    childrenOf state: ModelState, prefix: String, depth: Int, to writer: inout JSONWriter
  ) throws {
    writer.beginArray()
    for (index, child) in state.children.enumerated() {
      try write(child, prefix: ModelField.childPrefix(prefix, index), depth: depth &+ 1, to: &writer)
    }
    writer.endArray()
  }

  private mutating func gatherTensors(of state: ModelState, prefix: String) throws(ApusError) {
    for (name, array) in state.tensors {
      guard ModelField.isTensorName(name) else {
        throw .invalidArgument(
          name: MessageText.quoted(name), reason: "tensor names are letters, digits, '_', '-' and '.'")
      }
      arrays.append(("\(prefix)\(name)", array))
    }
  }

  /// Writes anything but an array or estimator. What JSON numbers cannot say of a double, its bits say.
  private static func write(scalar value: ParameterValue, to writer: inout JSONWriter) {
    switch value {
    case .none, .array, .estimator: writer.null()
    case .bool(let value): writer.bool(value)
    case .int(let value): writer.int(value)
    case .double(let value) where value.isFinite: writer.double(value)
    case .double(let value):
      writer.beginObject()
      writer.key(ModelField.double)
      writer.string(Hexadecimal.text(value.bitPattern))
      writer.endObject()
    case .string(let value): writer.string(value)
    }
  }

  private mutating func enter(depth: Int) throws(ApusError) {
    modelCount &+= 1
    guard depth <= ModelFile.nestingLimit else {
      throw .invalidArgument(name: "model", reason: "is nested deeper than \(ModelFile.nestingLimit) levels")
    }
    guard modelCount <= ModelFile.modelLimit else {
      throw .invalidArgument(name: "model", reason: "consists of more than \(ModelFile.modelLimit) models")
    }
  }
}
