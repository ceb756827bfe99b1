import ApusNumerics

/// An element type that networks compute in: `Float` or `Double`.
package protocol TensorFloat: VectorMathScalar, LinearAlgebraScalar {
  static var negativeInfinity: Self { get }
}

extension Float: TensorFloat { package static var negativeInfinity: Float { -.infinity } }
extension Double: TensorFloat { package static var negativeInfinity: Double { -.infinity } }

/// An integer element type; bool counts as uint8 here. Arithmetic wraps around, as in PyTorch, and never traps.
protocol TensorInteger: NDElement, FixedWidthInteger {}
extension Int32: TensorInteger {}
extension Int64: TensorInteger {}
extension UInt8: TensorInteger {}

extension NDArray {
  /// The elements as `Element`, where bool memory may be read as uint8.
  @inline(__always)
  package func raw<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
    data.assumingMemoryBound(to: type)
  }
}

/// Dispatch on the two floating-point types.
enum FloatDispatch {
  static func refusal(_ operation: String, _ dtype: DType) -> ApusError {
    .unsupportedType(name: operation, reason: "takes float32 or float64 tensors, got \(dtype.name)")
  }
}
