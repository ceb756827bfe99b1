import ApusModels
import ApusNumerics

/// Exact Shapley values of sums of trees: `shap_values`, `shap_interaction_values` and `shap_expected_value`.
///
/// The values of a row and the expected value add up to the model's raw output. Rows are explained independently, so the
/// result has the same bits for any number of threads and any division of the rows.
enum TreeShapley {
  static let values = Operation("shap_values", arguments: ["background"])
  static let interactions = Operation("shap_interaction_values", arguments: ["background"])
  static let expectedValue = Operation("shap_expected_value", arguments: ["background"])
  static let operations = [values, interactions, expectedValue]
  private static let blockSize = 8

  /// Carries out one of ``operations``.
  ///
  /// - Parameters:
  ///   - matrix: the rows to explain; nil for the expected value.
  ///   - background: rows whose values stand in for unknown features; nil for the path-dependent expectation.
  /// - Returns: (rows, features), (rows, features, features) or no dimensions, each with the outputs as further dimension
  ///   if there are several.
  static func apply(
    _ operation: Operation, _ model: AdditiveTrees, matrix: NDArray?, background: NDArray?, context: FitContext
  ) throws -> NDArray {
    let shares = try model.coverShares()
    if operation == expectedValue {
      let expected = try background.map { try meanOutput(model, $0) } ?? model.expectation(shares)
      return try NDArray(expected, shape: model.outputs == 1 ? [] : [model.outputs])
    }
    guard let matrix else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    let rows = try matrix.converted(to: .float64).contiguous()
    let features = model.trees.featureCount
    let wantsPairs = operation == interactions
    let tail = (wantsPairs ? [features, features] : [features]) + (model.outputs == 1 ? [] : [model.outputs])
    let result = try NDArray(zeros: [rows.shape[0]] + tail)
    let (source, target) = (rows.pointer(Double.self), result.pointer(Double.self))
    let size = features * model.outputs
    let others = try background?.converted(to: .float64).contiguous()
    let rule = try GaussLegendre(count: max((model.pathLimit() + 1) / 2, 1))
    try ThreadPool.parallelForThrowing(tasks: (rows.shape[0] + blockSize - 1) / blockSize) { task in
      let explainer = try Explainer(model, shares: shares, rule: rule, background: others)
      let main = try Buffer<Double>(count: wantsPairs ? size : 0)
      for row in (task * blockSize)..<min((task + 1) * blockSize, rows.shape[0]) {
        if context.isCancelled { throw ApusError.cancelled }
        if wantsPairs {
          let pairs = target + row * size * features
          main.pointer.update(repeating: 0, count: size)
          explainer.add(row: source + row * features, to: main.pointer, pairs: pairs)
          fillDiagonal(pairs, main: main.pointer, features: features, outputs: model.outputs)
        } else {
          explainer.add(row: source + row * features, to: target + row * size, pairs: nil)
        }
      }
    }
    withExtendedLifetime((rows, others, shares)) {}
    return result
  }

  /// One of the two expectations.
  private enum Explainer {
    case path(PathShapley)
    case background(BackgroundShapley, UnsafePointer<Double>, rows: Int, features: Int)

    init(
      _ model: AdditiveTrees, shares: Buffer<Double>, rule: GaussLegendre, background: NDArray?
    ) throws(ApusError) {
      if let background {
        self = .background(
          try BackgroundShapley(model), UnsafePointer(background.pointer(Double.self)), rows: background.shape[0],
          features: background.shape[1])
      } else {
        self = .path(try PathShapley(model, shares: UnsafePointer(shares.pointer), rule: rule))
      }
    }

    func add(
      row: UnsafePointer<Double>, to values: UnsafeMutablePointer<Double>, pairs: UnsafeMutablePointer<Double>?
    ) {
      switch self {
      case .path(let kernel): kernel.add(row: row, to: values, pairs: pairs)
      case .background(let kernel, let others, let rows, let features):
        for other in 0..<rows {
          kernel.add(
            row: row, background: others + other * features, scale: 1 / Double(rows), to: values, pairs: pairs)
        }
      }
    }
  }

  /// What a feature does alone: its Shapley value less its interactions.
  private static func fillDiagonal(
    _ pairs: UnsafeMutablePointer<Double>, main: UnsafePointer<Double>, features: Int, outputs: Int
  ) {
    for i in 0..<features {
      for k in 0..<outputs {
        var sum = 0.0
        for j in 0..<features where j != i { sum += pairs[(i * features + j) * outputs + k] }
        pairs[(i * features + i) * outputs + k] = main[i * outputs + k] - sum
      }
    }
  }

  private static func meanOutput(_ model: AdditiveTrees, _ background: NDArray) throws -> [Double] {
    let rows = background.shape[0]
    let sums = try Buffer<Double>(zeroed: rows * model.outputs)
    let predictor = EnsemblePredictor(model.trees)
    try predictor.accumulate(background, into: sums.pointer, outputs: model.outputs, interleaved: model.interleaved)
    var result = model.baseline
    for k in 0..<model.outputs {
      var total = 0.0
      for row in 0..<rows { total += sums[row * model.outputs + k] }
      result[k] += model.factor * total / Double(rows)
    }
    return result
  }
}
