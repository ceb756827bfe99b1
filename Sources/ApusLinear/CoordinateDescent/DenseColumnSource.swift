import ApusNumerics

/// Correlations of dense features with more columns than rows: one pass over X for every gradient, and copies of the
/// columns in the working set only.
final class DenseColumnSource: CorrelationSource {
  let columns: Int
  let exponent: Int
  let totalWeight: Double
  let targetMeans: [Double]
  let targetSquares: [Double]
  private let rows: Int
  private let data: RegressionData
  private let design: CentredOperator
  private let crossProducts: Buffer<Double>
  private let targets: [Buffer<Double>]
  /// Columns of A in the order of the working set, `rows` elements each.
  private var copies: Buffer<Double>
  private var copied = 0
  private let residual: Buffer<Double>

  var computesProducts: Bool { true }
  var means: UnsafePointer<Double> { UnsafePointer(design.means.pointer) }
  var cross: UnsafePointer<Double> { UnsafePointer(crossProducts.pointer) }

  init(_ data: RegressionData, centred: Bool) throws(ApusError) {
    self.data = data
    (rows, columns) = (data.rows, data.columns)
    design = try CentredOperator(data, centred: centred)
    exponent = design.exponent
    copies = try Buffer<Double>(count: rows)
    residual = try Buffer<Double>(count: rows)
    let prepared = try CentredTargets(data, design: design, centred: centred)
    (totalWeight, targetMeans, targetSquares) = (prepared.totalWeight, prepared.means, prepared.squares)
    (targets, crossProducts) = (prepared.values, prepared.cross)
  }

  func gradient(
    _ w: UnsafePointer<Double>, members: WorkingSet, first: Int, tasks: Int, into gradient: UnsafeMutablePointer<Double>
  ) throws {
    let coefficients = try Buffer<Double>(count: Swift.max(1, members.count))
    let column = try Buffer<Double>(count: columns)
    for t in 0..<tasks {
      for (index, member) in members.members.enumerated() { coefficients[index] = w[member * tasks + t] }
      residual.pointer.update(from: targets[first + t].pointer, count: rows)
      if members.count > 0 {
        try BLAS.gemv(
          trans: false, m: rows, n: members.count, alpha: -1, a: copies.pointer, lda: rows, x: coefficients.pointer,
          beta: 1, y: residual.pointer)
      }
      try design.applyAdjoint(residual.pointer, into: column.pointer)
      for j in 0..<columns { gradient[j * tasks + t] = column[j] / totalWeight }
    }
  }

  func products(
    _ range: Range<Int>, of members: WorkingSet, into products: UnsafeMutablePointer<Double>, stride: Int
  ) throws {
    try copy(members.members)
    try BLAS.gemm(
      transA: true, transB: false, m: members.count, n: range.count, k: rows, alpha: 1 / totalWeight,
      a: copies.pointer, lda: rows, b: copies.pointer + range.lowerBound * rows, ldb: rows, beta: 0, c: products,
      ldc: stride)
  }

  /// Copies the members' columns that are not copied yet.
  private func copy(_ members: [Int]) throws {
    if members.count * rows > copies.count {
      let wider = Swift.min(columns, Swift.max(members.count, 2 * (copies.count / rows)))
      let larger = try Buffer<Double>(count: try checkedCount([wider, rows], stride: 8) / 8)
      larger.pointer.update(from: copies.pointer, count: copied * rows)
      copies = larger
    }
    design.copy(Array(members[copied...]), into: copies.pointer + copied * rows)
    copied = members.count
  }
}

/// The targets of a problem as coordinate descent reads them.
struct CentredTargets {
  /// √w (y − ȳ), a buffer a target.
  var values: [Buffer<Double>] = []
  var means: [Double] = []
  /// Their squares divided by Σw.
  var squares: [Double] = []
  var totalWeight = 0.0
  /// AᵀB / Σw, (targets, columns).
  let cross: Buffer<Double>

  init(_ data: RegressionData, design: CentredOperator, centred: Bool) throws(ApusError) {
    for row in 0..<data.rows { totalWeight += design.roots[row] * design.roots[row] }
    cross = try Buffer<Double>(count: data.targetCount * data.columns)
    for k in 0..<data.targetCount {
      let (target, mean) = try design.target(k, exponent: 0, centred: centred)
      values.append(target)
      means.append(mean)
      let square = RowProducts.dot(target.pointer, target.pointer, data.rows) / totalWeight
      guard square.isFinite else {
        throw .numericalFailure(reason: "y: squares of the targets overflow float64; scale the targets")
      }
      squares.append(square)
      let q = cross.pointer + k * data.columns
      try design.applyAdjoint(target.pointer, into: q)
      for j in 0..<data.columns { q[j] /= totalWeight }
    }
  }
}
