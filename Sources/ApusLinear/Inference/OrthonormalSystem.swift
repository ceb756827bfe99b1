import ApusNumerics
import RealModule

/// A weighted least-squares problem in orthonormal coordinates γ: the coefficients are T γ, and their covariance is T S Tᵀ
/// for the covariance S of γ.
///
/// Made from moments in double-double arithmetic, so that its entries are as good as float64 can hold them. Dependent
/// columns give rank < columns; T then leads to the coefficients of minimum norm.
struct OrthonormalSystem {
  let basis: OrthonormalBasis
  /// T: (parameters, size) row-major, the intercept first in both.
  let map: NDArray
  /// Squared lengths of the centred, weighted features over those of their parts orthogonal to the other features;
  /// infinite for dependent ones: (columns,).
  let varianceInflation: [Double]
  /// Ratio of the largest to the smallest singular value of the weighted features and, if there is one, the constant.
  let conditionNumber: Double
  /// ln det of the weighted Gram matrix of the constant and the features, of the chosen columns when some are dependent.
  let logDeterminant: Double

  /// Number of parameters: columns, and one for the intercept.
  var parameterCount: Int { basis.columns + (basis.hasIntercept ? 1 : 0) }

  /// Largest order at which the triangular inverse is computed in double-double arithmetic.
  private static let preciseOrder = 192

  /// - Parameter tolerance: relative size of perturbations of the columns under which they count as dependent.
  /// - Complexity: O(columns³) operations.
  init(
    _ moments: CrossMoments, fitIntercept: Bool, tolerance: Double, checkpoint: @escaping (Double) throws -> Void
  ) throws {
    let p = moments.featureCount
    let solver = try MomentSolver(moments, fitIntercept: fitIntercept, checkpoint: checkpoint)
    let block = try DoubleDoubleMatrix(rows: p, columns: p)
    for i in 0..<p { for j in i..<p { block[i, j] = solver.centred[i, j] } }
    let factor = try DoubleDoubleCholesky(
      destroying: block, squaredLengths: (0..<p).map { moments.moment($0, $0).high }, tolerance: tolerance,
      checkpoint: checkpoint)
    let r = factor.rank
    let skip = fitIntercept ? 1 : 0
    let size = r + skip
    let scores = try NDArray(zeros: [p, Swift.max(1, r)])
    let centre = try NDArray(zeros: [p])
    let map = try NDArray(zeros: [p + skip, Swift.max(1, size)])
    let exponents = moments.exponents
    let means = try Buffer<DoubleDouble>(repeating: .zero, count: p)
    if fitIntercept {
      for j in 0..<p {
        means[j] = moments.moment(j, moments.onesIndex) / moments.totalWeight
        centre.pointer(Double.self)[j] = means[j].scaled(byPowerOfTwo: exponents[j]).value
      }
    }
    let inverse = try OrthonormalSystem.inverse(factor)
    let minimumNorm = r < p ? try MinimumNormBasis(factor, exponents: Array(exponents.prefix(p))) : nil
    let x = try Buffer<DoubleDouble>(repeating: .zero, count: p)
    let u = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, r))
    let (f, t) = (scores.pointer(Double.self), map.pointer(Double.self))
    for k in 0..<r {
      for i in 0..<r { u[i] = inverse[k * r + i] }
      for i in 0..<r {
        let j = factor.pivots[i]
        f[j * r + k] = u[i].scaled(byPowerOfTwo: -exponents[j]).value
      }
      if let minimumNorm {
        minimumNorm.spread(u, into: x)
      } else {
        for i in 0..<r { x[factor.pivots[i]] = u[i] }
      }
      var intercept = DoubleDouble.zero
      for j in 0..<p {
        t[(j + skip) * size + k + skip] = x[j].scaled(byPowerOfTwo: -exponents[j]).value
        if fitIntercept { intercept -= means[j] * x[j] }
      }
      if fitIntercept { t[k + 1] = intercept.value }
    }
    let interceptScore = fitIntercept ? 1 / moments.totalWeight.value.squareRoot() : 0
    if fitIntercept { t[0] = interceptScore }
    let isDependent = try OrthonormalSystem.dependent(factor, moments)
    varianceInflation = (0..<p).map { j in
      if isDependent[j] { return .infinity }
      let unit = Double(sign: .plus, exponent: exponents[j], significand: 1)
      var sum = 0.0
      for k in 0..<r { sum += (f[j * r + k] * unit) * (f[j * r + k] * unit) }
      return sum * solver.centred[j, j].value
    }
    basis = OrthonormalBasis(
      columns: p, rank: r, hasIntercept: fitIntercept, scores: scores, centre: centre, interceptScore: interceptScore)
    self.map = map
    var logarithm = fitIntercept ? Double.log(moments.totalWeight.value) : 0
    for i in 0..<r {
      logarithm += 2 * Double.log(factor.factor[i, i].value)
      logarithm += 2 * Double(exponents[factor.pivots[i]]) * 0.693_147_180_559_945_3
    }
    logDeterminant = logarithm
    conditionNumber = try OrthonormalSystem.condition(
      factor, exponents: exponents, centre: centre, totalWeight: moments.totalWeight.value, fitIntercept: fitIntercept)
    for index in 0..<map.count where !t[index].isFinite {
      throw ApusError.numericalFailure(
        reason: "X: the scales of the features differ so much that a standard error overflows float64")
    }
  }

  /// The features that are combinations of others: those that the factor left out, and those they are made of.
  private static func dependent(_ factor: DoubleDoubleCholesky, _ moments: CrossMoments) throws(ApusError) -> [Bool] {
    let (p, r) = (moments.featureCount, factor.rank)
    var result = [Bool](repeating: false, count: p)
    if r == p { return result }
    func length(_ j: Int) -> Double { moments.moment(j, j).value.squareRoot() }
    let share = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, r))
    for position in r..<p {
      let own = factor.pivots[position]
      result[own] = true
      for i in 0..<r { share[i] = factor.factor[i, position] }
      factor.solve(share.pointer)
      for i in 0..<r {
        let other = factor.pivots[i]
        if share[i].value.magnitude * length(other) > 1e-8 * length(own) { result[other] = true }
      }
    }
    return result
  }

  /// R⁻¹ of the leading triangle, column k at k · rank.
  private static func inverse(_ factor: DoubleDoubleCholesky) throws(ApusError) -> Buffer<DoubleDouble> {
    let r = factor.rank
    let columns = try Buffer<DoubleDouble>(repeating: .zero, count: Swift.max(1, r * r))
    if r <= preciseOrder {
      ThreadPool.parallelFor(tasks: r) { k in
        let column = columns.pointer + k * r
        column[k] = DoubleDouble(1)
        factor.solve(column)
      }
      return columns
    }
    let (triangle, identity) = (try Buffer<Double>(zeroed: r * r), try Buffer<Double>(zeroed: r * r))
    for i in 0..<r {
      identity[i * r + i] = 1
      for j in i..<r { triangle[j * r + i] = factor.factor[i, j].value }
    }
    BLAS.trsm(lower: false, m: r, n: r, a: triangle.pointer, lda: r, b: identity.pointer, ldb: r)
    for index in 0..<(r * r) { columns[index] = DoubleDouble(identity[index]) }
    return columns
  }

  /// From the singular values of [[√W, √W m], [0, R]], whose Gram matrix is that of the constant and the features.
  private static func condition(
    _ factor: DoubleDoubleCholesky, exponents: [Int], centre: NDArray, totalWeight: Double, fitIntercept: Bool
  ) throws(ApusError) -> Double {
    let (p, r, skip) = (factor.order, factor.rank, fitIntercept ? 1 : 0)
    if r < p { return .infinity }
    let matrix = try NDArray(zeros: [p + skip, p + skip])
    let (m, width) = (matrix.pointer(Double.self), p + skip)
    if fitIntercept {
      m[0] = totalWeight.squareRoot()
      for j in 0..<p { m[j + 1] = m[0] * centre.pointer(Double.self)[j] }
    }
    for i in 0..<r {
      for j in i..<p {
        let column = factor.pivots[j]
        m[(i + skip) * width + column + skip] =
          factor.factor[i, j].scaled(byPowerOfTwo: exponents[column]).value
      }
    }
    for index in 0..<(width * width) where !m[index].isFinite { return .infinity }
    let values = try LinearAlgebra.singularValues(matrix).elements(as: Double.self)
    guard let largest = values.first, let smallest = values.last, smallest > 0 else { return .infinity }
    return largest / smallest
  }

  /// T S Tᵀ for S given as (size, size) symmetric, or as a multiple of the identity: (parameters, parameters).
  func covariance(coordinates: Buffer<Double>?, scale: Double) throws(ApusError) -> NDArray {
    let (k, size) = (parameterCount, basis.size)
    let result = try NDArray(zeros: [k, k])
    if size == 0 { return result }
    defer { withExtendedLifetime(self) {} }
    let t = map.pointer(Double.self)
    guard let coordinates else {
      try BLAS.syrk(
        lower: true, trans: true, n: k, k: size, alpha: scale, a: t, lda: size, c: result.pointer(Double.self), ldc: k,
        full: true)
      try requireRange(result, isZero: scale == 0)
      return result
    }
    let product = try Buffer<Double>(count: size * k)
    try BLAS.gemm(
      m: size, n: k, k: size, a: coordinates.pointer, lda: size, b: t, ldb: size, c: product.pointer, ldc: size)
    try BLAS.gemm(
      transA: true, m: k, n: k, k: size, a: t, lda: size, b: product.pointer, ldb: size,
      c: result.pointer(Double.self), ldc: k)
    try requireRange(result, isZero: (0..<size).allSatisfy { coordinates[$0 * (size + 1)] == 0 })
    return result
  }

  /// Refuses variances that overflow, or underflow though they are not zero.
  private func requireRange(_ covariance: NDArray, isZero: Bool) throws(ApusError) {
    let (k, size, t) = (parameterCount, basis.size, map.pointer(Double.self))
    for j in 0..<k {
      let variance = covariance.pointer(Double.self)[j * (k + 1)]
      let vanishes = variance == 0 && !isZero && (0..<size).contains { t[j * size + $0] != 0 }
      guard variance != .infinity, !vanishes else {
        throw .numericalFailure(
          reason:
            "X: the variance of an estimate \(vanishes ? "underflows" : "overflows") float64; bring the magnitudes of "
            + "features and targets nearer to 1")
      }
    }
  }
}
