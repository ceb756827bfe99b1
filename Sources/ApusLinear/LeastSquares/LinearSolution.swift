import ApusNumerics

/// What a least-squares solver finds, in the units of the data.
struct LinearSolution {
  /// (targets, columns) row-major.
  var coefficients: Buffer<Double>
  /// One a target; zeros without an intercept.
  var intercepts: [Double]
  /// Numerical rank of the centred features; nil when the method does not reveal it.
  var rank: Int?
  /// Σ w (y − ŷ)², one a target.
  var residualSums: [Double]
  /// A matrix with the singular values of the centred, weighted features, such as R of their QR decomposition.
  var factor: NDArray?
  /// Iterations, one a target, of iterative methods.
  var iterations: [Int]?

  /// Throws when a coefficient or intercept overflowed.
  func requireFinite() throws(ApusError) {
    for index in 0..<coefficients.count where !coefficients[index].isFinite {
      throw .numericalFailure(
        reason: "X: the scales of features and targets differ so much that a coefficient overflows float64")
    }
    for intercept in intercepts where !intercept.isFinite {
      throw .numericalFailure(reason: "X: the intercept overflows float64; bring the features nearer to zero")
    }
  }
}

/// What a least-squares solver is asked.
struct LinearProblem {
  var fitIntercept: Bool
  /// Ridge penalties, one a target; all zero for ordinary least squares.
  var penalties: [Double]
  /// Relative size of perturbations of the columns under which they count as dependent.
  var rankTolerance: Double

  var isPenalised: Bool { penalties.contains { $0 > 0 } }

  /// A tolerance of a few roundings of the data: 8 √columns · ε.
  static func rankTolerance(_ data: RegressionData) -> Double {
    rankTolerance(columns: data.columns, dtype: data.dtype)
  }

  static func rankTolerance(columns: Int, dtype: DType) -> Double {
    8 * Double(columns).squareRoot() * (dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne)
  }
}
