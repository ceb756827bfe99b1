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

  init(_ data: TrainingData, schema: EstimatorSchema, classWeight: ParameterValue) throws(ApusError) {
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
    try apply(classWeight)
  }

  private func apply(_ classWeight: ParameterValue) throws(ApusError) {
    var factors = [Double](repeating: 1, count: classCount)
    switch classWeight {
    case .none: return
    case .string:
      // n_samples / (n_classes · Σ of weights in the class)
      var totals = [Double](repeating: 0, count: classCount)
      for row in 0..<rows { totals[Int(codes[row])] += weights[row] }
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
    var largest = 0.0
    switch design.elements {
    case .float: return
    case .double(let view):
      for row in 0..<view.rows {
        for column in 0..<view.columns { largest = Swift.max(largest, view[row, column].magnitude) }
      }
    case .sparse(let sparse):
      for entry in 0..<Int(sparse.offsets[rows]) { largest = Swift.max(largest, sparse.values[entry].magnitude) }
    }
    guard largest < bound else {
      throw .invalidArgument(
        name: "X", reason: "holds \(largest), whose square overflows float64; scale the features below \(bound)")
    }
  }
}
