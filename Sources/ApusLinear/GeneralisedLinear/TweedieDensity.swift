import ApusStatistics
import RealModule

/// The density of Tweedie's compound Poisson distribution, 1 < power < 2: a Poisson number of gamma variates, zero with
/// positive probability (P. Dunn & G. Smyth, Statistics and Computing 15, 2005, §2).
enum TweedieDensity {
  /// The sum has some ten times the root of this many terms.
  private static let largestMode = 1e6

  /// ln f(y); NaN for other powers, and where the Poisson number is beyond ``largestMode``.
  ///
  /// The series over the Poisson number is summed outwards from its largest term.
  static func logDensity(_ y: Double, mu: Double, dispersion phi: Double, power p: Double) -> Double {
    guard p > 1, p < 2, phi > 0, mu > 0 else { return .nan }
    let rate = Double.pow(mu, 2 - p) / (phi * (2 - p))
    if y == 0 { return -rate }
    let shape = (2 - p) / (p - 1)
    let size = phi * (p - 1) * Double.pow(mu, p - 1)
    let (logRate, logRatio) = (Double.log(rate), Double.log(y / size))
    func term(_ j: Double) -> Double {
      j * logRate - SpecialFunctions.logGamma(j + 1) + j * shape * logRatio - SpecialFunctions.logGamma(j * shape)
    }
    let mode = Swift.max(1, (Double.pow(y, 2 - p) / (phi * (2 - p))).rounded())
    guard mode < largestMode else { return .nan }
    let largest = term(mode)
    var sum = 1.0
    for direction in [1.0, -1.0] {
      var j = mode + direction
      while j >= 1 {
        let share = Double.exp(term(j) - largest)
        sum += share
        if share < 1e-17 { break }
        j += direction
      }
    }
    return largest + Double.log(sum) - rate - y / size - Double.log(y)
  }
}
