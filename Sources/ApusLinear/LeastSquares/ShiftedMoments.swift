import ApusNumerics

/// Second moments of [features, targets, 1] in float64 from one pass over a dense matrix, for problems that are large and
/// well conditioned.
///
/// Columns are shifted by a pilot mean, so that centring afterwards cancels little, and scaled by powers of two, so that
/// squares do not overflow. Blocks of rows that stay in cache are packed, into the panels of ``PackedRows`` where rows lie
/// together in memory, and multiplied; float32 blocks are multiplied in float32 and added up in float64.
///
/// - Complexity: rows · width² multiplications; memory of at most about 8.5 % of the features beyond 4 MB.
struct ShiftedMoments {
  let width: Int
  let shifts: Buffer<Double>
  let scales: Buffer<Double>
  let exponents: [Int]
  let rootWeights: Buffer<Double>?
  /// width × width, column-major, lower triangle; the ones column last.
  let gram: Buffer<Double>

  /// Elements of a packed block.
  private static let blockElements = 1 << 17
  private static let memoryShare = 0.085
  private static let freeMemory = 4 << 20

  /// - Parameters:
  ///   - centred: whether an intercept is fitted, so that columns may be shifted.
  ///   - inFloat: multiply blocks in float32, for float32 features.
  init(_ data: RegressionData, centred: Bool, inFloat: Bool, checkpoint: (Double) throws -> Void) throws {
    let pilot = try PilotStatistics(data, centred: centred)
    (shifts, scales, exponents) = (pilot.shifts, pilot.scales, pilot.exponents)
    width = data.columns + data.targetCount + 1
    rootWeights = try data.weightPointer.map { weights in
      let roots = try Buffer<Double>(count: data.rows)
      for row in 0..<data.rows { roots[row] = weights[row].squareRoot() }
      return roots
    }
    gram = try Buffer<Double>(zeroed: width * width)
    switch data.design.elements {
    case .float(let view) where inFloat: try accumulate(packer(view, data, Float.self), data, checkpoint)
    case .float(let view): try accumulate(packer(view, data, Double.self), data, checkpoint)
    case .double(let view): try accumulate(packer(view, data, Double.self), data, checkpoint)
    case .sparse: preconditionFailure("sparse features have their own solvers")
    }
  }

  /// True when every column's sum of squares is finite, and so are its elements.
  var areFinite: Bool { (0..<width).allSatisfy { gram[$0 * width + $0].isFinite } }

  /// Rows of a block for a given width.
  static func blockRows(width: Int) -> Int { Swift.min(1024, Swift.max(256, blockElements / width / 8 * 8)) }

  func packer<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ view: MatrixView<Source>, _ data: RegressionData, _ type: Packed.Type
  ) -> BlockPacker<Source, Packed> {
    BlockPacker(
      features: view, targets: data.targetPointer, targetCount: data.targetCount,
      rootWeights: rootWeights.map { UnsafePointer($0.pointer) }, shifts: shifts.pointer, scales: scales.pointer,
      blockRows: ShiftedMoments.blockRows(width: width))
  }

  @inline(__always)
  private func accumulate<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Packed>, _ data: RegressionData, _ checkpoint: (Double) throws -> Void
  ) throws {
    let step = MemoryLayout<Packed>.stride
    let panels = packer.rowsTogether ? PackedRows<Packed>(width: width) : nil
    let partBytes =
      width * width * (step == 4 ? 12 : 8)
      + (panels?.count(rows: PackedRows<Packed>.depth) ?? packer.blockRows * width) * step
    let budget = Swift.max(
      Int(ShiftedMoments.memoryShare * Double(data.design.byteCount)), ShiftedMoments.freeMemory)
    let blocks = (data.rows - 1) / packer.blockRows + 1
    let (p, copies) = (data.columns, try Buffer<Packed>(count: 2 * data.columns))
    for j in 0..<p { (copies[j], copies[p + j]) = (Packed(shifts[j]), Packed(scales[j])) }
    var packer = packer
    (packer.packedShifts, packer.packedScales) = (UnsafePointer(copies.pointer), UnsafePointer(copies.pointer + p))
    defer { withExtendedLifetime(copies) {} }
    let parts = Swift.min(8, blocks, budget / partBytes)
    OpenBLASThreads.assertSingle()
    if parts >= 4 || (parts >= 1 && blocks <= 2) {
      try accumulateByRows(packer, panels, rows: data.rows, parts: parts, checkpoint)
    } else {
      try accumulateByTiles(packer, panels, rows: data.rows, checkpoint)
    }
  }

  /// Every task multiplies its own range of rows; the partial sums are added in order.
  @inline(__always)
  private func accumulateByRows<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Packed>, _ panels: PackedRows<Packed>?, rows: Int, parts: Int,
    _ checkpoint: (Double) throws -> Void
  ) throws {
    try checkpoint(0)
    let (width, blockRows) = (width, packer.blockRows)
    let size = width * width
    let sums = try Buffer<Double>(zeroed: parts * size)
    let blockSize = panels?.count(rows: PackedRows<Packed>.depth) ?? blockRows * width
    let blocks = try Buffer<Packed>(count: parts * blockSize)
    let products = Packed.self == Double.self ? nil : try Buffer<Packed>(count: parts * size)
    let blockCount = (rows - 1) / blockRows + 1
    let (sumBase, blockBase) = (sums.pointer, blocks.pointer)
    ThreadPool.parallelFor(tasks: parts) { part in
      let sum = sumBase + part * size
      let block = blockBase + part * blockSize
      for index in (part * blockCount / parts)..<((part + 1) * blockCount / parts) {
        let range = index &* blockRows..<Swift.min(rows, (index &+ 1) &* blockRows)
        if let products {
          let product = products.pointer + part * size
          multiply(packer, panels, range, block, product, beta: 0)
          ShiftedMoments.addLower(product, to: sum, width)
        } else if let sum = sum as? UnsafeMutablePointer<Packed> {
          multiply(packer, panels, range, block, sum, beta: 1)
        }
      }
    }
    for part in 0..<parts { ShiftedMoments.addLower(sumBase + part * size, to: gram.pointer, width) }
  }

  /// Lower triangle of `target` ← ZᵀZ + beta · `target` for the packed rows Z of `range`.
  @inline(__always)
  private func multiply<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Packed>, _ panels: PackedRows<Packed>?, _ range: Range<Int>,
    _ block: UnsafeMutablePointer<Packed>, _ target: UnsafeMutablePointer<Packed>, beta: Packed
  ) {
    guard let panels else {
      packer.pack(range, into: block)
      Packed.syrk(
        lower: true, trans: !packer.rowsTogether, n: width, k: range.count, alpha: 1, a: block,
        lda: packer.leadingDimension, beta: beta, c: target, ldc: width)
      return
    }
    for start in stride(from: range.lowerBound, to: range.upperBound, by: PackedRows<Packed>.depth) {
      let rows = start..<Swift.min(range.upperBound, start + PackedRows<Packed>.depth)
      packer.packPanels(rows, first: start, count: rows.count, panels: panels, into: block)
      panels.square(
        block, rows: rows.count, beta: start == range.lowerBound ? beta : 1, c: target, ldc: width)
    }
  }

  /// One block at a time, packed and multiplied in parallel: for matrices so wide that every task's own sum would take
  /// too much memory.
  @inline(__always)
  private func accumulateByTiles<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Packed>, _ panels: PackedRows<Packed>?, rows: Int,
    _ checkpoint: (Double) throws -> Void
  ) throws {
    let blockRows = panels == nil ? packer.blockRows : PackedRows<Packed>.depth
    let block = try Buffer<Packed>(count: panels?.count(rows: blockRows) ?? blockRows * width)
    let product = Packed.self == Double.self ? nil : try Buffer<Packed>(count: width * width)
    for start in stride(from: 0, to: rows, by: blockRows) {
      try checkpoint(Double(start) / Double(rows))
      let range = start..<Swift.min(rows, start + blockRows)
      let base = block.pointer
      if let product {
        try multiplyTiles(packer, panels, range, base, product.pointer, beta: 0)
        ShiftedMoments.addLower(product.pointer, to: gram.pointer, width)
      } else if let target = gram.pointer as? UnsafeMutablePointer<Packed> {
        try multiplyTiles(packer, panels, range, base, target, beta: 1)
      }
    }
  }

  /// As `multiply`, in parallel.
  @inline(__always)
  private func multiplyTiles<Source: LinearAlgebraScalar, Packed: LinearAlgebraScalar>(
    _ packer: BlockPacker<Source, Packed>, _ panels: PackedRows<Packed>?, _ range: Range<Int>,
    _ block: UnsafeMutablePointer<Packed>, _ target: UnsafeMutablePointer<Packed>, beta: Packed
  ) throws {
    let start = range.lowerBound
    if let panels {
      ThreadPool.parallelBlocks(count: range.count, blockSize: 32) { part in
        packer.packPanels(
          (start + part.lowerBound)..<(start + part.upperBound), first: start, count: range.count,
          panels: panels, into: block)
      }
      panels.squareInParallel(block, rows: range.count, beta: beta, c: target, ldc: width)
      return
    }
    if packer.rowsTogether {
      ThreadPool.parallelBlocks(count: range.count, blockSize: 32) { part in
        packer.pack((start + part.lowerBound)..<(start + part.upperBound), into: block + part.lowerBound * width)
      }
    } else {
      packer.pack(range, into: block)
    }
    try BLAS.syrk(
      lower: true, trans: !packer.rowsTogether, n: width, k: range.count, a: block, lda: packer.leadingDimension,
      beta: beta, c: target, ldc: width)
  }

  @inline(__always)
  private static func addLower<Element: BinaryFloatingPoint>(
    _ source: UnsafePointer<Element>, to target: UnsafeMutablePointer<Double>, _ width: Int
  ) {
    for j in 0..<width {
      let (from, to) = (source + j &* width, target + j &* width)
      for i in j..<width { to[i] += Double(from[i]) }
    }
  }
}
