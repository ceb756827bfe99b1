import ApusNumerics

/// The orthonormal coordinates q of rows: 1 / √Σw for the constant, then Fᵀ (x − centre).
struct OrthonormalScores {
  let design: DesignMatrix
  let basis: OrthonormalBasis
  /// Fᵀ centre, for sparse rows.
  private let shift: Buffer<Double>

  static let blockRows = 64

  init(_ design: DesignMatrix, _ basis: OrthonormalBasis) throws(ApusError) {
    self.design = design
    self.basis = basis
    let (p, r) = (basis.columns, basis.rank)
    shift = try Buffer<Double>(zeroed: Swift.max(1, r))
    let (f, centre) = (basis.scores.pointer(Double.self), basis.centre.pointer(Double.self))
    for j in 0..<p { for k in 0..<r { shift[k] += centre[j] * f[j * r + k] } }
  }

  /// Doubles of scratch one call of ``write(_:into:scratch:)`` needs.
  var scratchCount: Int { design.isSparse ? 1 : OrthonormalScores.blockRows * basis.columns }

  /// Writes the coordinates of at most ``blockRows`` rows, `basis.size` each. A row gives the same bits in any block of
  /// the same size.
  @inline(__always)
  func write(
    _ rows: Range<Int>, into q: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let (p, r, size) = (basis.columns, basis.rank, basis.size)
    let skip = size &- r
    let f = basis.scores.pointer(Double.self)
    let centre = basis.centre.pointer(Double.self)
    if skip == 1 { for i in 0..<rows.count { q[i &* size] = basis.interceptScore } }
    if r == 0 { return }
    if case .sparse(let sparse) = design.elements {
      for row in rows {
        let target = q + ((row &- rows.lowerBound) &* size &+ skip)
        for k in 0..<r { target[k] = -shift.pointer[k] }
        for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
          let (value, line) = (sparse.values[entry], f + Int(sparse.indices[entry]) &* r)
          for k in 0..<r { target[k] += value * line[k] }
        }
      }
      return
    }
    design.unpack(rows, into: scratch, stride: p)
    for i in 0..<rows.count {
      let z = scratch + i &* p
      for j in 0..<p { z[j] -= centre[j] }
    }
    // Row-major Q = Z F is column-major Qᵀ = Fᵀ Zᵀ.
    Double.gemm(
      transA: false, transB: false, m: r, n: rows.count, k: p, alpha: 1, a: f, lda: r, b: scratch, ldb: p, beta: 0,
      c: q + skip, ldc: size)
  }

  /// Runs `body(part, block, coordinates)` over blocks of rows, parts cut by the size of the problem.
  func forEachBlock(
    parts: Int, _ body: (_ part: Int, _ rows: Range<Int>, _ q: UnsafeMutablePointer<Double>) -> Void
  ) throws(ApusError) {
    let (rows, size) = (design.rows, Swift.max(1, basis.size))
    let room = OrthonormalScores.blockRows * size + scratchCount
    let memory = try Buffer<Double>(zeroed: parts * room)
    OpenBLASThreads.assertSingle()
    ThreadPool.parallelFor(tasks: parts) { part in
      let q = memory.pointer + part * room
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: OrthonormalScores.blockRows) {
        let block = start..<Swift.min(range.upperBound, start + OrthonormalScores.blockRows)
        write(block, into: q, scratch: q + OrthonormalScores.blockRows * size)
        body(part, block, q)
      }
    }
  }

  /// Parts into which the rows are cut, fixed by the size of the problem.
  var parts: Int { Swift.max(1, Swift.min(16, design.rows * Swift.max(1, basis.size * basis.columns) >> 16)) }

  /// wᵢ ‖qᵢ‖²: the diagonal of the hat matrix.
  func leverages(weights: UnsafePointer<Double>?) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [design.rows], dtype: .float64)
    let (target, size) = (result.pointer(Double.self), basis.size)
    try forEachBlock(parts: parts) { _, rows, q in
      for row in rows {
        let own = q + (row &- rows.lowerBound) &* size
        var sum = 0.0
        for k in 0..<size { sum += own[k] * own[k] }
        target[row] = Swift.min(1, sum * (weights.map { $0[row] } ?? 1))
      }
    }
    return result
  }
}
