import ApusNumerics
import RealModule

/// The log-likelihood of data under a family as a function of all its parameters.
///
/// Continuous families are summed over the data, gamma, chi-squared and beta densities with fixed ends through their sufficient
/// statistics; discrete ones over the distinct values with their frequencies, whose masses
/// come from the distributions themselves.
struct LogLikelihood: Sendable {
  let kind: DistributionKind
  private let values: NDArray
  /// How often each of `values` occurs; nil for continuous families.
  private let frequencies: NDArray?
  private let count: Int
  /// Sums of blocks; one evaluation at a time uses them.
  private let parts: Buffer<Double>
  private static let block = 4096
  /// Σ (x − location), Σ ln (x − location) and, when the scale is known too, Σ ln (1 − (x − location)/scale).
  private var sufficient: (sum: Double, logSum: Double, complement: Double)?

  /// - Parameters:
  ///   - location: where it is fixed.
  ///   - scale: likewise.
  init(_ kind: DistributionKind, _ sample: Sample, location: Double?, scale: Double?) throws(ApusError) {
    self.kind = kind
    count = sample.count
    parts = try Buffer(count: (sample.count + LogLikelihood.block - 1) / LogLikelihood.block)
    if !kind.isDiscrete {
      let copy = try NDArray(uninitialized: [sample.count], dtype: .float64)
      copy.pointer(Double.self).update(from: sample.values.baseAddress!, count: sample.count)
      values = copy
      frequencies = nil
      summarise(location, scale)
      return
    }
    let sorted = try sample.sorted()
    let (distinct, counts) = (
      try NDArray(uninitialized: [sample.count], dtype: .float64),
      try NDArray(uninitialized: [sample.count], dtype: .float64)
    )
    let (x, f) = (distinct.pointer(Double.self), counts.pointer(Double.self))
    var k = -1
    for value in sorted.values {
      if k < 0 || value != x[k] {
        k += 1
        (x[k], f[k]) = (value, 0)
      }
      f[k] += 1
    }
    values = try distinct.slice(0..<k + 1)
    frequencies = try counts.slice(0..<k + 1)
  }

  private mutating func summarise(_ location: Double?, _ scale: Double?) {
    guard let location else { return }
    let x = UnsafePointer(values.pointer(Double.self))
    switch kind {
    case .gamma, .chi2:
      for i in 0..<count where x[i] <= location { return }
      sufficient = (sum { $0 - location }, sum { Double.log($0 - location) }, 0)
    case .beta:
      guard let scale else { return }
      for i in 0..<count where x[i] <= location || x[i] >= location + scale { return }
      sufficient = (
        0, sum { Double.log(($0 - location) / scale) }, sum { Double.log(onePlus: -($0 - location) / scale) }
      )
    default: return
    }
  }

  /// −∞ where the parameters are out of range or a value lies outside the support.
  func value(_ parameters: [Double]) -> Double {
    if let frequencies {
      guard let distribution = try? Distribution(kind, parameters) else { return -.infinity }
      let (x, f) = (values.pointer(Double.self), frequencies.pointer(Double.self))
      var sum = DoubleDouble(0)
      for i in 0..<values.count { sum = sum + f[i] * distribution.logpdf(x[i]) }
      return withExtendedLifetime((values, frequencies)) { sum.value }
    }
    let result = continuous(parameters)
    return result.isNaN ? -.infinity : result
  }

  private func continuous(_ p: [Double]) -> Double {
    let (location, scale) = (p[p.count - 2], p[p.count - 1])
    guard scale > 0, scale.isFinite, location.isFinite else { return -.infinity }
    let n = Double(count)
    let base = -n * Double.log(scale)
    let halfLogTwoPi = 0.9189385332046728
    switch kind {
    case .norm:
      return base - n * halfLogTwoPi - 0.5
        * sum {
          let z = ($0 - location) / scale; return z * z
        }
    case .logistic:
      return base
        - sum {
          let z = (($0 - location) / scale).magnitude
          return z + 2 * Double.log(onePlus: Double.exp(-z))
        }
    case .t:
      let df = p[0]
      guard df > 0, df.isFinite else { return -.infinity }
      let constant =
        Stirling.logGammaRatio(df / 2, 0.5).value - 0.5 * Double.log(df * .pi)
      return base + n * constant
        - (df + 1) / 2
        * sum {
          let z = ($0 - location) / scale; return Double.log(onePlus: z * z / df)
        }
    case .expon:
      return base
        - sum {
          let z = ($0 - location) / scale; return z < 0 ? .infinity : z
        }
    case .uniform:
      return base
        + sum {
          let z = ($0 - location) / scale; return z < 0 || z > 1 ? -.infinity : 0
        }
    case .gamma, .chi2:
      let a = kind == .gamma ? p[0] : p[0] / 2
      guard a > 0, a.isFinite else { return -.infinity }
      let unit = kind == .gamma ? scale : 2 * scale
      if let sufficient {
        return -n * (a * Double.log(unit) + SpecialFunctions.logGamma(a)) + (a - 1) * sufficient.logSum
          - sufficient.sum / unit
      }
      return -n * (Double.log(unit) + SpecialFunctions.logGamma(a))
        + sum {
          let z = ($0 - location) / unit; return z <= 0 ? -.infinity : (a - 1) * Double.log(z) - z
        }
    case .lognorm:
      let s = p[0]
      guard s > 0, s.isFinite else { return -.infinity }
      return base - n * (halfLogTwoPi + Double.log(s))
        + sum {
          let z = ($0 - location) / scale
          if z <= 0 { return -.infinity }
          let log = Double.log(z)
          return -log - 0.5 * (log / s) * (log / s)
        }
    case .weibullMin:
      let c = p[0]
      guard c > 0, c.isFinite else { return -.infinity }
      return base + n * Double.log(c)
        + sum {
          let z = ($0 - location) / scale
          if z <= 0 { return -.infinity }
          let log = Double.log(z)
          return (c - 1) * log - Double.exp(c * log)
        }
    case .beta:
      let (a, b) = (p[0], p[1])
      guard a > 0, b > 0, a.isFinite, b.isFinite else { return -.infinity }
      if let sufficient {
        return base - n * SpecialFunctions.logBeta(a, b) + (a - 1) * sufficient.logSum
          + (b - 1) * sufficient.complement
      }
      return base - n * SpecialFunctions.logBeta(a, b)
        + sum {
          let z = ($0 - location) / scale
          if z <= 0 || z >= 1 { return -.infinity }
          return (a - 1) * Double.log(z) + (b - 1) * Double.log(onePlus: -z)
        }
    case .f:
      let (a, b) = (p[0] / 2, p[1] / 2)
      guard a > 0, b > 0, a.isFinite, b.isFinite else { return -.infinity }
      let ratio = a / b
      return base + n * (a * Double.log(ratio) - SpecialFunctions.logBeta(a, b))
        + sum {
          let z = ($0 - location) / scale
          if z <= 0 { return -.infinity }
          return (a - 1) * Double.log(z) - (a + b) * Double.log(onePlus: ratio * z)
        }
    case .truncnorm:
      let (a, b) = (p[0], p[1])
      guard a < b else { return -.infinity }
      // Rounding must not put the ends of the data outside.
      let (low, high) = (a - 1e-12 * a.magnitude, b + 1e-12 * b.magnitude)
      let mass = TruncatedNormalDistribution.logProbability(from: a, to: b)
      return base - n * (halfLogTwoPi + mass)
        - 0.5
        * sum {
          let z = ($0 - location) / scale; return z < low || z > high ? .infinity : z * z
        }
    case .binom, .poisson, .geom, .nbinom, .hypergeom: return -.infinity
    }
  }

  /// Σ term(x) in blocks of a fixed size, added in order.
  @inline(__always)
  private func sum(_ term: (Double) -> Double) -> Double {
    let x = UnsafePointer(values.pointer(Double.self))
    let (block, tasks) = (LogLikelihood.block, parts.count)
    if tasks <= 1 {
      var total = 0.0
      for i in 0..<count { total += term(x[i]) }
      return withExtendedLifetime(values) { total }
    }
    ThreadPool.parallelFor(tasks: tasks) { task in
      var total = 0.0
      for i in task &* block..<Swift.min(count, (task &+ 1) &* block) { total += term(x[i]) }
      parts[task] = total
    }
    var total = DoubleDouble(0)
    for value in parts.elements { total = total + value }
    return withExtendedLifetime(values) { total.value }
  }
}
