import ApusNumerics

/// The entries of sparse features by column.
struct SparseFeatureColumns {
  /// The entries of column j are those from offsets[j] up to offsets[j + 1].
  let offsets: Buffer<Int>
  let rows: Buffer<Int32>
  let values: Buffer<Double>

  /// - Parameter design: sparse.
  /// - Complexity: O(entries + rows + columns).
  init(_ design: DesignMatrix) throws(ApusError) {
    guard case .sparse(let sparse) = design.elements, design.rows <= Int(Int32.max) else {
      throw .sizeOverflow(reason: "X: has \(design.rows) rows, allowed are up to 2^31 - 1")
    }
    let first = Int(sparse.offsets[0])
    let entries = Int(sparse.offsets[design.rows]) - first
    offsets = try Buffer<Int>(zeroed: design.columns + 1)
    rows = try Buffer<Int32>(count: Swift.max(1, entries))
    values = try Buffer<Double>(count: Swift.max(1, entries))
    let next = try Buffer<Int>(count: design.columns)
    for entry in first..<first + entries { offsets.pointer[Int(sparse.indices[entry]) + 1] += 1 }
    for column in 0..<design.columns {
      next[column] = offsets[column]
      offsets[column + 1] += offsets[column]
    }
    for row in 0..<design.rows {
      for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row + 1]) {
        let column = Int(sparse.indices[entry])
        let place = next.pointer[column]
        rows.pointer[place] = Int32(row)
        values.pointer[place] = sparse.values[entry]
        next.pointer[column] = place &+ 1
      }
    }
  }

  /// Σ value · vector[row] over the entries `range`, in four sums, because additions to a single one wait for each other.
  @inline(__always)
  static func dot(
    _ rows: UnsafePointer<Int32>, _ values: UnsafePointer<Double>, _ range: Range<Int>, _ vector: UnsafePointer<Double>
  ) -> Double {
    var (s0, s1, s2, s3) = (0.0, 0.0, 0.0, 0.0)
    var entry = range.lowerBound
    while entry &+ 4 <= range.upperBound {
      s0 += vector[Int(rows[entry])] * values[entry]
      s1 += vector[Int(rows[entry &+ 1])] * values[entry &+ 1]
      s2 += vector[Int(rows[entry &+ 2])] * values[entry &+ 2]
      s3 += vector[Int(rows[entry &+ 3])] * values[entry &+ 3]
      entry &+= 4
    }
    var sum = (s0 + s1) + (s2 + s3)
    while entry < range.upperBound {
      sum += vector[Int(rows[entry])] * values[entry]
      entry &+= 1
    }
    return sum
  }
}
