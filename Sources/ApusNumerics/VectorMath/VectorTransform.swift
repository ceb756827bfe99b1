// From registers to arrays. Kernels of other rooms that fuse several steps run their own register function through these:
// every element goes through the same instructions, whatever its position and the count, so that f(X)[i] = f(X[i]) bitwise.

extension VectorMath {
  /// Elements per task of a parallel call: fixed, so that nothing depends on the number of threads.
  @inlinable @inline(__always) package static var blockSize: Int { 16_384 }

  /// Calls `body(start, count)` for blocks of ``blockSize`` that make up `0..<count`, on several threads if there are
  /// several blocks and `parallel` allows it.
  @usableFromInline @inline(never)
  package static func forEachBlock(count: Int, parallel: Bool, _ body: (_ start: Int, _ count: Int) -> Void) {
    if parallel && count > blockSize {
      ThreadPool.parallelBlocks(count: count, blockSize: blockSize) { body($0.lowerBound, $0.count) }
    } else if count > 0 {
      body(0, count)
    }
  }

  /// `lanes` elements from `source` on; the rest of the register is 0.
  @inlinable @inline(__always)
  package static func load<T: VectorMathScalar>(_ source: UnsafePointer<T>, _ lanes: Int) -> T.Lanes {
    if lanes == T.Lanes.scalarCount { return UnsafeRawPointer(source).loadUnaligned(as: T.Lanes.self) }
    var padded = T.Lanes()
    withUnsafeMutableBytes(of: &padded) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: lanes &* MemoryLayout<T>.stride))
    }
    return padded
  }

  /// The first `lanes` elements of the register to `target` on.
  @inlinable @inline(__always)
  package static func store<T: VectorMathScalar>(_ x: T.Lanes, _ target: UnsafeMutablePointer<T>, _ lanes: Int) {
    if lanes == T.Lanes.scalarCount {
      UnsafeMutableRawPointer(target).storeBytes(of: x, as: T.Lanes.self)
    } else {
      withUnsafeBytes(of: x) {
        UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress!, byteCount: lanes &* MemoryLayout<T>.stride)
      }
    }
  }

  /// target[i] = body(source[i]) on the calling thread, `target` being `source` or disjoint from it.
  ///
  /// Pass a local function marked `@inline(__always)` as `body`: closure literals inside other closures are not inlined.
  @inlinable @inline(__always)
  package static func transform<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, _ body: (T.Lanes) -> T.Lanes
  ) {
    let width = T.Lanes.scalarCount
    var start = 0
    while start < count {
      let lanes = Swift.min(width, count &- start)
      store(body(load(source + start, lanes)), target + start, lanes)
      start &+= width
    }
  }

  /// target[i] = body(first[i], second[i]) on the calling thread, `target` being one of the sources or disjoint from both.
  @inlinable @inline(__always)
  package static func transform<T: VectorMathScalar>(
    _ first: UnsafePointer<T>, _ second: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int,
    _ body: (T.Lanes, T.Lanes) -> T.Lanes
  ) {
    let width = T.Lanes.scalarCount
    var start = 0
    while start < count {
      let lanes = Swift.min(width, count &- start)
      store(body(load(first + start, lanes), load(second + start, lanes)), target + start, lanes)
      start &+= width
    }
  }
}
