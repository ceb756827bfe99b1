import ApusNumerics

/// Power-of-two scales that bring every column of a regression to a largest magnitude in (1/2, 1].
enum ColumnScales {
  /// Exponents e with max |z| ≤ 2^e for every feature and target; ``CrossMoments/emptyExponent`` for zeros.
  ///
  /// - Complexity: one parallel pass over the data.
  static func exponents(_ data: RegressionData) throws(ApusError) -> [Int] {
    let (rows, p, t) = (data.rows, data.columns, data.targetCount)
    let order = p + t
    let blockRows = Swift.max(64, (1 << 16) / order)
    let blocks = (rows - 1) / blockRows + 1
    let groups = Swift.min(blocks, 32)
    let maxima = try Buffer<Double>(zeroed: groups * order)
    ThreadPool.parallelFor(tasks: groups) { group in
      let start = group * blocks / groups * blockRows
      let end = Swift.min(rows, (group + 1) * blocks / groups * blockRows)
      let target = maxima.pointer + group * order
      switch data.design.elements {
      case .float(let view): raise(view.rows(start..<end), target)
      case .double(let view): raise(view.rows(start..<end), target)
      case .sparse(let sparse): raise(sparse, start..<end, target)
      }
      let targets = MatrixView(
        base: data.targetPointer + start * t, rows: end - start, columns: t, rowStride: t, columnStride: 1)
      raise(targets, target + p)
    }
    return (0..<order).map { column in
      var largest = 0.0
      for group in 0..<groups { largest = Swift.max(largest, maxima.pointer[group * order + column]) }
      return exponent(of: largest)
    }
  }

  /// The smallest e with `magnitude` ≤ 2^e, at least ``CrossMoments/emptyExponent``.
  static func exponent(of magnitude: Double) -> Int {
    guard magnitude > 0 else { return CrossMoments.emptyExponent }
    let e = Int(magnitude.exponent)
    return Swift.max(CrossMoments.emptyExponent, magnitude.significand > 1 ? e + 1 : e)
  }

  /// target[j] ← max(target[j], |column j|).
  @inline(__always)
  private static func raise<Element: BinaryFloatingPoint & BitwiseCopyable>(
    _ view: MatrixView<Element>, _ target: UnsafeMutablePointer<Double>
  ) {
    if view.columnStride == 1 {
      for row in 0..<view.rows {
        let source = view.base + row &* view.rowStride
        for column in 0..<view.columns {
          let magnitude = Double(source[column].magnitude)
          target[column] = magnitude > target[column] ? magnitude : target[column]
        }
      }
    } else {
      for column in 0..<view.columns {
        let source = view.base + column &* view.columnStride
        var largest = target[column]
        for row in 0..<view.rows {
          let magnitude = Double(source[row &* view.rowStride].magnitude)
          largest = magnitude > largest ? magnitude : largest
        }
        target[column] = largest
      }
    }
  }

  private static func raise(_ sparse: SparseRows, _ rows: Range<Int>, _ target: UnsafeMutablePointer<Double>) {
    for entry in Int(sparse.offsets[rows.lowerBound])..<Int(sparse.offsets[rows.upperBound]) {
      let (column, magnitude) = (Int(sparse.indices[entry]), sparse.values[entry].magnitude)
      if magnitude > target[column] { target[column] = magnitude }
    }
  }

  /// 2^-exponent for every column.
  static func factors(_ exponents: [Int]) throws(ApusError) -> Buffer<Double> {
    let result = try Buffer<Double>(count: exponents.count)
    for (index, exponent) in exponents.enumerated() {
      result[index] = Double(sign: .plus, exponent: -exponent, significand: 1)
    }
    return result
  }
}
