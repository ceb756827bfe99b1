/// Columns of a matrix, and values with them, put into another order in place.
enum ColumnPermutation {
  /// Rows moved by a task.
  private static var rowsPerTask: Int { 128 }

  /// Column `i` of the result is column `order[i]` of the rows × n `columns`.
  ///
  /// - Parameter scratch: n elements and `rows` elements.
  /// - Complexity: every element is moved at most once, along the cycles of the permutation.
  static func apply<T: LinearAlgebraScalar>(
    order: UnsafePointer<Int>, n: Int, columns: UnsafeMutablePointer<T>, rows: Int, stride: Int,
    scratch: UnsafeMutablePointer<T>, visited: UnsafeMutablePointer<Int>
  ) {
    // The first place of every cycle, n where there is none left.
    var cycles = 0
    let starts = visited + n
    for i in 0..<n { visited[i] = 0 }
    for i in 0..<n where visited[i] == 0 {
      var place = i
      while visited[place] == 0 {
        visited[place] = 1
        place = order[place]
      }
      if order[i] != i {
        starts[cycles] = i
        cycles += 1
      }
    }
    if cycles == 0 { return }
    ThreadPool.parallelBlocks(count: rows, blockSize: rowsPerTask) { range in
      let saved = scratch + range.lowerBound
      for cycle in 0..<cycles {
        let start = starts[cycle]
        saved.update(from: columns + (start * stride + range.lowerBound), count: range.count)
        var place = start
        while order[place] != start {
          (columns + (place * stride + range.lowerBound)).update(
            from: columns + (order[place] * stride + range.lowerBound), count: range.count)
          place = order[place]
        }
        (columns + (place * stride + range.lowerBound)).update(from: saved, count: range.count)
      }
    }
  }
}
