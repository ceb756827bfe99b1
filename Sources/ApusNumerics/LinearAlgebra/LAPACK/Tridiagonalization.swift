/// A = Q · T · Qᵀ of a symmetric matrix with T tridiagonal, blocked and in parallel (Dongarra, Hammarling & Sorensen, J.
/// Comput. Appl. Math. 27, 1989, LAPACK's `sytrd`).
///
/// Half the work is in products of the matrix with a vector, bound by memory: ``BlockedSymmetric`` shares them among threads,
/// reading each element once.
struct Tridiagonalization<T: LinearAlgebraScalar> {
  let n: Int
  /// The diagonal, n, and the elements beside it, n − 1.
  let diagonal: Buffer<T>
  let offDiagonal: Buffer<T>
  private let tau: Buffer<T>
  private let a: UnsafeMutablePointer<T>
  private let lda: Int

  private static var panelWidth: Int { 32 }

  /// - Parameter a: n × n, column-major, both triangles; receives the reflectors and must outlive this value.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: 4 n³ / 3 operations.
  init(n: Int, a: UnsafeMutablePointer<T>, lda: Int) throws(ApusError) {
    self.n = n
    self.a = a
    self.lda = lda
    diagonal = try Buffer(count: n)
    offDiagonal = try Buffer(zeroed: n)
    tau = try Buffer(zeroed: n)
    OpenBLASThreads.assertSingle()
    let width = Self.panelWidth
    // [V | W] and [W | V] side by side for the update of what is left.
    let left = try Buffer<T>(zeroed: 2 * width * n)
    let right = try Buffer<T>(count: 2 * width * n)
    let scratch = try Buffer<T>(count: (BlockedSymmetric.taskLimit + 1) * n + 2 * width)
    var start = 0
    while start < n - 1 {
      let count = Swift.min(width, n - 1 - start)
      reducePanel(start, count, w: right.pointer, scratch: scratch.pointer)
      let next = start + count
      for c in 0..<count {
        let (v, w) = (a + (start + c) * lda, right.pointer + c * n)
        (left.pointer + c * n + next).update(from: v + next, count: n - next)
        (left.pointer + (count + c) * n + next).update(from: w + next, count: n - next)
        (right.pointer + (count + c) * n + next).update(from: v + next, count: n - next)
      }
      BlockedSymmetric.subtract(
        left.pointer, right.pointer, k: 2 * count, from: next, order: n, a: a, lda: lda)
      start = next
    }
    if n > 0 { diagonal.pointer[n - 1] = a[(n - 1) * (lda + 1)] }
    withExtendedLifetime((left, right, scratch)) {}
  }

  /// Reduces columns `start` … `start + count − 1`, without the update of those after them; `w` is n × count.
  private func reducePanel(
    _ start: Int, _ count: Int, w: UnsafeMutablePointer<T>, scratch: UnsafeMutablePointer<T>
  ) {
    let partial = scratch + n
    let product = partial + BlockedSymmetric.taskLimit * n
    let panel = a + start * lda
    for i in 0..<count {
      let j = start + i
      let column = a + j * lda
      if i > 0 {
        T.gemv(
          trans: false, m: n - j, n: i, alpha: -1, a: panel + j, lda: lda, x: w + j, incx: n, beta: 1, y: column + j,
          incy: 1)
        T.gemv(
          trans: false, m: n - j, n: i, alpha: -1, a: w + j, lda: n, x: panel + j, incx: lda, beta: 1, y: column + j,
          incy: 1)
      }
      diagonal.pointer[j] = column[j]
      let first = j + 1
      let reflector = ElementaryReflector.make(column + first, count: n - first)
      offDiagonal.pointer[j] = reflector.beta
      tau.pointer[j] = reflector.tau
      let target = w + i * n
      if reflector.tau == 0 {
        (target + first).update(repeating: 0, count: n - first)
        continue
      }
      BlockedSymmetric.multiply(a, lda: lda, from: first, order: n, x: column, y: target, partial: partial)
      if i > 0 {
        subtractProjection(rows: first, i, basis: w, ldb: n, onto: panel, ldp: lda, column, target, product)
        subtractProjection(rows: first, i, basis: panel, ldb: lda, onto: w, ldp: n, column, target, product)
      }
      Self.finish(target + first, column + first, count: n - first, tau: reflector.tau)
    }
  }

  /// target ← target − onto · (basisᵀ · v), over the rows from `rows` on and the first `k` columns.
  private func subtractProjection(
    rows: Int, _ k: Int, basis: UnsafePointer<T>, ldb: Int, onto: UnsafePointer<T>, ldp: Int, _ v: UnsafePointer<T>,
    _ target: UnsafeMutablePointer<T>, _ product: UnsafeMutablePointer<T>
  ) {
    T.gemv(
      trans: true, m: n - rows, n: k, alpha: 1, a: basis + rows, lda: ldb, x: v + rows, incx: 1, beta: 0, y: product,
      incy: 1)
    T.gemv(
      trans: false, m: n - rows, n: k, alpha: -1, a: onto + rows, lda: ldp, x: product, incx: 1, beta: 1,
      y: target + rows, incy: 1)
  }

  /// w ← τ w − ½ τ² (wᵀ v) v.
  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func finish(_ w: UnsafeMutablePointer<T>, _ v: UnsafePointer<T>, count: Int, tau: T) {
    var product: T = 0
    T.gemv(
      trans: true, m: count, n: 1, alpha: 1, a: v, lda: count, x: UnsafePointer(w), incx: 1, beta: 0, y: &product,
      incy: 1)
    let shift = -tau * tau * product / 2
    for i in 0..<count { w[i] = tau * w[i] + shift * v[i] }
  }

  /// Z ← Q · Z for the n × k `z`.
  func applyQ(to z: UnsafeMutablePointer<T>, k: Int, ldz: Int) throws(ApusError) {
    try ReflectorSequence(
      v: UnsafePointer(a), ldv: lda, rows: n, count: Swift.max(n - 1, 0), offset: 1, tau: UnsafePointer(tau.pointer)
    ).apply(to: z, n: k, ldc: ldz)
  }
}
