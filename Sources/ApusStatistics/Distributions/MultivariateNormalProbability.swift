import ApusNumerics
import RealModule

extension MultivariateNormal {
  /// A probability and the estimated error of its computation.
  public struct Probability: Sendable {
    public let value: Double
    public let error: Double
  }

  /// P(lower < X ≤ upper) for every variable.
  ///
  /// One variable by the normal distribution, two by quadrature (R. L. Plackett, Biometrika 41 (1954) 351–360, absolute error about
  /// 1e-15), more by A. Genz' transformation (J. Comput. Graph. Stat. 1 (1992) 141–149) with the variables ordered as in
  /// G. Gibson, C. Glasbey, D. Elston (1994), on shifted Richtmyer lattices.
  ///
  /// - Parameters:
  ///   - lower: p numbers, −∞ allowed; all −∞ when nil.
  ///   - upper: p numbers, +∞ allowed.
  ///   - tolerance: absolute and relative error to be reached, for three variables and more.
  ///   - maximumPoints: points after which it ends all the same; 1,000,000 p when nil.
  ///   - seed: of the shifts.
  public func probability(
    below upper: [Double], above lower: [Double]? = nil, tolerance: Double = 1e-5, maximumPoints: Int? = nil,
    seed: UInt64 = 0
  ) throws(ApusError) -> Probability {
    let p = dimension
    let low = lower ?? [Double](repeating: -.infinity, count: p)
    for (name, values) in [("upper", upper), ("lower", low)] where values.count != p {
      throw .shapeMismatch(name: name, reason: "has \(values.count) elements, \(p) are needed")
    }
    guard tolerance > 0 else { throw .invalidArgument(name: "tolerance", reason: "\(tolerance) is not above 0") }
    if upper.contains(where: \.isNaN) || low.contains(where: \.isNaN) { return Probability(value: .nan, error: .nan) }
    guard rank == p else {
      throw .unsupported(
        reason: "cov: the probability of a region needs a covariance of full rank, this one has \(rank)")
    }
    let (m, s) = (mean.pointer(Double.self), covariance.pointer(Double.self))
    let deviations = (0..<p).map { s[$0 * p + $0].squareRoot() }
    let b = (0..<p).map { (upper[$0] - m[$0]) / deviations[$0] }
    let a = (0..<p).map { (low[$0] - m[$0]) / deviations[$0] }
    if zip(a, b).contains(where: { $0 >= $1 }) { return Probability(value: 0, error: 0) }
    if p == 1 { return Probability(value: NormalRegion.interval(a[0], b[0]), error: 1e-16) }
    if p == 2 {
      let r = s[1] / deviations[0] / deviations[1]
      let value = NormalRegion.rectangle(a, b, r)
      return Probability(value: Swift.min(Swift.max(value, 0), 1), error: 1e-15)
    }
    var correlation = [Double](repeating: 0, count: p * p)
    for i in 0..<p { for j in 0..<p { correlation[i * p + j] = s[i * p + j] / deviations[i] / deviations[j] } }
    let points = maximumPoints ?? 1_000_000 * p
    guard points >= 1 else { throw .invalidArgument(name: "maxpts", reason: "\(points) is not above 0") }
    return try SeparatedNormalIntegral(correlation, a, b).estimate(
      tolerance: tolerance, maximumPoints: points, seed: seed)
  }
}

/// Probabilities of one and two standard normals.
enum NormalRegion {
  /// P(a < Z ≤ b), from the side on which the tails are small.
  static func interval(_ a: Double, _ b: Double) -> Double {
    a > 0
      ? SpecialFunctions.normalSF(a) - SpecialFunctions.normalSF(b)
      : SpecialFunctions.normalCDF(b) - SpecialFunctions.normalCDF(a)
  }

  /// P(X ≤ h, Y ≤ k) of standard normals with correlation r.
  static func orthant(_ h: Double, _ k: Double, _ r: Double) -> Double {
    if h == -.infinity || k == -.infinity { return 0 }
    if h == .infinity { return SpecialFunctions.normalCDF(k) }
    if k == .infinity { return SpecialFunctions.normalCDF(h) }
    let product = SpecialFunctions.normalCDF(h) * SpecialFunctions.normalCDF(k)
    if r == 0 { return product }
    let angle = Double.asin(r)
    // The integrand in the angle from the end, where its denominator vanishes for r = ±1.
    let integral = TanhSinhQuadrature.integrate(from: 0, to: angle.magnitude) { t in
      let theta = angle < 0 ? -t : t
      let (sine, cosine) = (Double.sin(theta), Double.cos(theta))
      return Double.exp(-(h * h + k * k - 2 * h * k * sine) / (2 * cosine * cosine))
    }
    return product + (angle < 0 ? -integral : integral) / (2 * .pi)
  }

  static func rectangle(_ a: [Double], _ b: [Double], _ r: Double) -> Double {
    orthant(b[0], b[1], r) - orthant(a[0], b[1], r) - orthant(b[0], a[1], r) + orthant(a[0], a[1], r)
  }
}

/// Genz' transformation of the probability of a box to an integral over the unit cube of one dimension less.
struct SeparatedNormalIntegral {
  private let p: Int
  /// Lower triangular, rows of length p.
  private var factor: [Double]
  private var lower: [Double]
  private var upper: [Double]

  init(_ correlation: [Double], _ a: [Double], _ b: [Double]) throws(ApusError) {
    p = a.count
    (factor, lower, upper) = ([Double](repeating: 0, count: p * p), a, b)
    var matrix = correlation
    var expected = [Double](repeating: 0, count: p)
    for i in 0..<p {
      // The variable with the smallest conditional probability comes first.
      var best = (index: i, probability: Double.infinity)
      for j in i..<p {
        var (square, shift) = (matrix[j * p + j], 0.0)
        for k in 0..<i {
          square -= factor[j * p + k] * factor[j * p + k]
          shift += factor[j * p + k] * expected[k]
        }
        guard square > 1e-14 else {
          throw .numericalFailure(reason: "cov: is singular to working precision, the probability cannot be separated")
        }
        let root = square.squareRoot()
        let probability = NormalRegion.interval((lower[j] - shift) / root, (upper[j] - shift) / root)
        if probability < best.probability { best = (j, probability) }
      }
      exchange(i, best.index, &matrix)
      var (square, shift) = (matrix[i * p + i], 0.0)
      for k in 0..<i {
        square -= factor[i * p + k] * factor[i * p + k]
        shift += factor[i * p + k] * expected[k]
      }
      let root = square.squareRoot()
      factor[i * p + i] = root
      for j in i + 1..<Swift.max(p, i + 1) {
        var value = matrix[j * p + i]
        for k in 0..<i { value -= factor[j * p + k] * factor[i * p + k] }
        factor[j * p + i] = value / root
      }
      let (u, v) = ((lower[i] - shift) / root, (upper[i] - shift) / root)
      let density = { (x: Double) in x.isInfinite ? 0 : Double.exp(-0.5 * x * x) * 0.3989422804014327 }
      expected[i] = best.probability > 0 ? (density(u) - density(v)) / best.probability : 0
    }
  }

  private mutating func exchange(_ i: Int, _ j: Int, _ matrix: inout [Double]) {
    if i == j { return }
    lower.swapAt(i, j)
    upper.swapAt(i, j)
    for k in 0..<p {
      matrix.swapAt(i * p + k, j * p + k)
      factor.swapAt(i * p + k, j * p + k)
    }
    for k in 0..<p { matrix.swapAt(k * p + i, k * p + j) }
  }

  /// The integrand at a point of the cube, with scratch for p numbers.
  private func value(
    _ w: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ l: UnsafePointer<Double>,
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>
  ) -> Double {
    var product = 1.0
    for i in 0..<p {
      var shift = 0.0
      for k in 0..<i { shift += l[i &* p &+ k] * y[k] }
      let (u, v) = ((a[i] - shift) / l[i &* p &+ i], (b[i] - shift) / l[i &* p &+ i])
      // From the side on which the probabilities are small.
      let isUpper = u > 0
      let d = isUpper ? SpecialFunctions.normalSF(v) : SpecialFunctions.normalCDF(u)
      let e = isUpper ? SpecialFunctions.normalSF(u) : SpecialFunctions.normalCDF(v)
      product *= e - d
      if product == 0 { return 0 }
      if i < p &- 1 {
        let z = SpecialFunctions.normalQuantile(d + w[i] * (e - d))
        y[i] = isUpper ? -z : z
      }
    }
    return product
  }

  func estimate(
    tolerance: Double, maximumPoints: Int, seed: UInt64
  ) throws(ApusError) -> MultivariateNormal.Probability {
    let d = p - 1
    let generators = SeparatedNormalIntegral.roots(d)
    let shifts = 12
    var points = 512
    var (used, mean, error) = (0, 0.0, Double.infinity)
    let sums = try Buffer<Double>(count: shifts)
    let scratch = try Buffer<Double>(count: shifts * 2 * p)
    while true {
      let count = points
      ThreadPool.parallelFor(tasks: shifts) { task in
        var stream = RandomStream(seed: seed, index: UInt64(task))
        let start = (0..<d).map { _ in stream.uniform() }
        let (w, y) = (scratch.pointer + task * 2 * p, scratch.pointer + (task * 2 + 1) * p)
        factor.withUnsafeBufferPointer { l in
          lower.withUnsafeBufferPointer { a in
            upper.withUnsafeBufferPointer { b in
              var sum = 0.0
              for n in 1...count {
                for k in 0..<d {
                  let x = start[k] + Double(n) * generators[k]
                  // The baker's fold makes the integrand periodic.
                  w[k] = (2 * (x - x.rounded(.down)) - 1).magnitude
                }
                sum += value(w, y, l.baseAddress!, a.baseAddress!, b.baseAddress!)
              }
              sums[task] = sum / Double(count)
            }
          }
        }
      }
      used += shifts * count
      mean = sums.elements.reduce(0, +) / Double(shifts)
      let variance =
        sums.elements.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shifts * (shifts - 1))
      error = 3 * variance.squareRoot()
      if error <= Swift.max(tolerance * mean, tolerance * 1e-3) && error <= tolerance { break }
      if used + shifts * points * 2 > maximumPoints { break }
      points *= 2
    }
    return MultivariateNormal.Probability(value: Swift.min(Swift.max(mean, 0), 1), error: error)
  }

  /// Fractional parts of the square roots of the first primes.
  private static func roots(_ count: Int) -> [Double] {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < count {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map {
      let root = Double($0).squareRoot()
      return root - root.rounded(.down)
    }
  }
}
