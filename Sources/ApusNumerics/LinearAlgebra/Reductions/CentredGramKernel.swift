/// Accumulates centred Gram matrices block by block, with products in `Work` and sums in float64.
enum CentredGramKernel<Work: LinearAlgebraScalar> {
  typealias Accumulator = UnsafeMutablePointer<Double>

  /// Up to this many columns blocks are worked on side by side, each group of blocks with its own sums; beyond, one block
  /// after the other with the product itself in parallel.
  static var widestGrouped: Int { 192 }
  static var groupLimit: Int { 32 }

  /// Rows that a task packs at a time, and over which it adds up columns.
  static var packedRows: Int { 32 }
  private static var summedRows: Int { 128 }

  /// Adds up all of `source` into zeroed `means` (q) and `gram` (q × q, both triangles); returns the sum of the weights.
  static func run(_ source: CentredBlockSource, means: NDArray, gram: NDArray) throws(ApusError) -> Double {
    let q = source.columns
    if q == 0 || source.rows == 0 { return ColumnReductions.totalWeight(rows: source.rows, weights: source.weights) }
    OpenBLASThreads.assertSingle()
    let sums = GramSums(q: q, means: means.pointer(Double.self), gram: gram.pointer(Double.self), weight: 0)
    let ones = try Buffer<Work>(repeating: 1, count: q)
    let panels = PackedRows<Work>(width: q)
    let result =
      q <= widestGrouped
      ? try runGroups(source, panels, ones.pointer, into: sums)
      : try runSequence(source, panels, ones.pointer, into: sums)
    BLAS.mirror(n: q, lower: true, c: result.gram, ldc: q)
    withExtendedLifetime(ones) {}
    return result.weight
  }

  private static func runGroups(
    _ source: CentredBlockSource, _ panels: PackedRows<Work>?, _ ones: UnsafePointer<Work>, into sums: GramSums
  ) throws(ApusError) -> GramSums {
    let q = source.columns
    let blocks = RowBlocks(rows: source.rows, columns: q, elements: 1 << 16, limit: nil)
    let perGroup = (blocks.count - 1) / groupLimit + 1
    let groups = (blocks.count - 1) / perGroup + 1
    let depth = PackedProduct<Work>.depthBlock(blocks.blockRows)
    let loaded = panels?.count(rows: depth) ?? q * blocks.blockRows
    let scratch = try Buffer<Work>(count: groups * (loaded + q * q))
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
      let block = scratch.pointer + group * (loaded + q * q)
      let product = block + loaded
      for index in TileGrid.range(group, extent: perGroup, total: blocks.count) {
        let rows = blocks.range(index)
        let weight = source.weight(of: rows)
        blockMeans.update(repeating: 0, count: 2 * q)
        if source.centred, weight != 0 {
          source.copyRow(rows.lowerBound, into: blockMeans + q)
          source.addSums(rows, shifts: blockMeans + q, into: blockMeans)
          for j in 0..<q { blockMeans[j] = blockMeans[q &+ j] + blockMeans[j] / weight }
        }
        if let panels {
          for start in stride(from: rows.lowerBound, to: rows.upperBound, by: depth) {
            let some = start..<Swift.min(rows.upperBound, start + depth)
            source.pack(
              some, means: blockMeans, ones: ones, first: start, count: some.count, panels: panels, into: block)
            panels.square(block, rows: some.count, beta: start == rows.lowerBound ? 0 : 1, c: product, ldc: q)
          }
        } else {
          source.load(rows, means: blockMeans, into: block)
          Work.syrk(
            lower: true, trans: false, n: q, k: rows.count, alpha: 1, a: block, lda: q, beta: 0, c: product, ldc: q)
        }
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

  private static func runSequence(
    _ source: CentredBlockSource, _ panels: PackedRows<Work>?, _ ones: UnsafePointer<Work>, into sums: GramSums
  ) throws(ApusError) -> GramSums {
    let q = source.columns
    let blocks = RowBlocks(rows: source.rows, columns: 1, elements: 2048, limit: nil)
    let depth = PackedRows<Work>.depth
    let extent = panels?.count(rows: depth) ?? depth * q
    let loaded = try Buffer<Work>(count: ((blocks.blockRows - 1) / depth + 1) * extent)
    let product = try Buffer<Work>(count: q * q)
    let parts = (blocks.blockRows - 1) / summedRows + 1
    let blockMeans = try Buffer<Double>(count: (2 + parts) * q)
    var total = sums
    for index in 0..<blocks.count {
      let rows = blocks.range(index)
      let weight = source.weight(of: rows)
      let means = blockMeans.pointer
      means.update(repeating: 0, count: blockMeans.count)
      if source.centred, weight != 0 {
        let shifts = means + q
        source.copyRow(rows.lowerBound, into: shifts)
        ThreadPool.parallelBlocks(count: rows.count, blockSize: summedRows) { part in
          source.addSums(
            rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound, shifts: shifts,
            into: means + (2 + part.lowerBound / summedRows) * q)
        }
        for part in 0..<parts {
          let addends = means + (2 + part) * q
          for j in 0..<q { means[j] += addends[j] }
        }
        for j in 0..<q { means[j] = shifts[j] + means[j] / weight }
      }
      let target = loaded.pointer
      ThreadPool.parallelBlocks(count: rows.count, blockSize: packedRows) { part in
        let some = rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound
        if let panels {
          let block = part.lowerBound / depth
          source.pack(
            some, means: means, ones: ones, first: rows.lowerBound + block * depth,
            count: Swift.min(depth, rows.count - block * depth), panels: panels, into: target + block * extent)
        } else {
          source.load(some, means: means, into: target + part.lowerBound * q)
        }
      }
      if let panels {
        panels.squareInParallel(target, rows: rows.count, beta: 0, c: product.pointer, ldc: q)
      } else {
        try BLAS.syrk(
          lower: true, trans: false, n: q, k: rows.count, a: target, lda: q, c: product.pointer, ldc: q)
      }
      GramMerge.add(product.pointer, ldc: q, means: means, weight: weight, to: &total)
    }
    withExtendedLifetime((loaded, blockMeans)) {}
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
