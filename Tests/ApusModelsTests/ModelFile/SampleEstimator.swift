import ApusModels
import ApusNumerics

/// An estimator with a parameter of every type, for tests of what handles any estimator.
struct SampleEstimator: Estimator {
  enum Solver: String, CaseIterable, ParameterChoice { case auto, exact }

  var alpha = 1.0
  var copyInput = true
  var maxIterations = 100
  var seed: UInt64 = 0
  var solver = Solver.auto
  var label = "sample"
  var tolerance: Double?
  var weights: ParameterValue = .none
  var base: ParameterValue = .none
  var maxFeatures: ParameterValue = .string("sqrt")

  static let schema = EstimatorSchema(
    kind: "sample", pythonName: "Sample", pythonModule: "tests", doc: "A sample.", role: .regressor,
    parameters: [
      Parameter("alpha", \SampleEstimator.alpha, doc: "A number."),
      Parameter("copy_x", \SampleEstimator.copyInput, doc: "A truth value."),
      Parameter("max_iter", \SampleEstimator.maxIterations, range: .atLeast(0), doc: "A count."),
      Parameter("random_state", \SampleEstimator.seed, doc: "All 64 bits."),
      Parameter("solver", \SampleEstimator.solver, doc: "A choice."),
      Parameter("label", \SampleEstimator.label, doc: "Any text."),
      Parameter("tol", \SampleEstimator.tolerance, doc: "A number or none."),
      Parameter("weights", \SampleEstimator.weights, types: [.none, .array], doc: "An array or none."),
      Parameter("base", \SampleEstimator.base, types: [.none, .estimator], doc: "An estimator or none."),
      Parameter(
        "max_features", \SampleEstimator.maxFeatures, types: [.none, .int, .double, .string], doc: "Several types."),
    ],
    attributes: [], operations: [])

  func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "fit: a sample does not learn")
  }

  func restore(_ state: ModelState) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "restore: a sample does not learn")
  }
}

/// Models for tests of files.
enum SampleModel {
  /// Makes `sample` known to the registry.
  static func register() { Registry.register([SampleEstimator.self]) }

  /// A fitted model with arrays of every element type, all kinds of scalars, and children two levels deep.
  static func fitted() throws -> SavedModel {
    var inner = SampleEstimator()
    inner.weights = .array(try NDArray([1.5, -2.5, 0.1]))
    inner.tolerance = 1e-300
    var estimator = SampleEstimator()
    estimator.alpha = 0.1
    estimator.seed = UInt64.max
    estimator.label = "quote \" backslash \\ line\n é 🦅 \u{0} end"
    estimator.base = .estimator(inner)
    estimator.weights = .array(try NDArray(rows: [[1.0, 2], [3, 4]]))
    estimator.maxFeatures = .double(0.5)
    let grandchild = SavedModel(estimator: inner, state: ModelState(tensors: ["t": try NDArray([Float(1), 2])]))
    let child = SavedModel(
      estimator: inner,
      state: ModelState(tensors: ["coef": try NDArray([1.0, 2])], scalars: ["n": .int(7)], children: [grandchild]))
    let state = ModelState(
      tensors: [
        "coef": try NDArray([0.1, -0.0, .infinity, .nan], shape: [2, 2]),
        "single": try NDArray([Float.pi, Float.leastNonzeroMagnitude]),
        "int32": try NDArray([Int32.min, 0, Int32.max]), "int64": try NDArray([Int64.min, Int64.max]),
        "byte": try NDArray([UInt8(0), 127, 255]), "flags": try NDArray([true, false, true]),
        "empty": try NDArray([Double](), shape: [0, 3]), "scalar": try NDArray([2.5], shape: []),
        "layers.0.weight": try NDArray([1.0, 2, 3, 4, 5, 6], shape: [3, 2]).transposed,
      ],
      scalars: [
        "intercept": .double(-0.0), "infinite": .double(-.infinity),
        "nan": .double(Double(bitPattern: 0x7FF8_0000_0000_1234)), "rank": .int(Int64.min), "done": .bool(true),
        "name": .string(""), "absent": .none, "whole": .double(3),
      ], children: [child, SavedModel(estimator: inner, state: nil)])
    return SavedModel(estimator: estimator, state: state, notes: ["feature_names": "[\"a\",\"é\"]"])
  }
}

/// Equality down to the bits, for tests: NaN equals itself and 0 differs from −0.
enum SameBits {
  static func models(_ first: SavedModel, _ second: SavedModel) throws -> Bool {
    guard try estimators(first.estimator, second.estimator), first.notes == second.notes else { return false }
    guard let one = first.state, let two = second.state else { return first.state == nil && second.state == nil }
    guard one.tensors.keys == two.tensors.keys, one.scalars.keys == two.scalars.keys,
      one.children.count == two.children.count
    else { return false }
    return try one.tensors.allSatisfy { name, array in try two.tensors[name].map { try arrays(array, $0) } ?? false }
      && one.scalars.allSatisfy { name, value in try two.scalars[name].map { try values(value, $0) } ?? false }
      && zip(one.children, two.children).allSatisfy { try models($0, $1) }
  }

  static func estimators(_ first: any Estimator, _ second: any Estimator) throws -> Bool {
    guard type(of: first) == type(of: second) else { return false }
    return try type(of: first).schema.parameters.allSatisfy {
      try values(first.parameter($0.name), second.parameter($0.name))
    }
  }

  static func values(_ first: ParameterValue, _ second: ParameterValue) throws -> Bool {
    switch (first, second) {
    case (.none, .none): return true
    case (.bool(let one), .bool(let two)): return one == two
    case (.int(let one), .int(let two)): return one == two
    case (.double(let one), .double(let two)): return one.bitPattern == two.bitPattern
    case (.string(let one), .string(let two)): return one.utf8.elementsEqual(two.utf8)
    case (.array(let one), .array(let two)): return try arrays(one, two)
    case (.estimator(let one), .estimator(let two)): return try estimators(one, two)
    default: return false
    }
  }

  static func arrays(_ first: NDArray, _ second: NDArray) throws -> Bool {
    guard first.shape == second.shape, first.dtype == second.dtype else { return false }
    return try bytes(of: first) == bytes(of: second)
  }

  /// The elements, row by row, as bytes.
  static func bytes(of array: NDArray) throws -> [UInt8] {
    let dense = try array.contiguous()
    return withExtendedLifetime(dense) {
      Array(UnsafeRawBufferPointer(start: dense.data, count: dense.count * dense.dtype.stride))
    }
  }
}
