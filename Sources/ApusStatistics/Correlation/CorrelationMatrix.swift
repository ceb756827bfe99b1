import ApusNumerics
import RealModule

/// A matrix of correlation coefficients with its p-values.
public struct CorrelationMatrix: Sendable {
  /// 3 × p × p: the three matrices below.
  public let table: NDArray
  /// p × p, symmetric, ones on the diagonal; NaN for a constant variable.
  public let coefficients: NDArray
  /// p × p, two-sided; 0 on the diagonal.
  public let pValues: NDArray
  /// ln of the p-values.
  public let logPValues: NDArray
  public let warnings: [String]
}

/// How a correlation matrix treats NaN.
public enum PairwisePolicy: String, CaseIterable, Sendable {
  /// A variable with NaN has NaN coefficients.
  case propagate
  /// Each pair uses the rows in which both are present.
  case pairwise
  /// Only rows without NaN are used.
  case omit
  case raise
}

extension Correlation {
  /// Pearson's r of all pairs of columns of `x` (observations × variables), with p-values, in one call.
  ///
  /// - Parameters:
  ///   - repair: for `pairwise`, replace the matrix by the nearest one (eigenvalues clipped at 0, diagonal rescaled to 1) when it is
  ///     not positive semi-definite.
  /// - Complexity: O(n p²), as a matrix product of the standardised columns.
  public static func pearsonMatrix(
    _ x: NDArray, missing: PairwisePolicy = .propagate, repair: Bool = false
  ) throws(ApusError) -> CorrelationMatrix {
    guard x.rank == 2 else { throw .shapeMismatch(name: "X", reason: "has shape \(x.shape), needs two dimensions") }
    var data = try x.converted(to: .float64, name: "X")
    var hasMissing = false
    let columns = data.shape[1]
    let values = UnsafePointer(data.pointer(Double.self))
    for i in 0..<data.count where values[i].isNaN {
      if missing == .raise {
        throw .nonFiniteValue(name: "X", reason: "NaN in row \(i / columns), column \(i % columns)")
      }
      hasMissing = true
      break
    }
    if hasMissing && missing == .omit { data = try completeRows(data) }
    try Sample.require(count: data.shape[0], 2, "X")
    if hasMissing && missing == .pairwise { return try pairwiseMatrix(data, repair: repair) }
    return try centredMatrix(data)
  }

  /// From the Gram matrix of the centred columns, divided by the roots of its diagonal.
  ///
  /// Columns whose squares could leave the range are first brought to magnitude one by a power of two.
  private static func centredMatrix(_ data: NDArray) throws(ApusError) -> CorrelationMatrix {
    let p = data.shape[1]
    let moments = try CentredGram(try ordinaryColumns(data))
    let (gram, means) = (UnsafePointer(moments.gram.pointer(Double.self)), moments.means.pointer(Double.self))
    let step = moments.gram.strides[0] / MemoryLayout<Double>.stride
    let table = try NDArray(uninitialized: [3, p, p], dtype: .float64)
    let r = table.pointer(Double.self)
    let roots = try Buffer<Double>(count: p)
    var constant: [Int] = []
    for j in 0..<p {
      let squares = gram[j * step + j]
      let isConstant = squares <= 1e-26 * moments.totalWeight * means[j] * means[j] || squares == 0
      roots[j] = isConstant ? .nan : 1 / squares.squareRoot()
      if isConstant { constant.append(j) }
    }
    let inverse = roots.pointer
    ThreadPool.parallelBlocks(count: p, blockSize: 32) { rows in
      for i in rows {
        let (from, to, root) = (gram + i &* step, r + i &* p, inverse[i])
        for j in i..<p { to[j] = from[j] * root * inverse[j] }
      }
    }
    withExtendedLifetime((moments, roots)) {}
    return try finish(
      table, counts: nil, observations: moments.totalWeight, warnings: StandardisedColumns.warnings(constant))
  }

  /// `data` itself, or a copy whose columns are multiplied by powers of two where squares would over- or underflow.
  private static func ordinaryColumns(_ data: NDArray) throws(ApusError) -> NDArray {
    let (rows, p) = (data.shape[0], data.shape[1])
    let x = UnsafePointer(data.pointer(Double.self))
    let blocks = (rows + 255) / 256
    let largest = try Buffer<Double>(zeroed: blocks * p)
    ThreadPool.parallelFor(tasks: blocks) { block in
      let own = largest.pointer + block &* p
      for i in block &* 256..<Swift.min(block &* 256 &+ 256, rows) {
        let row = x + i &* p
        for j in 0..<p {
          let magnitude = row[j].magnitude
          own[j] = magnitude > own[j] ? magnitude : own[j]
        }
      }
    }
    let scales = try Buffer<Double>(repeating: 1, count: p)
    var needsScaling = false
    for j in 0..<p {
      var most = 0.0
      for block in 0..<blocks { most = Swift.max(most, largest[block * p + j]) }
      if most > 0 && most.isFinite && !(most > 1e-70 && most < 1e70) {
        scales[j] = Double(sign: .plus, exponent: most.exponent, significand: 1)
        needsScaling = true
      }
    }
    if !needsScaling { return data }
    let scaled = try NDArray(uninitialized: [rows, p], dtype: .float64)
    let (out, divisors) = (scaled.pointer(Double.self), scales.pointer)
    ThreadPool.parallelBlocks(count: rows, blockSize: 256) { range in
      for i in range { for j in 0..<p { out[i &* p &+ j] = x[i &* p &+ j] / divisors[j] } }
    }
    withExtendedLifetime((data, largest, scales)) {}
    return scaled
  }

  /// Spearman's rank correlation of all pairs of columns.
  public static func spearmanMatrix(
    _ x: NDArray, missing: PairwisePolicy = .propagate
  ) throws(ApusError) -> CorrelationMatrix {
    guard x.rank == 2 else { throw .shapeMismatch(name: "X", reason: "has shape \(x.shape), needs two dimensions") }
    var data = try x.converted(to: .float64, name: "X").contiguous()
    if missing == .pairwise { return try pairwiseRankMatrix(data) }
    if missing == .raise {
      let values = UnsafePointer(data.pointer(Double.self))
      for i in 0..<data.count where values[i].isNaN {
        throw .nonFiniteValue(name: "X", reason: "NaN in row \(i / data.shape[1]), column \(i % data.shape[1])")
      }
    }
    if missing == .omit { data = try completeRows(data) }
    let (rows, columns) = (data.shape[0], data.shape[1])
    try Sample.require(count: rows, 2, "X")
    let ranked = try NDArray(uninitialized: [rows, columns], dtype: .float64)
    let (source, target) = (UnsafePointer(data.pointer(Double.self)), ranked.pointer(Double.self))
    let column = try Buffer<Double>(count: rows)
    for j in 0..<columns {
      var isMissing = false
      for i in 0..<rows {
        column[i] = source[i * columns + j]
        isMissing = isMissing || column[i].isNaN
      }
      let ranks = try Ranks(UnsafeBufferPointer(column.elements))
      for i in 0..<rows { target[i * columns + j] = isMissing ? .nan : ranks.ranks[i] }
    }
    return try pearsonMatrix(ranked)
  }

  /// Each pair of columns ranked over the rows in which both are present.
  private static func pairwiseRankMatrix(_ data: NDArray) throws(ApusError) -> CorrelationMatrix {
    let (rows, columns) = (data.shape[0], data.shape[1])
    let (table, counts) = (
      try NDArray(uninitialized: [3, columns, columns], dtype: .float64), try NDArray(zeros: [columns, columns])
    )
    let (out, n) = (table.pointer(Double.self), counts.pointer(Double.self))
    let source = UnsafePointer(data.pointer(Double.self))
    let (u, v) = (try Buffer<Double>(count: rows), try Buffer<Double>(count: rows))
    var constant: Int?
    for i in 0..<columns {
      for j in i..<columns {
        var count = 0
        for row in 0..<rows {
          let (a, b) = (source[row * columns + i], source[row * columns + j])
          if a.isNaN || b.isNaN { continue }
          (u[count], v[count]) = (a, b)
          count += 1
        }
        var coefficient = Double.nan
        if count >= 2 {
          let first = try Ranks(UnsafeBufferPointer(start: u.pointer, count: count))
          let second = try Ranks(UnsafeBufferPointer(start: v.pointer, count: count))
          coefficient =
            Correlation.coefficient(
              UnsafeBufferPointer(first.ranks.elements), UnsafeBufferPointer(second.ranks.elements), nil
            ).r
        }
        if coefficient.isNaN && i == j && constant == nil { constant = i }
        (out[i * columns + j], out[j * columns + i]) = (coefficient, coefficient)
        (n[i * columns + j], n[j * columns + i]) = (Double(count), Double(count))
      }
    }
    withExtendedLifetime(data) {}
    return try finish(
      table, counts: counts, observations: 0,
      warnings: constant.map { ["X: column \($0) is constant, its correlations are not defined"] } ?? [])
  }

  private static func completeRows(_ data: NDArray) throws(ApusError) -> NDArray {
    let (rows, columns) = (data.shape[0], data.shape[1])
    let source = UnsafePointer(data.pointer(Double.self))
    let keep = try Buffer<Bool>(repeating: true, count: rows)
    var kept = rows
    for i in 0..<rows {
      for j in 0..<columns where source[i * columns + j].isNaN {
        keep[i] = false
        kept -= 1
        break
      }
    }
    let result = try NDArray(uninitialized: [kept, columns], dtype: .float64)
    let target = result.pointer(Double.self)
    var k = 0
    for i in 0..<rows where keep[i] {
      (target + k * columns).update(from: source + i * columns, count: columns)
      k += 1
    }
    return result
  }

  /// Sums over the common rows of each pair as five matrix products of columns that were centred and scaled before, so that
  /// the differences do not cancel.
  private static func pairwiseMatrix(_ data: NDArray, repair: Bool) throws(ApusError) -> CorrelationMatrix {
    let (rows, columns) = (data.shape[0], data.shape[1])
    let standardised = try StandardisedColumns(data, skippingMissing: true)
    let z = standardised.columns
    let mask = try NDArray(uninitialized: [rows, columns], dtype: .float64)
    let squares = try NDArray(uninitialized: [rows, columns], dtype: .float64)
    let (v, m, s) = (z.pointer(Double.self), mask.pointer(Double.self), squares.pointer(Double.self))
    for i in 0..<rows * columns {
      let isMissing = v[i].isNaN
      m[i] = isMissing ? 0 : 1
      if isMissing { v[i] = 0 }
      s[i] = v[i] * v[i]
    }
    let counts = try LinearAlgebra.gram(mask)
    let products = try LinearAlgebra.gram(z)
    let sums = try LinearAlgebra.matmul(z.transposed, mask)
    let sumSquares = try LinearAlgebra.matmul(squares.transposed, mask)
    let (n, xy, sum, square) = (
      counts.pointer(Double.self), products.pointer(Double.self), sums.pointer(Double.self),
      sumSquares.pointer(Double.self)
    )
    let r = try NDArray(uninitialized: [columns, columns], dtype: .float64)
    let out = r.pointer(Double.self)
    var hasUndefined = false
    for i in 0..<columns {
      for j in 0..<columns {
        let (ij, ji) = (i * columns + j, j * columns + i)
        let count = n[ij]
        let covariance = xy[ij] - sum[ij] * sum[ji] / count
        let (a, b) = (square[ij] - sum[ij] * sum[ij] / count, square[ji] - sum[ji] * sum[ji] / count)
        let isDefined = count >= 2 && a > 1e-14 * square[ij] && b > 1e-14 * square[ji]
        out[ij] =
          i == j && isDefined ? 1 : isDefined ? Swift.min(1, Swift.max(-1, covariance / (a * b).squareRoot())) : .nan
        hasUndefined = hasUndefined || !isDefined
      }
    }
    var repaired = r
    if repair && !hasUndefined { repaired = try nearestCorrelation(r) }
    let table = try NDArray(uninitialized: [3, columns, columns], dtype: .float64)
    table.pointer(Double.self).update(from: repaired.pointer(Double.self), count: columns * columns)
    withExtendedLifetime((standardised, mask, squares, counts, products, sums, sumSquares, repaired)) {}
    return try finish(table, counts: counts, observations: 0, warnings: standardised.warnings)
  }

  /// Eigenvalues clipped at zero and the diagonal rescaled to one; the matrix itself when it is positive semi-definite.
  public static func nearestCorrelation(_ matrix: NDArray) throws(ApusError) -> NDArray {
    let eigen = try LinearAlgebra.eigh(matrix)
    let p = matrix.shape[0]
    let values: [Double] = try eigen.values.elements()
    guard let least = values.first, least < 0 else { return matrix }
    let vectors = try eigen.vectors.contiguous()
    let scaled = try NDArray(uninitialized: [p, p], dtype: .float64)
    let (from, to) = (vectors.pointer(Double.self), scaled.pointer(Double.self))
    // Row j of `scaled` is column j of the vectors times √λ, so that its Gram matrix is the clipped one.
    for i in 0..<p { for j in 0..<p { to[j * p + i] = from[i * p + j] * Swift.max(0, values[j]).squareRoot() } }
    let result = try LinearAlgebra.gram(scaled)
    let out = result.pointer(Double.self)
    let roots = (0..<p).map { out[$0 * p + $0].squareRoot() }
    for i in 0..<p { for j in 0..<p { out[i * p + j] = i == j ? 1 : out[i * p + j] / (roots[i] * roots[j]) } }
    return result
  }

  /// p-values of the coefficients in the upper triangle of `table`'s first matrix, and the lower triangles.
  private static func finish(
    _ table: NDArray, counts: NDArray?, observations: Double, warnings: [String]
  ) throws(ApusError) -> CorrelationMatrix {
    let p = table.shape[1]
    let out = table.pointer(Double.self)
    let (pOut, logOut) = (out + p * p, out + 2 * p * p)
    let n = counts?.pointer(Double.self)
    let tails = counts == nil && observations >= 3 ? StudentTTail(degreesOfFreedom: observations - 2) : nil
    ThreadPool.parallelFor(tasks: p) { i in
      let row = i &* p
      for j in i..<p {
        let value = out[row &+ j]
        out[row &+ j] = i == j && !value.isNaN ? 1 : value.atLeast(-1).atMost(1)
      }
      let start = row &+ i &+ 1
      let end = row &+ p
      if let tails {
        tails.upperTails(
          ofCorrelations: out + start, pOut + start, logarithms: logOut + start, count: end &- start)
        for j in start..<end {
          pOut[j] = (2 * pOut[j]).atMost(1)
          logOut[j] = (logOut[j] + 0.6931471805599453).atMost(0)
        }
      } else {
        for j in start..<end {
          let value = pValue(out[j], n?[j] ?? observations, .twoSided)
          (pOut[j], logOut[j]) = (value.value, value.logarithm)
        }
      }
      pOut[row &+ i] = out[row &+ i].isNaN ? .nan : 0
      logOut[row &+ i] = out[row &+ i].isNaN ? .nan : -.infinity
    }
    ThreadPool.parallelFor(tasks: 3) { matrix in
      BLAS.mirror(n: p, lower: true, c: out + matrix &* p &* p, ldc: p)
    }
    withExtendedLifetime(counts) {}
    func matrix(_ index: Int) throws(ApusError) -> NDArray { try table.slice(index..<index + 1).reshaped([p, p]) }
    return CorrelationMatrix(
      table: table, coefficients: try matrix(0), pValues: try matrix(1), logPValues: try matrix(2),
      warnings: warnings)
  }
}

/// The columns of a matrix, each with its mean removed and its sum of squares brought to one.
struct StandardisedColumns {
  /// Row-major, of the shape of the data.
  let columns: NDArray
  let warnings: [String]

  init(_ data: NDArray, skippingMissing: Bool = false) throws(ApusError) {
    let (rows, p) = (data.shape[0], data.shape[1])
    let result = try NDArray(uninitialized: [rows, p], dtype: .float64)
    let (source, target) = (UnsafePointer(data.pointer(Double.self)), result.pointer(Double.self))
    let constant = try Buffer<Bool>(repeating: false, count: p)
    ThreadPool.parallelBlocks(count: p, blockSize: 16) { range in
      for j in range {
        constant[j] = StandardisedColumns.standardise(source + j, target + j, rows, p, skippingMissing)
      }
    }
    columns = result
    warnings = StandardisedColumns.warnings((0..<p).filter { constant[$0] })
  }

  /// What to say about the constant columns `indices`.
  static func warnings(_ indices: [Int]) -> [String] {
    guard let first = indices.first else { return [] }
    let more = indices.count > 1 ? " (and \(indices.count - 1) more)" : ""
    return ["X: column \(first) is constant\(more), its correlations are not defined"]
  }

  /// True when the column is constant, which is then NaN.
  private static func standardise(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ rows: Int, _ step: Int, _ skippingMissing: Bool
  ) -> Bool {
    var (largest, count) = (0.0, 0.0)
    for i in 0..<rows {
      let value = x[i &* step]
      if value.isNaN && skippingMissing { continue }
      largest = Swift.max(largest, value.magnitude)
      count += 1
    }
    let scale = largest > 0 && largest.isFinite ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
    let inverse = 1 / scale
    let isScaled = inverse.isFinite && inverse > 0
    var sum = DoubleDouble(0)
    for i in 0..<rows {
      let value = x[i &* step]
      if value.isNaN && skippingMissing { continue }
      out[i &* step] = isScaled ? value * inverse : value / scale
      sum = sum + out[i &* step]
    }
    let mean = (sum / count).value
    var (squares, rest) = (0.0, 0.0)
    for i in 0..<rows {
      if x[i &* step].isNaN && skippingMissing {
        out[i &* step] = .nan
        continue
      }
      let d = out[i &* step] - mean
      out[i &* step] = d
      squares += d * d
      rest += d
    }
    squares -= rest * rest / count
    let isConstant = squares <= 1e-26 * count * mean * mean || squares == 0
    let norm = isConstant ? .nan : 1 / squares.squareRoot()
    for i in 0..<rows { out[i &* step] *= norm }
    return isConstant && !mean.isNaN
  }
}
