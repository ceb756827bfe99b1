import ApusNumerics

/// Elementwise choice and counting on truth values.
enum SelectionKernels {
  /// condition ? a : b with broadcasting; `a` and `b` have one element type.
  static func select(_ condition: NDArray, _ a: NDArray, _ b: NDArray, shape: [Int]) throws(ApusError) -> NDArray {
    let result = try TensorMemory.array(shape, a.dtype)
    let mask = try condition.broadcast(to: shape).packed()
    let (x, y) = (try BinaryKernels.aligned(a), try BinaryKernels.aligned(b))
    switch a.dtype.stride {
    case 4: select(mask, x, y, result.raw(UInt32.self), shape)
    case 8: select(mask, x, y, result.raw(UInt64.self), shape)
    default: select(mask, x, y, result.raw(UInt8.self), shape)
    }
    return result
  }

  private static func select<Bits: BitwiseCopyable>(
    _ mask: NDArray, _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<Bits>, _ shape: [Int]
  ) {
    let flags = mask.raw(UInt8.self)
    let (x, y) = (a.raw(Bits.self), b.raw(Bits.self))
    StridedLoop(a, b, shape: shape).forEachRow { offsetA, offsetB, offset, n, stepA, stepB in
      for i in 0..<n {
        out[offset &+ i] = flags[offset &+ i] != 0 ? x[offsetA &+ i &* stepA] : y[offsetB &+ i &* stepB]
      }
    }
  }

  /// Positions of the true elements of a contiguous bool array, in row-major order.
  static func truePositions(_ mask: NDArray) throws(ApusError) -> NDArray {
    let flags = mask.raw(UInt8.self)
    let n = mask.count
    var total = 0
    for i in 0..<n where flags[i] != 0 { total &+= 1 }
    let result = try TensorMemory.array([total], .int64)
    let out = result.raw(Int64.self)
    var next = 0
    for i in 0..<n where flags[i] != 0 {
      out[next] = Int64(i)
      next &+= 1
    }
    return result
  }
}
