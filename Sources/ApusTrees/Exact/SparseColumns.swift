import ApusNumerics

/// A sparse matrix by columns: the entries of every column in the order of their rows, repeated ones added up.
final class SparseColumns: @unchecked Sendable {
  let rows: Int
  let columns: Int
  /// First entry of every column; `columns + 1` entries.
  let starts: Buffer<Int>
  /// Row of every entry, ascending within a column.
  let rowOf: Buffer<UInt32>
  let values: Buffer<Double>

  /// - Complexity: O(rows + columns + entries).
  init(_ matrix: CSRMatrix) throws(ApusError) {
    (rows, columns) = (matrix.rows, matrix.columns)
    guard rows < Int(Int32.max) else {
      throw .invalidArgument(name: "X", reason: "\(rows) rows exceed the limit of \(Int32.max - 1)")
    }
    let entries = matrix.values.count
    let numbers = try matrix.values.converted(to: .float64)
    let (offsets, indices) = (matrix.rowOffsets.pointer(Int64.self), matrix.columnIndices.pointer(Int64.self))
    let source = numbers.pointer(Double.self)
    starts = try Buffer(zeroed: columns + 1)
    rowOf = try Buffer(count: entries)
    values = try Buffer(count: entries)
    let next = try Buffer<Int>(zeroed: columns + 1)
    for entry in 0..<entries { next[Int(indices[entry]) + 1] += 1 }
    for column in 0..<columns { next[column + 1] += next[column] }
    let first = try Buffer<Int>(count: columns + 1)
    first.pointer.update(from: next.pointer, count: columns + 1)
    // Entries of a column come in the order of their rows, so repeated ones are neighbours.
    for row in 0..<rows {
      for entry in Int(offsets[row])..<Int(offsets[row + 1]) {
        let column = Int(indices[entry])
        let place = next[column]
        if place > first[column], Int(rowOf[place - 1]) == row {
          values[place - 1] += source[entry]
        } else {
          rowOf[place] = UInt32(truncatingIfNeeded: row)
          values[place] = source[entry]
          next[column] = place + 1
        }
      }
    }
    // Close the gaps that repeated entries left.
    var total = 0
    for column in 0..<columns {
      let count = next[column] - first[column]
      starts[column] = total
      if total != first[column] {
        (rowOf.pointer + total).update(from: rowOf.pointer + first[column], count: count)
        (values.pointer + total).update(from: values.pointer + first[column], count: count)
      }
      total += count
    }
    starts[columns] = total
    withExtendedLifetime((matrix, numbers)) {}
  }

  func count(_ column: Int) -> Int { starts[column + 1] - starts[column] }
}

/// The ranks of one sparse column: those of its entries, and one that all other rows share.
struct SparseRankColumn {
  /// Rows with an entry, ascending.
  let rows: UnsafePointer<UInt32>
  let ranks: UnsafePointer<UInt32>
  let count: Int
  /// The rank of rows without an entry.
  let fill: UInt32

  /// Writes the ranks of samples, which ascend, to the places of their rows; what other rows hold is left open.
  ///
  /// - Complexity: O(samples + entries between the first and the last), or O(samples · log) where these are many.
  func expand(_ samples: UnsafePointer<UInt32>, count sampleCount: Int, into target: UnsafeMutablePointer<UInt32>) {
    for i in 0..<sampleCount { target[Int(samples[i])] = fill }
    guard sampleCount > 0 else { return }
    let first = SparseRankColumn.position(of: samples[0], in: rows, from: 0, count: count)
    let last = SparseRankColumn.position(
      of: samples[sampleCount &- 1] &+ 1, in: rows, from: first, count: count)
    if last &- first <= 4 &* sampleCount {
      for entry in first..<last { target[Int(rows[entry])] = ranks[entry] }
      return
    }
    var place = first
    for i in 0..<sampleCount {
      place = SparseRankColumn.position(of: samples[i], in: rows, from: place, count: last)
      if place < last, rows[place] == samples[i] { target[Int(samples[i])] = ranks[place] }
    }
  }

  /// The first position from `start` on whose element is at least `goal`: steps that double, then bisection.
  private static func position(of goal: UInt32, in list: UnsafePointer<UInt32>, from start: Int, count: Int) -> Int {
    var (low, step) = (start, 1)
    while low &+ step <= count, list[low &+ step &- 1] < goal {
      low &+= step
      step &*= 2
    }
    var high = min(low &+ step &- 1, count)
    while low < high {
      let middle = (low &+ high) / 2
      if list[middle] < goal { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}
