import ApusNumerics
import RealModule

/// The parameters a numerical fit searches over, as numbers without bounds, and where the search begins.
struct FreeParameters {
  let problem: FitProblem
  /// Positions of the free parameters.
  let indices: [Int]
  let transforms: [ParameterTransform]

  init(_ problem: FitProblem) {
    self.problem = problem
    indices = problem.names.indices.filter { problem.fixed[$0] == nil }
    transforms = indices.map { FreeParameters.transform(problem, $0) }
  }

  private static func transform(_ problem: FitProblem, _ index: Int) -> ParameterTransform {
    if let bounds = problem.bounds[index], bounds.lowerBound.isFinite {
      return bounds.upperBound.isFinite
        ? .between(bounds.lowerBound, bounds.upperBound) : .above(bounds.lowerBound)
    }
    if let bounds = problem.bounds[index], bounds.upperBound.isFinite { return .below(bounds.upperBound) }
    let kind = problem.kind
    if index == problem.locationIndex {
      switch kind {
      case .norm, .t, .logistic, .truncnorm: return .identity
      default: return .below(problem.least)
      }
    }
    if index == problem.scaleIndex {
      if kind == .beta, let location = problem.fixed[problem.locationIndex] {
        return .above(Swift.max(0, problem.most - location))
      }
      return .above(0)
    }
    switch kind {
    case .truncnorm: return .identity
    case .binom, .geom: return .between(0, 1)
    case .nbinom where index == 1: return .between(0, 1)
    default: return .above(0)
    }
  }

  /// All parameters for a point of the search.
  func parameters(_ theta: [Double]) -> [Double] {
    var result = problem.fixed.map { $0 ?? 0 }
    for (k, index) in indices.enumerated() { result[index] = transforms[k].value(theta[k]) }
    return result
  }

  /// First points and steps. A free location where the support begins is tried at several distances from the least value.
  func starts() -> [(theta: [Double], steps: [Double])] {
    let location = problem.locationIndex
    let range = Swift.max(problem.most - problem.least, Double.leastNormalMagnitude)
    let startsAtLocation: Bool
    switch problem.kind {
    case .norm, .t, .logistic, .truncnorm: startsAtLocation = false
    default: startsAtLocation = true
    }
    let locations: [Double]
    if let fixed = problem.fixed[location] {
      locations = [fixed]
    } else if startsAtLocation {
      locations = [0.02, 0.3, 3].map { problem.least - $0 * range }
    } else {
      locations = [problem.sample.summary.mean]
    }
    return locations.map { origin in
      let guess = StartingValues.guess(problem, location: origin)
      var (theta, steps): ([Double], [Double]) = ([], [])
      for (k, index) in indices.enumerated() {
        theta.append(transforms[k].inverse(guess[index]))
        if case .identity = transforms[k] {
          let scale = problem.sample.summary.standardDeviation(ddof: 0)
          steps.append(index == location ? 0.3 * Swift.max(scale, 1e-300) : 0.5)
        } else {
          steps.append(0.4)
        }
      }
      return (theta, steps)
    }
  }
}

/// Estimates by moments and the like, from which a search begins.
enum StartingValues {
  /// All parameters of the family; fixed ones as given.
  static func guess(_ problem: FitProblem, location: Double) -> [Double] {
    let values = problem.sample.values
    let summary = problem.sample.summary
    let mean = Swift.max(summary.mean - location, 1e-300)
    let deviation = Swift.max(summary.standardDeviation(ddof: 0), 1e-300)
    let givenScale = problem.scaleIndex.flatMap { problem.fixed[$0] }
    var result: [Double]
    switch problem.kind {
    case .norm: result = [location, deviation]
    case .logistic: result = [location, deviation * 0.5513]
    case .t: result = [5, median(values), deviation * 0.75]
    case .expon: result = [location, mean]
    case .uniform: result = [location, problem.most - location]
    case .gamma, .chi2:
      let scale = givenScale ?? deviation * deviation / mean
      let shape = Swift.min(Swift.max(mean / scale, 1e-3), 1e6)
      result = problem.kind == .gamma ? [shape, location, scale] : [shape * 2, location, scale / 2]
      if problem.kind == .chi2, let givenScale { result = [mean / givenScale, location, givenScale] }
    case .lognorm, .weibullMin:
      var (sum, squares) = (0.0, 0.0)
      for value in values {
        let log = Double.log(Swift.max(value - location, 1e-300))
        sum += log
        squares += log * log
      }
      let logMean = sum / Double(values.count)
      let logDeviation = Swift.max((squares / Double(values.count) - logMean * logMean), 1e-12).squareRoot()
      result =
        problem.kind == .lognorm
        ? [logDeviation, location, givenScale ?? Double.exp(logMean)]
        : [1.2825 / logDeviation, location, givenScale ?? Double.exp(logMean + 0.45 * logDeviation)]
    case .beta:
      let upper = givenScale ?? (problem.most - location) * 1.05
      let (m, v) = (mean / upper, deviation / upper * (deviation / upper))
      let total = Swift.max(m * (1 - m) / Swift.max(v, 1e-12) - 1, 0.1)
      result = [Swift.max(m * total, 0.05), Swift.max((1 - m) * total, 0.05), location, upper]
    case .f:
      let m = mean / (givenScale ?? mean)
      result = [5, m > 1.05 ? Swift.min(2 * m / (m - 1), 100) : 10, location, givenScale ?? mean * 0.8]
    case .truncnorm:
      let scale = givenScale ?? deviation
      let (a, b) = ((problem.least - location) / scale, (problem.most - location) / scale)
      result = [Swift.min(a, -1) * 1.05, Swift.max(b, 1) * 1.05, location, scale]
      if problem.fixed[0] != nil || problem.fixed[1] != nil, givenScale == nil {
        // Both given ends must reach over the data.
        let low = problem.fixed[0].map { $0 < 0 ? (problem.least - location) / $0 : 0 } ?? 0
        let high = problem.fixed[1].map { $0 > 0 ? (problem.most - location) / $0 : 0 } ?? 0
        result[3] = Swift.max(deviation, low * 1.1, high * 1.1)
      }
    case .nbinom:
      let p = Swift.min(Swift.max(mean / (deviation * deviation), 0.01), 0.95)
      result = [mean * p / (1 - p), p, location]
    case .binom: result = [problem.most, 0.5, location]
    case .poisson: result = [mean, location]
    case .geom: result = [Swift.min(1, 1 / mean), location]
    case .hypergeom: result = [0, 0, 0, location]
    }
    for (i, value) in problem.fixed.enumerated() { if let value { result[i] = value } }
    return result
  }

  private static func median(_ values: UnsafeBufferPointer<Double>) -> Double {
    var copy = Array(values.prefix(10_001))
    copy.sort()
    return copy[copy.count / 2]
  }
}
