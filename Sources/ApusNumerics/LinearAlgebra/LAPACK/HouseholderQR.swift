/// Blocked Householder QR with parallel updates: A = Q · R.
///
/// Panels of columns are factored recursively (Elmroth & Gustavson, IBM J. Res. Dev. 44(4), 2000, LAPACK's `geqrt3`) and
/// applied to the columns right of them as block reflectors.
package struct HouseholderQR<T: LinearAlgebraScalar> {
  package let m: Int
  package let n: Int
  /// Column-major m × n: R on and above the diagonal, reflectors below.
  package let a: UnsafeMutablePointer<T>
  package let lda: Int
  /// The triangular factors of the panels side by side, `panelWidth` high.
  private let triangles: Buffer<T>
  /// One panel's reflectors with ones and zeros written out, then the product of a block reflector.
  private let panel: Buffer<T>

  private static var panelWidth: Int { 64 }

  var reflectorCount: Int { Swift.min(m, n) }

  /// Factors `a` in place.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  /// - Complexity: 2 m n² − 2 n³ / 3 operations for m ≥ n.
  package init(m: Int, n: Int, a: UnsafeMutablePointer<T>, lda: Int) throws(ApusError) {
    self.m = m
    self.n = n
    self.a = a
    self.lda = lda
    let k = Swift.min(m, n)
    let width = Self.panelWidth
    triangles = try Buffer(count: Swift.max(k * width, 1))
    panel = try Buffer(count: Swift.max(m * Swift.min(width, k), 1))
    if k == 0 { return }
    OpenBLASThreads.assertSingle()
    let work = try Buffer<T>(count: width * n)
    for start in stride(from: 0, to: k, by: width) {
      let count = Swift.min(width, k - start)
      let info = T.geqrt3(
        m: m - start, n: count, a: a + start * (lda + 1), lda: lda, t: triangles.pointer + start * width, ldt: width)
      try LAPACK.checkArguments(info)
      let after = start + count
      reflector(start).apply(
        trans: true, to: a + start + after * lda, n: n - after, ldc: lda, work: work.pointer)
    }
  }

  /// The block reflector of the panel that begins at column `start`, of order m − start. Valid until the next call.
  private func reflector(_ start: Int) -> BlockReflector<T> {
    let rows = m - start
    let count = Swift.min(Self.panelWidth, reflectorCount - start)
    let source = a + start * (lda + 1)
    for j in 0..<count {
      let column = panel.pointer + j * rows
      column.update(repeating: 0, count: j)
      column[j] = 1
      (column + j + 1).update(from: source + j * lda + j + 1, count: rows - j - 1)
    }
    return BlockReflector(
      m: rows, k: count, v: UnsafePointer(panel.pointer), ldv: rows,
      t: UnsafePointer(triangles.pointer + start * Self.panelWidth), ldt: Self.panelWidth)
  }

  /// Writes the first `columns` columns of Q (at least the number of reflectors, at most m) into the column-major `q`.
  ///
  /// - Throws: ``ApusError/outOfMemory(bytes:)``.
  func formQ(columns: Int, into q: UnsafeMutablePointer<T>, ldq: Int) throws(ApusError) {
    for j in 0..<columns {
      (q + j * ldq).update(repeating: 0, count: m)
      q[j * (ldq + 1)] = 1
    }
    let work = try Buffer<T>(count: Swift.max(Self.panelWidth * columns, 1))
    for start in stride(from: 0, to: reflectorCount, by: Self.panelWidth).reversed() {
      reflector(start).apply(
        trans: false, to: q + start * (ldq + 1), n: columns - start, ldc: ldq, work: work.pointer)
    }
  }

  /// C ← Qᵀ · C for the m × n `c`.
  func applyTransposedQ(to c: UnsafeMutablePointer<T>, n: Int, ldc: Int) throws(ApusError) {
    let work = try Buffer<T>(count: Swift.max(Self.panelWidth * n, 1))
    for start in stride(from: 0, to: reflectorCount, by: Self.panelWidth) {
      reflector(start).apply(trans: true, to: c + start, n: n, ldc: ldc, work: work.pointer)
    }
  }

  /// Copies R (`rows` × n, zero below the diagonal) into the column-major `r`.
  package func copyR(rows: Int, into r: UnsafeMutablePointer<T>, ldr: Int) {
    for j in 0..<n {
      let stored = Swift.min(j + 1, rows)
      (r + j * ldr).update(from: a + j * lda, count: stored)
      (r + j * ldr + stored).update(repeating: 0, count: rows - stored)
    }
  }
}
