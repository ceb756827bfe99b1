/// One Householder reflector H = I − τ · v · vᵀ with v₀ = 1 (LAPACK's `larfg`).
enum ElementaryReflector {
  /// Makes the reflector that turns the vector `x` of `count` elements into β · e₁, for elements of moderate magnitude.
  ///
  /// - Parameter x: overwritten by v, its leading one included.
  /// - Returns: β and τ; τ is 0, and H the identity, when all but the first element are negligible.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func make<T: LinearAlgebraScalar>(_ x: UnsafeMutablePointer<T>, count: Int) -> (beta: T, tau: T) {
    var squares = sumOfSquares(x + 1, count: count - 1)
    var exponent: T.Exponent = 0
    if x[0] * x[0] + squares < smallestSquare() {
      // What remains of dependent columns can be so small that its squares lose bits or vanish: work in units of it.
      var largest: T = 0
      for i in 0..<count { largest = Swift.max(largest, x[i].magnitude) }
      if largest > 0 {
        exponent = largest.exponent
        for i in 0..<count { x[i] = T(sign: .plus, exponent: -exponent, significand: x[i]) }
        squares = sumOfSquares(x + 1, count: count - 1)
      }
    }
    let alpha = x[0]
    x[0] = 1
    if squares == 0 {
      for i in 1..<Swift.max(count, 1) { x[i] = 0 }
      return (T(sign: .plus, exponent: exponent, significand: alpha), 0)
    }
    let norm = (alpha * alpha + squares).squareRoot()
    let beta = alpha > 0 ? -norm : norm
    let factor = 1 / (alpha - beta)
    for i in 1..<count { x[i] *= factor }
    return (T(sign: .plus, exponent: exponent, significand: beta), (beta - alpha) / beta)
  }

  @inline(__always)
  private static func sumOfSquares<T: LinearAlgebraScalar>(_ x: UnsafePointer<T>, count: Int) -> T {
    if count <= 0 { return 0 }
    var sum: T = 0
    T.gemv(trans: true, m: count, n: 1, alpha: 1, a: x, lda: count, x: x, incx: 1, beta: 0, y: &sum, incy: 1)
    return sum
  }

  /// Sums of squares from here on have all their bits.
  @inline(__always)
  private static func smallestSquare<T: LinearAlgebraScalar>() -> T {
    T.dtype == .float32 ? 0x1p-100 : T(sign: .plus, exponent: -960, significand: 1)
  }

  /// The upper triangular T of H₀ · H₁ ⋯ = I − V · T · Vᵀ (LAPACK's `larft`).
  ///
  /// - Parameters:
  ///   - gram: Vᵀ · V, k × k column-major.
  ///   - t: k × k, receives T; what lies below its diagonal is not touched.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func triangle<T: LinearAlgebraScalar>(
    gram: UnsafePointer<T>, tau: UnsafePointer<T>, k: Int, t: UnsafeMutablePointer<T>
  ) {
    for i in 0..<k {
      for row in 0..<i {
        var sum: T = 0
        for l in row..<i { sum += t[row &+ l &* k] * gram[l &+ i &* k] }
        t[row &+ i &* k] = -tau[i] * sum
      }
      t[i &* (k &+ 1)] = tau[i]
    }
  }
}

/// A product H₀ · H₁ ⋯ of reflectors that are stored one a column.
struct ReflectorSequence<T: LinearAlgebraScalar> {
  /// Column j holds the reflector number j from its leading one at row j + `offset` down.
  let v: UnsafePointer<T>
  let ldv: Int
  /// Rows of `v`.
  let rows: Int
  let count: Int
  let offset: Int
  let tau: UnsafePointer<T>

  private static var panelWidth: Int { 64 }

  /// C ← H₀ · H₁ ⋯ · C for the rows × n `c`, in panels from the last to the first.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: 2 · rows · count · n operations, in matrix products.
  func apply(to c: UnsafeMutablePointer<T>, n: Int, ldc: Int) throws(ApusError) {
    if count == 0 || n == 0 { return }
    let width = Self.panelWidth
    let panel = try Buffer<T>(count: rows * width)
    let gram = try Buffer<T>(count: 2 * width * width)
    let work = try Buffer<T>(count: width * n)
    for start in stride(from: 0, to: count, by: width).reversed() {
      let k = Swift.min(width, count - start)
      let first = start + offset
      let height = rows - first
      for j in 0..<k {
        let column = panel.pointer + j * height
        column.update(repeating: 0, count: Swift.min(j, height))
        if height > j {
          (column + j).update(from: v + (start + j) * ldv + first + j, count: height - j)
        }
      }
      let t = gram.pointer + k * k
      t.update(repeating: 0, count: k * k)
      try BLAS.gemm(
        transA: true, m: k, n: k, k: height, a: UnsafePointer(panel.pointer), lda: height,
        b: UnsafePointer(panel.pointer), ldb: height, c: gram.pointer, ldc: k)
      ElementaryReflector.triangle(gram: gram.pointer, tau: tau + start, k: k, t: t)
      BlockReflector(
        m: height, k: k, v: UnsafePointer(panel.pointer), ldv: height, t: UnsafePointer(t), ldt: k
      ).apply(trans: false, to: c + first, n: n, ldc: ldc, work: work.pointer)
    }
    withExtendedLifetime((panel, gram, work)) {}
  }
}
