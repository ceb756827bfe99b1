/// A root Λ = Dₒ + shift of a ``SecularEquation``, relative to the closer of its neighbouring poles.
struct SecularRoot<T: LinearAlgebraScalar> {
  var origin: Int
  var shift: T
}

extension SecularEquation {
  /// Evaluations after which a root counts as not found. Interpolation needs about four, bisection from any bracket fewer
  /// than this.
  private static var mostEvaluations: Int { 400 }

  /// Root number `index`, between poles `index` and `index + 1` or beyond the last pole; nil when it did not converge.
  ///
  /// Interpolation by two poles and a constant with bisection as safeguard: fixed weights, or where they are slow the
  /// middle way (R.-C. Li, LAPACK Working Note 89, 1993, § 3).
  func root(_ index: Int) -> SecularRoot<T>? {
    if count == 1 { return SecularRoot(origin: 0, shift: weights[0]) }
    let isLast = index == count &- 1
    // The two poles that the interpolation keeps.
    let left = isLast ? index &- 1 : index
    let right = left &+ 1
    let width = gap(right, left)
    var (origin, lower, upper, shift) = bracket(left, right, width, isLast: isLast)
    let half = T.ulpOfOne / 2
    let (toLeft, toRight) = (origin == left ? 0 : -width, origin == left ? width : 0)
    var usesMiddleWay = isLast
    var previous: T = 0
    for evaluation in 0..<Self.mostEvaluations {
      let sums = sums(split: right, origin: origin, shift: shift)
      let value = sums.value
      let slope = sums.psiSlope + sums.phiSlope
      let tolerance = half * (8 * (1 + sums.psi.magnitude + sums.phi.magnitude) + slope.magnitude)
      if value.magnitude <= tolerance { return SecularRoot(origin: origin, shift: shift) }
      if value < 0 { lower = shift } else { upper = shift }
      if evaluation > 0, value * previous > 0, value.magnitude > previous.magnitude / 10, !isLast {
        usesMiddleWay.toggle()
      }
      previous = value
      // Everything in units of the shift.
      let (x, y) = ((toLeft - shift) / shift, (toRight - shift) / shift)
      var constant: T
      if usesMiddleWay {
        constant = value - x * sums.psiSlope - y * sums.phiSlope
        if isLast { constant = constant.magnitude }
      } else if origin == left {
        constant = value - y * slope + weights[left] * (width / shift) / shift
      } else {
        constant = value - x * slope - weights[right] * (width / shift) / shift
      }
      let linear = (x + y) * value - x * y * slope
      var step = Self.quadraticRoot(constant, linear, x * y * value, adds: isLast != (shift < 0))
      // The function increases with Λ, and `slope` has the sign of the shift.
      if !(step * shift * value < 0) { step = -value / slope }
      var next = shift + step * shift
      if !(next > lower && next < upper) { next = (lower + upper) / 2 }
      if (next - shift).magnitude <= half * shift.magnitude || next == lower || next == upper {
        return SecularRoot(origin: origin, shift: shift)
      }
      shift = next
    }
    return nil
  }

  /// The pole closer to the root, bounds of the root relative to it, and a first guess between them: what two poles give
  /// with the rest of the equation as it is in the middle of the interval (Li, § 4).
  @inline(__always)
  private func bracket(
    _ left: Int, _ right: Int, _ width: T, isLast: Bool
  ) -> (origin: Int, lower: T, upper: T, guess: T) {
    let middle = (isLast ? totalWeight : width) / 2
    let sums = sums(split: right, origin: isLast ? right : left, shift: middle)
    let value = sums.value
    let (first, second) = (weights[left], weights[right])
    var (origin, lower, upper): (Int, T, T) = (left, 0, middle)
    var guess: T
    if isLast {
      origin = right
      if value < 0 { (lower, upper) = (middle, totalWeight) }
      let rest = 1 + (sums.psi + first / (width + middle)) + (sums.phi + second / middle)
      guess = Self.quadraticRoot(rest, first + second - rest * width, -second * width, adds: true)
    } else {
      let rest = 1 + (sums.psi + first / middle) + (sums.phi - second / middle)
      if value < 0 {
        (origin, lower, upper) = (right, -middle, 0)
        guess = Self.quadraticRoot(rest, first + second - rest * width, -second * width, adds: false)
      } else {
        guess = Self.quadraticRoot(rest, first + second + rest * width, first * width, adds: false)
      }
    }
    if !(guess > lower && guess < upper) { guess = (lower + upper) / 2 }
    return (origin, lower, upper, guess)
  }

  /// The root (b ± √(b² − 4ac)) / 2a of a t² − b t + c without cancellation.
  @inline(__always)
  private static func quadraticRoot(_ a: T, _ b: T, _ c: T, adds: Bool) -> T {
    let root = (b * b - 4 * a * c).magnitude.squareRoot()
    if adds { return b >= 0 ? (b + root) / (2 * a) : 2 * c / (b - root) }
    return b > 0 ? 2 * c / (b + root) : (b - root) / (2 * a)
  }
}
