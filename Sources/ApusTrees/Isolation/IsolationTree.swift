import ApusNumerics
import RealModule

/// A tree of random splits on a few rows. Liu, Ting, Zhou 2008, algorithm 2.
///
/// The value of a leaf is its depth plus the mean depth of a tree on its rows (``meanDepth(_:)``).
enum IsolationTree {
  /// - Parameters:
  ///   - matrix: row-major float64 without missing values.
  ///   - sample: rows, repeated ones included.
  ///   - featureCount: how many features, drawn at random, the tree may use.
  ///   - maxDepth: leaves at this depth are not split.
  static func grow(
    _ matrix: NDArray, sample: Buffer<UInt32>, featureCount: Int, maxDepth: Int, random: inout RandomStream
  ) throws -> GrownTree {
    let columns = matrix.shape[1]
    let x = matrix.pointer(Double.self)
    let features = try Buffer<Int32>(count: columns)
    for feature in 0..<columns { features[feature] = Int32(feature) }
    random.partialShuffle(features.pointer, count: columns, choosing: featureCount < columns ? featureCount : 0)
    var tree = try GrownTree(valueCount: 1)
    var pending = [(start: 0, end: sample.count, depth: 0, parent: -1, isLeft: false)]
    let rows = sample.pointer
    while let next = pending.popLast() {
      let count = next.end - next.start
      let (node, value) = try tree.appendLeaf(samples: count, weight: Double(count), impurity: 0)
      value[0] = Double(next.depth) + meanDepth(count)
      if next.parent >= 0 {
        if next.isLeft { tree.left[next.parent] = Int32(node) } else { tree.right[next.parent] = Int32(node) }
      }
      guard count > 1, next.depth < maxDepth else { continue }
      var visited = 0
      while visited < featureCount {
        let other = visited + random.below(featureCount - visited)
        (features[visited], features[other]) = (features[other], features[visited])
        let feature = Int(features[visited])
        visited += 1
        var (low, high) = (Double.infinity, -Double.infinity)
        for i in next.start..<next.end {
          let value = x[Int(rows[i]) &* columns &+ feature]
          low = min(low, value)
          high = max(high, value)
        }
        if !(low < high) { continue }
        // Halves keep the difference of extreme values finite.
        let share = random.uniform()
        var threshold = low + 2 * (share * (high / 2 - low / 2))
        if !(threshold >= low && threshold < high) { threshold = low }
        let middle = divide(rows, next.start, next.end) { x[Int($0) &* columns &+ feature] <= threshold }
        tree.feature[node] = Int32(feature)
        tree.threshold[node] = threshold
        tree.flags[node] = middle - next.start > next.end - middle ? GrownTree.missingLeft : 0
        pending.append((middle, next.end, next.depth + 1, node, false))
        pending.append((next.start, middle, next.depth + 1, node, true))
        break
      }
    }
    withExtendedLifetime((matrix, sample)) {}
    return tree
  }

  /// Moves the rows that go left to the front and returns where the others start. What order the rows have on a side does
  /// not matter to anything.
  private static func divide(
    _ rows: UnsafeMutablePointer<UInt32>, _ start: Int, _ end: Int, _ goesLeft: (UInt32) -> Bool
  ) -> Int {
    var (front, back) = (start, end)
    while front < back {
      if goesLeft(rows[front]) {
        front += 1
      } else {
        back -= 1
        (rows[front], rows[back]) = (rows[back], rows[front])
      }
    }
    return front
  }

  /// The mean depth of an unsuccessful search in a binary tree on n rows: `2 H(n − 1) − 2 (n − 1) / n` with the harmonic
  /// number by its asymptotic series, 1 for two rows and 0 below.
  static func meanDepth(_ count: Int) -> Double {
    if count <= 1 { return 0 }
    if count == 2 { return 1 }
    let n = Double(count)
    return 2 * (.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n
  }
}
