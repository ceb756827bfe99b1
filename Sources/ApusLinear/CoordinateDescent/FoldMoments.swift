import ApusModels
import ApusNumerics

/// Sums of squares and products of features and targets about their means over some rows; those of several sets of rows
/// can be merged.
struct FoldMoments {
  let columns: Int
  let targetCount: Int
  var totalWeight: Double
  /// (columns + targetCount): zeros without an intercept.
  let means: Buffer<Double>
  /// Σ w z zᵀ about the means, z = [x, y]; (columns + targetCount)² row-major, symmetric.
  let products: Buffer<Double>

  private var order: Int { columns + targetCount }

  /// The moments of dense rows: one pass.
  init(_ data: RegressionData, centred: Bool) throws(ApusError) {
    guard let array = data.design.array else { throw .internalError(reason: "moments of sparse rows") }
    (columns, targetCount) = (data.columns, data.targetCount)
    let moments = try CentredGram(array, y: data.targets, weights: data.weights, centred: centred)
    let order = columns + targetCount
    totalWeight = moments.totalWeight
    means = try Buffer<Double>(count: order)
    products = try Buffer<Double>(count: order * order)
    let (gram, cross, squares) = (
      moments.gram.matrixView(Double.self), moments.cross.matrixView(Double.self),
      moments.targetGram.matrixView(Double.self)
    )
    for i in 0..<columns {
      for j in 0..<columns { products[i * order + j] = gram[i, j] }
      for k in 0..<targetCount {
        products[i * order + columns + k] = cross[i, k]
        products[(columns + k) * order + i] = cross[i, k]
      }
      means[i] = moments.means.pointer(Double.self)[i]
    }
    for k in 0..<targetCount {
      for l in 0..<targetCount { products[(columns + k) * order + columns + l] = squares[k, l] }
      means[columns + k] = moments.targetMeans.pointer(Double.self)[k]
    }
    withExtendedLifetime(moments) {}
  }

  /// The moments of all rows of `parts` together (Chan, Golub & LeVeque, The American Statistician 37(3), 1983).
  ///
  /// - Parameter parts: at least one, all centred or none.
  init(merging parts: [FoldMoments]) throws(ApusError) {
    (columns, targetCount) = (parts[0].columns, parts[0].targetCount)
    let order = columns + targetCount
    totalWeight = parts.reduce(0) { $0 + $1.totalWeight }
    means = try Buffer<Double>(zeroed: order)
    products = try Buffer<Double>(zeroed: order * order)
    let difference = try Buffer<Double>(count: order)
    for part in parts {
      for i in 0..<order { means[i] += part.means[i] * (part.totalWeight / totalWeight) }
    }
    for part in parts {
      for i in 0..<order { difference[i] = part.means[i] - means[i] }
      for i in 0..<order {
        let factor = part.totalWeight * difference[i]
        let (target, source) = (products.pointer + i * order, part.products.pointer + i * order)
        for j in 0..<order { target[j] += source[j] + factor * difference.pointer[j] }
      }
    }
  }

  /// Σ w (y_k − x·β − c)² over the rows.
  ///
  /// - Complexity: the square of the number of coefficients that are not zero.
  func residualSum(_ coefficients: UnsafePointer<Double>, intercept: Double, target k: Int) -> Double {
    let y = columns + k
    var (sum, offset) = (products[y * order + y], means[y] - intercept)
    var support: [Int] = []
    for j in 0..<columns where coefficients[j] != 0 { support.append(j) }
    for i in support {
      let row = products.pointer + i * order
      var inner = -2 * row[y]
      for j in support { inner += row[j] * coefficients[j] }
      sum += coefficients[i] * inner
      offset -= means[i] * coefficients[i]
    }
    // Without an intercept the products are about zero and the means are zero, so nothing is added twice.
    return Swift.max(0, sum + totalWeight * offset * offset)
  }
}
