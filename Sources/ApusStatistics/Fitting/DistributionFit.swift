import ApusNumerics
import RealModule

/// A family of distributions fitted to data by maximum likelihood.
public struct DistributionFit: Sendable {
  /// The member of the family with the highest likelihood.
  public let distribution: Distribution
  /// In the order of ``DistributionKind/parameterNames``.
  public let parameters: [Double]
  /// Which parameters were given rather than estimated.
  public let isFixed: [Bool]
  /// Asymptotic covariance of the estimates, k × k by rows: the inverse of the observed information. Zero for fixed parameters; NaN
  /// for an estimate to which the theory does not apply: a whole number, an end of the support, one at its bound.
  public let covariance: [Double]
  public let logLikelihood: Double
  /// Number of data.
  public let observations: Int
  /// False when no maximum was found inside the range of the parameters.
  public let converged: Bool
  /// Why the result is doubtful.
  public let warnings: [String]

  public var parameterNames: [String] { distribution.kind.parameterNames }

  /// Roots of the covariance's diagonal; 0 for fixed parameters.
  public var standardErrors: [Double] {
    let k = parameters.count
    return (0..<k).map { covariance[$0 * k + $0].squareRoot() }
  }

  private var freeCount: Double { Double(isFixed.count { !$0 }) }

  /// Akaike's information criterion: twice the number of estimated parameters minus twice the log-likelihood.
  public var akaikeInformation: Double { 2 * freeCount - 2 * logLikelihood }

  /// Schwarz' Bayesian information criterion.
  public var bayesianInformation: Double { freeCount * Double.log(Double(observations)) - 2 * logLikelihood }

  /// Wald's intervals: estimate ± normal quantile · standard error.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a level outside (0, 1).
  public func confidenceIntervals(level: Double = 0.95) throws(ApusError) -> [ConfidenceInterval] {
    try HypothesisTests.requireConfidence(level)
    let z = -SpecialFunctions.normalQuantile((1 - level) / 2)
    return zip(parameters, standardErrors).map {
      ConfidenceInterval(lower: $0 - z * $1, upper: $0 + z * $1, level: level)
    }
  }
}

extension Distribution {
  /// The member of a family that maximises the likelihood of the data.
  ///
  /// Closed forms where they exist (normal, exponential, uniform, log-normal, Poisson, geometric, binomial); else a simplex search
  /// on transformed parameters followed by Newton's method on numerical derivatives, which also give the information. A free
  /// location of a family whose support begins there is sought at an interior maximum of the likelihood, since the
  /// likelihood of most of them is unbounded as the location approaches the least value.
  ///
  /// - Parameters:
  ///   - data: one-dimensional.
  ///   - fixed: parameters that are known, by name.
  ///   - bounds: ranges for others. A whole-number parameter (`n` of binom; `M`, `n`, `N` of hypergeom) must be fixed or have a finite
  ///     range; one of them at most may be free.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for unknown names, data outside the support, constant data where the
  ///   likelihood is unbounded, and too few data.
  /// - Complexity: O(n) per evaluation, some hundred evaluations where there is no closed form; parallel, the same result for
  ///   any number of threads.
  public static func fit(
    _ kind: DistributionKind, _ data: NDArray, fixed: [String: Double] = [:],
    bounds: [String: ClosedRange<Double>] = [:], missing: MissingPolicy = .raise
  ) throws(ApusError) -> DistributionFit {
    let problem = try FitProblem(kind, data, fixed: fixed, bounds: bounds, missing: missing)
    if let result = try ClosedFormFit.fit(problem) { return result }
    return try NumericalFit.fit(problem)
  }
}

/// What is to be fitted, checked.
struct FitProblem {
  let kind: DistributionKind
  let names: [String]
  let sample: Sample
  /// One entry a parameter: its value where it is fixed.
  let fixed: [Double?]
  let bounds: [ClosedRange<Double>?]
  let least: Double
  let most: Double
  let likelihood: LogLikelihood

  var count: Int { sample.count }
  var shapeCount: Int { kind.shapeNames.count }
  var locationIndex: Int { shapeCount }
  /// nil for a discrete family.
  var scaleIndex: Int? { kind.isDiscrete ? nil : shapeCount + 1 }

  init(
    _ kind: DistributionKind, _ data: NDArray, fixed: [String: Double], bounds: [String: ClosedRange<Double>],
    missing: MissingPolicy
  ) throws(ApusError) {
    self.kind = kind
    let names = kind.parameterNames
    self.names = names
    for name in (Array(fixed.keys) + Array(bounds.keys)).sorted() where !names.contains(name) {
      throw .invalidArgument(
        name: name, reason: "is no parameter of \(kind.rawValue), allowed are \(names.joined(separator: ", "))")
    }
    var values = names.map { fixed[$0] }
    for (i, name) in names.enumerated() {
      if let range = bounds[name], range.lowerBound == range.upperBound, values[i] == nil {
        values[i] = range.lowerBound
      }
      if let value = values[i], !value.isFinite {
        throw .invalidArgument(name: name, reason: "\(value) is not allowed, a fixed parameter must be finite")
      }
    }
    // A discrete family is not shifted unless that is asked for.
    if kind.isDiscrete && values[names.count - 1] == nil {
      guard bounds["loc"] == nil else {
        throw .unsupported(reason: "loc: cannot be estimated for the discrete family \(kind.rawValue), fix it")
      }
      values[names.count - 1] = 0
    }
    if let scale = names.firstIndex(of: "scale"), let value = values[scale], !(value > 0) {
      throw .invalidArgument(name: "scale", reason: "\(value) is not allowed, must be finite and above 0")
    }
    self.fixed = values
    self.bounds = zip(names, values).map { $1 == nil ? bounds[$0] : nil }
    guard values.contains(where: { $0 == nil }) else {
      throw .invalidArgument(name: "fixed", reason: "all parameters are fixed, there is nothing to fit")
    }
    sample = try Sample(data, name: "data", missing: missing, atLeast: 1)
    if sample.hasMissing {
      throw .nonFiniteValue(name: "data", reason: "holds NaN, which nan_policy 'propagate' cannot pass through a fit")
    }
    var (least, most) = (Double.infinity, -Double.infinity)
    for (i, value) in sample.values.enumerated() {
      guard value.isFinite else { throw .nonFiniteValue(name: "data", reason: "element \(i) is infinite") }
      least = Swift.min(least, value)
      most = Swift.max(most, value)
    }
    (self.least, self.most) = (least, most)
    let free = values.count { $0 == nil }
    try Sample.require(count: sample.count, free, "data")
    likelihood = try LogLikelihood(
      kind, sample, location: values[kind.shapeNames.count],
      scale: kind.isDiscrete ? nil : values[kind.shapeNames.count + 1])
    try requireSupport()
  }

  /// Data must lie inside the support as far as fixed parameters determine it.
  private func requireSupport() throws(ApusError) {
    guard let location = fixed[locationIndex] else { return }
    func refuse(_ value: Double, _ support: String) -> ApusError {
      .invalidArgument(
        name: "data",
        reason: "contains \(value), outside the support \(support) of \(kind.rawValue) at loc = \(location)")
    }
    switch kind {
    case .norm, .t, .logistic, .truncnorm: return
    case .expon, .uniform:
      if least < location { throw refuse(least, "[\(location), inf)") }
      if kind == .uniform, let scale = fixed[locationIndex + 1], most > location + scale {
        throw refuse(most, "[\(location), \(location + scale)]")
      }
    case .chi2, .f, .gamma, .lognorm, .weibullMin:
      if least <= location { throw refuse(least, "(\(location), inf)") }
    case .beta:
      if least <= location { throw refuse(least, "(\(location), …)") }
      if let scale = fixed[locationIndex + 1], most >= location + scale {
        throw refuse(most, "(\(location), \(location + scale))")
      }
    case .binom, .poisson, .geom, .nbinom, .hypergeom:
      let first = location + (kind == .geom ? 1 : 0)
      for value in sample.values where value - location != (value - location).rounded() || value < first {
        throw refuse(value, "\(first), \(first + 1), …")
      }
    }
  }

  /// The result for these parameters; `covariance` is k × k.
  func result(
    _ parameters: [Double], covariance: [Double], converged: Bool = true, warnings: [String] = []
  ) throws(ApusError) -> DistributionFit {
    DistributionFit(
      distribution: try Distribution(kind, parameters), parameters: parameters, isFixed: fixed.map { $0 != nil },
      covariance: covariance, logLikelihood: likelihood.value(parameters), observations: count, converged: converged,
      warnings: warnings)
  }

  func constantDataError() -> ApusError {
    .invalidArgument(
      name: "data", reason: "all \(count) values are \(least), the likelihood of \(kind.rawValue) has no maximum")
  }
}
