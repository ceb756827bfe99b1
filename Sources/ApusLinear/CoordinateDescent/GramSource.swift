import ApusNumerics

/// Correlations out of the complete Gram matrix: for more rows than columns, and for moments that were merged.
final class GramSource: CorrelationSource {
  let columns: Int
  let exponent = 0
  let totalWeight: Double
  let targetMeans: [Double]
  let targetSquares: [Double]
  private let gram: Buffer<Double>
  private let crossProducts: Buffer<Double>
  private let featureMeans: Buffer<Double>

  var computesProducts: Bool { false }
  var means: UnsafePointer<Double> { UnsafePointer(featureMeans.pointer) }
  var cross: UnsafePointer<Double> { UnsafePointer(crossProducts.pointer) }

  /// - Throws: ``ApusError/numericalFailure(reason:)`` when squares overflow.
  init(_ moments: FoldMoments) throws {
    let (p, t) = (moments.columns, moments.targetCount)
    columns = p
    totalWeight = moments.totalWeight
    gram = try Buffer<Double>(count: p * p)
    crossProducts = try Buffer<Double>(count: p * t)
    featureMeans = try Buffer<Double>(count: p)
    let (order, inverse, sums) = (p + t, 1 / moments.totalWeight, moments.products.pointer)
    for i in 0..<p {
      for j in 0..<p { gram[i * p + j] = sums[i * order + j] * inverse }
      for k in 0..<t { crossProducts[k * p + i] = sums[i * order + p + k] * inverse }
      featureMeans[i] = moments.means[i]
    }
    targetMeans = (0..<t).map { moments.means[p + $0] }
    targetSquares = (0..<t).map { sums[(p + $0) * order + p + $0] * inverse }
    for index in 0..<(p * p) where !gram[index].isFinite {
      throw ApusError.numericalFailure(reason: "X: squares of the features overflow float64; scale the features")
    }
    for square in targetSquares where !square.isFinite {
      throw ApusError.numericalFailure(reason: "y: squares of the targets overflow float64; scale the targets")
    }
  }

  func gradient(
    _ w: UnsafePointer<Double>, members: WorkingSet, first: Int, tasks: Int, into gradient: UnsafeMutablePointer<Double>
  ) throws {
    for t in 0..<tasks {
      let q = crossProducts.pointer + (first + t) * columns
      for j in 0..<columns { gradient[j * tasks + t] = q[j] }
    }
    for member in members.members {
      let row = gram.pointer + member * columns
      for t in 0..<tasks {
        let coefficient = w[member * tasks + t]
        if coefficient == 0 { continue }
        if tasks == 1 {
          for j in 0..<columns { gradient[j] -= coefficient * row[j] }
        } else {
          for j in 0..<columns { gradient[j &* tasks &+ t] -= coefficient * row[j] }
        }
      }
    }
  }

  func products(
    _ range: Range<Int>, of members: WorkingSet, into products: UnsafeMutablePointer<Double>, stride: Int
  ) throws {
    members.members.withUnsafeBufferPointer { all in
      for row in range {
        let source = gram.pointer + all[row] * columns
        let target = products + (row - range.lowerBound) * stride
        for column in 0..<all.count { target[column] = source[all[column]] }
      }
    }
  }
}
