import ApusModels
import ApusStatistics
import RealModule

/// The exponential-dispersion families of generalised linear models: variance function V, unit deviance and
/// log-likelihood (P. McCullagh & J. Nelder, Generalized Linear Models, 2nd ed., 1989, table 2.1; B. Jørgensen, J. R. Stat.
/// Soc. B 49, 1987, for Tweedie's).
enum GLMFamily: Sendable, Equatable {
  /// V = 1.
  case gaussian
  /// Shares of successes, V = μ (1 − μ).
  case binomial
  /// V = μ.
  case poisson
  /// V = μ + α μ².
  case negativeBinomial(alpha: Double)
  /// V = μ².
  case gamma
  /// V = μ³.
  case inverseGaussian
  /// V = μ^power, for power ≤ 0 or ≥ 1.
  case tweedie(power: Double)

  /// Simpler names for the powers that have them.
  static func tweedieFamily(power: Double) -> GLMFamily {
    switch power {
    case 0: return .gaussian
    case 1: return .poisson
    case 2: return .gamma
    case 3: return .inverseGaussian
    default: return .tweedie(power: power)
    }
  }

  /// Whether the dispersion is known to be one.
  var hasUnitScale: Bool {
    switch self {
    case .binomial, .poisson, .negativeBinomial: return true
    default: return false
    }
  }

  /// Whether zeros are possible and negative values are not, so that means may tend to zero.
  var countsFromZero: Bool {
    switch self {
    case .poisson, .negativeBinomial: return true
    case .tweedie(let power): return power > 1 && power < 2
    default: return false
    }
  }

  var canonicalLink: GLMLink {
    switch self {
    case .gaussian: return .identity
    case .binomial: return .logit
    case .poisson, .negativeBinomial, .tweedie: return .log
    case .gamma: return .inverse
    case .inverseGaussian: return .inverseSquared
    }
  }

  var title: String {
    switch self {
    case .gaussian: return "Gaussian"
    case .binomial: return "Binomial"
    case .poisson: return "Poisson"
    case .negativeBinomial: return "NegativeBinomial"
    case .gamma: return "Gamma"
    case .inverseGaussian: return "InverseGaussian"
    case .tweedie: return "Tweedie"
    }
  }

  @inline(__always)
  func variance(_ mu: Double) -> Double {
    switch self {
    case .gaussian: return 1
    case .binomial: return mu * (1 - mu)
    case .poisson: return mu
    case .negativeBinomial(let alpha): return mu + alpha * mu * mu
    case .gamma: return mu * mu
    case .inverseGaussian: return mu * mu * mu
    case .tweedie(let power): return Double.pow(mu, power)
    }
  }

  /// Whether μ lies where the family has its means; NaN does not.
  @inline(__always)
  func permits(mean mu: Double) -> Bool {
    switch self {
    case .gaussian: return mu.isFinite
    case .binomial: return mu > 0 && mu < 1
    case .tweedie(let power) where power <= 0: return mu.isFinite && mu > 0
    default: return mu > 0 && mu.isFinite
    }
  }

  /// What targets may be, for messages; nil when `y` is permitted.
  func refusal(of y: Double) -> String? {
    switch self {
    case .gaussian: return nil
    case .binomial: return y >= 0 && y <= 1 ? nil : "[0, 1]"
    case .poisson, .negativeBinomial: return y >= 0 ? nil : "[0, inf)"
    case .gamma, .inverseGaussian: return y > 0 ? nil : "(0, inf)"
    case .tweedie(let power):
      if power <= 0 { return nil }
      if power < 2 { return y >= 0 ? nil : "[0, inf)" }
      return y > 0 ? nil : "(0, inf)"
    }
  }

  /// Twice the difference of the log-likelihoods of μ = y and of μ, at unit dispersion and weight.
  @inline(__always)
  func deviance(_ y: Double, _ mu: Double) -> Double {
    switch self {
    case .gaussian: return (y - mu) * (y - mu)
    case .binomial: return 2 * (GLMFamily.relative(y, mu) + GLMFamily.relative(1 - y, 1 - mu))
    case .poisson: return 2 * (GLMFamily.relative(y, mu) - (y - mu))
    case .negativeBinomial(let alpha):
      let ratio = Double.log(onePlus: alpha * (y - mu) / (1 + alpha * mu))
      return 2 * (GLMFamily.relative(y, mu) - (y + 1 / alpha) * ratio)
    case .gamma: return 2 * ((y - mu) / mu - Double.log(y / mu))
    case .inverseGaussian: return (y - mu) * (y - mu) / (mu * mu * y)
    case .tweedie(let p):
      let first = y > 0 ? Double.pow(y, 2 - p) / ((1 - p) * (2 - p)) : 0
      let power = Double.pow(mu, 1 - p)
      return 2 * (first - y * power / (1 - p) + mu * power / (2 - p))
    }
  }

  /// y ln(y / μ), 0 for y = 0.
  @inline(__always)
  private static func relative(_ y: Double, _ mu: Double) -> Double { y > 0 ? y * Double.log(y / mu) : 0 }

  /// ln of the probability (density) of y for prior weight w and dispersion φ; for the binomial w is the number of trials.
  /// NaN for Tweedie powers outside [1, 3] other than those with names.
  func logLikelihood(_ y: Double, _ mu: Double, weight w: Double, scale phi: Double) -> Double {
    if w == 0 { return 0 }
    switch self {
    case .gaussian:
      return -(w * (y - mu) * (y - mu) / phi + Double.log(2 * .pi * phi / w)) / 2
    case .binomial:
      let k = w * y
      let choose = GLMFamily.logGamma(w + 1) - GLMFamily.logGamma(k + 1) - GLMFamily.logGamma(w - k + 1)
      return choose + (k > 0 ? k * Double.log(mu) : 0) + (w > k ? (w - k) * Double.log(onePlus: -mu) : 0)
    case .poisson:
      return w * ((y > 0 ? y * Double.log(mu) : 0) - mu - GLMFamily.logGamma(y + 1))
    case .negativeBinomial(let alpha):
      let size = 1 / alpha
      let terms = GLMFamily.logGamma(y + size) - GLMFamily.logGamma(size) - GLMFamily.logGamma(y + 1)
      let odds = y > 0 ? y * Double.log(alpha * mu / (1 + alpha * mu)) : 0
      return w * (terms + odds - size * Double.log(onePlus: alpha * mu))
    case .gamma:
      let shape = w / phi
      return shape * Double.log(shape * y / mu) - shape * y / mu - GLMFamily.logGamma(shape) - Double.log(y)
    case .inverseGaussian:
      return -(w * (y - mu) * (y - mu) / (phi * mu * mu * y) + Double.log(2 * .pi * phi * y * y * y / w)) / 2
    case .tweedie(let power):
      return TweedieDensity.logDensity(y, mu: mu, dispersion: phi / w, power: power)
    }
  }

  static func logGamma(_ x: Double) -> Double { SpecialFunctions.logGamma(x) }
}
