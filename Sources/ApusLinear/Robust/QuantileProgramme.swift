import ApusModels
import ApusNumerics

/// A quantile regression as min Σ_i [u_i r_i⁺ + l_i r_i⁻] over rows r = b − A β: the rows of the data, and with a penalty one
/// more row for every coefficient, whose target is 0 and whose two slopes are α Σw.
///
/// Columns are divided by powers of two and the targets by a power of two, so that all numbers are of order 1. β has the
/// intercept last.
struct QuantileProgramme {
  let data: RegressionData
  let fitIntercept: Bool
  /// Data rows without those of weight zero do not count: their slopes are zero and they are kept out of the sums.
  let rows: Int
  let features: Int
  /// features + 1 with an intercept.
  let order: Int
  /// rows, and `features` more with a penalty.
  let count: Int
  /// u + l of every row.
  let widths: Buffer<Double>
  /// l of every row.
  let lower: Buffer<Double>
  /// b: targets, then zeros.
  let targets: Buffer<Double>
  private let quantile: Double
  private let alpha: Double
  private let totalWeight: Double
  private let columnScales: Buffer<Double>
  private let targetScale: Double
  /// Squares of smaller powers of two underflow.
  private static let smallestExponent = -480

  init(_ data: RegressionData, quantile: Double, alpha: Double, fitIntercept: Bool) throws(ApusError) {
    self.data = data
    self.quantile = quantile
    self.alpha = alpha
    self.fitIntercept = fitIntercept
    (rows, features) = (data.rows, data.columns)
    order = features + (fitIntercept ? 1 : 0)
    count = rows + (alpha > 0 ? features : 0)
    // Columns of zeros keep their scale.
    let exponents = try ColumnScales.exponents(data).map { $0 == CrossMoments.emptyExponent ? 0 : $0 }
    guard alpha > 0 || exponents.prefix(features).allSatisfy({ $0 > QuantileProgramme.smallestExponent }) else {
      throw .numericalFailure(reason: "X: squares of the features underflow float64; scale the features")
    }
    columnScales = try ColumnScales.factors(Array(exponents.prefix(features)))
    targetScale = Double(sign: .plus, exponent: -exponents[features], significand: 1)
    widths = try Buffer<Double>(count: count)
    lower = try Buffer<Double>(count: count)
    targets = try Buffer<Double>(zeroed: count)
    var total = 0.0
    for row in 0..<rows { total += data.weightPointer?[row] ?? 1 }
    totalWeight = total
    for row in 0..<rows {
      let weight = data.weightPointer?[row] ?? 1
      widths[row] = weight
      lower[row] = (1 - quantile) * weight
      targets[row] = data.targetPointer[row] * targetScale
    }
    for j in 0..<(count - rows) {
      // |β_j| α Σw in units of the target: β_j = b_j columnScale / targetScale.
      let slope = Swift.min(alpha * total * columnScales[j], 1e200)
      widths[rows + j] = 2 * slope
      lower[rows + j] = slope
    }
  }

  /// Writes A β for all rows.
  func apply(_ beta: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>) throws(ApusError) {
    let scaled = try Buffer<Double>(count: features)
    for j in 0..<features { scaled[j] = beta[j] * columnScales[j] }
    let constant = fitIntercept ? beta[features] : 0
    try forEachBlock { range, block in
      Double.gemv(
        trans: true, m: features, n: range.count, alpha: 1, a: block, lda: features, x: scaled.pointer, incx: 1,
        beta: 0, y: result + range.lowerBound, incy: 1)
      for row in range { result[row] += constant }
    }
    for j in 0..<(count - rows) { result[rows + j] = beta[j] }
  }

  /// Writes Aᵀ diag(weights) A, order × order with both triangles, and Aᵀ values.
  func normal(
    _ weights: UnsafePointer<Double>, _ values: UnsafePointer<Double>, matrix: UnsafeMutablePointer<Double>?,
    vector: UnsafeMutablePointer<Double>
  ) throws(ApusError) {
    let (p, order) = (features, order)
    let parts = QuantileProgramme.parts(rows, p)
    let size = (matrix == nil ? 0 : p * p) + 2 * p + 2
    let sums = try Buffer<Double>(zeroed: parts * size)
    let weighted = matrix == nil ? nil : try Buffer<Double>(count: parts * QuantileProgramme.blockRows * p)
    try forEachBlock(part: { part, range, block in
      let own = sums.pointer + part * size
      let (image, ones, gram) = (own + 2, own + 2 + p, own + 2 + 2 * p)
      Double.gemv(
        trans: false, m: p, n: range.count, alpha: 1, a: block, lda: p, x: values + range.lowerBound, incx: 1, beta: 1,
        y: image, incy: 1)
      for row in range { own[0] += values[row] }
      guard let weighted else { return }
      Double.gemv(
        trans: false, m: p, n: range.count, alpha: 1, a: block, lda: p, x: weights + range.lowerBound, incx: 1,
        beta: 1, y: ones, incy: 1)
      let copy = weighted.pointer + part * QuantileProgramme.blockRows * p
      for row in range {
        let place = (row - range.lowerBound) * p
        let root = weights[row].squareRoot()
        own[1] += weights[row]
        for j in 0..<p { copy[place + j] = block[place + j] * root }
      }
      Double.syrk(
        lower: true, trans: false, n: p, k: range.count, alpha: 1, a: copy, lda: p, beta: 1, c: gram, ldc: p)
    })
    let scale = columnScales.pointer
    for j in 0..<order { vector[j] = 0 }
    if let matrix { for index in 0..<order * order { matrix[index] = 0 } }
    for part in 0..<parts {
      let own = sums.pointer + part * size
      for j in 0..<p { vector[j] += own[2 + j] * scale[j] }
      if fitIntercept { vector[p] += own[0] }
      guard let matrix else { continue }
      for j in 0..<p {
        for i in j..<p { matrix[j * order + i] += own[2 + 2 * p + j * p + i] * scale[i] * scale[j] }
        if fitIntercept { matrix[j * order + p] += own[2 + p + j] * scale[j] }
      }
      if fitIntercept { matrix[p * order + p] += own[1] }
    }
    for j in 0..<(count - rows) {
      vector[j] += values[rows + j]
      if let matrix { matrix[j * order + j] += weights[rows + j] }
    }
    if let matrix {
      for j in 0..<order { for i in j..<order { matrix[i * order + j] = matrix[j * order + i] } }
    }
    withExtendedLifetime((sums, weighted)) {}
  }

  private static let blockRows = 128
  private static func parts(_ rows: Int, _ columns: Int) -> Int {
    Swift.max(1, Swift.min(16, rows / Swift.max(256, columns)))
  }

  private func forEachBlock(_ body: (Range<Int>, UnsafePointer<Double>) -> Void) throws(ApusError) {
    try forEachBlock(part: { _, range, block in body(range, block) })
  }

  /// Calls `body` with the part, the rows and their unscaled features, row-major.
  private func forEachBlock(
    part body: (Int, Range<Int>, UnsafePointer<Double>) -> Void
  ) throws(ApusError) {
    let (p, rows, size) = (features, rows, QuantileProgramme.blockRows)
    let parts = QuantileProgramme.parts(rows, p)
    let blocks = try Buffer<Double>(count: parts * size * p)
    OpenBLASThreads.assertSingle()
    ThreadPool.parallelFor(tasks: parts) { part in
      let block = blocks.pointer + part * size * p
      let end = (part + 1) * rows / parts
      for start in stride(from: part * rows / parts, to: end, by: size) {
        let range = start..<Swift.min(end, start + size)
        data.design.unpack(range, into: block, stride: p)
        body(part, range, UnsafePointer(block))
      }
    }
    withExtendedLifetime(blocks) {}
  }

  /// Σ [u r⁺ + l r⁻] for r = b − A β, given A β.
  func objective(_ image: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for row in 0..<count {
      let residual = targets.pointer[row] - image[row]
      sum += residual > 0 ? (widths.pointer[row] - lower.pointer[row]) * residual : -lower.pointer[row] * residual
    }
    return sum
  }

  /// The model of a solution, in the units of the data.
  func model(_ found: QuantileInteriorPoint.Solution, schema: EstimatorSchema) throws -> LinearModel {
    let coefficients = try Buffer<Double>(count: features)
    for j in 0..<features { coefficients[j] = found.beta[j] * (columnScales[j] / targetScale) }
    let intercept = fitIntercept ? found.beta[features] / targetScale : 0
    let image = try Buffer<Double>(count: count)
    try apply(found.beta.pointer, into: image.pointer)
    var squares = 0.0
    for row in 0..<rows {
      let residual = (targets[row] - image[row]) / targetScale
      squares += widths[row] * residual * residual
    }
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: [intercept], rank: nil, residualSums: [squares], factor: nil,
      iterations: [found.iterations])
    try solution.requireFinite()
    var model = try LinearModel(
      LeastSquares.Result(solution: solution, moments: nil), data, schema: schema, fitIntercept: fitIntercept)
    model.extras = [
      "n_iter_": .int(Int64(found.iterations)), "objective_": .double(found.objective / targetScale / totalWeight),
    ]
    return model
  }
}
