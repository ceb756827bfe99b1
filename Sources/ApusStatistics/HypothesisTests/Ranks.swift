import ApusNumerics

/// Ranks of a sample, equal values sharing the mean of their ranks.
struct Ranks {
  /// Rank of each value in its original place, from 1.
  let ranks: Buffer<Double>
  /// Σ (t³ − t) over groups of t equal values.
  let tieTerm: Double

  var hasTies: Bool { tieTerm > 0 }

  init(_ values: UnsafeBufferPointer<Double>) throws(ApusError) {
    let n = values.count
    ranks = try Buffer<Double>(count: n)
    let order = try Ranks.order(values)
    var ties = 0.0
    var start = 0
    while start < n {
      var end = start + 1
      while end < n && values[order[end]] == values[order[start]] { end += 1 }
      let t = Double(end - start)
      ties += t * t * t - t
      let rank = Double(start + end + 1) / 2
      for k in start..<end { ranks[order[k]] = rank }
      start = end
    }
    tieTerm = ties
  }

  /// Positions of the values in ascending order, equal ones in their original order.
  static func order(_ values: UnsafeBufferPointer<Double>) throws(ApusError) -> Buffer<Int> {
    let order = try Buffer<Int>(count: values.count)
    for i in 0..<values.count { order[i] = i }
    if let base = values.baseAddress, values.count >= RadixOrder.smallest {
      try RadixOrder.sort(order.pointer, by: base, count: values.count)
      return order
    }
    var elements = order.elements
    elements.sort { values[$0] < values[$1] || (values[$0] == values[$1] && $0 < $1) }
    return order
  }

  /// Ranks of several samples put together, with the sum of ranks of each.
  static func pooled(_ groups: [Sample]) throws(ApusError) -> (ranks: Ranks, sums: [Double]) {
    let total = groups.reduce(0) { $0 + $1.count }
    let all = try Buffer<Double>(count: total)
    var k = 0
    for group in groups {
      for value in group.values {
        all[k] = value
        k += 1
      }
    }
    let ranks = try Ranks(UnsafeBufferPointer(all.elements))
    var sums: [Double] = []
    var start = 0
    for group in groups {
      sums.append((start..<start + group.count).reduce(0) { $0 + ranks.ranks[$1] })
      start += group.count
    }
    return (ranks, sums)
  }
}

/// Exact null distributions of rank sums, ties included: every subset (or sign) is equally likely.
///
/// Ranks are doubled so that mean ranks are whole. Counts of subsets are carried in double: C(400, 200) is far from overflow.
enum RankSumDistribution {
  /// Tails of the sum S of `chosen` of the doubled ranks drawn without replacement: P(S ≤ value), P(S ≥ value).
  ///
  /// Row j of the table counts the subsets of j items by their sum.
  /// - Complexity: O(n · chosen · Σ ranks).
  static func subset(_ doubled: [Int], chosen: Int, value: Int) throws(ApusError) -> (atMost: Double, atLeast: Double) {
    let total = doubled.reduce(0, +)
    let width = total + 1
    let table = try Buffer<Double>(zeroed: (chosen + 1) * width)
    table[0] = 1
    for (i, rank) in doubled.enumerated() {
      var j = Swift.min(i, chosen - 1)
      while j >= 0 {
        let (from, to) = (table.pointer + j * width, table.pointer + (j + 1) * width)
        for s in 0..<width - rank where from[s] != 0 { to[s + rank] += from[s] }
        j -= 1
      }
    }
    return tails(table.pointer + chosen * width, width, value)
  }

  /// Tails of the sum of the doubled ranks with independent fair signs (only positive ones count).
  ///
  /// - Complexity: O(n · Σ ranks).
  static func signed(_ doubled: [Int], value: Int) throws(ApusError) -> (atMost: Double, atLeast: Double) {
    let width = doubled.reduce(0, +) + 1
    let table = try Buffer<Double>(zeroed: width)
    table[0] = 1
    for rank in doubled {
      var s = width - 1
      while s >= rank {
        table[s] = 0.5 * (table[s] + table[s - rank])
        s -= 1
      }
      while s >= 0 {
        table[s] *= 0.5
        s -= 1
      }
    }
    return tails(table.pointer, width, value)
  }

  private static func tails(
    _ weights: UnsafePointer<Double>, _ width: Int, _ value: Int
  ) -> (atMost: Double, atLeast: Double) {
    var (below, above, all) = (0.0, 0.0, 0.0)
    for s in 0..<width {
      all += weights[s]
      if s <= value { below += weights[s] }
      if s >= value { above += weights[s] }
    }
    return (below / all, above / all)
  }
}
