import ApusNumerics
import RealModule

/// The normal distribution of p variables with mean μ and covariance Σ.
///
/// A singular Σ describes a normal distribution in the space its eigenvectors span, with a density there; points outside that
/// space have density 0.
public struct MultivariateNormal: Sendable {
  /// (p,).
  public let mean: NDArray
  /// (p, p).
  public let covariance: NDArray
  let spectrum: CovarianceSpectrum

  public var dimension: Int { mean.count }
  /// Of the covariance.
  public var rank: Int { spectrum.rank }

  /// - Parameters:
  ///   - mean: p numbers; zeros when nil.
  ///   - covariance: p × p, symmetric and positive (semi-)definite.
  ///   - allowSingular: accept a covariance without full rank.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a covariance that is not symmetric, not positive semi-definite, or
  ///   singular without leave.
  public init(mean: NDArray? = nil, covariance: NDArray, allowSingular: Bool = false) throws(ApusError) {
    guard covariance.rank == 2, covariance.shape[0] == covariance.shape[1], covariance.shape[0] >= 1 else {
      throw .shapeMismatch(name: "cov", reason: "has shape \(covariance.shape), needs to be square")
    }
    let p = covariance.shape[0]
    let sigma = try covariance.converted(to: .float64, name: "cov").contiguous()
    try FiniteCheck.requireFinite(sigma, name: "cov")
    let centre: NDArray
    if let mean {
      centre = try mean.converted(to: .float64, name: "mean").contiguous()
    } else {
      centre = try NDArray(zeros: [p])
    }
    guard centre.shape == [p] else {
      throw .shapeMismatch(name: "mean", reason: "has shape \(centre.shape), the covariance needs [\(p)]")
    }
    try FiniteCheck.requireFinite(centre, name: "mean")
    let s = UnsafePointer(sigma.pointer(Double.self))
    for i in 0..<p {
      for j in 0..<i {
        let (a, b) = (s[i * p + j], s[j * p + i])
        guard (a - b).magnitude <= 1e-8 * Swift.max(a.magnitude, b.magnitude, 1e-300) + 1e-300 else {
          throw .invalidArgument(name: "cov", reason: "is not symmetric: elements (\(i), \(j)) are \(a) and \(b)")
        }
      }
    }
    let values: [Double] = try LinearAlgebra.eigvalsh(sigma).elements()
    let largest = values.reduce(0) { Swift.max($0, $1.magnitude) }
    if let least = values.first, least < -Double(p) * 1e-13 * largest {
      throw .invalidArgument(name: "cov", reason: "is not positive semi-definite: its least eigenvalue is \(least)")
    }
    spectrum = try CovarianceSpectrum(sigma)
    guard allowSingular || spectrum.rank == p else {
      throw .invalidArgument(
        name: "cov", reason: "is singular, of rank \(spectrum.rank) for \(p) variables; allow_singular permits it")
    }
    self.mean = centre
    self.covariance = sigma
    withExtendedLifetime(sigma) {}
  }

  /// The maximum-likelihood fit: means and the covariance with divisor n; either may be given.
  ///
  /// - Parameter x: n × p, finite.
  public static func fit(
    _ x: NDArray, mean: NDArray? = nil, covariance: NDArray? = nil
  ) throws(ApusError) -> (mean: NDArray, covariance: NDArray) {
    let data = try Covariance.observations(x)
    let p = data.shape[1]
    let estimate = try Covariance.empirical(data)
    guard let mean else {
      return (estimate.location, try checked(covariance, p) ?? estimate.covariance)
    }
    let centre = try mean.converted(to: .float64, name: "fix_mean").contiguous()
    guard centre.shape == [p] else {
      throw .shapeMismatch(name: "fix_mean", reason: "has shape \(centre.shape), needs [\(p)]")
    }
    if let covariance = try checked(covariance, p) { return (centre, covariance) }
    // About another centre: the covariance plus the product of the shift with itself.
    let sigma = try estimate.covariance.copied()
    withExtendedLifetime((estimate, centre)) {
      let (s, m, c) = (
        sigma.pointer(Double.self), estimate.location.pointer(Double.self), centre.pointer(Double.self)
      )
      for i in 0..<p { for j in 0..<p { s[i * p + j] += (m[i] - c[i]) * (m[j] - c[j]) } }
    }
    return (centre, sigma)
  }

  private static func checked(_ covariance: NDArray?, _ p: Int) throws(ApusError) -> NDArray? {
    guard let covariance else { return nil }
    guard covariance.shape == [p, p] else {
      throw .shapeMismatch(name: "fix_cov", reason: "has shape \(covariance.shape), needs [\(p), \(p)]")
    }
    return try MultivariateNormal(covariance: covariance, allowSingular: true).covariance
  }

  /// ln of the density at the rows of `x` (n × p); NaN stays NaN.
  public func logpdf(_ x: NDArray) throws(ApusError) -> NDArray {
    let data = try rows(x)
    let result = try spectrum.distances(data, from: mean)
    let out = result.pointer(Double.self)
    let constant = -0.5 * (Double(rank) * 1.8378770664093453 + spectrum.logPseudoDeterminant)
    for i in 0..<result.count { out[i] = constant - 0.5 * out[i] }
    if rank < dimension {
      let outside = try spectrum.squaredDistancesFromSpan(data, through: mean)
      let limit = spectrum.spanTolerance
      for i in 0..<result.count where outside.pointer(Double.self)[i] > limit { out[i] = -.infinity }
      withExtendedLifetime(outside) {}
    }
    return result
  }

  private func rows(_ x: NDArray) throws(ApusError) -> NDArray {
    guard x.rank == 2, x.shape[1] == dimension else {
      throw .shapeMismatch(name: "x", reason: "has shape \(x.shape), needs [n, \(dimension)]")
    }
    return try x.converted(to: .float64, name: "x").contiguous()
  }

  /// `count` independent rows; block k of 256 rows draws from stream k of the seed.
  public func sample(_ count: Int, seed: UInt64) throws(ApusError) -> NDArray {
    guard count >= 0 else { throw .invalidArgument(name: "size", reason: "\(count) is negative") }
    let (p, r) = (dimension, rank)
    let result = try NDArray(uninitialized: [count, p], dtype: .float64)
    let factor = try spectrum.factor()
    let block = 256
    let width = Swift.max(r, 1)
    let normals = try Buffer<Double>(count: try checkedCount([count, width], stride: 1))
    let (out, f, m) = (
      result.pointer(Double.self), UnsafePointer(factor.pointer(Double.self)), UnsafePointer(mean.pointer(Double.self))
    )
    ThreadPool.parallelBlocks(count: count, blockSize: block) { range in
      var stream = RandomStream(seed: seed, index: UInt64(range.lowerBound / block))
      let z = normals.pointer + range.lowerBound * width
      stream.fillNormal(z, count: range.count * width)
      for (k, i) in range.enumerated() {
        for j in 0..<p {
          var value = m[j]
          for c in 0..<r { value += f[c &* p &+ j] * z[k &* width &+ c] }
          out[i &* p &+ j] = value
        }
      }
    }
    withExtendedLifetime((factor, mean, normals)) {}
    return result
  }

  /// Differential entropy in nats, in the space of the covariance.
  public var entropy: Double {
    0.5 * (Double(rank) * 2.8378770664093453 + spectrum.logPseudoDeterminant)
  }

  /// D(self ‖ other) = ½ (tr Σ₂⁻¹Σ₁ + (μ₁ − μ₂)ᵀ Σ₂⁻¹ (μ₁ − μ₂) − p + ln |Σ₂| − ln |Σ₁|); +∞ when `self` lies in no space of `other`.
  public func kullbackLeiblerDivergence(to other: MultivariateNormal) throws(ApusError) -> Double {
    let p = dimension
    guard other.dimension == p else {
      throw .shapeMismatch(name: "other", reason: "has \(other.dimension) variables, this one \(p)")
    }
    guard rank == p else { return .infinity }
    guard other.rank == p else { return .infinity }
    let factor = try spectrum.factor()
    let zero = try NDArray(zeros: [p])
    // tr Σ₂⁻¹ Σ₁ = Σ of the squared distances of Σ₁'s scaled eigenvectors from 0.
    let spread = try other.spectrum.distances(factor, from: zero)
    let shift = try other.spectrum.distances(try mean.reshaped([1, p]), from: other.mean)
    let trace: [Double] = try spread.elements()
    let distance: [Double] = try shift.elements()
    let value =
      0.5 * (trace.reduce(0, +) - Double(p) + distance[0] + other.spectrum.logDeterminant - spectrum.logDeterminant)
    return value.atLeast(0)
  }

  /// The distribution of some of the variables.
  ///
  /// - Parameter variables: their positions, none twice.
  public func marginal(_ variables: [Int]) throws(ApusError) -> MultivariateNormal {
    try requireVariables(variables)
    let m = try NDArray(variables.map { mean.pointer(Double.self)[$0] })
    return try MultivariateNormal(mean: m, covariance: try block(variables, variables), allowSingular: true)
  }

  /// The distribution of the other variables when some are known.
  ///
  /// - Parameters:
  ///   - variables: positions of the known ones.
  ///   - values: as many numbers.
  public func conditional(on variables: [Int], values: [Double]) throws(ApusError) -> MultivariateNormal {
    try requireVariables(variables)
    guard values.count == variables.count else {
      throw .shapeMismatch(name: "values", reason: "\(values.count) given for \(variables.count) variables")
    }
    let known = Set(variables)
    let others = (0..<dimension).filter { !known.contains($0) }
    guard !others.isEmpty else {
      throw .invalidArgument(name: "variables", reason: "all \(dimension) are given, none is left")
    }
    let (q, r) = (variables.count, others.count)
    let inverse = try CovarianceSpectrum(try block(variables, variables)).precision()
    let cross = try block(others, variables)
    let weights = try LinearAlgebra.matmul(cross, inverse).contiguous()
    let explained = try LinearAlgebra.matmul(weights, try cross.transposed.contiguous()).contiguous()
    let sigma = try block(others, others)
    let centre = try NDArray(others.map { mean.pointer(Double.self)[$0] })
    let (s, e, w, c, m) = (
      sigma.pointer(Double.self), explained.pointer(Double.self), weights.pointer(Double.self),
      centre.pointer(Double.self), mean.pointer(Double.self)
    )
    for i in 0..<r {
      for (k, variable) in variables.enumerated() { c[i] += w[i * q + k] * (values[k] - m[variable]) }
      for j in 0..<r { s[i * r + j] -= 0.5 * (e[i * r + j] + e[j * r + i]) }
    }
    withExtendedLifetime((explained, weights)) {}
    return try MultivariateNormal(mean: centre, covariance: sigma, allowSingular: true)
  }

  private func requireVariables(_ variables: [Int]) throws(ApusError) {
    guard !variables.isEmpty, Set(variables).count == variables.count,
      variables.allSatisfy({ (0..<dimension).contains($0) })
    else {
      throw .invalidArgument(
        name: "variables", reason: "\(variables) are not distinct positions in 0..<\(dimension), at least one")
    }
  }

  private func block(_ rows: [Int], _ columns: [Int]) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [rows.count, columns.count], dtype: .float64)
    let (out, s) = (result.pointer(Double.self), covariance.pointer(Double.self))
    for (a, i) in rows.enumerated() {
      for (b, j) in columns.enumerated() { out[a * columns.count + b] = s[i * dimension + j] }
    }
    return result
  }
}
