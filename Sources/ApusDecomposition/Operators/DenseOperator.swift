import ApusNumerics

/// A dense float32 or float64 matrix of any strides as an operator.
///
/// Products run over blocks of rows that are copied into cache, so that one pass over the memory serves A · v and Aᵀ · A · v
/// alike. `precision` is the type blocks are multiplied in: `.float32` is twice as fast and enough where only directions
/// matter; sums over blocks are float64 either way.
struct DenseOperator: MatrixOperator {
  let array: NDArray
  let precision: DType

  private static let blockRows = 256
  /// Partial sums of Aᵀ · u, from the shape alone.
  private static let groupLimit = 8

  /// - Parameter array: (rows, columns), finite, of moderate magnitude, aligned.
  init(_ array: NDArray, precision: DType? = nil) {
    self.array = array
    self.precision = precision ?? array.dtype
  }

  var rows: Int { array.shape[0] }
  var columns: Int { array.shape[1] }
  var adjoint: any MatrixOperator { DenseOperator(array.transposed, precision: precision) }

  /// The type of ``apply(_:)``, where each element of the result counts.
  private var productType: DType { precision == .float64 ? .float64 : array.dtype }
  var roundoff: Double { productType == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne }

  func apply(_ v: NDArray) throws -> NDArray {
    let dtype = productType
    return try LinearAlgebra.matmul(array, v.converted(to: dtype)).converted(to: .float64)
  }

  func applyAdjoint(_ u: NDArray) throws -> NDArray { try adjoint.apply(u) }

  func applyNormal(_ v: NDArray) throws -> NDArray {
    switch (array.dtype, precision) {
    case (.float32, .float64): return try normal(array.matrixView(Float.self), Double.self, v)
    case (.float32, _): return try normal(array.matrixView(Float.self), Float.self, v)
    case (_, .float32): return try normal(array.matrixView(Double.self), Float.self, v)
    default: return try normal(array.matrixView(Double.self), Double.self, v)
    }
  }

  private func normal<Element: LinearAlgebraScalar, Work: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, _ work: Work.Type, _ v: NDArray
  ) throws(ApusError) -> NDArray {
    let (p, b, extent) = (columns, v.shape[1], DenseOperator.blockRows)
    try BLAS.checkExtents([rows, p, b], name: "X")
    OpenBLASThreads.assertSingle()
    // Row-major (b, p) memory is the column-major p × b that BLAS takes.
    let vectors = try v.transposed.converted(to: Work.dtype).contiguous()
    let blocks = (rows + extent - 1) / extent
    let groups = Swift.max(1, Swift.min(DenseOperator.groupLimit, blocks))
    let perGroup = extent * (p + b) + p * b
    let scratch = try Buffer<Work>(count: groups * perGroup)
    let sums = try Buffer<Double>(zeroed: groups * p * b)
    let source = UnsafePointer(vectors.pointer(Work.self))
    ThreadPool.parallelFor(tasks: groups) { group in
      let block = scratch.pointer + group * perGroup
      let product = block + extent * p
      let back = product + extent * b
      let sum = sums.pointer + group * p * b
      for index in (group * blocks / groups)..<((group + 1) * blocks / groups) {
        let range = index * extent..<Swift.min(rows, (index + 1) * extent)
        DenseOperator.load(view, range, into: block)
        Work.gemm(
          transA: true, transB: false, m: range.count, n: b, k: p, alpha: 1, a: UnsafePointer(block), lda: p, b: source,
          ldb: p, beta: 0, c: product, ldc: extent)
        Work.gemm(
          transA: false, transB: false, m: p, n: b, k: range.count, alpha: 1, a: UnsafePointer(block), lda: p,
          b: UnsafePointer(product), ldb: extent, beta: 0, c: back, ldc: p)
        DenseOperator.add(back, to: sum, count: p * b)
      }
    }
    let result = try NDArray(zeros: [b, p])
    let total = result.pointer(Double.self)
    for group in 0..<groups {
      for i in 0..<p * b { total[i] += sums.pointer[group &* p &* b &+ i] }
    }
    withExtendedLifetime((scratch, sums, vectors)) {}
    return result.transposed
  }

  @specialized(where Element == Float, Work == Float)
  @specialized(where Element == Float, Work == Double)
  @specialized(where Element == Double, Work == Float)
  @specialized(where Element == Double, Work == Double)
  private static func load<Element: LinearAlgebraScalar, Work: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, _ range: Range<Int>, into block: UnsafeMutablePointer<Work>
  ) {
    RowUnpacking.copy(view, range, into: block)
  }

  @specialized(where Work == Float)
  @specialized(where Work == Double)
  private static func add<Work: LinearAlgebraScalar>(
    _ source: UnsafePointer<Work>, to sum: UnsafeMutablePointer<Double>, count: Int
  ) {
    for i in 0..<count { sum[i] += Double(source[i]) }
  }
}
