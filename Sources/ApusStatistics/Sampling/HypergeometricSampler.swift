import ApusNumerics
import RealModule

/// Hypergeometric variates: by search in the table of cumulative probabilities when at most 256 values are possible, else by the
/// ratio-of-uniforms method HRUD of E. Stadlober, "The ratio of uniforms approach for generating discrete random variates",
/// J. Comput. Appl. Math. 31 (1990) 181–189, doi:10.1016/0377-0427(90)90349-5.
struct HypergeometricSampler: VariateSampler {
  private let population: Double
  private let marked: Double
  private let drawn: Double
  private let least: Double
  private let most: Double
  /// Empty unless the table is used.
  private let cumulative: [Double]
  private let centre: Double
  private let width: Double
  private let logMassAtMode: Double

  init(population: Double, marked: Double, drawn: Double) {
    let distribution = HypergeometricDistribution(population: population, marked: marked, drawn: drawn)
    (self.population, self.marked, self.drawn) = (population, marked, drawn)
    let (least, most) = distribution.support
    (self.least, self.most) = (least, most)
    if most - least < 256 {
      var total = 0.0
      cumulative = (0...Int(most - least)).map {
        total += distribution.density(least + Double($0)).value
        return total
      }
      (centre, width, logMassAtMode) = (0, 0, 0)
      return
    }
    cumulative = []
    let moments = distribution.moments
    centre = moments.mean + 0.5
    width = 1.7155277699214135 * (moments.variance + 0.5).squareRoot() + 0.8989161620588988
    let mode = ((drawn + 1) * ((marked + 1) / (population + 2))).rounded(.down)
    logMassAtMode = HypergeometricSampler.logMass(Swift.min(Swift.max(mode, least), most), population, marked, drawn)
  }

  /// ln of the mass but for a constant: that of two binomial masses of equal probability.
  private static func logMass(_ k: Double, _ population: Double, _ marked: Double, _ drawn: Double) -> Double {
    let p = drawn / population
    return SaddlePoint.logBinomial(k, trials: marked, probability: p)
      + SaddlePoint.logBinomial(drawn - k, trials: population - marked, probability: p)
  }

  func draw(_ stream: inout RandomStream) -> Double {
    if !cumulative.isEmpty {
      let u = stream.openUniform() * (cumulative.last ?? 1)
      var (low, high) = (0, cumulative.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] < u { low = middle + 1 } else { high = middle }
      }
      return least + Double(low)
    }
    while true {
      let x = stream.openUniform()
      let y = stream.openUniform()
      let k = (centre + width * (y - 0.5) / x).rounded(.down)
      if !(k >= least && k <= most) { continue }
      let logRatio = HypergeometricSampler.logMass(k, population, marked, drawn) - logMassAtMode
      // Two bounds of 2 ln x spare the logarithm.
      if x * (4 - x) - 3 <= logRatio { return k }
      if x * (x - logRatio) >= 1 { continue }
      if 2 * Double.log(x) <= logRatio { return k }
    }
  }
}
