import ApusNumerics

/// Running sums and orders along the middle axis of (outer, extent, inner).
enum ScanKernels {
  static func cumulativeSum<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, outer: Int, extent: Int, inner: Int
  ) {
    for o in 0..<outer {
      for i in 0..<inner {
        var sum = 0.0
        for e in 0..<extent {
          let place = (o &* extent &+ e) &* inner &+ i
          sum += Double(x[place])
          y[place] = T(sum)
        }
      }
    }
  }

  /// Stable order along the last axis of (rows, n), NaN last when ascending and first when descending.
  static func order<T: Comparable & NDElement>(
    _ x: UnsafePointer<T>, _ indices: UnsafeMutablePointer<Int64>, rows: Int, n: Int, descending: Bool
  ) throws(ApusError) {
    let scratch = try Buffer<Int64>(count: rows * n)
    ReductionKernels.forOuter(rows, work: n &* 16) { row in
      let line = x + row &* n
      let order = indices + row &* n
      for i in 0..<n { order[i] = Int64(i) }
      mergeSort(order, scratch.pointer + row &* n, n) { a, b in
        let (p, q) = (line[Int(a)], line[Int(b)])
        if p != p || q != q { return descending ? p != p && q == q : p == p && q != q }
        return descending ? p > q : p < q
      }
    }
  }

  /// Sorts stably, bottom up; `precedes` is a strict weak order.
  @inline(__always)
  private static func mergeSort(
    _ items: UnsafeMutablePointer<Int64>, _ scratch: UnsafeMutablePointer<Int64>, _ n: Int,
    _ precedes: (Int64, Int64) -> Bool
  ) {
    var (from, to) = (items, scratch)
    var width = 1
    while width < n {
      var start = 0
      while start < n {
        let (middle, end) = (min(start &+ width, n), min(start &+ 2 &* width, n))
        var (a, b) = (start, middle)
        for place in start..<end {
          if a < middle, b >= end || !precedes(from[b], from[a]) {
            to[place] = from[a]
            a &+= 1
          } else {
            to[place] = from[b]
            b &+= 1
          }
        }
        start = end
      }
      swap(&from, &to)
      width &*= 2
    }
    if from != items { items.update(from: from, count: n) }
  }
}
