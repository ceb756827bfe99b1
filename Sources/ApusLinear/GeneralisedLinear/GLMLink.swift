import ApusStatistics
import RealModule

/// Link functions η = g(μ) of generalised linear models.
enum GLMLink: Sendable, Equatable {
  case identity, log, logit, probit, cloglog, inverse, inverseSquared, sqrt
  /// η = μ^power, power ≠ 0.
  case power(Double)

  /// The names callers write.
  static let names = [
    "identity", "log", "logit", "probit", "cloglog", "inverse", "inverse_squared", "sqrt", "power",
  ]

  init?(_ name: String, power: Double) {
    switch name {
    case "identity": self = .identity
    case "log": self = .log
    case "logit": self = .logit
    case "probit": self = .probit
    case "cloglog": self = .cloglog
    case "inverse": self = .inverse
    case "inverse_squared": self = .inverseSquared
    case "sqrt": self = .sqrt
    case "power": self = power == 1 ? .identity : (power == 0 ? .log : .power(power))
    default: return nil
    }
  }

  var title: String {
    switch self {
    case .identity: return "Identity"
    case .log: return "Log"
    case .logit: return "Logit"
    case .probit: return "Probit"
    case .cloglog: return "CLogLog"
    case .inverse: return "InversePower"
    case .inverseSquared: return "InverseSquared"
    case .sqrt: return "Sqrt"
    case .power: return "Power"
    }
  }

  /// Whether its means are probabilities.
  var isProbability: Bool { self == .logit || self == .probit || self == .cloglog }

  /// g(μ).
  @inline(__always)
  func predictor(_ mu: Double) -> Double {
    switch self {
    case .identity: return mu
    case .log: return Double.log(mu)
    case .logit: return Double.log(mu) - Double.log(onePlus: -mu)
    case .probit: return SpecialFunctions.normalQuantile(mu)
    case .cloglog: return Double.log(-Double.log(onePlus: -mu))
    case .inverse: return 1 / mu
    case .inverseSquared: return 1 / (mu * mu)
    case .sqrt: return mu.squareRoot()
    case .power(let power): return Double.pow(mu, power)
    }
  }

  /// g⁻¹(η), 1 − g⁻¹(η) without cancellation for probabilities (else meaningless), and dμ/dη. NaN where η has no mean.
  @inline(__always)
  func mean(_ eta: Double) -> (mu: Double, complement: Double, slope: Double) {
    switch self {
    case .identity: return (eta, 1 - eta, 1)
    case .log:
      let mu = Double.exp(eta)
      return (mu, 1 - mu, mu)
    case .logit:
      let e = Double.exp(-eta.magnitude)
      let (likely, unlikely) = (1 / (1 + e), e / (1 + e))
      return eta >= 0 ? (likely, unlikely, likely * unlikely) : (unlikely, likely, likely * unlikely)
    case .probit:
      return (
        SpecialFunctions.normalCDF(eta), SpecialFunctions.normalCDF(-eta),
        0.398_942_280_401_432_7 * Double.exp(-0.5 * eta * eta)
      )
    case .cloglog:
      let e = Double.exp(eta)
      return (-Double.expMinusOne(-e), Double.exp(-e), Double.exp(eta - e))
    case .inverse:
      let mu = 1 / eta
      return (mu, 1 - mu, -mu * mu)
    case .inverseSquared:
      guard eta > 0 else { return (.nan, .nan, .nan) }
      let mu = 1 / eta.squareRoot()
      return (mu, 1 - mu, -0.5 * mu / eta)
    case .sqrt:
      guard eta > 0 else { return (.nan, .nan, .nan) }
      return (eta * eta, 1 - eta * eta, 2 * eta)
    case .power(let power):
      guard eta > 0 else { return (.nan, .nan, .nan) }
      let mu = Double.pow(eta, 1 / power)
      return (mu, 1 - mu, mu / (eta * power))
    }
  }
}
