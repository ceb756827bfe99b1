import ApusNumerics
import RealModule

/// Gauss–Legendre quadrature of a decaying integrand e^(−φ(u)), u ≥ 0, φ convex or nearly so with φ(0) = 0.
///
/// With φ(width) ≈ 40 the neglected rest is below rounding, and 32 nodes are exact to double precision for any mixture of
/// exponential and Gaussian decay. All terms are positive, so nothing cancels.
package enum TailQuadrature {
  /// ∫₀^width e^(−φ(u)) du.
  @inline(__always)
  static func integrate(width: Double, _ negativeExponent: (Double) -> Double) -> Double {
    var sum = DoubleDouble(0)
    for (node, weight) in nodes { sum = sum + weight * Double.exp(negativeExponent(node * width)) }
    return sum.value * width
  }

  /// Number of doubles that ``fill(_:)`` writes.
  static let tableSize = 64

  /// Writes nodes and weights in turn, for ``integrate(lanes:_:_:)``.
  static func fill(_ table: UnsafeMutablePointer<Double>) {
    for (i, (node, weight)) in nodes.enumerated() { (table[2 * i], table[2 * i + 1]) = (node, weight) }
  }

  /// ∫₀^width e^(−φ(u)) du in every lane.
  @inline(__always)
  static func integrate(
    lanes width: SIMD8<Double>, _ table: UnsafePointer<Double>, _ negativeExponent: (SIMD8<Double>) -> SIMD8<Double>
  ) -> SIMD8<Double> {
    var (sum, rest) = (SIMD8<Double>(repeating: 0), SIMD8<Double>(repeating: 0))
    var i = 0
    while i < tableSize {
      let term = VectorMath.exp(negativeExponent(width * table[i])) * table[i &+ 1]
      let (next, lost) = VectorMath.twoSum(sum, term)
      (sum, rest) = (next, rest + lost)
      i &+= 2
    }
    return (sum + rest) * width
  }

  /// ln(1 + z) − z ≤ 0 in every lane, for z > −1: relative error a few ulp, also for small z.
  @inline(__always)
  static func log1pMinusArgument(_ z: SIMD8<Double>) -> SIMD8<Double> {
    let near = VectorMath.clamp(z, -0.29, 0.41)
    let (halfSquare, rest) = VectorMath.logTail(near)
    return VectorMath.select(near .== z, rest - halfSquare, VectorMath.log1p(z) - z)
  }

  /// Nodes and weights of the 32-point rule on [0, 1], from Newton's method on the Legendre polynomial at 60 digits.
  private static let nodes: [(Double, Double)] = [
    (0.0013680690752592183, 0.003509305004735048),
    (0.007194244227365833, 0.008137197365452835),
    (0.017618872206246784, 0.01269603265463103),
    (0.03254696203113015, 0.017136931456510716),
    (0.05183942211697394, 0.02141794901111334),
    (0.07531619313371501, 0.025499029631188087),
    (0.1027581020160288, 0.029342046739267772),
    (0.13390894062985517, 0.032911111388180925),
    (0.1684778665348924, 0.03617289705442425),
    (0.20614212137961885, 0.039096947893535156),
    (0.2465500455338853, 0.041655962113473374),
    (0.2893243619346823, 0.043826046502201906),
    (0.33406569885893617, 0.045586939347881945),
    (0.38035631887393145, 0.04692219954040228),
    (0.42776401920860174, 0.04781936003963743),
    (0.4758461671561308, 0.0482700442573639),
    (0.5241538328438692, 0.0482700442573639),
    (0.5722359807913983, 0.04781936003963743),
    (0.6196436811260685, 0.04692219954040228),
    (0.6659343011410638, 0.045586939347881945),
    (0.7106756380653176, 0.043826046502201906),
    (0.7534499544661147, 0.041655962113473374),
    (0.7938578786203812, 0.039096947893535156),
    (0.8315221334651076, 0.03617289705442425),
    (0.8660910593701449, 0.032911111388180925),
    (0.8972418979839712, 0.029342046739267772),
    (0.9246838068662849, 0.025499029631188087),
    (0.9481605778830261, 0.02141794901111334),
    (0.9674530379688698, 0.017136931456510716),
    (0.9823811277937532, 0.01269603265463103),
    (0.9928057557726342, 0.008137197365452835),
    (0.9986319309247408, 0.003509305004735048),
  ]
}
