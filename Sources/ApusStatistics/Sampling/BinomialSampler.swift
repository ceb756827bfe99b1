import ApusNumerics
import RealModule

/// Binomial variates: by sequential search while n·min(p, 1 − p) is below 10, else by the transformed rejection BTRS of
/// W. Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul. 46 (1993) 101–110,
/// doi:10.1080/00949659308811496.
struct BinomialSampler: VariateSampler {
  private let n: Double
  /// min(p, 1 − p).
  private let p: Double
  private let isMirrored: Bool
  private let massAtZero: Double
  private let a: Double
  private let b: Double
  private let centre: Double
  private let alpha: Double
  private let squeeze: Double
  private let logMassAtMode: Double

  init(trials: Double, probability: Double) {
    n = trials
    isMirrored = probability > 0.5
    p = isMirrored ? 1 - probability : probability
    massAtZero = Double.exp(n * Double.log(onePlus: -p))
    let deviation = (n * p * (1 - p)).squareRoot()
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    centre = n * p + 0.5
    squeeze = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * deviation
    logMassAtMode =
      n * p < 10
      ? 0 : SaddlePoint.logBinomial(((n + 1) * p).rounded(.down), trials: n, probability: p)
  }

  func draw(_ stream: inout RandomStream) -> Double {
    if p == 0 || n == 0 { return isMirrored ? n : 0 }
    let k = n * p < 10 ? drawBySearch(&stream) : drawByRejection(&stream)
    return isMirrored ? n - k : k
  }

  private func drawBySearch(_ stream: inout RandomStream) -> Double {
    let odds = p / (1 - p)
    while true {
      var (u, mass, k) = (stream.openUniform(), massAtZero, 0.0)
      while u > mass && k <= n && k < 128 {
        u -= mass
        k += 1
        mass *= (n - k + 1) / k * odds
      }
      // Beyond lies less than the rounding of the sum.
      if k <= n && k < 128 { return k }
    }
  }

  private func drawByRejection(_ stream: inout RandomStream) -> Double {
    while true {
      let u = stream.openUniform() - 0.5
      let v = stream.openUniform()
      let distance = 0.5 - u.magnitude
      let k = ((2 * a / distance + b) * u + centre).rounded(.down)
      if distance >= 0.07 && v <= squeeze { return k }
      if k < 0 || k > n { continue }
      let bound = Double.log(v * alpha / (a / (distance * distance) + b))
      if bound <= SaddlePoint.logBinomial(k, trials: n, probability: p) - logMassAtMode { return k }
    }
  }
}
