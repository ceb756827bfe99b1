import ApusModels
import ApusNumerics

/// Leave-one-out errors of ridge regression for any number of penalties from one eigendecomposition: of AᵀA for at least as
/// many rows as columns, else of A Aᵀ, where A = √w (X − 1 mᵀ).
///
/// Leaving out row i changes its residual from rᵢ to rᵢ / (1 − hᵢ) with the leverage hᵢ (Golub, Heath & Wahba, Technometrics
/// 21(2), 1979, eq. 1.3; the intercept adds wᵢ / Σw to the leverage).
///
/// - Complexity: O(rows · columns · min(rows, columns)), and O(rows · min(rows, columns)) for each penalty.
struct RidgeLeaveOneOut {
  private let data: RegressionData
  private let design: CentredOperator
  private let centred: Bool
  private let targets: [Buffer<Double>]
  private let totalWeight: Double
  /// Dimensions of the decomposition.
  private let order: Int
  private let isDual: Bool
  private let values: Buffer<Double>
  /// Orthonormal eigenvectors, one a row of `order` elements.
  private let vectors: Buffer<Double>
  private static let blockRows = 128

  init(_ data: RegressionData, centred: Bool, _ context: FitContext) throws {
    self.data = data
    self.centred = centred
    design = try CentredOperator(data, centred: centred)
    let prepared = try CentredTargets(data, design: design, centred: centred)
    (targets, totalWeight) = (prepared.values, prepared.totalWeight)
    isDual = data.rows < data.columns
    order = Swift.min(data.rows, data.columns)
    values = try Buffer<Double>(count: order)
    vectors = try Buffer<Double>(zeroed: try checkedCount([order, order], stride: 8) / 8)
    try context.checkpoint("moments", 0)
    try isDual ? fillKernel() : fillGram()
    for index in 0..<order * order where !vectors.pointer[index].isFinite {
      throw ApusError.numericalFailure(reason: "X: squares of the features overflow float64; scale the features")
    }
    try context.checkpoint("eigenvalues", 0.5)
    try LAPACK.symmetricEigen(
      vectors: true, lower: true, n: order, a: vectors.pointer, lda: order, values: values.pointer)
    for index in 0..<order { values[index] = Swift.max(0, values[index]) }
  }

  /// AᵀA.
  private func fillGram() throws {
    let p = data.columns
    try accumulate { block, rows, sum in
      Double.syrk(lower: true, trans: false, n: p, k: rows.count, alpha: 1, a: block, lda: p, beta: 1, c: sum, ldc: p)
    }
  }

  /// Sums of p × p matrices over the blocks of rows, in at most eight parts added in order.
  private func accumulate(
    _ body: (UnsafePointer<Double>, Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) throws {
    let (p, rows) = (data.columns, data.rows)
    let parts = Swift.max(1, Swift.min(8, rows / (4 * p)))
    let sums = try Buffer<Double>(zeroed: parts * p * p)
    let blocks = try Buffer<Double>(count: parts * RidgeLeaveOneOut.blockRows * p)
    OpenBLASThreads.assertSingle()
    ThreadPool.parallelFor(tasks: parts) { part in
      let block = blocks.pointer + part * RidgeLeaveOneOut.blockRows * p
      let end = (part + 1) * rows / parts
      for start in stride(from: part * rows / parts, to: end, by: RidgeLeaveOneOut.blockRows) {
        let range = start..<Swift.min(end, start + RidgeLeaveOneOut.blockRows)
        design.unpack(range, into: block)
        body(block, range, sums.pointer + part * p * p)
      }
    }
    for part in 0..<parts {
      for index in 0..<p * p { vectors.pointer[index] += sums.pointer[part * p * p + index] }
    }
  }

  /// A Aᵀ, with the direction √w, along which centring leaves it singular, filled in.
  private func fillKernel() throws {
    let (n, p) = (data.rows, data.columns)
    let copy = try Buffer<Double>(count: try checkedCount([n, p], stride: 8) / 8)
    ThreadPool.parallelBlocks(count: n, blockSize: 64) { design.unpack($0, into: copy.pointer + $0.lowerBound * p) }
    try BLAS.syrk(lower: true, trans: true, n: n, k: p, a: copy.pointer, lda: p, c: vectors.pointer, ldc: n)
    if centred {
      for j in 0..<n {
        for i in j..<n { vectors.pointer[j * n + i] += filling * design.roots[i] * design.roots[j] / totalWeight }
      }
    }
  }

  /// The eigenvalue given to √w: any positive number of the order of the data.
  private var filling: Double { Swift.max(1, Double(data.columns) / 16) }

  /// - Parameter stored: receives the squared errors, (rows, targets, penalties), or nil.
  /// - Returns: mean squared errors, weighted, for each penalty and target: (penalties, targets).
  func errors(_ alphas: [Double], stored: NDArray?) throws -> [[Double]] {
    let (n, p, t, a, r) = (data.rows, data.columns, data.targetCount, alphas.count, order)
    let unit = Double(sign: .plus, exponent: -design.exponent, significand: 1)
    let penalties = alphas.map { Swift.max(Swift.min($0 * unit * unit, 1e300), 1e-300) }
    // Coordinates of the targets: for the primal Vᵀ Aᵀ b, for the dual Qᵀ b.
    let coordinates = try Buffer<Double>(count: r * t)
    let image = try Buffer<Double>(count: Swift.max(n, p))
    for k in 0..<t {
      if isDual {
        image.pointer.update(from: targets[k].pointer, count: n)
      } else {
        try design.applyAdjoint(targets[k].pointer, into: image.pointer)
      }
      try BLAS.gemv(
        trans: true, m: r, n: r, a: vectors.pointer, lda: r, x: image.pointer, y: coordinates.pointer + k * r)
    }
    // Weights of squares for the leverages, then of coordinates for the residuals or predictions: (r, a) and (r, t·a).
    let shares = try Buffer<Double>(count: r * a)
    let mixes = try Buffer<Double>(count: r * t * a)
    for (index, penalty) in penalties.enumerated() {
      for j in 0..<r {
        let share = (isDual ? penalty : 1) / (values.pointer[j] + penalty)
        shares.pointer[index * r + j] = share
        for k in 0..<t { mixes.pointer[(index * t + k) * r + j] = share * coordinates.pointer[k * r + j] }
      }
    }
    let size = RidgeLeaveOneOut.blockRows
    let parts = Swift.max(1, Swift.min(16, n / size))
    let perPart = size * ((isDual ? 0 : p) + 2 * r + a + t * a)
    let scratch = try Buffer<Double>(count: parts * perPart)
    let sums = try Buffer<Double>(zeroed: parts * a * t)
    let output = stored.map { $0.pointer(Double.self) }
    ThreadPool.parallelFor(tasks: parts) { part in
      let coordinatesOfRows = scratch.pointer + part * perPart
      let squares = coordinatesOfRows + size * r
      let leverages = squares + size * r
      let mixed = leverages + size * a
      let block = mixed + size * t * a
      let end = (part + 1) * n / parts
      for start in stride(from: part * n / parts, to: end, by: size) {
        let range = start..<Swift.min(end, start + size)
        let m = range.count
        // Rows of A V (primal) or of Q (dual): (m, r), column-major.
        if isDual {
          for j in 0..<r {
            for i in 0..<m { coordinatesOfRows[j * m + i] = vectors.pointer[j * r + start + i] }
          }
        } else {
          design.unpack(range, into: block)
          Double.gemm(
            transA: true, transB: false, m: m, n: r, k: p, alpha: 1, a: block, lda: p, b: vectors.pointer, ldb: r,
            beta: 0, c: coordinatesOfRows, ldc: m)
        }
        for index in 0..<m * r { squares[index] = coordinatesOfRows[index] * coordinatesOfRows[index] }
        Double.gemm(
          transA: false, transB: false, m: m, n: a, k: r, alpha: 1, a: squares, lda: m, b: shares.pointer, ldb: r,
          beta: 0, c: leverages, ldc: m)
        Double.gemm(
          transA: false, transB: false, m: m, n: t * a, k: r, alpha: 1, a: coordinatesOfRows, lda: m,
          b: mixes.pointer, ldb: r, beta: 0, c: mixed, ldc: m)
        for index in 0..<a {
          let gone = isDual ? penalties[index] / (filling + penalties[index]) : 1
          for i in 0..<m {
            let row = start + i
            let own = centred ? design.roots.pointer[row] * design.roots.pointer[row] / totalWeight : 0
            let leverage = leverages[index * m + i]
            let free = isDual ? leverage - gone * own : 1 - own - leverage
            for k in 0..<t {
              let mixture = mixed[(index * t + k) * m + i]
              let residual = isDual ? mixture : targets[k].pointer[row] - mixture
              let error = free > 0 ? residual / free : 0
              sums.pointer[(part * a + index) * t + k] += error * error
              output?[(row * t + k) * a + index] = error * error
            }
          }
        }
      }
    }
    withExtendedLifetime((stored, scratch)) {}
    return (0..<a).map { index in
      (0..<t).map { k in
        (0..<parts).reduce(0.0) { $0 + sums.pointer[($1 * a + index) * t + k] } / Double(n)
      }
    }
  }
}
