import ApusNumerics
import RealModule

/// Poisson variates: by sequential search below a mean of 10, else by the transformed rejection PTRS of W. Hörmann, "The
/// transformed rejection method for generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993) 39–45,
/// doi:10.1016/0167-6687(93)90997-4. The acceptance test is that of ``SaddlePoint``, which does not cancel for large means.
struct PoissonSampler: VariateSampler {
  private let mean: Double
  private let massAtZero: Double
  private let a: Double
  private let b: Double
  private let logInverseAlpha: Double
  private let squeeze: Double

  init(mean: Double) {
    self.mean = mean
    massAtZero = Double.exp(-mean)
    b = 0.931 + 2.53 * mean.squareRoot()
    a = -0.059 + 0.02483 * b
    logInverseAlpha = mean < 10 ? 0 : Double.log(1.1239 + 1.1328 / (b - 3.4))
    squeeze = 0.9277 - 3.6224 / (b - 2)
  }

  func draw(_ stream: inout RandomStream) -> Double {
    if mean == .infinity { return .infinity }
    return mean < 10 ? drawBySearch(&stream) : drawByRejection(&stream)
  }

  private func drawBySearch(_ stream: inout RandomStream) -> Double {
    while true {
      var (u, mass, k) = (stream.openUniform(), massAtZero, 0.0)
      while u > mass && k < 128 {
        u -= mass
        k += 1
        mass *= mean / k
      }
      // Beyond lies less than the rounding of the sum.
      if k < 128 { return k }
    }
  }

  private func drawByRejection(_ stream: inout RandomStream) -> Double {
    while true {
      let u = stream.openUniform() - 0.5
      let v = stream.openUniform()
      let distance = 0.5 - u.magnitude
      let k = ((2 * a / distance + b) * u + mean + 0.43).rounded(.down)
      if distance >= 0.07 && v <= squeeze { return k }
      if k < 0 || (distance < 0.013 && v > distance) { continue }
      let bound = Double.log(v) + logInverseAlpha - Double.log(a / (distance * distance) + b)
      if bound <= SaddlePoint.logPoisson(k, mean: mean) { return k }
    }
  }
}

/// Poisson variates whose mean is a gamma variate.
struct NegativeBinomialSampler: VariateSampler {
  private let gamma: GammaSampler
  private let odds: Double
  init(successes: Double, probability: Double) {
    gamma = GammaSampler(shape: successes)
    odds = (1 - probability) / probability
  }
  func draw(_ stream: inout RandomStream) -> Double {
    let mean = gamma.draw(&stream) * odds
    return mean > 0 ? PoissonSampler(mean: mean).draw(&stream) : 0
  }
}
