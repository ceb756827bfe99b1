import ApusModels
import ApusNumerics

/// Sums of squares and products of features and targets about their means over some rows; those of several sets of rows
/// can be merged.
struct FoldMoments {
  let columns: Int
  let targetCount: Int
  var totalWeight: Double
  /// (columns + targetCount): zeros without an intercept.
  let means: NDArray
  /// Σ w z zᵀ about the means, z = [x, y]; (columns + targetCount)² row-major, symmetric.
  let products: NDArray

  var order: Int { columns + targetCount }

  /// The moments of dense rows: one pass.
  init(_ data: RegressionData, centred: Bool) throws(ApusError) {
    guard let array = data.design.array else { throw .internalError(reason: "moments of sparse rows") }
    (columns, targetCount) = (data.columns, data.targetCount)
    let moments = try CentredGram(array, y: data.targets, weights: data.weights, centred: centred)
    totalWeight = moments.totalWeight
    (means, products) = (moments.allMeans, moments.products)
  }

  /// The moments of all rows of `parts` together (Chan, Golub & LeVeque, The American Statistician 37(3), 1983).
  ///
  /// - Parameter parts: at least one, all centred or none.
  init(merging parts: [FoldMoments]) throws(ApusError) {
    (columns, targetCount) = (parts[0].columns, parts[0].targetCount)
    let order = columns + targetCount
    totalWeight = parts.reduce(0) { $0 + $1.totalWeight }
    means = try NDArray(zeros: [order])
    products = try NDArray(zeros: [order, order])
    let (centre, sums) = (means.pointer(Double.self), products.pointer(Double.self))
    for part in parts {
      let source = part.means.pointer(Double.self)
      for i in 0..<order { centre[i] += source[i] * (part.totalWeight / totalWeight) }
    }
    let difference = try Buffer<Double>(count: order)
    for part in parts {
      let (source, addends) = (part.means.pointer(Double.self), part.products.pointer(Double.self))
      for i in 0..<order { difference[i] = source[i] - centre[i] }
      for i in 0..<order {
        let factor = part.totalWeight * difference[i]
        let (target, addend) = (sums + i * order, addends + i * order)
        for j in 0..<order { target[j] += addend[j] + factor * difference.pointer[j] }
      }
    }
  }

  /// Σ w (y_k − x·β − c)² over the rows.
  ///
  /// - Complexity: the square of the number of coefficients that are not zero.
  func residualSum(_ coefficients: UnsafePointer<Double>, intercept: Double, target k: Int) -> Double {
    let y = columns + k
    let (means, products) = (means.pointer(Double.self), products.pointer(Double.self))
    var (sum, offset) = (products[y * order + y], means[y] - intercept)
    var support: [Int] = []
    for j in 0..<columns where coefficients[j] != 0 { support.append(j) }
    for i in support {
      let row = products + i * order
      var inner = -2 * row[y]
      for j in support { inner += row[j] * coefficients[j] }
      sum += coefficients[i] * inner
      offset -= means[i] * coefficients[i]
    }
    // Without an intercept the products are about zero and the means are zero, so nothing is added twice.
    return Swift.max(0, sum + totalWeight * offset * offset)
  }
}
