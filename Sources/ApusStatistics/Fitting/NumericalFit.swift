import ApusNumerics
import RealModule

/// Maximum likelihood by search: a simplex from several starts, then Newton's method.
enum NumericalFit {
  static func fit(_ problem: FitProblem) throws(ApusError) -> DistributionFit {
    if let whole = try wholeNumberParameter(problem) { return try search(problem, over: whole) }
    if problem.kind == .truncnorm, problem.fixed[0] == nil, problem.fixed[1] == nil,
      problem.bounds[0] == nil, problem.bounds[1] == nil
    {
      return try truncatedAtTheData(problem)
    }
    return try maximum(FreeParameters(problem))
  }

  // MARK: Smooth parameters

  private static func maximum(_ free: FreeParameters) throws(ApusError) -> DistributionFit {
    let problem = free.problem
    if problem.least == problem.most && !problem.kind.isDiscrete { throw problem.constantDataError() }
    func objective(_ theta: [Double]) -> Double { problem.likelihood.value(free.parameters(theta)) }
    var best: (theta: [Double], value: Double, probe: CurvatureProbe?)?
    for start in free.starts() {
      let simplex = NelderMead.maximise(
        from: start.theta, steps: start.steps, tolerance: 1e-6, limit: 400 * start.theta.count, objective)
      guard simplex.value.isFinite else { continue }
      let refined = newton(from: simplex, objective)
      // A true interior maximum goes before a higher value on the way to a boundary.
      let isBetter =
        best.map {
          (refined.probe != nil && $0.probe == nil)
            || ((refined.probe != nil) == ($0.probe != nil) && refined.value > $0.value)
        }
        ?? true
      if isBetter { best = refined }
    }
    guard let best else {
      throw .numericalFailure(
        reason: "data: no parameters of \(problem.kind.rawValue) give the data a positive likelihood")
    }
    let parameters = free.parameters(best.theta)
    let k = parameters.count
    var covariance = [Double](repeating: 0, count: k * k)
    var warnings: [String] = []
    let inner = best.probe?.covariance
    for (a, i) in free.indices.enumerated() {
      for (b, j) in free.indices.enumerated() {
        covariance[i * k + j] =
          inner.map {
            $0[a * free.indices.count + b] * free.transforms[a].slope(best.theta[a])
              * free.transforms[b].slope(best.theta[b])
          } ?? .nan
      }
    }
    if inner == nil {
      let (name, value) = free.indices.map { (problem.names[$0], parameters[$0]) }.last ?? ("", .nan)
      warnings.append(
        "data: the likelihood of \(problem.kind.rawValue) has no interior maximum in its free parameters (\(name) went to \(value)); fix one of \(free.indices.map { problem.names[$0] }.joined(separator: ", "))"
      )
    }
    return try problem.result(parameters, covariance: covariance, converged: inner != nil, warnings: warnings)
  }

  /// Newton's steps, halved while they do not rise. The probe is nil unless they end at a maximum with a negative definite Hessian.
  private static func newton(
    from start: (point: [Double], value: Double), _ objective: ([Double]) -> Double
  ) -> (theta: [Double], value: Double, probe: CurvatureProbe?) {
    var (theta, value) = start
    var units = [Double](repeating: 0.1, count: theta.count)
    var best: CurvatureProbe?
    for _ in 0..<30 {
      guard let probe = CurvatureProbe(at: theta, units: units, objective), let covariance = probe.covariance else {
        return (theta, value, nil)
      }
      best = probe
      units = probe.units
      let d = theta.count
      let step = (0..<d).map { i in (0..<d).reduce(0) { $0 + covariance[i * d + $1] * probe.gradient[$1] } }
      let length = zip(step, units).reduce(0) { Swift.max($0, ($1.0 / $1.1).magnitude) }
      if length < 1e-9 { return (theta, value, probe) }
      var share = length > 4 ? 4 / length : 1
      var moved = false
      for _ in 0..<30 {
        let next = zip(theta, step).map { $0 + share * $1 }
        let nextValue = objective(next)
        // Near the maximum differences drown in rounding.
        if nextValue > value || (length < 1e-4 && nextValue >= value - 1e-9) {
          (theta, value, moved) = (next, nextValue, true)
          break
        }
        share /= 2
      }
      if !moved { return (theta, value, length < 1e-5 ? probe : nil) }
      if length * share < 1e-7 { return (theta, value, CurvatureProbe(at: theta, units: units, objective) ?? best) }
    }
    return (theta, value, nil)
  }

  // MARK: Whole-number parameters

  private static func wholeNumberParameter(_ problem: FitProblem) throws(ApusError) -> Int? {
    let whole: [Int]
    switch problem.kind {
    case .binom: whole = [0]
    case .hypergeom: whole = [0, 1, 2]
    default: return nil
    }
    let free = whole.filter { problem.fixed[$0] == nil }
    guard free.count <= 1 else {
      throw .unsupported(
        reason:
          "\(problem.kind.rawValue): of \(whole.map { problem.names[$0] }.joined(separator: ", ")) all but one must be fixed"
      )
    }
    return free.first
  }

  /// The whole number in its range with the highest likelihood, the other parameters following; the likelihood has one maximum.
  private static func search(_ problem: FitProblem, over index: Int) throws(ApusError) -> DistributionFit {
    let name = problem.names[index]
    guard let range = problem.bounds[index], range.lowerBound >= 0, range.upperBound < 0x1p53 else {
      throw .invalidArgument(
        name: name, reason: "is a whole number: fix it, or give bounds that are finite and not negative")
    }
    let (low, high) = (range.lowerBound.rounded(.up), range.upperBound.rounded(.down))
    guard low <= high else { throw .invalidArgument(name: name, reason: "no whole number lies in \(range)") }
    let location = problem.fixed[problem.locationIndex] ?? 0
    let mean = (problem.sample.summary.mean - location)
    func parameters(_ n: Double) -> [Double] {
      var result = problem.fixed.map { $0 ?? 0 }
      result[index] = n
      if problem.kind == .binom && problem.fixed[1] == nil { result[1] = n > 0 ? Swift.min(1, mean / n) : 0 }
      return result
    }
    func value(_ n: Double) -> Double { problem.likelihood.value(parameters(n)) }
    var best = (n: low, value: -Double.infinity)
    var (first, last) = (low, high)
    while true {
      let step = Swift.max(1, ((last - first) / 1000).rounded(.up))
      for n in stride(from: first, through: last, by: step) {
        let next = value(n)
        if next > best.value { best = (n, next) }
      }
      if step == 1 { break }
      (first, last) = (Swift.max(low, best.n - step), Swift.min(high, best.n + step))
    }
    guard best.value > -.infinity else {
      throw .invalidArgument(name: name, reason: "no value in \(range) gives the data a positive likelihood")
    }
    let k = problem.names.count
    var covariance = [Double](repeating: 0, count: k * k)
    for i in 0..<k {
      for j in 0..<k where problem.fixed[i] == nil && problem.fixed[j] == nil { covariance[i * k + j] = .nan }
    }
    var warnings: [String] = []
    if best.n == high && high > low {
      warnings.append("data: the likelihood rises up to the upper bound \(high) of \(name)")
    }
    return try problem.result(parameters(best.n), covariance: covariance, warnings: warnings)
  }

  // MARK: Truncated normal

  /// With both ends free they are the least and the largest value; the rest is found with them in place.
  private static func truncatedAtTheData(_ problem: FitProblem) throws(ApusError) -> DistributionFit {
    if problem.least == problem.most { throw problem.constantDataError() }
    let (least, most) = (problem.least, problem.most)
    let (fixedLocation, fixedScale) = (problem.fixed[2], problem.fixed[3])
    func parameters(_ theta: [Double]) -> [Double] {
      var rest = theta[...]
      let location = fixedLocation ?? rest.removeFirst()
      let scale = fixedScale ?? Double.exp(rest.first ?? 0)
      return [(least - location) / scale, (most - location) / scale, location, scale]
    }
    func objective(_ theta: [Double]) -> Double { problem.likelihood.value(parameters(theta)) }
    let moments = problem.sample.summary
    let deviation = moments.standardDeviation(ddof: 0)
    var start: [Double] = []
    if fixedLocation == nil { start.append(moments.mean) }
    if fixedScale == nil { start.append(Double.log(deviation)) }
    var covariance = [Double](repeating: .nan, count: 16)
    for i in 0..<4 {
      for j in 0..<4 where problem.fixed[i] != nil || problem.fixed[j] != nil { covariance[i * 4 + j] = 0 }
    }
    if start.isEmpty { return try problem.result(parameters([]), covariance: covariance) }
    let steps = fixedLocation == nil ? [0.5 * deviation, 0.3] : [0.3]
    let simplex = NelderMead.maximise(
      from: start, steps: Array(steps.prefix(start.count)), tolerance: 1e-8, limit: 400 * start.count, objective)
    let refined = newton(from: simplex, objective)
    var warnings: [String] = []
    if refined.probe?.covariance == nil {
      warnings.append("data: the likelihood of truncnorm has no interior maximum; fix a, b, loc or scale")
    } else if let inner = refined.probe?.covariance {
      let indices = (fixedLocation == nil ? [2] : []) + (fixedScale == nil ? [3] : [])
      let slopes = indices.enumerated().map { $1 == 3 ? Double.exp(refined.theta[$0]) : 1 }
      for (a, i) in indices.enumerated() {
        for (b, j) in indices.enumerated() {
          covariance[i * 4 + j] = inner[a * indices.count + b] * slopes[a] * slopes[b]
        }
      }
    }
    return try problem.result(
      parameters(refined.theta), covariance: covariance, converged: warnings.isEmpty, warnings: warnings)
  }
}
