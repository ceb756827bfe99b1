import ApusNumerics
import RealModule

/// Gamma variates by G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000) 363–372,
/// doi:10.1145/358407.358414; a shape below 1 through the shape one higher, times U^(1/a).
struct GammaSampler: VariateSampler {
  private let d: Double
  private let c: Double
  /// 1/a for a shape below 1, else 0.
  private let boost: Double

  init(shape: Double) {
    d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    c = 1 / (9 * d).squareRoot()
    boost = shape < 1 ? 1 / shape : 0
  }

  /// Of the shape, or of the one higher when it is below 1.
  @inline(__always)
  private func drawRaised(_ stream: inout RandomStream) -> Double {
    while true {
      let x = stream.normal()
      let t = 1 + c * x
      if t <= 0 { continue }
      let v = t * t * t
      let u = stream.openUniform()
      let square = x * x
      if u < 1 - 0.0331 * square * square { return d * v }
      if Double.log(u) < 0.5 * square + d * (1 - v + Double.log(v)) { return d * v }
    }
  }

  func draw(_ stream: inout RandomStream) -> Double {
    let raised = drawRaised(&stream)
    return boost == 0 ? raised : raised * Double.exp(Double.log(stream.openUniform()) * boost)
  }

  /// ln of a variate, also where the variate underflows.
  func drawLogarithm(_ stream: inout RandomStream) -> Double {
    let raised = Double.log(drawRaised(&stream))
    return boost == 0 ? raised : raised + Double.log(stream.openUniform()) * boost
  }
}

/// Twice a gamma variate.
struct ChiSquaredSampler: VariateSampler {
  private let gamma: GammaSampler
  init(degreesOfFreedom: Double) { gamma = GammaSampler(shape: degreesOfFreedom / 2) }
  func draw(_ stream: inout RandomStream) -> Double { 2 * gamma.draw(&stream) }
}

/// A normal variate over the root of an independent chi-squared one divided by its degrees of freedom, which is taken in
/// logarithms as it underflows for few of them.
struct StudentTSampler: VariateSampler {
  private let gamma: GammaSampler
  private let logHalf: Double
  init(degreesOfFreedom: Double) {
    gamma = GammaSampler(shape: degreesOfFreedom / 2)
    logHalf = Double.log(degreesOfFreedom / 2)
  }
  func draw(_ stream: inout RandomStream) -> Double {
    let normal = stream.normal()
    return normal * Double.exp(0.5 * (logHalf - gamma.drawLogarithm(&stream)))
  }
}

/// X/(X + Y) for gamma variates X and Y, in logarithms so that two tiny shapes do not give 0/0.
struct BetaSampler: VariateSampler {
  private let first: GammaSampler
  private let second: GammaSampler
  private let isPlain: Bool
  init(a: Double, b: Double) {
    (first, second) = (GammaSampler(shape: a), GammaSampler(shape: b))
    isPlain = a >= 1 && b >= 1
  }
  func draw(_ stream: inout RandomStream) -> Double {
    if isPlain {
      let x = first.draw(&stream)
      return x / (x + second.draw(&stream))
    }
    let x = first.drawLogarithm(&stream)
    return 1 / (1 + Double.exp(second.drawLogarithm(&stream) - x))
  }
}

/// The ratio of two chi-squared variates, each divided by its degrees of freedom.
struct FSampler: VariateSampler {
  private let numerator: GammaSampler
  private let denominator: GammaSampler
  private let logRatio: Double
  init(numerator: Double, denominator: Double) {
    self.numerator = GammaSampler(shape: numerator / 2)
    self.denominator = GammaSampler(shape: denominator / 2)
    logRatio = Double.log(denominator / numerator)
  }
  func draw(_ stream: inout RandomStream) -> Double {
    let x = numerator.drawLogarithm(&stream)
    return Double.exp(x - denominator.drawLogarithm(&stream) + logRatio)
  }
}
