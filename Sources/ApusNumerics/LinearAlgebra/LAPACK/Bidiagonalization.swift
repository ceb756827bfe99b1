/// A = Q · B · Pᵀ of an m × n matrix, m ≥ n, with B upper bidiagonal, blocked and in parallel (LAPACK's `gebrd`; Dongarra,
/// Hammarling & Sorensen 1989).
struct Bidiagonalization<T: LinearAlgebraScalar> {
  let m: Int
  let n: Int
  /// The diagonal of B, n, and the elements above it, n − 1.
  let diagonal: Buffer<T>
  let superDiagonal: Buffer<T>
  private let leftTau: Buffer<T>
  private let rightTau: Buffer<T>
  private let a: UnsafeMutablePointer<T>
  private let lda: Int
  /// The right reflectors in columns, n × n.
  private let rightVectors: Buffer<T>

  private static var panelWidth: Int { 32 }

  /// - Parameter a: m × n, column-major, m ≥ n ≥ 1; receives the left reflectors and must outlive this value.
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: 4 n² (m − n / 3) operations.
  init(m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int) throws(ApusError) {
    self.m = m
    self.n = n
    self.a = a
    self.lda = lda
    diagonal = try Buffer(count: n)
    superDiagonal = try Buffer(zeroed: n)
    leftTau = try Buffer(zeroed: n)
    rightTau = try Buffer(zeroed: n)
    rightVectors = try Buffer(zeroed: n * n)
    OpenBLASThreads.assertSingle()
    let width = Self.panelWidth
    let x = try Buffer<T>(zeroed: m * width)
    let y = try Buffer<T>(zeroed: n * width)
    let product = try Buffer<T>(count: 2 * width)
    var start = 0
    while start < n {
      let count = Swift.min(width, n - start)
      try reducePanel(start, count, x: x.pointer, y: y.pointer, product: product.pointer)
      let next = start + count
      if next < n {
        let rest = a + next + next * lda
        try BLAS.gemm(
          transB: true, m: m - next, n: n - next, k: count, alpha: -1, a: UnsafePointer(a + next + start * lda),
          lda: lda, b: UnsafePointer(y.pointer + next), ldb: n, beta: 1, c: rest, ldc: lda)
        try BLAS.gemm(
          transB: true, m: m - next, n: n - next, k: count, alpha: -1, a: UnsafePointer(x.pointer + next), lda: m,
          b: UnsafePointer(rightVectors.pointer + next + start * n), ldb: n, beta: 1, c: rest, ldc: lda)
      }
      start = next
    }
    withExtendedLifetime((x, y, product)) {}
  }

  /// Reduces columns and rows `start` … `start + count − 1`; what is right and below of them is updated by the caller:
  /// A − V · Yᵀ − X · Uᵀ, where V are the left and U the right reflectors.
  private func reducePanel(
    _ start: Int, _ count: Int, x: UnsafeMutablePointer<T>, y: UnsafeMutablePointer<T>,
    product: UnsafeMutablePointer<T>
  ) throws(ApusError) {
    let v = a + start * lda
    let u = rightVectors.pointer + start * n
    for i in 0..<count {
      let j = start + i
      let column = a + j * lda
      if i > 0 {
        subtract(v + j, lda, rows: m - j, i, times: y + j, n, from: column + j, 1)
        subtract(x + j, m, rows: m - j, i, times: u + j, n, from: column + j, 1)
      }
      let left = ElementaryReflector.make(column + j, count: m - j)
      diagonal.pointer[j] = left.beta
      leftTau.pointer[j] = left.tau
      let rest = n - j - 1
      if rest == 0 { continue }
      let next = j + 1
      let yColumn = y + i * n + next
      if left.tau == 0 {
        yColumn.update(repeating: 0, count: rest)
      } else {
        try BLAS.gemv(
          trans: true, m: m - j, n: rest, a: UnsafePointer(a + j + next * lda), lda: lda, x: UnsafePointer(column + j),
          y: yColumn)
        if i > 0 {
          multiply(v + j, lda, rows: m - j, i, column + j, into: product)
          subtract(y + next, n, rows: rest, i, times: product, 1, from: yColumn, 1)
          multiply(x + j, m, rows: m - j, i, column + j, into: product)
          subtract(u + next, n, rows: rest, i, times: product, 1, from: yColumn, 1)
        }
        Self.scale(yColumn, count: rest, by: left.tau)
      }
      let row = u + i * n + next
      Self.gather(a + j + next * lda, stride: lda, count: rest, into: row)
      subtract(y + next, n, rows: rest, i + 1, times: v + j, lda, from: row, 1)
      if i > 0 { subtract(u + next, n, rows: rest, i, times: x + j, m, from: row, 1) }
      let right = ElementaryReflector.make(row, count: rest)
      superDiagonal.pointer[j] = right.beta
      rightTau.pointer[j] = right.tau
      let xColumn = x + i * m + next
      if right.tau == 0 {
        xColumn.update(repeating: 0, count: m - next)
        continue
      }
      try BLAS.gemv(
        trans: false, m: m - next, n: rest, a: UnsafePointer(a + next + next * lda), lda: lda, x: UnsafePointer(row),
        y: xColumn)
      multiply(y + next, n, rows: rest, i + 1, row, into: product)
      subtract(v + next, lda, rows: m - next, i + 1, times: product, 1, from: xColumn, 1)
      if i > 0 {
        multiply(u + next, n, rows: rest, i, row, into: product)
        subtract(x + next, m, rows: m - next, i, times: product, 1, from: xColumn, 1)
      }
      Self.scale(xColumn, count: m - next, by: right.tau)
    }
  }

  /// target ← target − matrix · vector for a rows × k matrix.
  private func subtract(
    _ matrix: UnsafePointer<T>, _ ld: Int, rows: Int, _ k: Int, times vector: UnsafePointer<T>, _ incx: Int,
    from target: UnsafeMutablePointer<T>, _ incy: Int
  ) {
    T.gemv(
      trans: false, m: rows, n: k, alpha: -1, a: matrix, lda: ld, x: vector, incx: incx, beta: 1, y: target, incy: incy)
  }

  /// target ← matrixᵀ · vector for a rows × k matrix.
  private func multiply(
    _ matrix: UnsafePointer<T>, _ ld: Int, rows: Int, _ k: Int, _ vector: UnsafePointer<T>,
    into target: UnsafeMutablePointer<T>
  ) {
    T.gemv(trans: true, m: rows, n: k, alpha: 1, a: matrix, lda: ld, x: vector, incx: 1, beta: 0, y: target, incy: 1)
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func scale(_ x: UnsafeMutablePointer<T>, count: Int, by factor: T) {
    for i in 0..<count { x[i] *= factor }
  }

  @specialized(where T == Float)
  @specialized(where T == Double)
  private static func gather(
    _ source: UnsafePointer<T>, stride: Int, count: Int, into target: UnsafeMutablePointer<T>
  ) {
    for i in 0..<count { target[i] = source[i &* stride] }
  }

  /// C ← Q · C for the m × k `c`.
  func applyQ(to c: UnsafeMutablePointer<T>, k: Int, ldc: Int) throws(ApusError) {
    try ReflectorSequence(
      v: UnsafePointer(a), ldv: lda, rows: m, count: n, offset: 0, tau: UnsafePointer(leftTau.pointer)
    ).apply(to: c, n: k, ldc: ldc)
  }

  /// C ← P · C for the n × k `c`.
  func applyP(to c: UnsafeMutablePointer<T>, k: Int, ldc: Int) throws(ApusError) {
    try ReflectorSequence(
      v: UnsafePointer(rightVectors.pointer), ldv: n, rows: n, count: n - 1, offset: 1,
      tau: UnsafePointer(rightTau.pointer)
    ).apply(to: c, n: k, ldc: ldc)
  }
}
