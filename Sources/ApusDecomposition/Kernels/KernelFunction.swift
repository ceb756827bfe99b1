import ApusNumerics
import RealModule

/// A kernel between rows, made of their inner product and their lengths.
struct KernelFunction: Sendable {
  let kernel: KernelPCA.Kernel
  let gamma: Double
  let degree: Double
  let coef0: Double

  /// The kernel matrix of rows with themselves, exactly symmetric; a copy for precomputed kernels, which are dense.
  ///
  /// - Throws: ``ApusError/numericalFailure(reason:)`` when a value overflows.
  func gram(_ rows: KernelRows) throws(ApusError) -> NDArray {
    if kernel == .precomputed, case .dense(let matrix) = rows { return try matrix.copied() }
    let result = try rows.products()
    let n = rows.count
    let pointer = result.pointer(Double.self)
    let squares = try NDArray(uninitialized: [n], dtype: .float64)
    for i in 0..<n { squares.pointer(Double.self)[i] = pointer[i * (n + 1)] }
    try map(result, squares, squares)
    if kernel == .rbf || kernel == .cosine {
      for i in 0..<n where kernel == .rbf || squares.pointer(Double.self)[i] > 0 { pointer[i * (n + 1)] = 1 }
    }
    return result
  }

  /// The kernel between every row of a block and the training rows, given the inner products (rows, n), which are
  /// overwritten.
  func map(_ products: NDArray, _ leftSquares: NDArray, _ rightSquares: NDArray) throws(ApusError) {
    let (rows, n) = (products.shape[0], products.shape[1])
    let pointer = products.pointer(Double.self)
    let (left, right) = (leftSquares.pointer(Double.self), rightSquares.pointer(Double.self))
    let kernel = self
    ThreadPool.parallelBlocks(count: rows, blockSize: Swift.max(1, 8192 / Swift.max(n, 1))) { block in
      for row in block { kernel.mapRow(pointer + row &* n, n, left[row], right) }
    }
    withExtendedLifetime((leftSquares, rightSquares)) {}
    if FiniteCheck.firstNonFinite(in: products) != nil {
      throw .numericalFailure(
        reason: "X: the \(self.kernel.rawValue) kernel exceeds the range of float64; scale the features")
    }
  }

  private func mapRow(_ row: UnsafeMutablePointer<Double>, _ n: Int, _ square: Double, _ squares: UnsafePointer<Double>)
  {
    switch kernel {
    case .linear, .precomputed: return
    case .cosine:
      let length = square.squareRoot()
      for j in 0..<n {
        let product = length * squares[j].squareRoot()
        row[j] = product > 0 ? row[j] / product : 0
      }
    case .rbf:
      for j in 0..<n { row[j] = -gamma * Swift.max(square + squares[j] - 2 * row[j], 0) }
      VectorMath.exp(row, row, count: n, parallel: false)
    case .sigmoid:
      for j in 0..<n { row[j] = gamma * row[j] + coef0 }
      VectorMath.tanh(row, row, count: n, parallel: false)
    case .poly:
      for j in 0..<n { row[j] = gamma * row[j] + coef0 }
      if degree == degree.rounded(), degree <= 64 {
        for j in 0..<n {
          let base = row[j]
          var power = 1.0
          for _ in 0..<Int(degree) { power *= base }
          row[j] = power
        }
      } else {
        for j in 0..<n { row[j] = row[j] < 0 ? .nan : Double.pow(row[j], degree) }
      }
    }
  }
}

/// Centring in feature space: k̃(x, y) = k(x, y) − mean k(x, ·) − mean k(·, y) + mean k.
struct KernelCentring: Sendable {
  /// Means of the columns of the training kernel, (n,).
  let columnMeans: NDArray
  let mean: Double

  init(columnMeans: NDArray, mean: Double) {
    self.columnMeans = columnMeans
    self.mean = mean
  }

  /// Centres a training kernel matrix in place and remembers its means.
  init(centring matrix: NDArray) throws(ApusError) {
    let n = matrix.shape[0]
    let means = try ColumnReductions.means(matrix)
    var sum = 0.0
    for j in 0..<n { sum += means.pointer(Double.self)[j] }
    columnMeans = means
    mean = sum / Double(n)
    apply(to: matrix)
  }

  /// Centres rows of kernel values with the training samples.
  func apply(to rows: NDArray) {
    let (count, n) = (rows.shape[0], rows.shape[1])
    let (pointer, means, mean) = (rows.pointer(Double.self), columnMeans.pointer(Double.self), mean)
    ThreadPool.parallelBlocks(count: count, blockSize: Swift.max(1, 32_768 / Swift.max(n, 1))) { block in
      for i in block {
        let row = pointer + i &* n
        var sum = 0.0
        for j in 0..<n { sum += row[j] }
        let shift = mean - sum / Double(n)
        for j in 0..<n { row[j] += shift - means[j] }
      }
    }
  }
}
