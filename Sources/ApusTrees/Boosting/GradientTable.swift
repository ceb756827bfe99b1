import ApusNumerics

/// One cell of a histogram: the sum of gradients, and the sum of Hessians above a count.
///
/// Both are whole numbers, so sums are exact: they do not depend on the order of addition or the number of threads, and a
/// sibling's histogram is exactly the parent's minus the other child's.
package typealias HistogramCell = SIMD2<Int64>

/// From the whole numbers of a cell to sums.
struct GradientScale: BitwiseCopyable {
  let gradientUnit: Double
  let hessianUnit: Double
  let countBits: Int64

  @inline(__always)
  func count(_ cell: HistogramCell) -> Int { Int(cell.y & ((1 &<< countBits) &- 1)) }
  @inline(__always)
  func gradient(_ cell: HistogramCell) -> Double { Double(cell.x) * gradientUnit }
  @inline(__always)
  func hessian(_ cell: HistogramCell) -> Double { Double(cell.y &>> countBits) * hessianUnit }
}

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
  private static let blockSize = 16384

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

  /// What the cells of a round mean.
  var scale: GradientScale {
    GradientScale(gradientUnit: gradientUnit, hessianUnit: hessianUnit, countBits: Int64(countBits))
  }

  /// Takes over new gradients.
  ///
  /// - Parameters:
  ///   - steps: gradient and Hessian of every row, without weights; may be the memory of ``pairs``.
  ///   - weights: nil for 1.
  ///   - unitHessians: counts every Hessian as 1.
  ///   - quantisation: rounds to 2^`bits` steps stochastically when given (Shi et al. 2022, "Quantized training of
  ///     gradient boosting decision trees", arXiv:2207.09682).
  /// - Returns: whether all of them are finite, their products with weights as well; nothing is taken over otherwise.
  func load(
    _ steps: UnsafePointer<SIMD2<Float>>, weights: UnsafePointer<Double>?, largestWeight: Double,
    unitHessians: Bool = false, quantisation: (bits: Int, seed: UInt64)?
  ) -> Bool {
    var largest = largestMagnitudes(steps, weights: weights)
    if unitHessians { largest.y = 1 }
    let weightHeadroom = largestWeight > 64 ? largestWeight / 64 : 1
    // Not so for infinite and undefined numbers.
    guard largest.x * max(largestWeight, 1) < .infinity, largest.y * max(largestWeight, 1) < .infinity else {
      return false
    }
    if let quantisation {
      let levels = Double(1 << (quantisation.bits - 1))
      gradientUnit = largest.x * weightHeadroom / levels
      hessianUnit = largest.y * weightHeadroom / levels
    } else {
      gradientUnit = GradientTable.unit(largest.x * weightHeadroom, limit: Double(1 << GradientTable.gradientBits))
      hessianUnit = GradientTable.unit(largest.y * weightHeadroom, limit: hessianLimit / 64)
    }
    packedBits = quantisation.flatMap { $0.bits <= 8 && multiplicity == nil && largestWeight <= 1 ? $0.bits : nil }
    // Units so small that their reciprocals overflow count as none.
    if !(gradientUnit >= .leastNormalMagnitude) { gradientUnit = 1 }
    if !(hessianUnit >= .leastNormalMagnitude) { hessianUnit = 1 }
    let (g, h) = (1 / gradientUnit, 1 / hessianUnit)
    let source = UnsafeRawPointer(steps)
    let target = UnsafeMutableRawPointer(pairs.pointer)
    ThreadPool.parallelBlocks(count: rows, blockSize: GradientTable.blockSize) { range in
      for row in range {
        let offset = row &* MemoryLayout<SIMD2<Float>>.stride
        let step = source.load(fromByteOffset: offset, as: SIMD2<Float>.self)
        var x = Double(step.x) * g
        var y = unitHessians ? h : Double(step.y) * h
        if let quantisation {
          let noise = WordHash.mix(quantisation.seed &+ UInt64(row) &* 0x9e37_79b9_7f4a_7c15)
          let weight = weights?[row] ?? 1
          x = (weight * x + Double(noise &>> 32) * 0x1p-32).rounded(.down)
          y = (weight * y + Double(noise & 0xffff_ffff) * 0x1p-32).rounded(.down)
        } else if let weights {
          let weight = weights[row]
          // Rounding before whole weights makes them repetitions, exactly.
          let isWhole = weight == weight.rounded()
          x = isWhole ? x.rounded() * weight : (x * weight).rounded()
          y = isWhole ? y.rounded() * weight : (y * weight).rounded()
        } else {
          x = x.rounded()
          y = y.rounded()
        }
        var pair = SIMD2<Int32>()
        if weights?[row] != 0 { pair = SIMD2(Int32(x), Int32(y)) }
        target.storeBytes(of: pair, toByteOffset: offset, as: SIMD2<Int32>.self)
      }
    }
    return true
  }

  /// Largest |gradient| and |Hessian| among rows with weight; infinite or undefined where one of them is.
  private func largestMagnitudes(
    _ steps: UnsafePointer<SIMD2<Float>>, weights: UnsafePointer<Double>?
  ) -> SIMD2<Double> {
    let blockSize = GradientTable.blockSize
    let blocks = (rows + blockSize - 1) / blockSize
    return withUnsafeTemporaryAllocation(of: SIMD2<UInt32>.self, capacity: max(blocks, 1)) { scratch in
      nonisolated(unsafe) let scratch = scratch
      ThreadPool.parallelFor(tasks: blocks) { block in
        // Magnitudes are ordered as their bits are, what is not a number last.
        var (x, y) = (UInt32(0), UInt32(0))
        for row in (block * blockSize)..<min((block + 1) * blockSize, rows) {
          if let weights, weights[row] == 0 { continue }
          let step = steps[row]
          x = max(x, step.x.bitPattern & 0x7fff_ffff)
          y = max(y, step.y.bitPattern & 0x7fff_ffff)
        }
        scratch[block] = SIMD2(x, y)
      }
      var (x, y) = (UInt32(0), UInt32(0))
      for block in 0..<blocks { (x, y) = (max(x, scratch[block].x), max(y, scratch[block].y)) }
      return SIMD2(Double(Float(bitPattern: x)), Double(Float(bitPattern: y)))
    }
  }

  /// The power of two in which `largest` is at most `limit` units.
  private static func unit(_ largest: Double, limit: Double) -> Double {
    guard largest > 0, largest.isFinite else { return 1 }
    let exponent = Int((largest / limit).exponent) + 1
    return Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
