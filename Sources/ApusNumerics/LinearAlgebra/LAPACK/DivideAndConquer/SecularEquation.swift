/// The secular equation 1 + Σ wᵢ / (Dᵢ − Λ) = 0 of a diagonal matrix changed by one of rank one: its roots Λ are the new
/// eigenvalues (Golub, SIAM Rev. 15, 1973).
///
/// For eigenvalues Dᵢ are the poles dᵢ themselves, for singular values their squares, with Λ = σ². Poles and roots enter
/// only through differences, which come out with small relative errors in both cases.
struct SecularEquation<T: LinearAlgebraScalar> {
  let count: Int
  /// d, ascending without repetitions and below ``outside``, in the squared case not negative. ``padding`` elements before
  /// and after them are ``outside``.
  let poles: UnsafePointer<T>
  /// w, positive. ``padding`` elements before and after them are zero.
  let weights: UnsafePointer<T>
  /// Σ w.
  let totalWeight: T
  let isSquared: Bool

  /// Elements that the lanes may read before the first and after the last.
  static var padding: Int { 8 }
  /// A pole of weight zero that no root comes near, for matrices scaled to elements below 2.
  static var outside: T { 64 }

  /// Dᵢ − Dₒ.
  @inline(__always)
  func gap(_ i: Int, _ origin: Int) -> T {
    let difference = poles[i] - poles[origin]
    return isSquared ? difference * (poles[i] + poles[origin]) : difference
  }

  /// The sums of the equation at a point, split at a pole.
  struct Sums {
    /// ψ = Σ wᵢ / (Dᵢ − Λ) over the poles before the split and φ over those from it on.
    var (psi, phi): (T, T)
    /// The derivatives ψ′ and φ′ times the distance of Λ from the origin: of the size of the sums, so they never overflow.
    var (psiSlope, phiSlope): (T, T)

    /// The left-hand side of the equation.
    @inline(__always)
    var value: T { 1 + psi + phi }
  }

  /// The sums at Λ = Dₒ + `shift`.
  ///
  /// - Complexity: one division a pole, in eight lanes.
  @inline(__always)
  func sums(split: Int, origin: Int, shift: T) -> Sums {
    isSquared
      ? sums(split: split, origin: origin, shift: shift, isSquared: true)
      : sums(split: split, origin: origin, shift: shift, isSquared: false)
  }

  @inline(__always)
  private func sums(split: Int, origin: Int, shift: T, isSquared: Bool) -> Sums {
    let origins = SIMD8<T>(repeating: poles[origin])
    let shifts = SIMD8<T>(repeating: shift)
    var (psi, psiSlope) = (SIMD8<T>.zero, SIMD8<T>.zero)
    var i = split &- 8
    while i > -8 {
      accumulate(i, origins, shifts, isSquared, &psi, &psiSlope)
      i &-= 8
    }
    var (phi, phiSlope) = (SIMD8<T>.zero, SIMD8<T>.zero)
    i = split
    while i < count {
      accumulate(i, origins, shifts, isSquared, &phi, &phiSlope)
      i &+= 8
    }
    return Sums(psi: psi.sum(), phi: phi.sum(), psiSlope: psiSlope.sum(), phiSlope: phiSlope.sum())
  }

  /// Adds the terms of poles `i` … `i + 7`.
  @inline(__always)
  private func accumulate(
    _ i: Int, _ origins: SIMD8<T>, _ shifts: SIMD8<T>, _ isSquared: Bool, _ sum: inout SIMD8<T>,
    _ slope: inout SIMD8<T>
  ) {
    let pole = UnsafeRawPointer(poles + i).loadUnaligned(as: SIMD8<T>.self)
    let weight = UnsafeRawPointer(weights + i).loadUnaligned(as: SIMD8<T>.self)
    var gap = pole - origins
    if isSquared { gap *= pole + origins }
    let reciprocal = SIMD8<T>(repeating: 1) / (gap - shifts)
    let term = weight * reciprocal
    sum += term
    slope += term * (reciprocal * shifts)
  }
}
