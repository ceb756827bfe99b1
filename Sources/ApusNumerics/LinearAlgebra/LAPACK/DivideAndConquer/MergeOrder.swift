/// Ascending orders of values as lists of their places.
enum MergeOrder {
  /// Merges the places of `first` and, increased by `offset`, of `second`, both in ascending order of their `values`.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func merge<T: LinearAlgebraScalar>(
    _ first: UnsafePointer<Int>, count firstCount: Int, _ second: UnsafePointer<Int>, count secondCount: Int,
    offset: Int, values: UnsafePointer<T>, into target: UnsafeMutablePointer<Int>
  ) {
    var (i, j) = (0, 0)
    for rank in 0..<firstCount &+ secondCount {
      if j == secondCount || i < firstCount && values[first[i]] <= values[second[j] &+ offset] {
        target[rank] = first[i]
        i &+= 1
      } else {
        target[rank] = second[j] &+ offset
        j &+= 1
      }
    }
  }

  /// The order of `count` values of which the first `ascending` are in ascending order, and so are the others.
  @specialized(where T == Float)
  @specialized(where T == Double)
  static func merge<T: LinearAlgebraScalar>(
    ascending: Int, count: Int, values: UnsafePointer<T>, into target: UnsafeMutablePointer<Int>
  ) {
    var (i, j) = (0, ascending)
    for rank in 0..<count {
      if j == count || i < ascending && values[i] <= values[j] {
        target[rank] = i
        i &+= 1
      } else {
        target[rank] = j
        j &+= 1
      }
    }
  }
}
