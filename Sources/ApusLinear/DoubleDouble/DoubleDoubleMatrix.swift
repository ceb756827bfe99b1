import ApusNumerics

/// A row-major matrix of double-doubles, high and low parts apart so that kernels can use SIMD. Rows are padded with
/// zeros to a multiple of four.
final class DoubleDoubleMatrix {
  let rows: Int
  let columns: Int
  /// Elements from one row to the next, a multiple of 4.
  let rowStride: Int
  private let highBuffer: Buffer<Double>
  private let lowBuffer: Buffer<Double>
  let high: UnsafeMutablePointer<Double>
  let low: UnsafeMutablePointer<Double>

  /// A matrix of zeros.
  init(rows: Int, columns: Int) throws(ApusError) {
    self.rows = rows
    self.columns = columns
    rowStride = (columns + 3) / 4 * 4
    // Rows are padded as well: tiles of 4 × 4 elements stay inside.
    let bytes = try checkedCount([(rows + 3) / 4 * 4, rowStride], stride: 1)
    highBuffer = try Buffer<Double>(zeroed: bytes)
    lowBuffer = try Buffer<Double>(zeroed: bytes)
    high = highBuffer.pointer
    low = lowBuffer.pointer
  }

  @inline(__always)
  subscript(row: Int, column: Int) -> DoubleDouble {
    get {
      let index = row &* rowStride &+ column
      return DoubleDouble(high: high[index], low: low[index])
    }
    set {
      let index = row &* rowStride &+ column
      high[index] = newValue.high
      low[index] = newValue.low
    }
  }

  /// A copy with memory of its own.
  func copied() throws(ApusError) -> DoubleDoubleMatrix {
    let result = try DoubleDoubleMatrix(rows: rows, columns: columns)
    let count = (rows + 3) / 4 * 4 * rowStride
    result.high.update(from: high, count: count)
    result.low.update(from: low, count: count)
    return result
  }
}
