import ApusNumerics

/// Reductions of row-major data seen as (outer, extent, inner) along the middle axis.
///
/// Sums run in fixed blocks: lanes within a block, blocks in float64 (rows) or in a second level (columns), so that float32
/// keeps its digits and results do not depend on the thread count.
enum ReductionKernels {
  private static let blockSize = 1024
  private static let elementsPerTask = 65_536

  /// target[o, i] = Σ_e source[o, e, i]
  static func sum<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, outer: Int, extent: Int, inner: Int
  ) throws(ApusError) {
    if inner == 1 {
      forOuter(outer, work: extent) { o in target[o] = total(source + o &* extent, extent) }
    } else {
      let partial = extent > blockSize ? try Buffer<T>(count: outer * inner) : nil
      forOuter(outer, work: extent &* inner) { o in
        columnSums(
          source + o &* extent &* inner, target + o &* inner, partial.map { $0.pointer + o &* inner },
          extent: extent, inner: inner)
      }
    }
  }

  /// The sum of `count` neighbours.
  static func total<T: TensorFloat>(_ x: UnsafePointer<T>, _ count: Int) -> T {
    if count <= blockSize { return blockTotal(x, count) }
    var sum = 0.0
    var start = 0
    while start < count {
      sum += Double(blockTotal(x + start, min(blockSize, count &- start)))
      start &+= blockSize
    }
    return T(sum)
  }

  @inline(__always)
  private static func blockTotal<T: TensorFloat>(_ x: UnsafePointer<T>, _ count: Int) -> T {
    let width = 16
    if count < width {
      var sum: T = 0
      for i in 0..<count { sum += x[i] }
      return sum
    }
    var (a, b) = (SIMD8<T>(repeating: 0), SIMD8<T>(repeating: 0))
    var i = 0
    while i &+ width <= count {
      let base = UnsafeRawPointer(x + i)
      a += base.loadUnaligned(as: SIMD8<T>.self)
      b += base.loadUnaligned(fromByteOffset: 8 &* MemoryLayout<T>.stride, as: SIMD8<T>.self)
      i &+= width
    }
    a += b
    var rest: T = 0
    while i < count {
      rest += x[i]
      i &+= 1
    }
    let four = a.lowHalf + a.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1] + rest
  }

  private static func columnSums<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, _ partial: UnsafeMutablePointer<T>?, extent: Int,
    inner: Int
  ) {
    target.update(repeating: 0, count: inner)
    guard let partial else {
      for e in 0..<extent {
        let row = source + e &* inner
        for i in 0..<inner { target[i] += row[i] }
      }
      return
    }
    var start = 0
    while start < extent {
      partial.update(repeating: 0, count: inner)
      for e in start..<min(start &+ 256, extent) {
        let row = source + e &* inner
        for i in 0..<inner { partial[i] += row[i] }
      }
      for i in 0..<inner { target[i] += partial[i] }
      start &+= 256
    }
  }

  /// target[o, i] = Σ_e source[o, e, i] of integers, wrapping around.
  static func sum<T: FixedWidthInteger>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<Int64>, outer: Int, extent: Int, inner: Int
  ) {
    for o in 0..<outer {
      for i in 0..<inner {
        var sum: Int64 = 0
        for e in 0..<extent { sum &+= Int64(truncatingIfNeeded: source[(o &* extent &+ e) &* inner &+ i]) }
        target[o &* inner &+ i] = sum
      }
    }
  }

  /// target[o, i] = Π_e source[o, e, i]
  static func product<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, outer: Int, extent: Int, inner: Int
  ) {
    for o in 0..<outer {
      for i in 0..<inner {
        var product: T = 1
        for e in 0..<extent { product *= source[(o &* extent &+ e) &* inner &+ i] }
        target[o &* inner &+ i] = product
      }
    }
  }

  /// The first largest (or smallest) element along the axis and its index; NaN counts as both.
  static func extremum<T: Comparable & NDElement>(
    _ source: UnsafePointer<T>, _ values: UnsafeMutablePointer<T>, _ indices: UnsafeMutablePointer<Int64>, outer: Int,
    extent: Int, inner: Int, largest: Bool
  ) {
    forOuter(outer, work: extent &* inner) { o in
      for i in 0..<inner {
        let line = source + (o &* extent &* inner &+ i)
        var (best, index) = (line[0], 0)
        for e in 1..<max(extent, 1) {
          let value = line[e &* inner]
          // A NaN is unequal to itself: the first one wins and stays.
          if best == best, largest ? value > best : value < best {
            (best, index) = (value, e)
          } else if value != value, best == best {
            (best, index) = (value, e)
          }
        }
        values[o &* inner &+ i] = best
        indices[o &* inner &+ i] = Int64(index)
      }
    }
  }

  /// Runs `body` for every outer index, in parallel tasks of about equal work.
  @inline(__always)
  static func forOuter(_ outer: Int, work: Int, _ body: (Int) -> Void) {
    if outer &* max(work, 1) <= elementsPerTask {
      for o in 0..<outer { body(o) }
      return
    }
    ThreadPool.parallelBlocks(count: outer, blockSize: max(1, elementsPerTask / max(work, 1))) { range in
      for o in range { body(o) }
    }
  }
}
