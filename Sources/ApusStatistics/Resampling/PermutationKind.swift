import ApusNumerics

/// What a permutation test permutes, under scipy's names.
public enum PermutationKind: String, CaseIterable, Sendable {
  /// Values are dealt anew to the samples: independent samples of one distribution.
  case independent
  /// The values of each observation are dealt anew to the samples: paired samples.
  case samples
  /// The order of each sample but the first (of the only one) is permuted: association.
  case pairings
}

/// All ways to permute samples, one after the other.
struct PermutationEnumeration {
  private let kind: PermutationKind
  private let sizes: [Int]
  /// `independent`: the sample that gets each value of the pool. `samples`: for every observation the order of its values.
  /// `pairings`: for every sample the order of its values.
  private var orders: [[Int]]

  init(_ kind: PermutationKind, _ sizes: [Int]) {
    (self.kind, self.sizes) = (kind, sizes)
    switch kind {
    case .independent:
      orders = [sizes.indices.flatMap { [Int](repeating: $0, count: sizes[$0]) }]
    case .samples:
      orders = [[Int]](repeating: Array(sizes.indices), count: sizes[0])
    case .pairings:
      orders = sizes.map { Array(0..<$0) }
    }
  }

  /// How many there are; infinite when there are too many to count.
  static func count(_ kind: PermutationKind, _ sizes: [Int]) -> Double {
    func factorial(_ n: Int) -> Double { (1...Swift.max(n, 1)).reduce(1.0) { $0 * Double($1) } }
    switch kind {
    case .independent:
      var (ways, total) = (1.0, 0)
      for size in sizes {
        for i in 1...size { ways = (ways * Double(total + i) / Double(i)).rounded() }
        total += size
      }
      return ways
    case .samples: return power(factorial(sizes.count), sizes[0])
    case .pairings: return power(factorial(sizes[0]), Swift.max(1, sizes.count - 1))
    }
  }

  private static func power(_ x: Double, _ n: Int) -> Double {
    var result = 1.0
    for _ in 0..<n where result.isFinite { result *= x }
    return result
  }

  /// Writes the present permutation of `pool`.
  func write(_ pool: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    switch kind {
    case .independent:
      var next = [0]
      for size in sizes { next.append(next[next.count - 1] + size) }
      for (i, sample) in orders[0].enumerated() {
        out[next[sample]] = pool[i]
        next[sample] += 1
      }
    case .samples:
      let n = sizes[0]
      for i in 0..<n { for (sample, source) in orders[i].enumerated() { out[sample * n + i] = pool[source * n + i] } }
    case .pairings:
      let n = sizes[0]
      for sample in sizes.indices {
        for (i, source) in orders[sample].enumerated() { out[sample * n + i] = pool[sample * n + source] }
      }
    }
  }

  /// Moves on to the next one; after the last the first is present again.
  mutating func advance() {
    // The first of several samples keeps its order.
    let first = kind == .pairings && sizes.count > 1 ? 1 : 0
    for k in stride(from: orders.count - 1, through: first, by: -1) {
      if PermutationEnumeration.advance(&orders[k]) { return }
    }
  }

  /// The next order lexicographically, equal elements being alike; the first again, and false, after the last.
  private static func advance(_ order: inout [Int]) -> Bool {
    var i = order.count - 2
    while i >= 0 && order[i] >= order[i + 1] { i -= 1 }
    if i < 0 {
      order.reverse()
      return false
    }
    var j = order.count - 1
    while order[j] <= order[i] { j -= 1 }
    order.swapAt(i, j)
    order[(i + 1)...].reverse()
    return true
  }
}
