import ApusModels
import ApusNumerics

/// Trees as ONNX graphs: `TreeEnsembleRegressor` for the scores, then the link.
///
/// ONNX compares in float32. Thresholds are rounded down to float32, so that every float32 row takes the way it takes here;
/// leaf values and sums are float32 there. A split on a set of categories is a chain of `BRANCH_EQ` nodes that share their left
/// child, which onnxruntime reads as a set. Input `X` is float32 (rows, features); outputs are `variable` (rows, outputs), or
/// `label` (rows,) and `probabilities` (rows, classes). Operators: ai.onnx 17, ai.onnx.ml 3.
/// https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html
struct ONNXExport {
  /// What becomes of the sums of leaf values.
  enum Link {
    case identity
    case log
    /// Of raw scores: one for two classes, or one a class.
    case logit, softmax
    /// The sums are the probabilities.
    case probabilities
  }

  private static let float = 1
  private static let int64 = 7
  private let trees: TreeEnsemble
  /// Sums before the first tree.
  private let baseline: [Double]
  private let link: Link
  private let classes: NDArray?
  /// The sums that a leaf of a tree adds to, with what it adds.
  private let contributions: (_ tree: Int, _ values: UnsafePointer<Double>) -> [(output: Int, weight: Double)]
  private var outputs: Int { baseline.count }

  /// Refuses formats that are not this one.
  static func require(_ format: String, of schema: EstimatorSchema) throws(ApusError) {
    guard format == "onnx" else {
      throw .unsupported(
        reason: "export: \(MessageText.quoted(format)) is not 'onnx', the format \(schema.pythonName) has")
    }
  }

  /// The bytes of the file of a boosted model, uint8.
  static func bytes(_ model: FittedBoosting) throws -> NDArray {
    let outputs = model.outputs
    let links: [BoostingLink: Link] = [.identity: .identity, .log: .log, .logit: .logit, .softmax: .softmax]
    let export = ONNXExport(
      trees: model.trees, baseline: model.baseline, link: links[model.link] ?? .identity, classes: model.classes
    ) { tree, values in [(tree % outputs, values[0])] }
    return try export.bytes()
  }

  /// The bytes of the file of a tree or forest, uint8.
  ///
  /// - Throws: ``ApusError/unsupported(reason:)`` for classes of several outputs.
  static func bytes(_ model: FittedTrees) throws -> NDArray {
    guard model.classes.count <= 1 else {
      throw ApusError.unsupported(reason: "ONNX: a classifier of \(model.classes.count) outputs has no graph")
    }
    let (width, share) = (model.trees.valueCount, 1 / Double(model.trees.treeCount))
    let export = ONNXExport(
      trees: model.trees, baseline: [Double](repeating: 0, count: width),
      link: model.classes.isEmpty ? .identity : .probabilities, classes: model.classes.first
    ) { _, values in (0..<width).compactMap { values[$0] == 0 ? nil : ($0, values[$0] * share) } }
    return try export.bytes()
  }

  private func bytes() throws -> NDArray {
    let writer = try file()
    let result = try NDArray(uninitialized: [writer.bytes.count], dtype: .uint8)
    result.pointer(UInt8.self).update(from: writer.bytes.pointer, count: writer.bytes.count)
    return result
  }

  private func file() throws -> ProtobufWriter {
    var file = try ProtobufWriter()
    try file.integer(1, 8)
    try file.string(2, "apus")
    try file.message(7) { graph in try write(graph: &graph) }
    for (domain, version) in [("", 17), ("ai.onnx.ml", 3)] {
      try file.message(8) { set in
        try set.string(1, domain)
        try set.integer(2, version)
      }
    }
    return file
  }

  private func write(graph: inout ProtobufWriter) throws {
    try graph.message(1) { node in try write(ensemble: &node, output: "raw") }
    if let classes {
      try writeClassifier(&graph, classes: classes)
    } else {
      try operation(&graph, link == .log ? "Exp" : "Identity", ["raw"], "variable")
    }
    try graph.string(2, "apus")
    if classes != nil { try writeConstants(&graph) }
    try value(&graph, 11, "X", Self.float, columns: trees.featureCount)
    if let classes {
      try value(&graph, 12, "label", isIntegral(classes) ? Self.int64 : Self.float, columns: nil)
      try value(&graph, 12, "probabilities", Self.float, columns: classes.count)
    } else {
      try value(&graph, 12, "variable", Self.float, columns: outputs)
    }
  }

  private func isIntegral(_ classes: NDArray) -> Bool { classes.dtype != .float64 && classes.dtype != .float32 }

  private func writeClassifier(_ graph: inout ProtobufWriter, classes: NDArray) throws {
    if link == .probabilities {
      try operation(&graph, "Identity", ["raw"], "probabilities")
    } else if classes.count == 1 {
      // A single class: probability 1 whatever the scores.
      try operation(&graph, "Sub", ["raw", "raw"], "zero")
      try operation(&graph, "Exp", ["zero"], "probabilities")
    } else if outputs == 1 {
      try operation(&graph, "Sigmoid", ["raw"], "second")
      try operation(&graph, "Sub", ["one", "second"], "first")
      try operation(&graph, "Concat", ["first", "second"], "probabilities", ["axis": 1])
    } else {
      try operation(&graph, "Softmax", ["raw"], "probabilities", ["axis": 1])
    }
    // By the raw scores, as predict decides: two classes by the sign.
    var scores = "raw"
    if classes.count == 2, outputs == 1 {
      try operation(&graph, "Neg", ["raw"], "negative")
      try operation(&graph, "Concat", ["negative", "raw"], "pair", ["axis": 1])
      scores = "pair"
    }
    try operation(&graph, "ArgMax", [scores], "index", ["axis": 1, "keepdims": 0])
    try operation(&graph, "Gather", ["classes", "index"], "label")
  }

  private func writeConstants(_ graph: inout ProtobufWriter) throws {
    try graph.message(5) { tensor in
      try tensor.integer(1, 1)
      try tensor.integer(2, Self.float)
      try tensor.packed(4, floats: [1])
      try tensor.string(8, "one")
    }
    guard let classes else { return }
    let isIntegral = isIntegral(classes)
    let numbers = try classes.converted(to: .float64).elements(as: Double.self)
    try graph.message(5) { tensor in
      try tensor.integer(1, numbers.count)
      try tensor.integer(2, isIntegral ? Self.int64 : Self.float)
      if isIntegral {
        try tensor.packed(7, integers: numbers.map { Int($0) })
      } else {
        try tensor.packed(4, floats: numbers.map { Float($0) })
      }
      try tensor.string(8, "classes")
    }
  }

  private func operation(
    _ graph: inout ProtobufWriter, _ type: String, _ inputs: [String], _ output: String,
    _ attributes: KeyValuePairs<String, Int> = [:]
  ) throws {
    try graph.message(1) { node in
      for input in inputs { try node.string(1, input) }
      try node.string(2, output)
      try node.string(3, output)
      try node.string(4, type)
      for (name, value) in attributes {
        try attribute(&node, name, type: 2) { try $0.integer(3, value) }
      }
    }
  }

  private func value(
    _ graph: inout ProtobufWriter, _ field: Int, _ name: String, _ type: Int, columns: Int?
  ) throws {
    try graph.message(field) { info in
      try info.string(1, name)
      try info.message(2) { types in
        try types.message(1) { tensor in
          try tensor.integer(1, type)
          try tensor.message(2) { shape in
            try shape.message(1) { try $0.string(2, "rows") }
            if let columns { try shape.message(1) { try $0.integer(1, columns) } }
          }
        }
      }
    }
  }

  private func attribute(
    _ node: inout ProtobufWriter, _ name: String, type: Int, _ content: (inout ProtobufWriter) throws -> Void
  ) throws {
    try node.message(5) { attribute in
      try attribute.string(1, name)
      try content(&attribute)
      try attribute.integer(20, type)
    }
  }

  private func write(ensemble node: inout ProtobufWriter, output: String) throws {
    try node.string(1, "X")
    try node.string(2, output)
    try node.string(3, "trees")
    try node.string(4, "TreeEnsembleRegressor")
    var nodes = ONNXNodes()
    for tree in 0..<trees.treeCount { try nodes.append(tree, of: trees, contributions: contributions) }
    func integers(_ name: String, _ values: [Int]) throws {
      try attribute(&node, name, type: 7) { try $0.packed(8, integers: values) }
    }
    func floats(_ name: String, _ values: [Float]) throws {
      try attribute(&node, name, type: 6) { try $0.packed(7, floats: values) }
    }
    try attribute(&node, "n_targets", type: 2) { try $0.integer(3, outputs) }
    try floats("base_values", baseline.map { Float($0) })
    try integers("nodes_treeids", nodes.trees)
    try integers("nodes_nodeids", nodes.numbers)
    try integers("nodes_featureids", nodes.features)
    try floats("nodes_values", nodes.values)
    try integers("nodes_truenodeids", nodes.whenTrue)
    try integers("nodes_falsenodeids", nodes.whenFalse)
    try integers("nodes_missing_value_tracks_true", nodes.missingIsTrue)
    try attribute(&node, "nodes_modes", type: 8) { attribute in
      for mode in nodes.modes { try attribute.string(9, mode) }
    }
    try integers("target_treeids", nodes.targetTrees)
    try integers("target_nodeids", nodes.targetNodes)
    try integers("target_ids", nodes.targetOutputs)
    try floats("target_weights", nodes.targetWeights)
    try node.string(7, "ai.onnx.ml")
  }
}
