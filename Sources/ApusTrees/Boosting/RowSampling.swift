import ApusNumerics

/// The rows a round of boosting learns from.
enum RowSampling {
  /// The rows with weight that were drawn, ascending; nil for all rows.
  ///
  /// One-side sampling multiplies gradients and Hessians of the rows it draws from the smaller gradients, in place.
  static func draw(
    _ options: BoostingOptions, rows: Int, seed: UInt64, weights: UnsafePointer<Double>?,
    steps: UnsafeMutablePointer<SIMD2<Float>>
  ) throws -> Buffer<UInt32>? {
    let hasZeroWeights = weights.map { weights in (0..<rows).contains { weights[$0] == 0 } } ?? false
    guard hasZeroWeights || options.subsample < 1 || options.oneSide != nil else { return nil }
    let keep = try Buffer<UInt8>(repeating: 1, count: rows)
    if let oneSide = options.oneSide {
      let threshold = try largeGradient(rows: rows, share: oneSide.top, steps: steps)
      let chance = min(oneSide.other / max(1 - oneSide.top, 1e-12), 1)
      let factor = Float(1 / chance)
      for row in 0..<rows where abs(steps[row].x) * steps[row].y < threshold {
        if uniform(seed, row) < chance {
          steps[row] *= factor
        } else {
          keep[row] = 0
        }
      }
    } else if options.subsample < 1 {
      for row in 0..<rows where uniform(seed, row) >= options.subsample { keep[row] = 0 }
    }
    if let weights { for row in 0..<rows where weights[row] == 0 { keep[row] = 0 } }
    var count = keep.elements.reduce(0) { $0 + Int($1) }
    if count == 0 {
      // A sample is never empty: the row most likely to be drawn stands for it.
      let first = (0..<rows).filter { weights?[$0] ?? 1 > 0 }.min { uniform(seed, $0) < uniform(seed, $1) }
      if let first { keep[first] = 1 }
      count = 1
    }
    let sample = try Buffer<UInt32>(count: count)
    var next = 0
    for row in 0..<rows where keep[row] != 0 {
      sample[next] = UInt32(row)
      next += 1
    }
    return sample
  }

  /// A number in [0, 1) for every row, independent of the others and of threads.
  private static func uniform(_ seed: UInt64, _ row: Int) -> Double {
    Double(WordHash.mix(seed &+ UInt64(row) &* 0x9e37_79b9_7f4a_7c15) &>> 11) * 0x1p-53
  }

  /// The value of |gradient · Hessian| that the given share of rows reaches.
  private static func largeGradient(
    rows: Int, share: Double, steps: UnsafePointer<SIMD2<Float>>
  ) throws -> Float {
    let keys = try Buffer<UInt64>(count: 2 * rows)
    let indices = try Buffer<UInt32>(count: 2 * rows)
    for row in 0..<rows {
      keys[row] = UInt64((abs(steps[row].x) * steps[row].y).bitPattern)
      indices[row] = 0
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: indices.pointer, spareKeys: keys.pointer + rows,
      spareIndices: indices.pointer + rows, count: rows)
    let position = min(max(rows - Int((share * Double(rows)).rounded(.up)), 0), rows - 1)
    return withExtendedLifetime((keys, indices)) {
      Float(bitPattern: UInt32(truncatingIfNeeded: sorted.keys[position]))
    }
  }
}
