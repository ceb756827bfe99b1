import ApusModels
import ApusNumerics

/// Validated features, targets and weights of a regression.
struct RegressionData {
  let design: DesignMatrix
  /// (rows, targets) row-major float64.
  let targets: NDArray
  let targetCount: Int
  /// True when y came with one dimension, which decides the shapes of results.
  let targetsAreVector: Bool
  /// (rows,) float64, or nil for all ones.
  let weights: NDArray?
  /// The element type of results.
  let dtype: DType
  /// True while nobody has looked whether dense features are finite: see ``requireFiniteFeatures()``.
  let defersFiniteTest: Bool

  var rows: Int { design.rows }
  var columns: Int { design.columns }
  var targetPointer: UnsafePointer<Double> { UnsafePointer(targets.pointer(Double.self)) }
  var weightPointer: UnsafePointer<Double>? { weights.map { UnsafePointer($0.pointer(Double.self)) } }

  /// Half the distance between neighbouring numbers around 1 in the type the features came in.
  var unitRoundoff: Double { dtype == .float32 ? Double(Float.ulpOfOne) / 2 : Double.ulpOfOne / 2 }

  /// One target, already checked.
  ///
  /// - Parameter targets: (rows,) float64, contiguous.
  init(design: DesignMatrix, targets: NDArray, weights: NDArray? = nil, dtype: DType) {
    self.init(
      design: design, targets: targets, targetCount: 1, targetsAreVector: true, weights: weights, dtype: dtype)
  }

  init(
    design: DesignMatrix, targets: NDArray, targetCount: Int, targetsAreVector: Bool, weights: NDArray?, dtype: DType
  ) {
    self.design = design
    self.targets = targets
    self.targetCount = targetCount
    self.targetsAreVector = targetsAreVector
    self.weights = weights
    self.dtype = dtype
    defersFiniteTest = false
  }

  /// - Parameters:
  ///   - keepsColumnTargets: (rows, 1) targets give (1, columns) coefficients; otherwise they count as a vector.
  ///   - defersFiniteTest: leaves the test of dense features to ``requireFiniteFeatures()``, for methods that find out by
  ///     themselves and would read large features once more for it.
  init(
    _ data: TrainingData, schema: EstimatorSchema, expectedColumns: Int? = nil, keepsColumnTargets: Bool = true,
    defersFiniteTest: Bool = false
  ) throws(ApusError) {
    try InputValidation.arguments(data, schema: schema)
    let features = try InputValidation.features(
      data.features, schema: schema, expectedColumns: expectedColumns, defersFiniteTest: defersFiniteTest)
    self.defersFiniteTest = defersFiniteTest
    switch features {
    case .dense(let array):
      design = DesignMatrix(dense: array)
      dtype = array.dtype
    case .sparse(let matrix):
      design = try DesignMatrix(sparse: matrix)
      dtype = matrix.values.dtype
    }
    let checked = try InputValidation.targets(data.targets, rows: design.rows, schema: schema, dtype: .float64)
    targetsAreVector = checked.rank == 1 || (checked.shape[1] == 1 && !keepsColumnTargets)
    targetCount = checked.rank == 1 ? 1 : checked.shape[1]
    targets = try checked.contiguous()
    weights = try InputValidation.sampleWeight(data.sampleWeight, rows: design.rows)
  }

  /// - Throws: ``ApusError/nonFiniteValue(name:reason:)`` for NaN or infinity in dense features that were not tested yet.
  func requireFiniteFeatures() throws(ApusError) {
    if defersFiniteTest, let array = design.array { try InputValidation.requireFinite(array, name: "X") }
  }
}
