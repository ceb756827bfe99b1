import ApusNumerics

/// A matrix of bins, one byte a cell, row after row: a histogram update reads one or two cache lines a row.
package final class BinnedMatrix: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  package let bins: Buffer<UInt8>

  /// - Complexity: O(rows · columns · log bins), in parallel over rows.
  package init(_ matrix: NDArray, mapper: BinMapper) throws {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    self.rows = rows
    self.columns = columns
    let bins = try Buffer<UInt8>(count: try checkedCount([rows, columns], stride: 1))
    self.bins = bins
    let target = bins.pointer
    let tables = try mapper.features.map { try BinTable($0) }
    ThreadPool.parallelBlocks(count: rows, blockSize: 512) { range in
      for (column, table) in tables.enumerated() {
        switch matrix.dtype {
        case .float32:
          let view = matrix.matrixView(Float.self)
          for row in range { target[row &* columns &+ column] = table.bin(Double(view[row, column])) }
        default:
          let view = matrix.matrixView(Double.self)
          for row in range { target[row &* columns &+ column] = table.bin(view[row, column]) }
        }
      }
    }
  }
}

/// One feature's bounds, padded for a search without branches.
private final class BinTable: @unchecked Sendable {
  private let bounds: Buffer<Double>
  private let feature: BinMapper.Feature

  init(_ feature: BinMapper.Feature) throws(ApusError) {
    self.feature = feature
    bounds = try Buffer(repeating: .infinity, count: 256)
    let values = feature.isCategorical ? feature.categories : feature.edges
    for (i, value) in values.enumerated() { bounds[i] = value }
  }

  /// The number of bounds below `x`: its bin.
  @inline(__always)
  func bin(_ x: Double) -> UInt8 {
    if x != x { return UInt8(truncatingIfNeeded: feature.missingBin) }
    let table = bounds.pointer
    var position = 0
    // Additions of a shifted comparison, so that no branch depends on the data.
    for bit in stride(from: 7, through: 0, by: -1) {
      let isBelow = table[position &+ (1 &<< bit) &- 1] < x ? 1 : 0
      position &+= isBelow &<< bit
    }
    if feature.isCategorical, position >= feature.binCount || table[position] != x { position = feature.missingBin }
    return UInt8(truncatingIfNeeded: position)
  }
}
