/// An orthogonal matrix I − V · T · Vᵀ of order m made of k Householder reflectors (Schreiber & Van Loan, SIAM J. Sci.
/// Stat. Comput. 10(1), 1989).
struct BlockReflector<T: LinearAlgebraScalar> {
  /// Length and number of the reflectors.
  let m: Int
  let k: Int
  /// m × k, unit lower trapezoidal, the ones and zeros written out.
  let v: UnsafePointer<T>
  let ldv: Int
  /// k × k, upper triangular.
  let t: UnsafePointer<T>
  let ldt: Int

  /// The fewest columns worth a task.
  private static var narrowestTask: Int { 32 }

  /// C ← (I − V · op(T) · Vᵀ) · C for the m × n `c`, columns in parallel; `trans` applies the transpose.
  ///
  /// - Parameter work: k × n elements.
  func apply(trans: Bool, to c: UnsafeMutablePointer<T>, n: Int, ldc: Int, work: UnsafeMutablePointer<T>) {
    if n == 0 || k == 0 { return }
    let products = 2 * Double(m) * Double(n) * Double(k)
    let wanted = Int(Swift.min(Double(TileGrid.wantedTasks), products / TileGrid.taskProducts))
    let tasks = Swift.max(1, Swift.min(wanted, n / Self.narrowestTask))
    let width = tasks == 1 ? n : ((n - 1) / tasks / 8 + 1) * 8
    ThreadPool.parallelFor(tasks: (n - 1) / width + 1) { task in
      let columns = TileGrid.range(task, extent: width, total: n)
      let target = c + columns.lowerBound * ldc
      let product = work + columns.lowerBound * k
      T.gemm(
        transA: true, transB: false, m: k, n: columns.count, k: m, alpha: 1, a: v, lda: ldv, b: UnsafePointer(target),
        ldb: ldc, beta: 0, c: product, ldc: k)
      T.trmm(
        left: true, lower: false, trans: trans, unit: false, m: k, n: columns.count, alpha: 1, a: t, lda: ldt,
        b: product, ldb: k)
      T.gemm(
        transA: false, transB: false, m: m, n: columns.count, k: k, alpha: -1, a: v, lda: ldv,
        b: UnsafePointer(product), ldb: k, beta: 1, c: target, ldc: ldc)
    }
  }
}
