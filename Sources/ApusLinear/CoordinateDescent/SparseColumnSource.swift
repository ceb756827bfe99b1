import ApusNumerics

/// Correlations of sparse features: the entries are kept once more by column, and centring is applied to the products.
final class SparseColumnSource: CorrelationSource {
  let columns: Int
  let exponent: Int
  let totalWeight: Double
  let targetMeans: [Double]
  let targetSquares: [Double]
  private let rows: Int
  private let design: CentredOperator
  private let crossProducts: Buffer<Double>
  private let targets: [Buffer<Double>]
  private let residual: Buffer<Double>
  private let offsets: Buffer<Int>
  private let rowIndices: Buffer<Int32>
  /// √w x 2^−exponent.
  private let values: Buffer<Double>
  /// Diagonal of AᵀA / Σw.
  let meanSquares: Buffer<Double>

  var computesProducts: Bool { true }
  var means: UnsafePointer<Double> { UnsafePointer(design.means.pointer) }
  var cross: UnsafePointer<Double> { UnsafePointer(crossProducts.pointer) }

  /// - Parameter entries: the features by column, when they are at hand.
  init(_ data: RegressionData, centred: Bool, entries: SparseFeatureColumns? = nil) throws(ApusError) {
    (rows, columns) = (data.rows, data.columns)
    design = try CentredOperator(data, centred: centred)
    exponent = design.exponent
    residual = try Buffer<Double>(count: rows)
    let stored: SparseFeatureColumns
    if let entries { stored = entries } else { stored = try SparseFeatureColumns(data.design) }
    (offsets, rowIndices) = (stored.offsets, stored.rows)
    values = try Buffer<Double>(count: stored.values.count)
    let (target, source, places) = (values.pointer, stored.values.pointer, stored.rows.pointer)
    let (roots, scale) = (design.roots.pointer, design.scale)
    ThreadPool.parallelBlocks(count: offsets[columns], blockSize: 1 << 16) { range in
      for entry in range { target[entry] = source[entry] * (roots[Int(places[entry])] * scale) }
    }
    let prepared = try CentredTargets(data, design: design, centred: centred)
    meanSquares = try Buffer<Double>(count: columns)
    for column in 0..<columns {
      var sum = 0.0
      for entry in offsets.pointer[column]..<offsets.pointer[column + 1] {
        sum += values.pointer[entry] * values.pointer[entry]
      }
      let (square, mean) = (sum / prepared.totalWeight, design.means[column])
      // Rounding leaves something of constant columns.
      meanSquares[column] = square - mean * mean > 1e-13 * square ? square - mean * mean : 0
    }
    (totalWeight, targetMeans, targetSquares) = (prepared.totalWeight, prepared.means, prepared.squares)
    (targets, crossProducts) = (prepared.values, prepared.cross)
  }

  func gradient(
    _ w: UnsafePointer<Double>, members: WorkingSet, first: Int, tasks: Int, into gradient: UnsafeMutablePointer<Double>
  ) throws {
    for t in 0..<tasks {
      let total = fillResidual(w, members: members, target: first + t, task: t, tasks: tasks)
      let r = residual.pointer
      let (starts, places, numbers) = (offsets.pointer, rowIndices.pointer, values.pointer)
      let (means, scale) = (design.means.pointer, 1 / totalWeight)
      ThreadPool.parallelBlocks(count: columns, blockSize: 256) { range in
        for j in range {
          let sum = SparseFeatureColumns.dot(places, numbers, starts[j]..<starts[j &+ 1], r)
          gradient[j &* tasks &+ t] = (sum - means[j] * total) * scale
        }
      }
    }
  }

  /// Writes B − A W of one target; returns the sum of its products with √w.
  private func fillResidual(
    _ w: UnsafePointer<Double>, members: WorkingSet, target: Int, task: Int, tasks: Int
  ) -> Double {
    let r = residual.pointer
    r.update(from: targets[target].pointer, count: rows)
    var shift = 0.0
    for member in members.members {
      let coefficient = w[member * tasks + task]
      if coefficient == 0 { continue }
      shift += coefficient * design.means[member]
      for entry in offsets.pointer[member]..<offsets.pointer[member + 1] {
        r[Int(rowIndices.pointer[entry])] -= coefficient * values.pointer[entry]
      }
    }
    var total = 0.0
    for row in 0..<rows {
      r[row] += shift * design.roots.pointer[row]
      total += r[row] * design.roots.pointer[row]
    }
    return total
  }

  /// What descent by residuals needs for one target: the pass and B − A w, which stays valid until the next call.
  func residualPass(
    _ w: UnsafePointer<Double>, members: WorkingSet, target: Int, l1: Double, l2: Double, positive: Bool
  ) -> (pass: SparseResidualPass, residual: UnsafeMutablePointer<Double>) {
    let total = fillResidual(w, members: members, target: target, task: 0, tasks: 1)
    let pass = SparseResidualPass(
      starts: UnsafePointer(offsets.pointer), rows: UnsafePointer(rowIndices.pointer),
      values: UnsafePointer(values.pointer), means: UnsafePointer(design.means.pointer),
      meanSquares: UnsafePointer(meanSquares.pointer), totalWeight: totalWeight, offset: total / totalWeight, l1: l1,
      l2: l2, positive: positive)
    return (pass, residual.pointer)
  }

  func products(
    _ range: Range<Int>, of members: WorkingSet, into products: UnsafeMutablePointer<Double>, stride: Int
  ) throws {
    let parts = Swift.min(8, range.count)
    let scratch = try Buffer<Double>(zeroed: parts * rows)
    let (starts, places, numbers, means) = (
      offsets.pointer, rowIndices.pointer, values.pointer, design.means.pointer
    )
    let (weight, rows) = (totalWeight, rows)
    members.members.withUnsafeBufferPointer { all in
      ThreadPool.parallelFor(tasks: parts) { part in
        let spread = scratch.pointer + part * rows
        let from = range.lowerBound + part * range.count / parts
        let to = range.lowerBound + (part + 1) * range.count / parts
        for row in from..<to {
          let own = all[row]
          for entry in starts[own]..<starts[own + 1] { spread[Int(places[entry])] = numbers[entry] }
          let target = products + (row - range.lowerBound) * stride
          for column in 0..<all.count {
            let other = all[column]
            let sum = SparseFeatureColumns.dot(places, numbers, starts[other]..<starts[other &+ 1], spread)
            target[column] = sum / weight - means[own] * means[other]
          }
          for entry in starts[own]..<starts[own + 1] { spread[Int(places[entry])] = 0 }
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }
}
