import ApusNumerics

/// Float64 moments about the means, equilibrated so that every feature has unit length. They take the place of the shifted
/// moments in memory.
struct CentredMoments {
  /// columns × columns with leading dimension `stride`, column-major, lower triangle, unit diagonal.
  let gram: Buffer<Double>
  let stride: Int
  /// (targets, columns): products of equilibrated features with the targets.
  let crossProducts: Buffer<Double>
  /// Lengths of the centred features in scaled units: what equilibration divided by.
  let lengths: [Double]
  /// Mean of every feature and target beyond its shift, in scaled units; zeros without an intercept.
  let offsets: [Double]
  /// Centred squares of every target in scaled units.
  let targetSquares: [Double]
  private let columns: Int
  private let moments: ShiftedMoments

  /// A column whose centred length falls below this share of its shifted one lost too many digits.
  private static let cancellationLimit = 1e-6

  /// Nil when a moment is not finite or centring cancels too much (a constant column).
  init?(_ data: RegressionData, _ problem: LinearProblem, overwriting moments: ShiftedMoments) throws(ApusError) {
    let (p, t, width) = (data.columns, data.targetCount, moments.width)
    columns = p
    self.moments = moments
    let source = moments.gram.pointer
    let ones = width - 1
    let total = source[ones * width + ones]
    guard total.isFinite, total > 0 else { return nil }
    let intercept = problem.fitIntercept
    let means = (0..<(p + t)).map { intercept ? source[$0 * width + ones] / total : 0 }
    var lengths = [Double](repeating: 0, count: p)
    for j in 0..<p {
      let square = source[j * width + j]
      let length = square - means[j] * means[j] * total
      guard square.isFinite, length.isFinite, length > CentredMoments.cancellationLimit * square, length > 1e-280 else {
        return nil
      }
      lengths[j] = length.squareRoot()
    }
    for k in p..<(p + t) {
      for j in 0...k where !source[j * width + k].isFinite { return nil }
    }
    gram = moments.gram
    stride = width
    crossProducts = try Buffer<Double>(count: t * p)
    for j in 0..<p {
      let (shift, inverse) = (means[j] * total, 1 / lengths[j])
      for i in j..<p {
        source[j &* width &+ i] = (source[j &* width &+ i] - means[i] * shift) * inverse / lengths[i]
      }
      for k in 0..<t {
        crossProducts[k * p + j] = (source[j * width + p + k] - means[p + k] * shift) * inverse
      }
    }
    for j in 0..<p { source[j * width + j] = 1 }
    self.lengths = lengths
    targetSquares = (p..<(p + t)).map { source[$0 * width + $0] - means[$0] * means[$0] * total }
    offsets = means
  }

  /// yᵀy − xᵀ(Zᵀy + α x) for the solution x of (G + α) x = Zᵀy; the last term makes it the residual sum without the penalty.
  func residualSum(_ x: UnsafePointer<Double>, _ penalties: [Double], target: Int) -> Double {
    var sum = targetSquares[target]
    for j in 0..<columns { sum -= x[j] * (crossProducts[target * columns + j] + penalties[j] * x[j]) }
    return Swift.max(0, sum)
  }

  /// Mean of a feature or target in the units of the data.
  func mean(_ column: Int) -> Double {
    moments.shifts[column] + Double(sign: .plus, exponent: moments.exponents[column], significand: offsets[column])
  }

  /// R with RᵀR the centred moments in the units of the data; upper triangular, columns × columns row-major.
  func unscaledFactor(exponents: [Int]) throws(ApusError) -> NDArray? {
    let p = columns
    let factor = try NDArray(zeros: [p, p], dtype: .float64)
    let r = factor.pointer(Double.self)
    // Column-major lower is row-major upper.
    for j in 0..<p { (r + j * p + j).update(from: gram.pointer + j * stride + j, count: p - j) }
    guard try LAPACK.cholesky(lower: true, n: p, a: r, lda: p) == 0 else { return nil }
    for i in 0..<p {
      for j in i..<p {
        r[i * p + j] = Double(sign: .plus, exponent: exponents[j], significand: r[i * p + j] * lengths[j])
      }
    }
    return factor
  }
}
