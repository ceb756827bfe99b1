import ApusNumerics

/// Conversions between element types as C does them, saturating instead of trapping: what PyTorch's `.to(dtype)` gives for
/// values in range.
enum Casting {
  static func cast(_ array: NDArray, to target: DType) throws(ApusError) -> NDArray {
    let source = try array.packed()
    let result = try TensorMemory.array(array.shape, target)
    let n = result.count
    switch source.dtype {
    case .float32: fromFloat(source.raw(Float.self), result, n)
    case .float64: fromFloat(source.raw(Double.self), result, n)
    case .int32: fromInteger(source.raw(Int32.self), result, n)
    case .int64: fromInteger(source.raw(Int64.self), result, n)
    case .uint8: fromInteger(source.raw(UInt8.self), result, n)
    case .bool:
      let flags = try normalized(source)
      fromInteger(flags.raw(UInt8.self), result, n)
    }
    return result
  }

  /// Truth values as 0 and 1, whatever bytes they came as.
  private static func normalized(_ array: NDArray) throws(ApusError) -> NDArray {
    let result = try TensorMemory.array(array.shape, .uint8)
    let (x, y) = (array.raw(UInt8.self), result.raw(UInt8.self))
    for i in 0..<array.count { y[i] = x[i] != 0 ? 1 : 0 }
    return result
  }

  private static func fromFloat<T: BinaryFloatingPoint>(_ x: UnsafePointer<T>, _ out: NDArray, _ n: Int) {
    switch out.dtype {
    case .float32:
      let y = out.raw(Float.self)
      for i in 0..<n { y[i] = Float(x[i]) }
    case .float64:
      let y = out.raw(Double.self)
      for i in 0..<n { y[i] = Double(x[i]) }
    case .int32: saturate(x, out.raw(Int32.self), n)
    case .int64: saturate(x, out.raw(Int64.self), n)
    case .uint8: saturate(x, out.raw(UInt8.self), n)
    case .bool:
      let y = out.raw(Bool.self)
      for i in 0..<n { y[i] = x[i] != 0 }
    }
  }

  private static func saturate<T: BinaryFloatingPoint, Target: FixedWidthInteger>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<Target>, _ n: Int
  ) {
    for i in 0..<n {
      let value = x[i].rounded(.towardZero)
      y[i] = Target(exactly: value) ?? (value.isNaN ? 0 : (value < 0 ? Target.min : Target.max))
    }
  }

  private static func fromInteger<T: FixedWidthInteger>(_ x: UnsafePointer<T>, _ out: NDArray, _ n: Int) {
    switch out.dtype {
    case .float32:
      let y = out.raw(Float.self)
      for i in 0..<n { y[i] = Float(x[i]) }
    case .float64:
      let y = out.raw(Double.self)
      for i in 0..<n { y[i] = Double(x[i]) }
    case .int32:
      let y = out.raw(Int32.self)
      for i in 0..<n { y[i] = Int32(truncatingIfNeeded: x[i]) }
    case .int64:
      let y = out.raw(Int64.self)
      for i in 0..<n { y[i] = Int64(truncatingIfNeeded: x[i]) }
    case .uint8:
      let y = out.raw(UInt8.self)
      for i in 0..<n { y[i] = UInt8(truncatingIfNeeded: x[i]) }
    case .bool:
      let y = out.raw(Bool.self)
      for i in 0..<n { y[i] = x[i] != 0 }
    }
  }
}
