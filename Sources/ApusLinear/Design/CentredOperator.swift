import ApusNumerics

/// The centred, weighted features A = √W (X − 1 mᵀ) as an operator: products with vectors in one pass over the rows, and
/// no copy of X, dense or sparse. All features are divided by one power of two.
///
/// Results do not depend on the thread count: rows are cut into at most 16 parts whose sums are added in order.
struct CentredOperator {
  let rows: Int
  let columns: Int
  /// Features are divided by 2^exponent.
  let exponent: Int
  /// Scaled weighted means of the features; zeros without an intercept.
  let means: Buffer<Double>
  private let data: RegressionData
  /// 2^−exponent.
  let scale: Double
  /// √w of every row.
  let roots: Buffer<Double>
  private let parts: Int

  init(_ data: RegressionData, centred: Bool) throws(ApusError) {
    self.data = data
    (rows, columns) = (data.rows, data.columns)
    exponent = try ColumnScales.exponents(data).prefix(data.columns).max() ?? 0
    scale = Double(sign: .plus, exponent: -exponent, significand: 1)
    parts = Swift.max(1, Swift.min(16, rows / 256))
    roots = try Buffer<Double>(repeating: 1, count: rows)
    means = try Buffer<Double>(zeroed: columns)
    if let weights = data.weightPointer {
      for row in 0..<rows { roots[row] = weights[row].squareRoot() }
    }
    if centred {
      // Xᵀ w / Σ w: the adjoint of the operator without centring, applied to √w.
      var total = 0.0
      for row in 0..<rows { total += roots[row] * roots[row] }
      let sums = try Buffer<Double>(count: columns)
      try applyAdjoint(roots.pointer, into: sums.pointer)
      for column in 0..<columns { means[column] = sums[column] / total }
    }
  }

  /// √w (y − ȳ) of target k divided by 2^targetExponent, and ȳ in the same units.
  func target(_ k: Int, exponent: Int, centred: Bool) throws(ApusError) -> (values: Buffer<Double>, mean: Double) {
    let (t, values) = (data.targetCount, try Buffer<Double>(count: rows))
    let factor = Double(sign: .plus, exponent: -exponent, significand: 1)
    var (sum, total) = (DoubleDouble.zero, 0.0)
    for row in 0..<rows {
      let y = data.targetPointer[row * t + k] * factor
      values[row] = y
      sum += DoubleDouble.product(y, roots[row] * roots[row])
      total += roots[row] * roots[row]
    }
    let mean = centred ? (sum / DoubleDouble(total)).value : 0
    for row in 0..<rows { values[row] = (values[row] - mean) * roots[row] }
    return (values, mean)
  }

  /// Writes A row-major.
  func unpack(into target: UnsafeMutablePointer<Double>) {
    ThreadPool.parallelBlocks(count: rows, blockSize: 256) { unpack($0, into: target + $0.lowerBound * columns) }
  }

  /// Writes the given rows of A row-major, on the calling thread.
  func unpack(_ range: Range<Int>, into target: UnsafeMutablePointer<Double>) {
    data.design.unpack(range, into: target, stride: columns)
    let center = means.pointer
    for row in range {
      let z = target + (row &- range.lowerBound) &* columns
      let root = roots.pointer[row]
      for column in 0..<columns { z[column] = (z[column] * scale - center[column]) * root }
    }
  }

  /// Writes the given columns of A, `rows` elements each; dense only.
  func copy(_ chosen: [Int], into target: UnsafeMutablePointer<Double>) {
    ThreadPool.parallelBlocks(count: rows, blockSize: 64) { range in
      for row in range {
        for (place, column) in chosen.enumerated() {
          target[place * rows + row] =
            (data.design.element(row, column) * scale - means.pointer[column]) * roots.pointer[row]
        }
      }
    }
  }

  /// u ← A v.
  func apply(_ v: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) throws(ApusError) {
    var offset = 0.0
    for column in 0..<columns { offset += means[column] * v[column] }
    let scratch = data.design.isSparse ? nil : try Buffer<Double>(count: parts * columns)
    let (roots, scale) = (UnsafePointer(roots.pointer), scale)
    ThreadPool.parallelFor(tasks: parts) { part in
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      if case .sparse(let sparse) = data.design.elements {
        for row in range {
          var sum = 0.0
          for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
            sum += sparse.values[entry] * scale * v[Int(sparse.indices[entry])]
          }
          u[row] = (sum - offset) * roots[row]
        }
      } else if let scratch {
        let z = scratch.pointer + part * columns
        for row in range {
          data.design.unpack(row..<row + 1, into: z, stride: columns)
          u[row] = (RowProducts.dot(z, v, columns) * scale - offset) * roots[row]
        }
      }
    }
  }

  /// v ← Aᵀ u.
  func applyAdjoint(_ u: UnsafePointer<Double>, into v: UnsafeMutablePointer<Double>) throws(ApusError) {
    let sums = try Buffer<Double>(zeroed: parts * (columns + 1))
    let scratch = data.design.isSparse ? nil : try Buffer<Double>(count: parts * columns)
    let (roots, scale, base) = (UnsafePointer(roots.pointer), scale, sums.pointer)
    ThreadPool.parallelFor(tasks: parts) { part in
      let sum = base + part * (columns + 1)
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        let weight = u[row] * roots[row]
        sum[columns] += weight
        if case .sparse(let sparse) = data.design.elements {
          for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
            sum[Int(sparse.indices[entry])] += sparse.values[entry] * scale * weight
          }
        } else if let scratch {
          let z = scratch.pointer + part * columns
          data.design.unpack(row..<row + 1, into: z, stride: columns)
          let factor = weight * scale
          for column in 0..<columns { sum[column] += z[column] * factor }
        }
      }
    }
    var total = 0.0
    for part in 0..<parts { total += base[part * (columns + 1) + columns] }
    for column in 0..<columns {
      var sum = 0.0
      for part in 0..<parts { sum += base[part * (columns + 1) + column] }
      v[column] = sum - means[column] * total
    }
  }
}
