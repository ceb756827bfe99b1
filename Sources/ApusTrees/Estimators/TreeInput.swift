import ApusModels
import ApusNumerics

/// Validated input of a tree estimator's fit.
struct TreeInput {
  let matrix: NDArray
  let rows: Int
  let features: Int
  /// Sample weights as given; nil when all are 1.
  let sampleWeight: NDArray?

  init(_ data: TrainingData, schema: EstimatorSchema) throws(ApusError) {
    try InputValidation.arguments(data, schema: schema)
    matrix = try TreeInput.matrix(data.features, schema: schema, expectedColumns: nil)
    rows = matrix.shape[0]
    features = matrix.shape[1]
    sampleWeight = try InputValidation.sampleWeight(data.sampleWeight, rows: rows)
  }

  /// Features as a dense aligned matrix of float32 or float64 in which NaN means missing and infinity is refused.
  static func matrix(
    _ features: FeatureMatrix, schema: EstimatorSchema, expectedColumns: Int?, name: String = "X"
  ) throws(ApusError) -> NDArray {
    switch try InputValidation.features(features, schema: schema, expectedColumns: expectedColumns, name: name) {
    case .dense(let array):
      try FiniteCheck.requireFinite(array, name: name, policy: .allowNaN)
      return array
    case .sparse(let matrix):
      let array = try matrix.dense()
      try FiniteCheck.requireFinite(array, name: name, policy: .allowNaN)
      return array
    }
  }

  /// Further rows given as an argument of an operation, under the same checks as features; nil when absent.
  static func argument(
    _ name: String, _ arguments: [String: ParameterValue], schema: EstimatorSchema, columns: Int
  ) throws(ApusError) -> NDArray? {
    switch arguments[name] ?? .none {
    case .none: return nil
    case .array(let array): return try matrix(.dense(array), schema: schema, expectedColumns: columns, name: name)
    case let other: throw .unsupportedType(name: name, reason: "\(other) is not an array")
    }
  }

  /// A fresh buffer of the weights, 1 where none were given.
  func weights() throws(ApusError) -> Buffer<Double> {
    let weights = try Buffer<Double>(repeating: 1, count: rows)
    if let sampleWeight { weights.pointer.update(from: sampleWeight.pointer(Double.self), count: rows) }
    return weights
  }
}

/// The classes of one or several outputs.
struct ClassTargets {
  /// Distinct labels of every output.
  let classes: [NDArray]
  /// Class of row i in output o at `o * rows + i`.
  let labels: Buffer<UInt32>
  let rows: Int

  var counts: [Int] { classes.map(\.count) }

  init(_ targets: NDArray?, rows: Int, schema: EstimatorSchema) throws(ApusError) {
    let checked = try InputValidation.targets(targets, rows: rows, schema: schema)
    let outputs = checked.rank == 2 ? checked.shape[1] : 1
    // Validation made numbers of the labels; the classes keep the type they came with.
    guard let original = targets else { throw .internalError(reason: "y: validated but missing") }
    var classes: [NDArray] = []
    labels = try Buffer(count: try checkedCount([rows, outputs], stride: 1))
    for output in 0..<outputs {
      var column = original
      if original.rank == 2 { column = try original.slice(output..<(output + 1), axis: 1).reshaped([rows]) }
      let encoded = try ClassLabels(column, rows: rows, schema: schema)
      let codes = encoded.codes.pointer(Int64.self)
      for row in 0..<rows { labels[output * rows + row] = UInt32(truncatingIfNeeded: codes[row]) }
      classes.append(encoded.classes)
    }
    self.classes = classes
    self.rows = rows
  }

  /// Refuses to go on from an earlier fit on other labels.
  static func requireSame(_ earlier: NDArray, _ now: NDArray) throws(ApusError) {
    let labels = try earlier.converted(to: .float64).elements(as: Double.self)
    guard try labels == now.converted(to: .float64).elements(as: Double.self) else {
      throw .invalidArgument(name: "y", reason: "warm start: the classes differ from those of the earlier fit")
    }
  }

  /// Multiplies weights by the weights of the rows' classes.
  ///
  /// - Parameters:
  ///   - classWeight: none, `'balanced'` (total weight / (classes · weight of the class)), or one number per class, output
  ///     after output; a row's weights by its outputs are multiplied.
  func apply(_ classWeight: ParameterValue, to weights: Buffer<Double>) throws(ApusError) {
    switch classWeight {
    case .string:
      for output in 0..<classes.count {
        var sums = [Double](repeating: 0, count: counts[output])
        for row in 0..<rows { sums[Int(labels[output * rows + row])] += weights[row] > 0 ? weights[row] : 0 }
        let total = sums.reduce(0, +)
        multiply(weights, sums.map { $0 > 0 ? total / (Double(counts[output]) * $0) : 0 }, output: output)
      }
    case .array(let array):
      let factors = try array.converted(to: .float64, name: "class_weight")
      guard factors.rank == 1, factors.count == counts.reduce(0, +) else {
        throw .shapeMismatch(
          name: "class_weight",
          reason: "has shape \(factors.shape), y has \(counts.map { "\($0)" }.joined(separator: ", ")) classes")
      }
      var rest = try factors.elements(as: Double.self)[...]
      for output in 0..<classes.count {
        multiply(weights, Array(rest.prefix(counts[output])), output: output)
        rest = rest.dropFirst(counts[output])
      }
    default: break
    }
  }

  private func multiply(_ weights: Buffer<Double>, _ factors: [Double], output: Int) {
    for row in 0..<rows { weights[row] *= factors[Int(labels[output * rows + row])] }
  }
}
