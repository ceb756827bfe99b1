import ApusNumerics

/// Matrix products of strided tensors, mapped to column-major BLAS without copies where strides allow it.
enum Products {
  /// A matrix BLAS can read: `isTransposed` means that columns are contiguous.
  struct Operand {
    let array: NDArray
    let isTransposed: Bool
    let leadingDimension: Int

    /// A rank-2 array, copied only if neither its rows nor its columns are contiguous.
    init(_ array: NDArray) throws(ApusError) {
      let step = array.dtype.stride
      let (rows, columns) = (array.shape[0], array.shape[1])
      if array.isAligned {
        if array.strides[1] == step || columns == 1, columns == 1 || rows == 1 || array.strides[0] >= columns * step {
          let lead = rows == 1 ? columns : array.strides[0] / step
          if lead >= columns, lead >= 1, columns == 1 ? array.strides[0] >= step || rows == 1 : true {
            self.init(array: array, isTransposed: false, leadingDimension: max(lead, 1))
            return
          }
        }
        if array.strides[0] == step, array.strides[1] >= rows * step {
          self.init(array: array, isTransposed: true, leadingDimension: array.strides[1] / step)
          return
        }
      }
      let copy = try TensorMemory.array(array.shape, array.dtype)
      try copy.assign(from: array)
      self.init(array: copy, isTransposed: false, leadingDimension: max(columns, 1))
    }

    private init(array: NDArray, isTransposed: Bool, leadingDimension: Int) {
      self.array = array
      self.isTransposed = isTransposed
      self.leadingDimension = leadingDimension
    }
  }

  /// target ← a · b + beta · target, for rank-2 arrays (m, k) and (k, n); `target` is row-major.
  static func multiply(_ a: NDArray, _ b: NDArray, into target: NDArray, beta: Double = 0) throws(ApusError) {
    let (m, k, n) = (a.shape[0], a.shape[1], b.shape[1])
    if m == 0 || n == 0 { return }
    try BLAS.checkExtents([m, k, n], name: "matmul")
    let (left, right) = (try Operand(a), try Operand(b))
    try BLAS.checkExtents([left.leadingDimension, right.leadingDimension], name: "matmul")
    switch a.dtype {
    case .float32: try multiply(left, right, target.raw(Float.self), m: m, k: k, n: n, beta: Float(beta))
    case .float64: try multiply(left, right, target.raw(Double.self), m: m, k: k, n: n, beta: beta)
    default: throw FloatDispatch.refusal("matmul", a.dtype)
    }
  }

  private static func multiply<T: TensorFloat>(
    _ a: Operand, _ b: Operand, _ target: UnsafeMutablePointer<T>, m: Int, k: Int, n: Int, beta: T
  ) throws(ApusError) {
    // Row-major C = A · B is column-major Cᵀ = Bᵀ · Aᵀ.
    try BLAS.gemm(
      transA: b.isTransposed, transB: a.isTransposed, m: n, n: m, k: k, a: UnsafePointer(b.array.raw(T.self)),
      lda: b.leadingDimension, b: UnsafePointer(a.array.raw(T.self)), ldb: a.leadingDimension, beta: beta, c: target,
      ldc: n)
  }

  /// target[i] = a[i] · b[i] for batches of contiguous matrices; a step of 0 repeats one matrix.
  static func multiplyBatch(
    _ a: NDArray, _ b: NDArray, into target: NDArray, batch: [(a: Int, b: Int)], m: Int, k: Int, n: Int
  ) throws(ApusError) {
    if m == 0 || n == 0 || batch.isEmpty { return }
    try BLAS.checkExtents([m, k, n], name: "matmul")
    switch a.dtype {
    case .float32: try multiplyBatch(Float.self, a, b, target, batch, m, k, n)
    case .float64: try multiplyBatch(Double.self, a, b, target, batch, m, k, n)
    default: throw FloatDispatch.refusal("matmul", a.dtype)
    }
  }

  private static func multiplyBatch<T: TensorFloat>(
    _ type: T.Type, _ a: NDArray, _ b: NDArray, _ target: NDArray, _ batch: [(a: Int, b: Int)], _ m: Int, _ k: Int,
    _ n: Int
  ) throws(ApusError) {
    let (x, y, z) = (a.raw(T.self), b.raw(T.self), target.raw(T.self))
    func one(_ index: Int) throws(ApusError) {
      try BLAS.gemm(
        m: n, n: m, k: k, a: UnsafePointer(y + batch[index].b), lda: n, b: UnsafePointer(x + batch[index].a),
        ldb: max(k, 1),
        c: z + index * m * n, ldc: n)
    }
    do {
      try ThreadPool.parallelForThrowing(tasks: batch.count) { try one($0) }
    } catch let error as ApusError {
      throw error
    } catch {
      throw .internalError(reason: "\(error)")
    }
  }
}
