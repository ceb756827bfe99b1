import ApusNumerics

extension RegressionData {
  /// The rows at the given positions; consecutive dense rows are not copied.
  func subset(_ positions: Buffer<Int>) throws(ApusError) -> RegressionData {
    RegressionData(
      design: try design.subset(positions), targets: try RowSubset.rows(targets, positions), targetCount: targetCount,
      targetsAreVector: targetsAreVector,
      weights: try weights.map { weights throws(ApusError) in try RowSubset.rows(weights, positions) },
      dtype: dtype)
  }
}

extension DesignMatrix {
  /// The rows at the given positions; consecutive dense rows are not copied.
  func subset(_ positions: Buffer<Int>) throws(ApusError) -> DesignMatrix {
    if let array { return DesignMatrix(dense: try RowSubset.rows(array, positions)) }
    guard case .sparse(let sparse) = elements else { throw .internalError(reason: "features without storage") }
    var entries = 0
    for row in positions.elements { entries += Int(sparse.offsets[row + 1] - sparse.offsets[row]) }
    let offsets = try NDArray(uninitialized: [positions.count + 1], dtype: .int64)
    let indices = try NDArray(uninitialized: [entries], dtype: .int64)
    let values = try NDArray(uninitialized: [entries], dtype: .float64)
    var place = 0
    offsets.pointer(Int64.self)[0] = 0
    for (target, row) in positions.elements.enumerated() {
      for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row + 1]) {
        indices.pointer(Int64.self)[place] = sparse.indices[entry]
        values.pointer(Double.self)[place] = sparse.values[entry]
        place += 1
      }
      offsets.pointer(Int64.self)[target + 1] = Int64(place)
    }
    return try DesignMatrix(
      sparse: CSRMatrix(
        rows: positions.count, columns: columns, rowOffsets: offsets, columnIndices: indices, values: values))
  }
}

/// Rows of arrays.
enum RowSubset {
  /// The rows of an array of rank 1 or 2 at the given positions: a view when they are consecutive and X has two
  /// dimensions, else a copy, row-major.
  ///
  /// - Parameter array: float32, float64 or int64.
  static func rows(_ array: NDArray, _ positions: Buffer<Int>) throws(ApusError) -> NDArray {
    let count = positions.count
    if count > 0, positions[count - 1] - positions[0] == count - 1 {
      let slice = try array.slice(positions[0]..<positions[0] + count)
      return array.rank == 2 && array.dtype != .int64 ? slice : try slice.contiguous()
    }
    let result = try NDArray(uninitialized: [count] + array.shape.dropFirst(), dtype: array.dtype)
    let matrix = array.rank == 1 ? try array.reshaped([array.count, 1]) : array
    switch array.dtype {
    case .float32: copy(matrix.matrixView(Float.self), positions, result.pointer(Float.self))
    case .int64: copy(matrix.matrixView(Int64.self), positions, result.pointer(Int64.self))
    default: copy(matrix.matrixView(Double.self), positions, result.pointer(Double.self))
    }
    withExtendedLifetime(matrix) {}
    return result
  }

  private static func copy<Element: BitwiseCopyable>(
    _ view: MatrixView<Element>, _ positions: Buffer<Int>, _ target: UnsafeMutablePointer<Element>
  ) {
    let columns = view.columns
    for (place, row) in positions.elements.enumerated() {
      for column in 0..<columns { target[place &* columns &+ column] = view[row, column] }
    }
  }
}
