import ApusModels
import ApusNumerics

/// Validated features, class numbers and weights of a classification.
struct LogisticData {
  let design: DesignMatrix
  let labels: ClassLabels
  /// (rows,) float64: sample weights times class weights.
  let weights: Buffer<Double>
  let dtype: DType

  var rows: Int { design.rows }
  var columns: Int { design.columns }
  var classCount: Int { labels.classCount }
  var codes: UnsafePointer<Int64> { UnsafePointer(labels.codes.pointer(Int64.self)) }

  /// - Parameter balancesWeights: 'balanced' class weights give every class the same sum of weights; otherwise the weight of
  ///   the same number of rows.
  init(
    _ data: TrainingData, schema: EstimatorSchema, classWeight: ParameterValue, balancesWeights: Bool = true
  ) throws(ApusError) {
    try InputValidation.arguments(data, schema: schema)
    let features = try InputValidation.features(data.features, schema: schema)
    switch features {
    case .dense(let array):
      design = DesignMatrix(dense: array)
      dtype = array.dtype
    case .sparse(let matrix):
      design = try DesignMatrix(sparse: matrix)
      dtype = matrix.values.dtype
    }
    guard let targets = data.targets else {
      throw .invalidArgument(
        name: "y", reason: "is missing: \(schema.pythonName) requires y to be passed, but the target y is None")
    }
    labels = try ClassLabels(targets, rows: design.rows, schema: schema)
    guard labels.classCount >= 2 else {
      throw .invalidArgument(
        name: "y", reason: "holds 1 class; this solver needs samples of at least 2 classes in the data")
    }
    let sampleWeight = try InputValidation.sampleWeight(data.sampleWeight, rows: design.rows)
    weights = try Buffer<Double>(repeating: 1, count: design.rows)
    if let sampleWeight { weights.pointer.update(from: sampleWeight.pointer(Double.self), count: design.rows) }
    try apply(classWeight, balancesWeights: balancesWeights)
  }

  private init(design: DesignMatrix, labels: ClassLabels, weights: Buffer<Double>, dtype: DType) {
    (self.design, self.labels, self.weights, self.dtype) = (design, labels, weights, dtype)
  }

  /// The data with other features in the place of its own.
  func replacing(_ design: DesignMatrix) -> LogisticData {
    LogisticData(design: design, labels: labels, weights: weights, dtype: dtype)
  }

  /// The rows at the given positions, with the classes of all.
  func subset(_ positions: Buffer<Int>) throws(ApusError) -> LogisticData {
    let chosen = try Buffer<Double>(count: positions.count)
    for (place, row) in positions.elements.enumerated() { chosen.pointer[place] = weights.pointer[row] }
    return LogisticData(
      design: try design.subset(positions),
      labels: ClassLabels(classes: labels.classes, codes: try RowSubset.rows(labels.codes, positions)),
      weights: chosen, dtype: dtype)
  }

  private func apply(_ classWeight: ParameterValue, balancesWeights: Bool) throws(ApusError) {
    var factors = [Double](repeating: 1, count: classCount)
    switch classWeight {
    case .none: return
    case .string:
      // n_samples / (n_classes · Σ of weights in the class)
      var totals = [Double](repeating: 0, count: classCount)
      for row in 0..<rows { totals[Int(codes[row])] += balancesWeights ? weights[row] : 1 }
      let all = totals.reduce(0, +)
      factors = totals.map { $0 > 0 ? all / (Double(classCount) * $0) : 0 }
    case .array(let array):
      factors = try array.converted(to: .float64, name: "class_weight").elements(as: Double.self)
      guard factors.count == classCount else {
        throw .shapeMismatch(
          name: "class_weight", reason: "has \(factors.count) weights for \(classCount) classes")
      }
    default: throw .unsupportedType(name: "class_weight", reason: "\(classWeight) is not 'balanced', an array or None")
    }
    for row in 0..<rows { weights[row] *= factors[Int(codes[row])] }
  }

  /// Refuses features whose squares overflow.
  func requireSquaresInRange() throws(ApusError) {
    let bound = 1e140
    let largest: Double
    switch design.elements {
    case .float: return
    case .double: largest = design.array.map { LargestMagnitude.of($0) } ?? 0
    case .sparse(let sparse):
      largest = (0..<Int(sparse.offsets[rows])).reduce(0) { Swift.max($0, sparse.values[$1].magnitude) }
    }
    guard largest < bound else {
      throw .invalidArgument(
        name: "X", reason: "holds \(largest), whose square overflows float64; scale the features below \(bound)")
    }
  }
}
