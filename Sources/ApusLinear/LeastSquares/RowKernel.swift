import ApusNumerics

/// Inner products of the rows of a dense regression, centred and weighted, in double-double arithmetic.
struct RowKernel {
  /// All features are divided by 2^exponent.
  let exponent: Int
  /// Target k is divided by 2^targetExponents[k].
  let targetExponents: [Int]
  /// ‖row‖² w before centring, with what ``filled()`` adds.
  let squaredLengths: [Double]

  private let data: RegressionData
  private let transposed: DesignMatrix
  private let centred: Bool
  /// rows × rows, upper triangle.
  private let matrix: DoubleDoubleMatrix
  /// √w of every row as rounded; the weights used are their exact squares.
  private let roots: [Double]
  private let totalWeight: DoubleDouble
  /// What is added along √w in ``filled()``.
  private let filling: Double

  init(_ data: RegressionData, centred: Bool, checkpoint: (Double) throws -> Void) throws {
    guard let array = data.design.array else { preconditionFailure("sparse features have their own solvers") }
    self.data = data
    self.centred = centred
    transposed = DesignMatrix(dense: array.transposed)
    let exponents = try ColumnScales.exponents(data)
    exponent = exponents.prefix(data.columns).max() ?? 0
    targetExponents = Array(exponents.suffix(data.targetCount))
    let n = data.rows
    let roots = (0..<n).map { data.weightPointer?[$0].squareRoot() ?? 1 }
    self.roots = roots
    let raw = try RowKernel.innerProducts(transposed, exponent: exponent, checkpoint)
    let lengths = (0..<n).map { (raw[$0, $0] * roots[$0] * roots[$0]).high }
    let totalWeight = roots.reduce(DoubleDouble.zero) { $0 + DoubleDouble.product($1, $1) }
    self.totalWeight = totalWeight
    if centred { RowKernel.centre(raw, roots, totalWeight) }
    for i in 0..<n {
      for j in i..<n { raw[i, j] = raw[i, j] * roots[i] * roots[j] }
    }
    matrix = raw
    let trace = (0..<n).reduce(0.0) { $0 + Swift.max(0, raw[$1, $1].high) }
    let filling = centred ? (trace > 0 ? trace / totalWeight.high / Double(n) : 1 / totalWeight.high) : 0
    self.filling = filling
    squaredLengths = (0..<n).map { lengths[$0] + filling * roots[$0] * roots[$0] }
  }

  private static func innerProducts(
    _ transposed: DesignMatrix, exponent: Int, _ checkpoint: (Double) throws -> Void
  ) throws -> DoubleDoubleMatrix {
    let (p, n) = (transposed.rows, transposed.columns)
    let matrix = try DoubleDoubleMatrix(rows: n, columns: n)
    let stride = matrix.rowStride
    let blockRows = Swift.min(p, Swift.max(32, (1 << 15) / stride))
    let block = try Buffer<Double>(zeroed: blockRows * stride)
    let scale = Double(sign: .plus, exponent: -exponent, significand: 1)
    for start in Swift.stride(from: 0, to: p, by: blockRows) {
      try checkpoint(Double(start) / Double(p))
      let range = start..<Swift.min(p, start + blockRows)
      transposed.unpack(range, into: block.pointer, stride: stride)
      for index in 0..<(range.count * stride) { block[index] *= scale }
      DenseMoments.addProducts(
        left: block.pointer, leftLow: nil, right: block.pointer, rows: range.count, to: matrix)
    }
    return matrix
  }

  /// ⟨x_i − m, x_j − m⟩ for the weighted mean row m.
  private static func centre(_ matrix: DoubleDoubleMatrix, _ roots: [Double], _ total: DoubleDouble) {
    let n = matrix.rows
    func entry(_ i: Int, _ j: Int) -> DoubleDouble { i <= j ? matrix[i, j] : matrix[j, i] }
    var withMean = [DoubleDouble](repeating: .zero, count: n)
    var meanSquare = DoubleDouble.zero
    for i in 0..<n {
      for j in 0..<n { withMean[i] += entry(i, j) * DoubleDouble.product(roots[j], roots[j]) }
      withMean[i] = withMean[i] / total
      meanSquare += withMean[i] * DoubleDouble.product(roots[i], roots[i])
    }
    meanSquare = meanSquare / total
    for i in 0..<n {
      for j in i..<n { matrix[i, j] = matrix[i, j] - withMean[i] - withMean[j] + meanSquare }
    }
  }

  /// K plus a multiple of √w √wᵀ, which makes a centred K regular when its rows are independent.
  func filled() throws(ApusError) -> DoubleDoubleMatrix {
    let result = try matrix.copied()
    if !centred { return result }
    for i in 0..<data.rows {
      for j in i..<data.rows { result[i, j] += DoubleDouble.product(filling * roots[i], roots[j]) }
    }
    return result
  }

  func factorWith(_ penalty: Double, checkpoint: (Double) throws -> Void) throws -> DoubleDoubleCholesky {
    let system = try matrix.copied()
    for i in 0..<data.rows { system[i, i] += DoubleDouble(penalty) }
    let lengths = (0..<data.rows).map { Swift.max(0, system[$0, $0].high) }
    return try DoubleDoubleCholesky(
      destroying: system, squaredLengths: lengths, tolerance: 0, checkpoint: checkpoint)
  }

  /// √w (y − ȳ) of target k, scaled.
  func centredTarget(_ k: Int) throws(ApusError) -> Buffer<DoubleDouble> {
    let n = data.rows
    let y = try Buffer<DoubleDouble>(count: n)
    let mean = targetMean(k)
    for i in 0..<n { y[i] = (DoubleDouble(scaledTarget(i, k)) - mean) * roots[i] }
    return y
  }

  private func targetMean(_ k: Int) -> DoubleDouble {
    if !centred { return .zero }
    var sum = DoubleDouble.zero
    for i in 0..<data.rows { sum += DoubleDouble.product(roots[i], roots[i]) * scaledTarget(i, k) }
    return sum / totalWeight
  }

  private func scaledTarget(_ row: Int, _ k: Int) -> Double {
    Double(
      sign: .plus, exponent: -targetExponents[k], significand: data.targetPointer[row * data.targetCount + k])
  }

  /// ‖y − K a‖² in the units of the data.
  func residualSum(_ a: UnsafePointer<DoubleDouble>, _ y: Buffer<DoubleDouble>, target: Int) -> Double {
    var total = DoubleDouble.zero
    for i in 0..<data.rows {
      var r = y[i]
      for j in 0..<data.rows { r -= (i <= j ? matrix[i, j] : matrix[j, i]) * a[j] }
      total += r * r
    }
    return Swift.max(0, total.scaled(byPowerOfTwo: 2 * targetExponents[target]).value)
  }

  /// rows × rank, with the singular values of the centred, weighted features.
  func rowFactor(_ factor: DoubleDoubleCholesky) throws(ApusError) -> NDArray {
    let (n, r) = (data.rows, factor.rank)
    let result = try NDArray(zeros: [n, r], dtype: .float64)
    let target = result.pointer(Double.self)
    for k in 0..<r {
      var share = DoubleDouble.zero
      for i in k..<n { share += factor.factor[k, i] * roots[factor.pivots[i]] }
      share = centred ? share / totalWeight : .zero
      for i in 0..<n {
        let row = factor.pivots[i]
        let entry = (i >= k ? factor.factor[k, i] : .zero) - share * roots[row]
        target[row * r + k] = entry.scaled(byPowerOfTwo: exponent).value
      }
    }
    return result
  }

  /// Writes β = Xᵀ √w a and the intercepts.
  ///
  /// - Parameter dual: (targets, rows).
  func applyTransposed(_ dual: Buffer<DoubleDouble>, to solution: inout LinearSolution) throws {
    let (n, p, t) = (data.rows, data.columns, data.targetCount)
    for k in 0..<t { for i in 0..<n { dual[k * n + i] = dual[k * n + i] * roots[i] } }
    let means = try Buffer<DoubleDouble>(count: p)
    let coefficients = try Buffer<DoubleDouble>(count: t * p)
    let blockSize = Swift.max(1, 4096 / n)
    let tasks = (p - 1) / blockSize + 1
    let scratch = try Buffer<Double>(count: tasks * n)
    let scale = Double(sign: .plus, exponent: -exponent, significand: 1)
    ThreadPool.parallelFor(tasks: tasks) { task in
      let row = scratch.pointer + task * n
      for j in (task * blockSize)..<Swift.min(p, (task + 1) * blockSize) {
        transposed.unpack(j..<j + 1, into: row, stride: n)
        var mean = DoubleDouble.zero
        if centred {
          for i in 0..<n { mean += DoubleDouble.product(roots[i], roots[i]) * (row[i] * scale) }
          mean = mean / totalWeight
        }
        means[j] = mean
        for k in 0..<t {
          var sum = DoubleDouble.zero
          for i in 0..<n { sum += dual[k * n + i] * (DoubleDouble(row[i] * scale) - mean) }
          coefficients[k * p + j] = sum
        }
      }
    }
    for k in 0..<t {
      var intercept = targetMean(k)
      for j in 0..<p {
        let coefficient = coefficients[k * p + j]
        intercept -= coefficient * means[j]
        solution.coefficients[k * p + j] =
          coefficient.scaled(byPowerOfTwo: targetExponents[k] - exponent).value
      }
      solution.intercepts.append(centred ? intercept.scaled(byPowerOfTwo: targetExponents[k]).value : 0)
    }
  }
}
