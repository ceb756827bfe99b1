import ApusNumerics
import RealModule

/// One line of an analysis of variance table.
public struct AnovaRow: Sendable {
  /// "A", "B", "A:B" or "residual".
  public let source: String
  public let sumOfSquares: Double
  public let degreesOfFreedom: Double
  /// NaN for the residual, as are the following.
  public let f: Double
  public let pValue: Double
  public let logPValue: Double
  /// Sum of squares over itself plus the residual's.
  public let partialEtaSquared: Double
}

extension HypothesisTests {
  /// Two-way analysis of variance with interaction, balanced or not: sums of squares of type II (each main effect after
  /// the other, the interaction after both).
  ///
  /// - Parameters:
  ///   - values: n observations.
  ///   - factorA: n labels, any whole numbers.
  ///   - factorB: n labels.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a factor with a single level or no residual degrees of freedom.
  public static func anovaTwoWay(
    _ values: NDArray, factorA: NDArray, factorB: NDArray, missing: MissingPolicy = .propagate
  ) throws(ApusError) -> [AnovaRow] {
    let columns = [
      values, try factorA.converted(to: .int64, name: "factor_a"), try factorB.converted(to: .int64, name: "factor_b"),
    ]
    let samples = try Sample.rows(columns, names: ["values", "factor_a", "factor_b"], missing: missing, atLeast: 1)
    let sample = samples[0]
    if sample.hasMissing {
      return ["A", "B", "A:B", "residual"].map {
        AnovaRow(
          source: $0, sumOfSquares: .nan, degreesOfFreedom: .nan, f: .nan, pValue: .nan, logPValue: .nan,
          partialEtaSquared: .nan)
      }
    }
    let a = try levels(samples[1], "factor_a")
    let b = try levels(samples[2], "factor_b")
    let scale = sample.summary.scale
    let shift = sample.summary.mean / scale
    let cells = a.count * b.count
    let counts = try Buffer<Double>(zeroed: cells)
    let sums = try Buffer<DoubleDouble>(repeating: DoubleDouble(0), count: cells)
    for i in 0..<sample.count {
      let cell = a.codes[i] * b.count + b.codes[i]
      counts[cell] += 1
      sums[cell] = sums[cell] + (DoubleDouble(sample.values[i] / scale) - shift)
    }
    var within = DoubleDouble(0)
    for i in 0..<sample.count {
      let cell = a.codes[i] * b.count + b.codes[i]
      let d = DoubleDouble(sample.values[i] / scale) - shift - sums[cell] / counts[cell]
      within = within + d * d
    }
    let occupied = counts.elements.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
    let n = sample.count
    let residualDF = Double(n - occupied)
    guard residualDF > 0 else {
      throw .invalidArgument(
        name: "values", reason: "\(n) observations in \(occupied) cells leave no residual degrees of freedom")
    }
    let table = CellTable(rows: a.count, columns: b.count, counts: counts, sums: sums)
    // Explained sums of squares, of the shifted values about zero.
    let full = table.explainedByCells()
    let onlyA = table.explainedByRows()
    let onlyB = table.explainedByColumns()
    let additive = try table.explainedByBoth()
    let residual = within.value
    let square = scale * scale
    func row(_ source: String, _ sum: DoubleDouble, _ df: Int) -> AnovaRow {
      let value = sum.value.atLeast(0)
      let f = value / Double(df) / (residual / residualDF)
      let p = df > 0 ? PValue.f(f, Double(df), residualDF) : PValue(.nan)
      return AnovaRow(
        source: source, sumOfSquares: value * square, degreesOfFreedom: Double(df), f: f, pValue: p.value,
        logPValue: p.logarithm, partialEtaSquared: value / (value + residual))
    }
    return [
      row("A", additive - onlyB, a.count - 1), row("B", additive - onlyA, b.count - 1),
      row("A:B", full - additive, occupied - a.count - b.count + 1),
      AnovaRow(
        source: "residual", sumOfSquares: residual * square, degreesOfFreedom: residualDF, f: .nan, pValue: .nan,
        logPValue: .nan, partialEtaSquared: .nan),
    ]
  }

  private static func levels(
    _ factor: Sample, _ name: String
  ) throws(ApusError) -> (codes: Buffer<Int>, count: Int) {
    let source = factor.values
    let codes = try Buffer<Int>(count: factor.count)
    var known: [Double: Int] = [:]
    for i in 0..<factor.count {
      let next = known.count
      codes[i] = known[source[i]] ?? next
      if codes[i] == next { known[source[i]] = next }
    }
    guard known.count >= 2 else {
      throw .invalidArgument(name: name, reason: "has \(known.count) level, at least 2 are needed")
    }
    return (codes, known.count)
  }
}

/// Counts and sums of a two-way classification.
private struct CellTable {
  let rows: Int
  let columns: Int
  let counts: Buffer<Double>
  let sums: Buffer<DoubleDouble>

  func explainedByCells() -> DoubleDouble {
    var total = DoubleDouble(0)
    for i in 0..<rows * columns where counts[i] > 0 { total = total + sums[i] * sums[i] / counts[i] }
    return total
  }

  private func margin(_ cells: StrideTo<Int>) -> (count: Double, sum: DoubleDouble) {
    cells.reduce((0, DoubleDouble(0))) { ($0.0 + counts[$1], $0.1 + sums[$1]) }
  }

  private func row(_ i: Int) -> (count: Double, sum: DoubleDouble) {
    margin(stride(from: i * columns, to: (i + 1) * columns, by: 1))
  }

  private func column(_ j: Int) -> (count: Double, sum: DoubleDouble) {
    margin(stride(from: j, to: rows * columns, by: columns))
  }

  func explainedByRows() -> DoubleDouble {
    (0..<rows).reduce(DoubleDouble(0)) {
      let m = row($1); return $0 + m.sum * m.sum / m.count
    }
  }

  func explainedByColumns() -> DoubleDouble {
    (0..<columns).reduce(DoubleDouble(0)) {
      let m = column($1); return $0 + m.sum * m.sum / m.count
    }
  }

  /// The additive model: row effects eliminated, the column effects (the last one zero) solve a system of order columns − 1
  /// by Gaussian elimination in extended precision.
  func explainedByBoth() throws(ApusError) -> DoubleDouble {
    let m = columns - 1
    let matrix = try Buffer<DoubleDouble>(repeating: DoubleDouble(0), count: m * m)
    let right = try Buffer<DoubleDouble>(repeating: DoubleDouble(0), count: m)
    let rowMargins = (0..<rows).map(row)
    for j in 0..<m {
      let own = column(j)
      matrix[j * m + j] = DoubleDouble(own.count)
      right[j] = own.sum
      for i in 0..<rows {
        let share = DoubleDouble(counts[i * columns + j]) / rowMargins[i].count
        right[j] = right[j] - rowMargins[i].sum * share
        for k in 0..<m { matrix[j * m + k] = matrix[j * m + k] - share * counts[i * columns + k] }
      }
    }
    var explained = explainedByRows()
    // Symmetric elimination; the reduction of the residual is Σ y² / pivot.
    for j in 0..<m {
      let pivot = matrix[j * m + j]
      // A zero pivot means the effect is confounded with earlier ones and explains nothing more.
      if pivot.value <= 1e-12 * column(j).count { continue }
      explained = explained + right[j] * right[j] / pivot
      for k in j + 1..<Swift.max(m, j + 1) {
        let factor = matrix[k * m + j] / pivot
        right[k] = right[k] - factor * right[j]
        for l in j..<m { matrix[k * m + l] = matrix[k * m + l] - factor * matrix[j * m + l] }
      }
    }
    return explained
  }
}
