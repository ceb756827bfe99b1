import ApusModels
import ApusNumerics
import RealModule

/// A low-rank approximation with an estimate of its error.
public struct LowRankApproximation: Sendable {
  public let factors: TruncatedFactors
  /// An upper bound of ‖E‖₂ for E = A − U diag(s) Vᵀ that holds with probability 1 − 10⁻¹⁰ over the seeds:
  /// (10 √(2/π) · max ‖E (Eᵀ E)² ω‖)^(1/5) over ten standard normal vectors ω. It is the bound of Halko, Martinsson & Tropp
  /// 2011, eq. 4.3, for ‖E (Eᵀ E)²‖ = ‖E‖⁵, which is nearer to the norm than that for E.
  public let errorEstimate: Double
}

extension LinearAlgebra {
  /// The `count` largest singular triplets by randomised subspace iteration.
  ///
  /// - Parameters:
  ///   - a: m × n, float32 or float64.
  ///   - oversamples: additional random directions; more make the result more accurate.
  ///   - powerIterations: multiplications by AᵀA; each sharpens the separation of the singular values, and more are needed
  ///     the more slowly they fall.
  ///   - seed: every value is valid.
  /// - Returns: float64 factors for either type.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a count outside 1…min(m, n) or a negative number.
  /// - Complexity: O(m n (count + oversamples)(powerIterations + 1)).
  public static func randomizedSVD(
    _ a: NDArray, count: Int, oversamples: Int = 10, powerIterations: Int = 4, seed: UInt64 = 0
  ) throws -> LowRankApproximation {
    let scaled = try ScaledMatrix(DecompositionInput.matrix(a, name: "a"), name: "a")
    let smaller = Swift.min(scaled.array.shape[0], scaled.array.shape[1])
    guard count >= 1, count <= smaller else {
      throw ApusError.invalidArgument(
        name: "n_components",
        reason: "\(count) is not in 1...min(rows, columns) = min(\(a.shape[0]), \(a.shape[1])) = \(smaller)")
    }
    guard oversamples >= 0 else {
      throw ApusError.invalidArgument(name: "n_oversamples", reason: "\(oversamples) is negative")
    }
    guard powerIterations >= 0, powerIterations <= 10_000 else {
      throw ApusError.invalidArgument(name: "n_iter", reason: "\(powerIterations) is not in 0...10000")
    }
    let matrix = DenseOperator(scaled.array)
    let factors = try RandomizedRangeFinder.factors(
      matrix, count: count, oversamples: Swift.min(oversamples, smaller), powerIterations: powerIterations, seed: seed,
      context: FitContext())
    let estimate = try LowRank.errorEstimate(matrix, factors, seed: seed)
    PowerOfTwo.scale(factors.singularValues, exponent: scaled.exponent)
    return LowRankApproximation(
      factors: factors, errorEstimate: Equilibration.shift(estimate, by: Int32(scaled.exponent)))
  }

  /// The `count` largest singular triplets of an operator by block Lanczos, as accurate as a full decomposition where the
  /// singular values are apart.
  ///
  /// - Parameter tolerance: relative residual at which a triplet counts as converged; 0 asks for 1e-10.
  /// - Complexity: each step is one product with a block of vectors and its adjoint.
  public static func truncatedSVD(
    of matrix: any MatrixOperator, count: Int, tolerance: Double = 0, seed: UInt64 = 0,
    context: FitContext = FitContext()
  ) throws -> TruncatedFactors {
    let factors = try TruncatedFactors.lanczos(matrix, count: count, tolerance: tolerance, seed: seed, context: context)
    if !factors.isConverged {
      context.warn(.convergence, "svds: not all of the \(count) singular triplets met the tolerance")
    }
    return factors
  }

  /// As ``truncatedSVD(of:count:tolerance:seed:context:)`` for a dense matrix.
  public static func truncatedSVD(
    _ a: NDArray, count: Int, tolerance: Double = 0, seed: UInt64 = 0, context: FitContext = FitContext()
  ) throws -> TruncatedFactors {
    let scaled = try ScaledMatrix(DecompositionInput.matrix(a, name: "a"), name: "a")
    let factors = try truncatedSVD(
      of: DenseOperator(scaled.array, precision: .float64), count: count, tolerance: tolerance, seed: seed,
      context: context)
    PowerOfTwo.scale(factors.singularValues, exponent: scaled.exponent)
    return factors
  }

  /// As ``truncatedSVD(of:count:tolerance:seed:context:)`` for a sparse matrix, which is never made dense.
  public static func truncatedSVD(
    _ a: CSRMatrix, count: Int, tolerance: Double = 0, seed: UInt64 = 0, context: FitContext = FitContext()
  ) throws -> TruncatedFactors {
    try FiniteCheck.requireFinite(a.values, name: "a.data")
    let scaled = try ScaledMatrix(a.values, name: "a.data")
    let matrix = try CSRMatrix(
      rows: a.rows, columns: a.columns, rowOffsets: a.rowOffsets, columnIndices: a.columnIndices, values: scaled.array)
    let factors = try truncatedSVD(
      of: SparseOperator(matrix), count: count, tolerance: tolerance, seed: seed, context: context)
    PowerOfTwo.scale(factors.singularValues, exponent: scaled.exponent)
    return factors
  }

  /// ‖A − A_k‖ for k = 0…min(m, n), where A_k is the best approximation of rank k (Eckart & Young 1936).
  ///
  /// - Parameter spectral: the spectral norm σ_{k+1}; else the Frobenius norm √(Σ_{i>k} σᵢ²).
  /// - Returns: float64, min(m, n) + 1 values, the last one 0.
  public static func lowRankErrors(_ a: NDArray, spectral: Bool = false) throws(ApusError) -> NDArray {
    let values = try singularValues(a).converted(to: .float64)
    let count = values.count
    let result = try NDArray(zeros: [count + 1])
    let (sigma, error) = (values.pointer(Double.self), result.pointer(Double.self))
    if spectral {
      error.update(from: sigma, count: count)
    } else if count > 0, sigma[0] > 0 {
      let largest = sigma[0]
      var sum = 0.0
      for k in (0..<count).reversed() {
        sum += (sigma[k] / largest) * (sigma[k] / largest)
        error[k] = largest * sum.squareRoot()
      }
    }
    withExtendedLifetime(values) {}
    return result
  }
}

/// Errors of approximations that are given.
enum LowRank {
  private static let probes = 10
  /// Products with EᵀE before the one with E.
  private static let powers = 2

  /// See ``LowRankApproximation/errorEstimate``.
  static func errorEstimate(
    _ matrix: any MatrixOperator, _ factors: TruncatedFactors, seed: UInt64
  ) throws -> Double {
    var stream = RandomStream(seed: seed, index: 1)
    var vectors = try NDArray(uninitialized: [matrix.columns, probes], dtype: .float64)
    stream.fillNormal(vectors.pointer(Double.self), count: vectors.count)
    let (u, v) = (factors.u, factors.vTransposed.transposed)
    for _ in 0..<powers {
      let image = try remainder(matrix.apply(vectors), vectors, from: v, to: u, factors.singularValues)
      vectors = try remainder(matrix.applyAdjoint(image), image, from: u, to: v, factors.singularValues)
    }
    let last = try remainder(matrix.apply(vectors), vectors, from: v, to: u, factors.singularValues)
    let squares = try ColumnReductions.sumsOfSquares(last).elements(as: Double.self)
    let bound = 10 * (2 / Double.pi).squareRoot() * (squares.max() ?? 0).squareRoot()
    return .pow(bound, 1 / Double(2 * powers + 1))
  }

  /// image − to · diag(s) · fromᵀ · vectors.
  private static func remainder(
    _ image: NDArray, _ vectors: NDArray, from: NDArray, to: NDArray, _ singularValues: NDArray
  ) throws -> NDArray {
    let result = try image.copied()
    let coordinates = try LinearAlgebra.matmul(from.transposed, vectors)
    let (c, s) = (coordinates.pointer(Double.self), singularValues.pointer(Double.self))
    let width = coordinates.shape[1]
    for i in 0..<singularValues.count {
      for j in 0..<width { c[i * width + j] *= s[i] }
    }
    let approximation = try LinearAlgebra.matmul(to, coordinates)
    let (target, source) = (result.pointer(Double.self), approximation.pointer(Double.self))
    for i in 0..<result.count { target[i] -= source[i] }
    withExtendedLifetime((approximation, singularValues)) {}
    return result
  }
}
