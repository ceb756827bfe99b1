extension BLAS {
  /// B ← alpha · op(A)⁻¹ · B (`left`) or alpha · B · op(A)⁻¹, where B is m × n and A is triangular.
  ///
  /// Cut along the dimension of B in which the right-hand sides are independent.
  package static func trsm<T: LinearAlgebraScalar>(
    left: Bool = true, lower: Bool, trans: Bool = false, unit: Bool = false, m: Int, n: Int, alpha: T = 1,
    a: UnsafePointer<T>, lda: Int, b: UnsafeMutablePointer<T>, ldb: Int
  ) {
    forIndependentVectors(left: left, m: m, n: n) { first, count in
      T.trsm(
        left: left, lower: lower, trans: trans, unit: unit, m: left ? m : count, n: left ? count : n, alpha: alpha,
        a: a, lda: lda, b: b + first * (left ? ldb : 1), ldb: ldb)
    }
  }

  /// B ← alpha · op(A) · B (`left`) or alpha · B · op(A), where B is m × n and A is triangular.
  package static func trmm<T: LinearAlgebraScalar>(
    left: Bool = true, lower: Bool, trans: Bool = false, unit: Bool = false, m: Int, n: Int, alpha: T = 1,
    a: UnsafePointer<T>, lda: Int, b: UnsafeMutablePointer<T>, ldb: Int
  ) {
    forIndependentVectors(left: left, m: m, n: n) { first, count in
      T.trmm(
        left: left, lower: lower, trans: trans, unit: unit, m: left ? m : count, n: left ? count : n, alpha: alpha,
        a: a, lda: lda, b: b + first * (left ? ldb : 1), ldb: ldb)
    }
  }

  /// Runs `body(first, count)` over blocks of the independent dimension of an m × n right-hand side.
  private static func forIndependentVectors(left: Bool, m: Int, n: Int, _ body: (Int, Int) -> Void) {
    let (order, vectors) = left ? (m, n) : (n, m)
    if order == 0 || vectors == 0 { return }
    OpenBLASThreads.assertSingle()
    let products = Double(order) * Double(order) * Double(vectors) / 2
    let wanted = Int(Swift.min(Double(TileGrid.wantedTasks), products / TileGrid.taskProducts))
    let tasks = Swift.max(1, Swift.min(wanted, vectors / 32))
    let extent = tasks == 1 ? vectors : ((vectors - 1) / tasks / 8 + 1) * 8
    ThreadPool.parallelFor(tasks: (vectors - 1) / extent + 1) { task in
      let range = TileGrid.range(task, extent: extent, total: vectors)
      body(range.lowerBound, range.count)
    }
  }
}
