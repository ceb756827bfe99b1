import ApusNumerics

/// One pass over the rows of a dense problem: residuals of given coefficients, their squares and their products with the
/// features, in shifted, scaled and equilibrated units.
struct ResidualPass {
  /// (targets, columns): Zᵀ r with equilibrated, centred Z.
  let gradient: Buffer<Double>
  /// Σ r², one a target, in scaled units.
  let squares: [Double]

  init(
    _ data: RegressionData, _ moments: ShiftedMoments, _ centred: CentredMoments, _ problem: LinearProblem,
    _ x: Buffer<Double>, checkpoint: (Double) throws -> Void
  ) throws {
    try checkpoint(0)
    let (p, t, width) = (data.columns, data.targetCount, moments.width)
    // [x / length; −1 for its target; intercept] turns packed rows into negative residuals.
    let weights = try Buffer<Double>(zeroed: t * width)
    for k in 0..<t {
      var offset = centred.offsets[p + k]
      for j in 0..<p {
        let coefficient = x[k * p + j] / centred.lengths[j]
        weights[k * width + j] = -coefficient
        offset -= coefficient * centred.offsets[j]
      }
      weights[k * width + p + k] = 1
      weights[k * width + width - 1] = -offset
    }
    let sums: Buffer<Double>
    switch data.design.elements {
    case .float(let view):
      sums = try ResidualPass.run(moments.packer(view, data, Double.self), rows: data.rows, weights)
    case .double(let view):
      sums = try ResidualPass.run(moments.packer(view, data, Double.self), rows: data.rows, weights)
    case .sparse: preconditionFailure("sparse features have their own solvers")
    }
    gradient = try Buffer<Double>(count: t * p)
    var squares: [Double] = []
    for k in 0..<t {
      let products = sums.pointer + k * (width + 1)
      for j in 0..<p {
        let centredProduct = products[j] - centred.offsets[j] * products[width - 1]
        gradient[k * p + j] = centredProduct / centred.lengths[j]
      }
      squares.append(products[width])
    }
    self.squares = squares
  }

  /// Elements of a packed block, small because every part has its own.
  private static let blockElements = 1 << 14

  /// (targets, width + 1): Σ z r for every packed column, then Σ r².
  @inline(__always)
  private static func run<Source: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Double>, rows: Int, _ weights: Buffer<Double>
  ) throws(ApusError) -> Buffer<Double> {
    let (width, t) = (packer.width, packer.targetCount)
    var packer = packer
    packer.blockRows = Swift.max(32, blockElements / width)
    let blockRows = packer.blockRows
    let blockCount = (rows - 1) / blockRows + 1
    let parts = Swift.min(8, blockCount)
    let blocks = try Buffer<Double>(count: parts * blockRows * width)
    let residuals = try Buffer<Double>(zeroed: parts * blockRows * t)
    let partials = try Buffer<Double>(zeroed: parts * t * (width + 1))
    let weightBase = UnsafePointer(weights.pointer)
    OpenBLASThreads.assertSingle()
    let (partialBase, blockBase, residualBase) = (partials.pointer, blocks.pointer, residuals.pointer)
    let together = packer.rowsTogether
    let packed = packer
    ThreadPool.parallelFor(tasks: parts) { part in
      let block = blockBase + part * blockRows * width
      let r = residualBase + part * blockRows * t
      let sum = partialBase + part * t * (width + 1)
      for index in (part * blockCount / parts)..<((part + 1) * blockCount / parts) {
        let range = index &* blockRows..<Swift.min(rows, (index &+ 1) &* blockRows)
        let count = range.count
        packed.pack(range, into: block)
        let lda = packed.leadingDimension
        for k in 0..<t {
          let residual = r + k &* blockRows
          Double.gemv(
            trans: together, m: together ? width : count, n: together ? count : width, alpha: 1, a: block, lda: lda,
            x: weightBase + k &* width, incx: 1, beta: 0, y: residual, incy: 1)
          Double.gemv(
            trans: !together, m: together ? width : count, n: together ? count : width, alpha: 1, a: block, lda: lda,
            x: residual, incx: 1, beta: 1, y: sum + k &* (width &+ 1), incy: 1)
          var squares = 0.0
          for i in 0..<count { squares += residual[i] * residual[i] }
          sum[k &* (width &+ 1) &+ width] += squares
        }
      }
    }
    let total = try Buffer<Double>(zeroed: t * (width + 1))
    for part in 0..<parts {
      for index in 0..<(t * (width + 1)) { total[index] += partials[part * t * (width + 1) + index] }
    }
    return total
  }
}
