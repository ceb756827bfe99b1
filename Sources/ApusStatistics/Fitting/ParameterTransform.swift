import RealModule

/// A parameter as a function of a number without bounds.
enum ParameterTransform {
  case identity
  /// origin + e^θ.
  case above(Double)
  /// origin − e^θ.
  case below(Double)
  /// Between two limits by the logistic function.
  case between(Double, Double)

  func value(_ theta: Double) -> Double {
    switch self {
    case .identity: return theta
    case .above(let origin): return origin + Double.exp(theta)
    case .below(let origin): return origin - Double.exp(theta)
    case .between(let low, let high): return low + (high - low) * SpecialFunctions.expit(theta)
    }
  }

  func inverse(_ value: Double) -> Double {
    switch self {
    case .identity: return value
    case .above(let origin): return Double.log(Swift.max(value - origin, 1e-300))
    case .below(let origin): return Double.log(Swift.max(origin - value, 1e-300))
    case .between(let low, let high):
      let share = Swift.min(Swift.max((value - low) / (high - low), 1e-6), 1 - 1e-6)
      return Double.log(share / (1 - share))
    }
  }

  /// dvalue/dθ.
  func slope(_ theta: Double) -> Double {
    switch self {
    case .identity: return 1
    case .above: return Double.exp(theta)
    case .below: return -Double.exp(theta)
    case .between(let low, let high):
      let share = SpecialFunctions.expit(theta)
      return (high - low) * share * (1 - share)
    }
  }
}
