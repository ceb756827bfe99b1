import ApusModels
import ApusNumerics

/// Copies of chosen columns.
enum TakenColumns {
  /// Some columns of a matrix, in the order given; the matrix itself where these are all.
  static func take(_ columns: [Int], of matrix: NDArray) throws(ApusError) -> NDArray {
    let (rows, width) = (matrix.shape[0], matrix.shape[1])
    if isAll(columns, width) { return matrix }
    let source = try matrix.contiguous()
    let result = try NDArray(uninitialized: [rows, columns.count], dtype: source.dtype)
    func fill<Element: NDElement>(_ type: Element.Type) {
      let (from, to) = (source.pointer(type), result.pointer(type))
      for row in 0..<rows {
        for (place, column) in columns.enumerated() { to[row * columns.count + place] = from[row * width + column] }
      }
    }
    if source.dtype == .float32 { fill(Float.self) } else { fill(Double.self) }
    return result
  }

  /// As above, of a sparse matrix.
  ///
  /// - Complexity: O(columns + entries + entries taken).
  static func take(_ columns: [Int], of matrix: CSRMatrix) throws(ApusError) -> CSRMatrix {
    if isAll(columns, matrix.columns) { return matrix }
    // The places at which a column is wanted, as a list: the first place of every column and the next of every place.
    let first = try Buffer<Int>(repeating: -1, count: matrix.columns)
    let next = try Buffer<Int>(repeating: -1, count: columns.count)
    for (place, column) in columns.enumerated().reversed() {
      next[place] = first[column]
      first[column] = place
    }
    let (starts, wanted) = (matrix.rowOffsets, matrix.columnIndices)
    let (from, columnOf) = (starts.pointer(Int64.self), wanted.pointer(Int64.self))
    let offsets = try NDArray(uninitialized: [matrix.rows + 1], dtype: .int64)
    let ends = offsets.pointer(Int64.self)
    ends[0] = 0
    for row in 0..<matrix.rows {
      var count: Int64 = 0
      for entry in Int(from[row])..<Int(from[row + 1]) {
        var place = first[Int(columnOf[entry])]
        while place >= 0 {
          count += 1
          place = next[place]
        }
      }
      ends[row + 1] = ends[row] + count
    }
    let source = matrix.values
    let indices = try NDArray(uninitialized: [Int(ends[matrix.rows])], dtype: .int64)
    let values = try NDArray(uninitialized: [Int(ends[matrix.rows])], dtype: source.dtype)
    func fill<Element: NDElement>(_ type: Element.Type) {
      let (numbers, places, to) = (source.pointer(type), indices.pointer(Int64.self), values.pointer(type))
      var taken = 0
      for entry in 0..<source.count {
        var place = first[Int(columnOf[entry])]
        while place >= 0 {
          places[taken] = Int64(place)
          to[taken] = numbers[entry]
          taken += 1
          place = next[place]
        }
      }
    }
    if source.dtype == .float32 { fill(Float.self) } else { fill(Double.self) }
    withExtendedLifetime((starts, wanted, first, next)) {}
    return try CSRMatrix(
      rows: matrix.rows, columns: columns.count, rowOffsets: offsets, columnIndices: indices, values: values)
  }

  /// As above, of dense or sparse features.
  static func take(_ columns: [Int], of features: FeatureMatrix) throws(ApusError) -> FeatureMatrix {
    switch features {
    case .dense(let matrix): return .dense(try take(columns, of: matrix))
    case .sparse(let matrix): return .sparse(try take(columns, of: matrix))
    }
  }

  private static func isAll(_ columns: [Int], _ width: Int) -> Bool {
    columns.count == width && columns.enumerated().allSatisfy { $0.offset == $0.element }
  }
}
