import ApusNumerics

/// One cell of a histogram: the sum of gradients, and the sum of Hessians above a count.
///
/// Both are whole numbers, so sums are exact: they do not depend on the order of addition or the number of threads, and a
/// sibling's histogram is exactly the parent's minus the other child's.
package typealias HistogramCell = SIMD2<Int64>

/// Gradients and Hessians of all rows as fixed-point numbers.
///
/// Gradients are multiples of `gradientUnit` (a power of two), Hessians of `hessianUnit`. A row's cell is
/// (gradient, Hessian << countBits + count).
package final class GradientTable: @unchecked Sendable {
  package let rows: Int
  /// (gradient, Hessian) of every row.
  package let pairs: Buffer<SIMD2<Int32>>
  /// What every row adds to a count: its weight where all weights are whole, so that weight equals repetition; nil for 1.
  let multiplicity: UnsafePointer<Int32>?
  private(set) var gradientUnit = 1.0
  private(set) var hessianUnit = 1.0
  let countBits: Int
  /// Bits of quantised gradients when their histograms may be packed into words.
  private(set) var packedBits: Int?
  private let hessianLimit: Double

  /// Bits of a gradient before its weight; six more are left for weights.
  static let gradientBits = 24

  /// - Parameter totalCount: the largest sum of counts.
  init(rows: Int, totalCount: Int, multiplicity: UnsafePointer<Int32>?) throws(ApusError) {
    self.rows = rows
    self.multiplicity = multiplicity
    pairs = try Buffer(count: rows)
    countBits = Int.bitWidth - totalCount.leadingZeroBitCount
    let bits = max(min(62 - 2 * countBits, GradientTable.gradientBits + 6), 6)
    hessianLimit = Double(1 << bits)
  }

  @inline(__always)
  func cell(_ row: Int) -> HistogramCell {
    let pair = pairs.pointer[row]
    return HistogramCell(
      Int64(pair.x), (Int64(pair.y) &<< Int64(countBits)) &+ Int64(multiplicity.map { $0[row] } ?? 1))
  }

  func count(_ cell: HistogramCell) -> Int { Int(cell.y & ((1 << Int64(countBits)) - 1)) }
  func gradient(_ cell: HistogramCell) -> Double { Double(cell.x) * gradientUnit }
  func hessian(_ cell: HistogramCell) -> Double { Double(cell.y >> Int64(countBits)) * hessianUnit }

  /// Takes over new gradients.
  ///
  /// - Parameters:
  ///   - gradients, hessians: of every row, without weights.
  ///   - weights: nil for 1.
  ///   - random: rounds to 2^`levels` steps stochastically when given (Shi et al. 2022, "Quantized training of gradient
  ///     boosting decision trees", arXiv:2207.09682).
  func load(
    gradients: UnsafePointer<Float>, hessians: UnsafePointer<Float>, weights: UnsafePointer<Double>?,
    largestWeight: Double, quantisation: (bits: Int, seed: UInt64)?
  ) {
    let blockSize = 16384
    let blocks = (rows + blockSize - 1) / blockSize
    let largest = withUnsafeTemporaryAllocation(of: SIMD2<Float>.self, capacity: max(blocks, 1)) {
      scratch -> SIMD2<Float> in
      nonisolated(unsafe) let scratch = scratch
      ThreadPool.parallelFor(tasks: blocks) { block in
        var largest = SIMD2<Float>()
        for row in (block * blockSize)..<min((block + 1) * blockSize, rows) {
          if let weights, weights[row] == 0 { continue }
          largest.x = max(largest.x, abs(gradients[row]))
          largest.y = max(largest.y, hessians[row])
        }
        scratch[block] = largest
      }
      var all = SIMD2<Float>()
      for block in 0..<blocks { all = SIMD2(max(all.x, scratch[block].x), max(all.y, scratch[block].y)) }
      return all
    }
    let weightHeadroom = largestWeight > 64 ? largestWeight / 64 : 1
    if let quantisation {
      gradientUnit = Double(largest.x) * weightHeadroom / Double(1 << (quantisation.bits - 1))
      hessianUnit = Double(largest.y) * weightHeadroom / Double(1 << (quantisation.bits - 1))
    } else {
      gradientUnit = GradientTable.unit(
        Double(largest.x) * weightHeadroom, limit: Double(1 << GradientTable.gradientBits))
      hessianUnit = GradientTable.unit(Double(largest.y) * weightHeadroom, limit: hessianLimit / 64)
    }
    packedBits = quantisation.flatMap { $0.bits <= 8 && multiplicity == nil && largestWeight <= 1 ? $0.bits : nil }
    if !(gradientUnit > 0) { gradientUnit = 1 }
    if !(hessianUnit > 0) { hessianUnit = 1 }
    let (g, h) = (1 / gradientUnit, 1 / hessianUnit)
    let target = pairs.pointer
    ThreadPool.parallelFor(tasks: blocks) { block in
      let range = (block * blockSize)..<min((block + 1) * blockSize, rows)
      if let quantisation {
        for row in range {
          let noise = WordHash.mix(quantisation.seed &+ UInt64(row) &* 0x9e37_79b9_7f4a_7c15)
          let weight = weights?[row] ?? 1
          let x = weight * Double(gradients[row]) * g + Double(noise &>> 32) * 0x1p-32
          let y = weight * Double(hessians[row]) * h + Double(noise & 0xffff_ffff) * 0x1p-32
          target[row] = SIMD2(Int32(x.rounded(.down)), Int32(y.rounded(.down)))
        }
      } else if let weights {
        for row in range {
          let weight = weights[row]
          var x = Double(gradients[row]) * g
          var y = Double(hessians[row]) * h
          // Rounding before whole weights makes them repetitions, exactly.
          let isWhole = weight == weight.rounded()
          x = isWhole ? x.rounded() * weight : (x * weight).rounded()
          y = isWhole ? y.rounded() * weight : (y * weight).rounded()
          target[row] = SIMD2(Int32(x), Int32(y))
        }
      } else {
        for row in range {
          target[row] = SIMD2(
            Int32((Double(gradients[row]) * g).rounded()), Int32((Double(hessians[row]) * h).rounded()))
        }
      }
    }
  }

  /// The power of two in which `largest` is at most `limit` units.
  private static func unit(_ largest: Double, limit: Double) -> Double {
    guard largest > 0, largest.isFinite else { return 1 }
    let exponent = Int((largest / limit).exponent) + 1
    return Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
