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

  /// As ``divide(_:count:column:lowerRank:alsoLeft:spare:)`` for a set of ranks, given as bits.
  static func divide(
    _ samples: UnsafeMutablePointer<UInt32>, count: Int, column: UnsafePointer<UInt32>, ranks: [UInt32],
    alsoLeft: UInt32, spare: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var left = 0
    var right = 0
    for i in 0..<count {
      let row = samples[i]
      let rank = column[Int(row)]
      let word = Int(rank &>> 5)
      let isMember = word < ranks.count && ranks[word] &>> (rank & 31) & 1 != 0
      if isMember || rank == alsoLeft {
        samples[left] = row
        left &+= 1
      } else {
        spare[right] = row
        right &+= 1
      }
    }
    (samples + left).update(from: spare, count: right)
    return left
  }
}
