import ApusAutograd
import ApusNumerics

/// An element type of the recurrent kernels.
protocol RecurrentScalar: TensorFloat {
  /// a · b + c lane by lane, as `VectorMath.multiplyAdd`.
  static func multiplyAdd(lanes a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes
}

extension Float: RecurrentScalar {
  @inline(__always)
  static func multiplyAdd(lanes a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes { VectorMath.multiplyAdd(a, b, c) }
}

extension Double: RecurrentScalar {
  @inline(__always)
  static func multiplyAdd(lanes a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes { VectorMath.multiplyAdd(a, b, c) }
}
