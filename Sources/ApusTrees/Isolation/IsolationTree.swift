import ApusNumerics
import RealModule

/// A tree of random splits on a few rows. Liu, Ting, Zhou 2008, algorithm 2.
///
/// The value of a leaf is its depth plus the mean depth of a tree on its rows (``meanDepth(_:)``). Missing values go to a
/// side drawn at random, or right where all present ones are equal: being missing then isolates a row.
enum IsolationTree {
  /// - Parameters:
  ///   - columns: where the values of the rows are.
  ///   - sample: rows, repeated ones included.
  ///   - featureCount: how many features, drawn at random, the tree may use.
  ///   - maxDepth: leaves at this depth are not split.
  static func grow<Columns: IsolationColumns>(
    _ columns: Columns, sample: Buffer<UInt32>, featureCount: Int, maxDepth: Int, random: inout RandomStream
  ) throws -> GrownTree {
    let features = try Buffer<Int32>(count: columns.count)
    for feature in 0..<columns.count { features[feature] = Int32(feature) }
    random.partialShuffle(
      features.pointer, count: columns.count, choosing: featureCount < columns.count ? featureCount : 0)
    var tree = try GrownTree(valueCount: 1)
    var pending = [(start: 0, end: sample.count, depth: 0, parent: -1, isLeft: false)]
    let rows = sample.pointer
    let scratch = try Buffer<Double>(count: sample.count)
    let values = scratch.pointer
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
        columns.load(feature, rows: rows + next.start, count: count, into: values)
        guard let split = split(values, count: count, random: &random) else { continue }
        let lower = divide(rows + next.start, values, count: count, by: split)
        let middle = next.start + lower
        tree.feature[node] = Int32(feature)
        tree.threshold[node] = split.threshold
        let missingLeft = split.missingLeft ?? (lower > count - lower)
        tree.flags[node] = missingLeft ? GrownTree.missingLeft : 0
        pending.append((middle, next.end, next.depth + 1, node, false))
        pending.append((next.start, middle, next.depth + 1, node, true))
        break
      }
    }
    withExtendedLifetime((sample, scratch)) {}
    return tree
  }

  private struct Split {
    var threshold: Double
    /// Nil where no value is missing.
    var missingLeft: Bool?
  }

  /// A threshold drawn between the least and the largest of some values; nil where they do not differ.
  private static func split(
    _ values: UnsafePointer<Double>, count: Int, random: inout RandomStream
  ) -> Split? {
    var (low, high, missing) = (Double.infinity, -Double.infinity, 0)
    for i in 0..<count {
      let x = values[i]
      low = x < low ? x : low
      high = x > high ? x : high
      missing &+= x != x ? 1 : 0
    }
    guard low < high else { return missing > 0 && missing < count ? Split(threshold: low, missingLeft: false) : nil }
    // Halves keep the difference of extreme values finite.
    let share = random.uniform()
    var threshold = low + 2 * (share * (high / 2 - low / 2))
    if !(threshold >= low && threshold < high) { threshold = low }
    return Split(threshold: threshold, missingLeft: missing > 0 ? random.below(2) == 1 : nil)
  }

  /// Moves the rows that go left to the front and returns their number. What order the rows have on a side does not matter
  /// to anything.
  private static func divide(
    _ rows: UnsafeMutablePointer<UInt32>, _ values: UnsafeMutablePointer<Double>, count: Int, by split: Split
  ) -> Int {
    let missingLeft = split.missingLeft ?? false
    var (front, back) = (0, count)
    while front < back {
      let x = values[front]
      if x <= split.threshold || (x != x && missingLeft) {
        front += 1
      } else {
        back -= 1
        (rows[front], rows[back]) = (rows[back], rows[front])
        (values[front], values[back]) = (values[back], x)
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
