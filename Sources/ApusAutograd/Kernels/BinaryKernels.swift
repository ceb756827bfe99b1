import ApusNumerics
import RealModule

/// Elementwise operations on two operands of one type.
enum BinaryOperation {
  case add, subtract, multiply, divide, power, maximum, minimum, remainder, floorDivide, atan2
}

enum Comparison {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
}

enum BinaryKernels {
  /// `operation` on two arrays of the same element type, with broadcasting.
  static func apply(_ operation: BinaryOperation, _ a: NDArray, _ b: NDArray, name: String) throws(ApusError) -> NDArray
  {
    let shape = try Shapes.broadcast(a.shape, b.shape, operation: name)
    let result = try TensorMemory.array(shape, a.dtype)
    let (a, b) = (try aligned(a), try aligned(b))
    switch a.dtype {
    case .float32: floating(operation, a, b, result.raw(Float.self), shape: shape)
    case .float64: floating(operation, a, b, result.raw(Double.self), shape: shape)
    case .int32: integer(operation, a, b, result.raw(Int32.self), shape: shape)
    case .int64: integer(operation, a, b, result.raw(Int64.self), shape: shape)
    case .uint8: integer(operation, a, b, result.raw(UInt8.self), shape: shape)
    case .bool: try truth(operation, a, b, result.raw(UInt8.self), shape: shape, name: name)
    }
    return result
  }

  /// Truth values of a comparison of two arrays of the same element type, with broadcasting.
  static func compare(_ comparison: Comparison, _ a: NDArray, _ b: NDArray, name: String) throws(ApusError) -> NDArray {
    let shape = try Shapes.broadcast(a.shape, b.shape, operation: name)
    let result = try TensorMemory.array(shape, .bool)
    let (a, b) = (try aligned(a), try aligned(b))
    let out = result.raw(Bool.self)
    switch a.dtype {
    case .float32: compare(comparison, Float.self, a, b, out, shape: shape)
    case .float64: compare(comparison, Double.self, a, b, out, shape: shape)
    case .int32: compare(comparison, Int32.self, a, b, out, shape: shape)
    case .int64: compare(comparison, Int64.self, a, b, out, shape: shape)
    case .uint8, .bool: compare(comparison, UInt8.self, a, b, out, shape: shape)
    }
    return result
  }

  /// `array`, copied if its addresses do not permit typed loads.
  static func aligned(_ array: NDArray) throws(ApusError) -> NDArray {
    array.isAligned ? array : try array.packed()
  }

  private static func floating<T: TensorFloat & Real>(
    _ operation: BinaryOperation, _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<T>, shape: [Int]
  ) {
    switch operation {
    case .add: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x + y }
    case .subtract: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x - y }
    case .multiply: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x * y }
    case .divide: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x / y }
    case .maximum:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x.isNaN || x > y ? x : y }
    case .minimum:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x.isNaN || x < y ? x : y }
    case .power: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ScalarMath.power(x, y) }
    case .remainder: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ScalarMath.remainder(x, y) }
    case .floorDivide:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ((x - ScalarMath.remainder(x, y)) / y).rounded()
      }
    case .atan2: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in T.atan2(y: x, x: y) }
    }
  }

  private static func integer<T: TensorInteger>(
    _ operation: BinaryOperation, _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<T>, shape: [Int]
  ) {
    switch operation {
    case .add: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x &+ y }
    case .subtract: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x &- y }
    case .multiply: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x &* y }
    case .maximum: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x > y ? x : y }
    case .minimum: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x < y ? x : y }
    case .power: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ScalarMath.power(x, y) }
    case .remainder:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ScalarMath.floorDivide(x, y).remainder }
    case .divide, .floorDivide, .atan2:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in ScalarMath.floorDivide(x, y).quotient }
    }
  }

  /// On truth values sum and maximum are "or", product and minimum are "and".
  private static func truth(
    _ operation: BinaryOperation, _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<UInt8>, shape: [Int],
    name: String
  ) throws(ApusError) {
    switch operation {
    case .add, .maximum:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: UInt8, y: UInt8) in (x | y) != 0 ? 1 : 0 }
    case .multiply, .minimum:
      ElementwiseLoop.binary(a, b, out, shape: shape) { (x: UInt8, y: UInt8) in x != 0 && y != 0 ? 1 : 0 }
    default:
      throw .unsupportedType(name: name, reason: "is not defined for bool tensors; use logical operations")
    }
  }

  private static func compare<T: Comparable>(
    _ comparison: Comparison, _ type: T.Type, _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<Bool>,
    shape: [Int]
  ) {
    switch comparison {
    case .equal: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x == y }
    case .notEqual: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x != y }
    case .less: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x < y }
    case .lessOrEqual: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x <= y }
    case .greater: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x > y }
    case .greaterOrEqual: ElementwiseLoop.binary(a, b, out, shape: shape) { (x: T, y: T) in x >= y }
    }
  }
}

/// Scalar functions without a vector kernel of their own.
enum ScalarMath {
  @inline(__always)
  static func power<T: TensorFloat & Real>(_ x: T, _ y: T) -> T {
    if y == 2 { return x * x }
    // `Real.pow(x, y)` is undefined for negative bases; integer exponents are not.
    if x < 0, let n = Int(exactly: y) { return T.pow(x, n) }
    return x < 0 ? (y.isInfinite ? T.pow(-x, y) : .nan) : T.pow(x, y)
  }

  /// Exponentiation by squaring, wrapping around; negative exponents give 0 but for bases 1 and −1.
  @inline(__always)
  static func power<T: TensorInteger>(_ x: T, _ y: T) -> T {
    if y < 0 {
      if x == 1 { return 1 }
      if T.isSigned, x == 0 &- 1 { return y & 1 == 0 ? 1 : x }
      return 0
    }
    var (result, base, exponent) = (T(1), x, y)
    while exponent > 0 {
      if exponent & 1 == 1 { result = result &* base }
      base = base &* base
      exponent &>>= 1
    }
    return result
  }

  /// The remainder with the sign of the divisor, as in Python.
  @inline(__always)
  static func remainder<T: BinaryFloatingPoint>(_ x: T, _ y: T) -> T {
    let r = x.truncatingRemainder(dividingBy: y)
    return r != 0 && (r < 0) != (y < 0) ? r + y : r
  }

  /// Division rounded down; a zero divisor gives 0, and the smallest number over −1 wraps around.
  @inline(__always)
  static func floorDivide<T: TensorInteger>(_ x: T, _ y: T) -> (quotient: T, remainder: T) {
    if y == 0 { return (0, 0) }
    if T.isSigned, y == 0 &- 1 { return (0 &- x, 0) }
    let (q, r) = x.quotientAndRemainder(dividingBy: y)
    return r != 0 && (r < 0) != (y < 0) ? (q &- 1, r &+ y) : (q, r)
  }
}
