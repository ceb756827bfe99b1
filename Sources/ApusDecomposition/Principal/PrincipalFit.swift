import ApusModels
import ApusNumerics

/// Chooses and runs the solver of a principal component analysis.
struct PrincipalFit {
  let input: PrincipalInput
  let count: ComponentCount
  let standardize: Bool
  let solver: PCA.Solver
  let tolerance: Double
  /// Power iterations of the randomised solver; nil chooses by the share of components.
  let powerIterations: Int?
  let oversamples: Int
  let seed: UInt64
  let context: FitContext

  /// From this extent on a few components are found by iteration rather than from a full Gram matrix.
  private static let iterationExtent = 1200

  var rows: Int { input.rows }
  var columns: Int { input.columns }
  private var smaller: Int { Swift.min(rows, columns) }

  struct Result {
    var spectrum: PrincipalSpectrum
    /// The solver that was used.
    var solver: PCA.Solver
  }

  func solve() throws -> Result {
    try context.checkpoint("covariance", 0)
    switch input.features {
    case .sparse(let matrix): return try solveSparse(matrix)
    case .dense(let array):
      switch chosen {
      case .covarianceEigh: return Result(spectrum: try covariance(input.features), solver: .covarianceEigh)
      case .arpack, .randomized:
        let result = try iterate(array)
        if let result { return result }
        fallthrough
      default: return try full(array)
      }
    }
  }

  /// The solver asked for, or by shape: iteration where few components of many are wanted, else direct.
  private var chosen: PCA.Solver { PrincipalFit.chosen(solver, count, smaller: smaller) }

  private static func chosen(_ solver: PCA.Solver, _ count: ComponentCount, smaller: Int) -> PCA.Solver {
    guard solver == .auto, case .fixed(let k) = count else { return solver == .auto ? .full : solver }
    return smaller >= iterationExtent && 12 * k <= smaller ? .arpack : .full
  }

  /// The type in which the covariance of dense features is formed for given settings: float32 for float32 elements and bytes
  /// where not all variances are wanted, which are hardly ever within its reach. Nil where another solver is used.
  static func covariancePrecision(
    _ array: NDArray, _ solver: PCA.Solver, _ count: ComponentCount
  ) -> DType? {
    let (rows, columns) = (array.shape[0], array.shape[1])
    switch chosen(solver, count, smaller: Swift.min(rows, columns)) {
    case .covarianceEigh: break
    case .full where rows >= columns: break
    default: return nil
    }
    return isSingle(array) && count.needed != nil ? .float32 : .float64
  }

  private func covariance(_ features: FeatureMatrix) throws -> PrincipalSpectrum {
    let precision: DType = isSingle && count.needed != nil ? .float32 : .float64
    let moments =
      try input.moments
      ?? CovarianceMoments(features, precision: precision) { () throws(ApusError) in
        if context.isCancelled { throw .cancelled }
      }
    try context.checkpoint("eigenvectors", 0.6)
    let spectrum = try GramSolver.solve(moments, count: count.needed, standardize: standardize)
    if precision == .float32, !GramSolver.isAccurate(spectrum, for: .float32) {
      return try GramSolver.solve(
        CovarianceMoments(features, precision: .float64), count: count.needed, standardize: standardize)
    }
    return spectrum
  }

  /// Whether the elements are float32, or bytes, which count as such.
  private var isSingle: Bool {
    if case .dense(let array) = input.features { return PrincipalFit.isSingle(array) }
    return false
  }

  private static func isSingle(_ array: NDArray) -> Bool { array.dtype == .float32 || array.dtype.stride == 1 }

  /// As accurate as a singular value decomposition: from the Gram matrix where its condition allows, else from R or, for
  /// wide data, from the decomposition itself.
  private func full(_ array: NDArray) throws -> Result {
    if rows >= columns {
      let spectrum = try covariance(.dense(array))
      // A float32 matrix is no better known than the float64 Gram matrix tells.
      if isSingle || GramSolver.isAccurate(spectrum, for: .float64) {
        return Result(spectrum: spectrum, solver: solver == .auto ? .covarianceEigh : .full)
      }
      let accurate = try TriangularSolver.solve(
        array, means: spectrum.means, scales: spectrum.scales, count: count.needed,
        totalVariance: spectrum.totalVariance
      ) { try context.checkpoint("factorisation", 0.3 + 0.6 * $0) }
      return Result(spectrum: accurate, solver: .full)
    }
    let centred = try CentredCopy(array, standardize: standardize, dtype: .float64)
    if let spectrum = try DualSolver.solve(centred, count: count.needed) {
      return Result(spectrum: spectrum, solver: .full)
    }
    try context.checkpoint("decomposition", 0.5)
    let factors = try LinearAlgebra.svd(centred.array)
    let spectrum = try TriangularSolver.spectrum(
      factors.singularValues, factors.vTransposed, rows: rows, means: centred.means, scales: centred.scales,
      count: count.needed ?? smaller, totalVariance: centred.totalVariance)
    return Result(spectrum: spectrum, solver: .full)
  }

  /// Nil when ``PCA/Solver/auto`` chose iteration and it did not converge.
  private func iterate(_ array: NDArray) throws -> Result? {
    let k = count.needed ?? smaller
    if k * 2 >= smaller { return nil }
    let array = try PrincipalInput.floating(array)
    let centred = try CentredCopy(array, standardize: standardize, dtype: array.dtype)
    let matrix = DenseOperator(centred.array, precision: solver == .randomized ? nil : .float64)
    let factors: TruncatedFactors
    if solver == .randomized {
      factors = try RandomizedRangeFinder.factors(
        matrix, count: k, oversamples: oversamples,
        powerIterations: powerIterations ?? (10 * k < smaller ? 7 : 4), seed: seed, context: context)
    } else {
      let floor = array.dtype == .float32 ? 1e-8 : 1e-10
      factors = try TruncatedFactors.lanczos(
        matrix, count: k, tolerance: Swift.max(tolerance, floor),
        productLimit: solver == .auto ? 6 * k + 128 : nil, seed: seed, context: context)
      if !factors.isConverged {
        if solver == .auto { return nil }
        context.warn(.convergence, "PCA: the components did not meet the tolerance; raise tol or use svd_solver='full'")
      }
    }
    let spectrum = try TriangularSolver.spectrum(
      factors.singularValues, factors.vTransposed, rows: rows, means: centred.means, scales: centred.scales, count: k,
      totalVariance: centred.totalVariance)
    return Result(spectrum: spectrum, solver: solver == .randomized ? .randomized : .arpack)
  }

  private func solveSparse(_ matrix: CSRMatrix) throws -> Result {
    let isSmall = columns <= PrincipalFit.iterationExtent
    if solver == .covarianceEigh || solver == .full || count.needed == nil || (solver == .auto && isSmall) {
      let spectrum = try covariance(.sparse(matrix))
      // Variances that the covariance does not tell are left to iteration.
      if solver != .auto || count.needed == nil || GramSolver.isAccurate(spectrum, for: .float64) {
        return Result(spectrum: spectrum, solver: .covarianceEigh)
      }
    }
    let k = count.needed ?? smaller
    let statistics = try SparseColumns(matrix, standardize: standardize)
    let centred = try SparseOperator(matrix, means: statistics.means, factors: statistics.factors)
    let factors = try TruncatedFactors.lanczos(centred, count: k, tolerance: tolerance, seed: seed, context: context)
    if !factors.isConverged {
      context.warn(.convergence, "PCA: the components did not meet the tolerance; raise tol or use svd_solver='full'")
    }
    let spectrum = try TriangularSolver.spectrum(
      factors.singularValues, factors.vTransposed, rows: rows, means: statistics.means, scales: statistics.scales,
      count: k,
      totalVariance: statistics.totalVariance)
    return Result(spectrum: spectrum, solver: .arpack)
  }
}

/// Principal components of wide data from the n × n matrix of inner products of the rows.
enum DualSolver {
  /// Nil where its condition does not allow the accuracy of a singular value decomposition.
  static func solve(_ centred: CentredCopy, count: Int?) throws(ApusError) -> PrincipalSpectrum? {
    let n = centred.array.shape[0]
    // The last direction of n centred rows has variance 0.
    guard let count, count < n else { return nil }
    let products = try LinearAlgebra.gram(centred.array.transposed)
    let eigen = try LinearAlgebra.eigh(products, largest: count)
    let values = try NDArray(uninitialized: [count], dtype: .float64)
    let vectors = eigen.vectors.matrixView(Double.self)
    let scaled = try NDArray(uninitialized: [count, n], dtype: .float64)
    let degrees = Double(Swift.max(n - 1, 1))
    for i in 0..<count {
      let value = eigen.values.pointer(Double.self)[count - 1 - i]
      guard value > 0 else { return nil }
      values.pointer(Double.self)[i] = value / degrees
      let row = scaled.pointer(Double.self) + i * n
      for j in 0..<n { row[j] = vectors[j, count &- 1 &- i] / value.squareRoot() }
    }
    let components = try LinearAlgebra.matmul(scaled, centred.array)
    withExtendedLifetime(eigen) {}
    ComponentSigns.orient(components)
    let spectrum = PrincipalSpectrum(
      means: centred.means, scales: centred.scales, variances: values, components: components,
      totalVariance: centred.totalVariance)
    return GramSolver.isAccurate(spectrum, for: .float64) ? spectrum : nil
  }
}

/// Means and spreads of sparse columns.
struct SparseColumns {
  let means: NDArray
  /// Standard deviations, 1 for constant columns; nil unless standardising.
  let scales: NDArray?
  /// 1 / scales.
  let factors: NDArray?
  let totalVariance: Double

  init(_ matrix: CSRMatrix, standardize: Bool) throws(ApusError) {
    let (n, p) = (matrix.rows, matrix.columns)
    let entries = try SparseEntries(matrix).transposed(columns: p)
    let means = try NDArray(zeros: [p])
    let scales = try NDArray(uninitialized: [p], dtype: .float64)
    let factors = try NDArray(uninitialized: [p], dtype: .float64)
    let (starts, values) = (entries.offsets.pointer(Int64.self), entries.values.pointer(Double.self))
    var total = 0.0
    for j in 0..<p {
      let range = Int(starts[j])..<Int(starts[j + 1])
      var sum = 0.0
      for place in range { sum += values[place] }
      let mean = sum / Double(n)
      var squares = Double(n - range.count) * mean * mean
      for place in range { squares += (values[place] - mean) * (values[place] - mean) }
      let variance = squares / Double(Swift.max(n - 1, 1))
      let scale = standardize && variance > 0 ? variance.squareRoot() : 1
      means.pointer(Double.self)[j] = mean
      scales.pointer(Double.self)[j] = scale
      factors.pointer(Double.self)[j] = 1 / scale
      total += variance / (scale * scale)
    }
    withExtendedLifetime(entries) {}
    self.means = means
    self.scales = standardize ? scales : nil
    self.factors = standardize ? factors : nil
    totalVariance = total
  }
}
