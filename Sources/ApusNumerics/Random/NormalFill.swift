import Glibc

/// Normal variates by the Box–Muller transform, with PyTorch's bits on both of its paths.
///
/// - Contiguous arrays of at least 16 elements: uniforms for all elements, transformed in blocks of 16. If the count is no
///   multiple of 16, the last 16 elements are drawn and transformed anew.
/// - Shorter or strided arrays: one at a time in float64, the sine branch kept for the next draw.
///
/// G. E. P. Box, M. E. Muller, *A Note on the Generation of Random Normal Deviates*, Ann. Math. Statist. 29 (1958),
/// doi:10.1214/aoms/1177706645.
enum NormalFill {
  /// Elements transformed at a time.
  static let blockSize = 16
  /// Elements that stay in the first-level cache between their two passes; a multiple of ``blockSize``.
  private static let chunkSize = 4096

  // MARK: Blocks

  /// Requires `count >= 16`.
  static func fillBlocks(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Float>, count: Int, mean: Float,
    standardDeviation: Float
  ) {
    var done = 0
    while done < count {
      let size = Swift.min(chunkSize, count &- done)
      UniformFill.fill(&twister, elements + done, count: size, from: 0, to: 1)
      transformBlocks(elements + done, count: size, mean: mean, standardDeviation: standardDeviation)
      done &+= size
    }
    if count % blockSize != 0 {
      let tail = elements + (count &- blockSize)
      UniformFill.fill(&twister, tail, count: blockSize, from: 0, to: 1)
      transformBlocks(tail, count: blockSize, mean: mean, standardDeviation: standardDeviation)
    }
  }

  /// Requires `count >= 16`.
  static func fillBlocks(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Double>, count: Int, mean: Double,
    standardDeviation: Double
  ) {
    UniformFill.fill(&twister, elements, count: count, from: 0, to: 1)
    var start = 0
    while start &+ blockSize <= count {
      transformBlock(elements + start, mean: mean, standardDeviation: standardDeviation)
      start &+= blockSize
    }
    if start < count {
      let tail = elements + (count &- blockSize)
      UniformFill.fill(&twister, tail, count: blockSize, from: 0, to: 1)
      transformBlock(tail, mean: mean, standardDeviation: standardDeviation)
    }
  }

  /// Transforms the whole blocks among `count` elements.
  private static func transformBlocks(
    _ elements: UnsafeMutablePointer<Float>, count: Int, mean: Float, standardDeviation: Float
  ) {
    var start = 0
    while start &+ blockSize <= count {
      NormalTransformFloat.transform(elements + start, mean: mean, standardDeviation: standardDeviation)
      start &+= blockSize
    }
  }

  private static func transformBlock(
    _ block: UnsafeMutablePointer<Double>, mean: Double, standardDeviation: Double
  ) {
    for index in 0..<8 {
      let radius = (-2 * log(1 - block[index])).squareRoot()
      let angle = twoPi * block[index &+ 8]
      block[index] = mean.addingProduct(radius * cos(angle), standardDeviation)
      block[index &+ 8] = mean.addingProduct(radius * sin(angle), standardDeviation)
    }
  }

  // MARK: One at a time

  static func fillSingly<Element: BinaryFloatingPoint>(
    _ twister: inout MersenneTwister, cached: inout Double?, _ elements: UnsafeMutablePointer<Element>, count: Int,
    mean: Double, standardDeviation: Double
  ) {
    for index in 0..<count {
      elements[index] = Element(
        next(&twister, cached: &cached, mean: mean, standardDeviation: standardDeviation))
    }
  }

  /// One variate; `cached` is the sine branch of the previous pair, if it is still to be used.
  @inline(__always)
  static func next(
    _ twister: inout MersenneTwister, cached: inout Double?, mean: Double, standardDeviation: Double
  ) -> Double {
    if let sample = cached {
      cached = nil
      return mean.addingProduct(sample, standardDeviation)
    }
    let u1 = UniformFill.next(&twister)
    let u2 = UniformFill.next(&twister)
    let radius = (-2 * log1p(-u2)).squareRoot()
    let angle = twoPi * u1
    cached = radius * sin(angle)
    return mean.addingProduct(radius * cos(angle), standardDeviation)
  }

  /// 2π rounded to nearest.
  private static var twoPi: Double { 0x1.921fb54442d18p2 }
}
