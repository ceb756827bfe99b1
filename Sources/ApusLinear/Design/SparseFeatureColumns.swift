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
}
