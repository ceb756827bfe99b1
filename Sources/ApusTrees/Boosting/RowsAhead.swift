import ApusNumerics
import CMemory

/// Fetching of rows, their bins and their gradients, ahead of their use.
struct RowsAhead {
  private let bins: UnsafePointer<UInt8>
  private let rowStride: Int
  /// Distance from the first to the last byte that is used of a row.
  private let span: Int
  private let pairs: UnsafePointer<SIMD2<Int32>>

  init(_ matrix: BinnedMatrix, features: Range<Int>, table: GradientTable) {
    bins = UnsafePointer(matrix.bins.pointer) + features.lowerBound
    rowStride = matrix.columns
    span = max(features.count - 1, 0)
    pairs = UnsafePointer(table.pairs.pointer)
  }

  /// Asks for one row.
  @inline(__always)
  func fetch(_ row: UInt32) {
    let line = bins + Int(row) &* rowStride
    apus_prefetch(line)
    apus_prefetch(line + span)
    apus_prefetch(pairs + Int(row))
  }

  /// Asks for rows with nothing to do meanwhile.
  func touch(_ rows: UnsafePointer<UInt32>, count: Int) {
    for i in 0..<count { fetch(rows[i]) }
  }
}
