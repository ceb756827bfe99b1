import ApusNumerics

/// Eight non-negative numbers, each held as e^(exponent + tail) · factor: ``FactoredValue`` in lanes. `exponent` and `tail` are a pair
/// of about 2⁻⁶⁵ relative precision.
package struct FactoredLanes {
  var exponent: SIMD8<Double>
  var tail: SIMD8<Double>
  var factor: SIMD8<Double>

  @inline(__always)
  init(exponent: SIMD8<Double>, tail: SIMD8<Double>, factor: SIMD8<Double>) {
    (self.exponent, self.tail, self.factor) = (exponent, tail, factor)
  }

  @inline(__always)
  init(_ factor: SIMD8<Double>) {
    self.init(exponent: SIMD8(repeating: 0), tail: SIMD8(repeating: 0), factor: factor)
  }

  @inline(__always)
  var value: SIMD8<Double> {
    let tail = VectorMath.select(exponent .< -1000, SIMD8(repeating: 0), tail)
    let (high, low, shifted) = VectorMath.expPair(VectorMath.clamp(exponent, -1000, 1000), tail)
    return VectorMath.scale(VectorMath.multiplyAdd(low, factor, high * factor), shifted)
  }

  /// −∞ for a factor of 0 or an exponent of −∞. The two parts may cancel.
  @inline(__always)
  var logarithm: SIMD8<Double> {
    let (logFactor, logTail) = VectorMath.logPair(VectorMath.clamp(factor, 0x1p-1074, 0x1.fffffffffffffp1023))
    let (sum, lost) = VectorMath.twoSum(exponent, logFactor)
    let finite = sum + (lost + (tail + logTail))
    let nothing = SIMD8<Double>(repeating: -.infinity)
    let isZero = (factor .== 0) .| (exponent .== nothing)
    return VectorMath.select(isZero, nothing, VectorMath.select(factor .== .infinity, factor, finite))
  }

  /// The first lane.
  @inline(__always)
  var first: FactoredValue { FactoredValue(exponent: DoubleDouble(exponent[0], tail[0]), factor: factor[0]) }
}

/// Eight probabilities and their complements, the smaller of the two in factored form: ``TailProbability`` in lanes.
package struct TailLanes {
  let smaller: FactoredLanes
  /// Lanes whose factored value is P(X ≤ x); otherwise it is P(X > x).
  let isLower: SIMDMask<SIMD8<Int64>>

  @inline(__always)
  init(_ smaller: FactoredLanes, isLower: SIMDMask<SIMD8<Int64>>) {
    (self.smaller, self.isLower) = (smaller, isLower)
  }

  /// P(X ≤ x) or P(X > x).
  @inline(__always)
  func probability(lower: Bool) -> SIMD8<Double> {
    let value = smaller.value
    return lower
      ? VectorMath.select(isLower, value, 1 - value) : VectorMath.select(isLower, 1 - value, value)
  }

  /// ln of the same.
  @inline(__always)
  func logarithm(lower: Bool) -> SIMD8<Double> {
    let (own, other) = (smaller.logarithm, VectorMath.log1p(-smaller.value))
    return lower ? VectorMath.select(isLower, own, other) : VectorMath.select(isLower, other, own)
  }
}

/// Eight probabilities asked for in an inverse function, each held as its smaller tail and the logarithm of that as a pair:
/// ``TargetProbability`` in lanes.
package struct TargetLanes {
  let tail: SIMD8<Double>
  let logTail: SIMD8<Double>
  let logTailLow: SIMD8<Double>
  let isLower: SIMDMask<SIMD8<Int64>>

  /// `probability` in (0, 1); others give something in their lanes.
  @inline(__always)
  init(_ probability: SIMD8<Double>, isLower: Bool) {
    let isSmaller = probability .<= 0.5
    let smaller = VectorMath.select(isSmaller, probability, 1 - probability)
    tail = VectorMath.clamp(smaller, 0x1p-1074, 0.5)
    (logTail, logTailLow) = VectorMath.logPair(tail)
    self.isLower = isLower ? isSmaller : .!isSmaller
  }

  /// The same target in every lane.
  @inline(__always)
  init(_ target: TargetProbability) {
    let logarithm = target.logTail
    tail = VectorMath.clamp(SIMD8(repeating: target.tail), 0x1p-1074, 0.5)
    logTail = SIMD8(repeating: logarithm.high)
    logTailLow = SIMD8(repeating: logarithm.low)
    isLower = SIMDMask(repeating: target.isLower)
  }
}
