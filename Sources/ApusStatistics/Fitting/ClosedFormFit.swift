import ApusNumerics
import RealModule

/// Maximum likelihood estimates that need no search, with the inverse of their information.
enum ClosedFormFit {
  /// nil when the problem has no closed form, or bounds restrict it.
  static func fit(_ problem: FitProblem) throws(ApusError) -> DistributionFit? {
    if problem.bounds.contains(where: { $0 != nil }) { return nil }
    switch problem.kind {
    case .norm: return try normal(problem)
    case .expon: return try exponential(problem)
    case .uniform: return try uniform(problem)
    case .lognorm: return try logNormal(problem)
    case .poisson, .geom, .binom: return try discrete(problem)
    default: return nil
    }
  }

  /// Σ term(x) to twice the working precision.
  private static func sum(_ problem: FitProblem, _ term: (Double) -> Double) -> DoubleDouble {
    var total = DoubleDouble(0)
    for value in problem.sample.values { total = total + term(value) }
    return total
  }

  /// Root of the mean square about `centre`, safe against overflow.
  private static func deviation(_ values: UnsafeBufferPointer<Double>, about centre: Double?) -> (
    mean: Double, deviation: Double
  ) {
    let moments = SampleMoments(values)
    let deviation = moments.standardDeviation(ddof: 0)
    guard let centre else { return (moments.mean, deviation) }
    return (centre, Double.hypot(deviation, moments.mean - centre))
  }

  /// The diagonal k × k matrix of these variances, 0 where a parameter is fixed.
  private static func diagonal(_ problem: FitProblem, _ variances: [Double]) -> [Double] {
    let k = variances.count
    var result = [Double](repeating: 0, count: k * k)
    for i in 0..<k where problem.fixed[i] == nil { result[i * k + i] = variances[i] }
    return result
  }

  private static func normal(_ problem: FitProblem) throws(ApusError) -> DistributionFit {
    let n = Double(problem.count)
    let moments = deviation(problem.sample.values, about: problem.fixed[0])
    let scale = problem.fixed[1] ?? moments.deviation
    guard scale > 0 else { throw problem.constantDataError() }
    return try problem.result(
      [moments.mean, scale], covariance: diagonal(problem, [scale * scale / n, scale * scale / (2 * n)]))
  }

  /// The least value converges faster than any standard error says; the scale's is that of its gamma distribution.
  private static func exponential(_ problem: FitProblem) throws(ApusError) -> DistributionFit {
    let n = Double(problem.count)
    let location = problem.fixed[0] ?? problem.least
    let scale = problem.fixed[1] ?? (sum(problem) { $0 - location } / n).value
    guard scale > 0 else { throw problem.constantDataError() }
    return try problem.result([location, scale], covariance: diagonal(problem, [.nan, scale * scale / n]))
  }

  private static func uniform(_ problem: FitProblem) throws(ApusError) -> DistributionFit {
    let (least, most) = (problem.least, problem.most)
    var (location, scale) = (problem.fixed[0] ?? least, 0.0)
    if let given = problem.fixed[1] {
      guard most - least <= given else {
        throw .invalidArgument(name: "scale", reason: "\(given) is below the range \(most - least) of the data")
      }
      // Every placement that covers the data is as likely; this one is in the middle.
      if problem.fixed[0] == nil { location = least - 0.5 * (given - (most - least)) }
      scale = given
    } else {
      scale = most - location
    }
    guard scale > 0 else { throw problem.constantDataError() }
    return try problem.result([location, scale], covariance: diagonal(problem, [.nan, .nan]))
  }

  private static func logNormal(_ problem: FitProblem) throws(ApusError) -> DistributionFit? {
    guard let location = problem.fixed[1] else { return nil }
    let n = Double(problem.count)
    let logarithms = try NDArray(uninitialized: [problem.count], dtype: .float64)
    let out = logarithms.pointer(Double.self)
    for (i, value) in problem.sample.values.enumerated() { out[i] = Double.log(value - location) }
    let moments = deviation(Sample(logarithms).values, about: problem.fixed[2].map { Double.log($0) })
    withExtendedLifetime(logarithms) {}
    let s = problem.fixed[0] ?? moments.deviation
    let scale = problem.fixed[2] ?? Double.exp(moments.mean)
    guard s > 0 else { throw problem.constantDataError() }
    return try problem.result(
      [s, location, scale], covariance: diagonal(problem, [s * s / (2 * n), 0, scale * scale * s * s / n]))
  }

  private static func discrete(_ problem: FitProblem) throws(ApusError) -> DistributionFit? {
    let n = Double(problem.count)
    guard let location = problem.fixed[problem.locationIndex] else { return nil }
    let mean = (sum(problem) { $0 - location } / n).value
    switch problem.kind {
    case .poisson: return try problem.result([mean, location], covariance: diagonal(problem, [mean / n, 0]))
    case .geom:
      let p = 1 / mean
      return try problem.result([p, location], covariance: diagonal(problem, [p * p * (1 - p) / n, 0]))
    default:
      guard let trials = problem.fixed[0], problem.fixed[1] == nil else { return nil }
      guard trials > 0, problem.most - location <= trials else {
        throw .invalidArgument(
          name: "n",
          reason: "\(trials) is below the largest value \(problem.most - location) of the data, or not above 0")
      }
      let p = mean / trials
      return try problem.result(
        [trials, p, location], covariance: diagonal(problem, [0, p * (1 - p) / (n * trials), 0]))
    }
  }
}
