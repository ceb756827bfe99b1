/// Division of a node's rows between its children.
enum SamplePartition {
  /// Moves the samples whose rank is at most `lowerRank` or equals `alsoLeft` to the front; both sides keep their order.
  ///
  /// - Parameters:
  ///   - column: rank of every row in the split feature.
  ///   - alsoLeft: the rank of missing values if those go left, else a rank that does not occur.
  ///   - spare: room for `count` samples.
  /// - Returns: the number of samples on the left.
  static func divide(
    _ samples: UnsafeMutablePointer<UInt32>, count: Int, column: UnsafePointer<UInt32>, lowerRank: UInt32,
    alsoLeft: UInt32, spare: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var left = 0
    var right = 0
    for i in 0..<count {
      let row = samples[i]
      let rank = column[Int(row)]
      let step = (rank <= lowerRank ? 1 : 0) | (rank == alsoLeft ? 1 : 0)
      samples[left] = row
      spare[right] = row
      left &+= step
      right &+= 1 &- step
    }
    (samples + left).update(from: spare, count: right)
    return left
  }
}
