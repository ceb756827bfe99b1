import ApusModels
import ApusNumerics

/// Means and centred sums of products of the features: the mergeable state of principal components.
struct CovarianceMoments: Sendable {
  let rows: Int
  /// (p,) float64.
  let means: NDArray
  /// Σ (xᵢ − mean)(xᵢ − mean)ᵀ: (p, p) float64, symmetric.
  let gram: NDArray

  var columns: Int { means.count }

  init(rows: Int, means: NDArray, gram: NDArray) {
    self.rows = rows
    self.means = means
    self.gram = gram
  }

  /// One pass over the features; O(p²) memory. Integers are converted block by block.
  ///
  /// - Parameters:
  ///   - precision: the type products are formed in; sums are float64. Where all elements lie on a small grid, products of bytes
  ///     or in float32 are exact and used in any case: ``ByteMoments``, ``GridMoments``.
  ///   - checkpoint: called between blocks of rows, each of about 30 ms of work.
  init(
    _ features: FeatureMatrix, precision: DType, checkpoint: () throws(ApusError) -> Void = { () throws(ApusError) in }
  ) throws(ApusError) {
    switch features {
    case .sparse(let matrix): self = try SparseMoments.moments(matrix)
    case .dense(let array):
      if let moments = try ByteMoments.moments(array, precision: precision, checkpoint: checkpoint) {
        self = moments
      } else if let grid = try ValueGrid(array) {
        self = try GridMoments.moments(array, grid, checkpoint: checkpoint)
      } else {
        let (n, p) = (array.shape[0], array.shape[1])
        let isFloating = array.dtype.isFloatingPoint
        let extent =
          isFloating
          ? Swift.max(4096, (3 << 30) / Swift.max(p * p, 1)) : Swift.max(4096, p, (1 << 17) / Swift.max(p, 1))
        var total: CovarianceMoments?
        for start in stride(from: 0, to: n, by: extent) {
          try checkpoint()
          let rows = try array.slice(start..<Swift.min(n, start + extent))
          let moments: CovarianceMoments
          if isFloating {
            let block = try CentredGram(rows, precision: precision)
            moments = CovarianceMoments(
              rows: rows.shape[0], means: block.means, gram: try block.gram.contiguous())
          } else {
            moments = try CovarianceMoments(.dense(rows.converted(to: .float64)), precision: precision)
          }
          total = try total?.merged(with: moments) ?? moments
        }
        guard let total else { throw .shapeMismatch(name: "X", reason: "has no rows") }
        self = total
      }
    }
  }

  /// The moments of the rows of both (Chan, Golub & LeVeque, The American Statistician 37(3), 1983).
  func merged(with other: CovarianceMoments) throws(ApusError) -> CovarianceMoments {
    let p = columns
    let (means, gram) = (try self.means.copied(), try self.gram.copied())
    let (first, second) = (means.pointer(Double.self), other.means.pointer(Double.self))
    let (sum, addend) = (gram.pointer(Double.self), other.gram.pointer(Double.self))
    let fraction = Double(other.rows) / Double(rows + other.rows)
    let factor = Double(rows) * fraction
    let shift = try Buffer<Double>(count: p)
    for j in 0..<p { shift.pointer[j] = second[j] - first[j] }
    let delta = UnsafePointer(shift.pointer)
    ThreadPool.parallelBlocks(count: p, blockSize: 64) { range in
      for i in range {
        for j in 0..<p {
          // The product first, so that the sum is symmetric to the last bit.
          sum[i &* p &+ j] += addend[i &* p &+ j] + factor * (delta[i] * delta[j])
        }
      }
    }
    for j in 0..<p { first[j] += fraction * delta[j] }
    withExtendedLifetime((shift, other)) {}
    return CovarianceMoments(rows: rows + other.rows, means: means, gram: gram)
  }

  /// √(Σ (x − mean)² / (n − 1)) of every feature, 1 for a constant one: what standardising divides by.
  func scales() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [columns], dtype: .float64)
    let (target, source, degrees) = (
      result.pointer(Double.self), gram.pointer(Double.self), Double(Swift.max(rows - 1, 1))
    )
    for j in 0..<columns {
      let variance = source[j * (columns + 1)] / degrees
      target[j] = variance > 0 ? variance.squareRoot() : 1
    }
    return result
  }

  /// gram / (n − 1), with rows and columns divided by `scales` where given; zeros for a single row.
  func covariance(scales: NDArray?) throws(ApusError) -> NDArray {
    let p = columns
    let result = try gram.copied()
    let target = result.pointer(Double.self)
    let degrees = Double(Swift.max(rows - 1, 1))
    let scale = scales?.pointer(Double.self)
    for i in 0..<p {
      for j in 0..<p { target[i &* p &+ j] /= degrees * (scale.map { $0[i] * $0[j] } ?? 1) }
    }
    return result
  }
}

/// Moments of sparse rows: only the entries are visited.
enum SparseMoments {
  /// Σ x xᵀ entry by entry, less n · mean · meanᵀ. A feature whose centred sum of squares is below the rounding of the two
  /// is constant.
  static func moments(_ matrix: CSRMatrix) throws(ApusError) -> CovarianceMoments {
    let (n, p) = (matrix.rows, matrix.columns)
    let entries = try SparseEntries(matrix)
    let (offsets, indices, values) = (
      entries.offsets.pointer(Int64.self), entries.indices.pointer(Int64.self), entries.values.pointer(Double.self)
    )
    let means = try NDArray(zeros: [p])
    let mean = means.pointer(Double.self)
    for entry in 0..<entries.values.count { mean[Int(indices[entry])] += values[entry] }
    for j in 0..<p { mean[j] /= Double(n) }
    let gram = try NDArray(zeros: [p, p])
    let target = gram.pointer(Double.self)
    // Each task owns some rows of the result and scans the entries of those columns.
    let columnsFirst = try entries.transposed(columns: p)
    let (starts, members, weights) = (
      columnsFirst.offsets.pointer(Int64.self), columnsFirst.indices.pointer(Int64.self),
      columnsFirst.values.pointer(Double.self)
    )
    ThreadPool.parallelBlocks(count: p, blockSize: 16) { block in
      for j in block {
        let line = target + j &* p
        for place in Int(starts[j])..<Int(starts[j &+ 1]) {
          let (row, weight) = (Int(members[place]), weights[place])
          for entry in Int(offsets[row])..<Int(offsets[row &+ 1]) {
            line[Int(indices[entry])] += weight * values[entry]
          }
        }
        let diagonal = line[j]
        for k in 0..<p { line[k] -= Double(n) * (mean[j] * mean[k]) }
        if line[j] <= 8 * Double.ulpOfOne * diagonal { line[j] = 0 }
      }
    }
    for j in 0..<p {
      for k in 0..<j {
        let isConstant = target[j &* (p &+ 1)] == 0 || target[k &* (p &+ 1)] == 0
        let value = isConstant ? 0 : (target[j &* p &+ k] + target[k &* p &+ j]) / 2
        target[j &* p &+ k] = value
        target[k &* p &+ j] = value
      }
    }
    withExtendedLifetime((entries, columnsFirst)) {}
    return CovarianceMoments(rows: n, means: means, gram: gram)
  }
}
