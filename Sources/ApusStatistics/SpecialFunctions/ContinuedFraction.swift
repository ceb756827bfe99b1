/// Continued fractions b₀ + a₁/(b₁ + a₂/(b₂ + …)) with positive value, evaluated backwards: rounding errors then contract
/// from step to step, which the forward recurrences do not offer.
package enum ContinuedFraction {
  /// - Parameter term: (aₙ, bₙ) for n ≥ 1.
  /// - Returns: a₁/(b₁ + a₂/(b₂ + …)).
  @inline(__always)
  static func evaluate(_ term: (Double) -> (Double, Double)) -> Double {
    let length = convergedLength(term)
    var tail = 0.0
    var n = length
    while n >= 1 {
      let (a, b) = term(n)
      tail = a / (b + tail)
      n -= 1
    }
    return tail
  }

  /// The number of terms after which the value has settled: W. J. Lentz's forward method with the modification of
  /// I. J. Thompson and A. R. Barnett, J. Comput. Phys. 64 (1986) 490–509.
  @inline(__always)
  private static func convergedLength(_ term: (Double) -> (Double, Double)) -> Double {
    let tiny = 1e-300
    var c = tiny
    var d = 0.0
    var n = 1.0
    while n < 20_000 {
      let (a, b) = term(n)
      d = b + a * d
      if d == 0 { d = tiny }
      c = b + a / c
      if c == 0 { c = tiny }
      d = 1 / d
      if (c * d - 1).magnitude < 1e-17 + 0x1p-53 { break }
      n += 1
    }
    return n + 2
  }
}
