/// Accumulates centred Gram matrices block by block, with products in `Work` and sums in float64.
enum CentredGramKernel<Work: LinearAlgebraScalar> {
  typealias Accumulator = UnsafeMutablePointer<Double>

  /// Up to this many columns blocks are worked on side by side, each group of blocks with its own sums; beyond, one block
  /// after the other with the product itself in parallel.
  static var widestGrouped: Int { 192 }
  static var groupLimit: Int { 32 }

  /// Adds up all of `source` into zeroed `means` (q) and `gram` (q × q, both triangles); returns the sum of the weights.
  static func run(_ source: CentredBlockSource, means: NDArray, gram: NDArray) throws(ApusError) -> Double {
    let q = source.columns
    if q == 0 || source.rows == 0 { return ColumnReductions.totalWeight(rows: source.rows, weights: source.weights) }
    OpenBLASThreads.assertSingle()
    let sums = GramSums(q: q, means: means.pointer(Double.self), gram: gram.pointer(Double.self), weight: 0)
    let result =
      q <= widestGrouped ? try runGroups(source, into: sums) : try runSequence(source, into: sums)
    BLAS.mirror(n: q, lower: true, c: result.gram, ldc: q)
    return result.weight
  }

  private static func runGroups(_ source: CentredBlockSource, into sums: GramSums) throws(ApusError) -> GramSums {
    let q = source.columns
    let blocks = RowBlocks(rows: source.rows, columns: q, elements: 1 << 16, limit: nil)
    let perGroup = (blocks.count - 1) / groupLimit + 1
    let groups = (blocks.count - 1) / perGroup + 1
    let scratch = try Buffer<Work>(count: groups * q * (blocks.blockRows + q))
    // A group's own sums, and the means of the block at hand with as much scratch.
    let accumulators = try Buffer<Double>(zeroed: groups * q * (q + 3))
    let weights = try Buffer<Double>(zeroed: groups)
    func sumsOfGroup(_ group: Int) -> GramSums {
      let base = accumulators.pointer + group * q * (q + 3)
      return GramSums(q: q, means: base, gram: base + q, weight: weights.pointer[group])
    }
    ThreadPool.parallelFor(tasks: groups) { group in
      var own = sumsOfGroup(group)
      let blockMeans = own.gram + q * q
      let rowsOfBlock = scratch.pointer + group * q * (blocks.blockRows + q)
      let product = rowsOfBlock + q * blocks.blockRows
      for block in TileGrid.range(group, extent: perGroup, total: blocks.count) {
        let rows = blocks.range(block)
        let weight = source.load(rows, into: rowsOfBlock, mean: blockMeans)
        Work.syrk(
          lower: true, trans: false, n: q, k: rows.count, alpha: 1, a: rowsOfBlock, lda: q, beta: 0, c: product,
          ldc: q)
        GramMerge.add(product, ldc: q, means: blockMeans, weight: weight, to: &own)
      }
      weights.pointer[group] = own.weight
    }
    var total = sums
    for group in 0..<groups {
      let own = sumsOfGroup(group)
      GramMerge.add(own.gram, ldc: q, means: own.means, weight: own.weight, to: &total)
    }
    withExtendedLifetime(accumulators) {}
    return total
  }

  private static func runSequence(_ source: CentredBlockSource, into sums: GramSums) throws(ApusError) -> GramSums {
    let q = source.columns
    let blocks = RowBlocks(rows: source.rows, columns: 1, elements: 2048, limit: nil)
    let rowsOfBlock = try Buffer<Work>(count: q * blocks.blockRows)
    let product = try Buffer<Work>(count: q * q)
    let blockMeans = try Buffer<Double>(count: 2 * q)
    var total = sums
    for block in 0..<blocks.count {
      let rows = blocks.range(block)
      let weight = source.load(rows, into: rowsOfBlock.pointer, mean: blockMeans.pointer)
      try BLAS.syrk(
        lower: true, trans: false, n: q, k: rows.count, a: rowsOfBlock.pointer, lda: q, c: product.pointer, ldc: q)
      GramMerge.add(product.pointer, ldc: q, means: blockMeans.pointer, weight: weight, to: &total)
    }
    return total
  }
}

/// The state of an accumulation.
struct GramSums {
  let q: Int
  let means: UnsafeMutablePointer<Double>
  /// q × q, lower triangle of the column-major matrix.
  let gram: UnsafeMutablePointer<Double>
  var weight: Double
}
