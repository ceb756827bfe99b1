import ApusNumerics

/// Loops over registers for kernels that fuse several functions of ``VectorMath``. Every element goes through the same
/// instructions, whatever its position.
enum LaneLoop {
  /// target[i] = body(source[i]), `target` being `source` or disjoint from it.
  @inline(__always)
  static func transform<T: TensorFloat>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, _ body: (T.Lanes) -> T.Lanes
  ) {
    ElementwiseLoop.blocks(count) { range in
      forEachRegister(range, T.self) { start, lanes in
        store(body(load(source + start, lanes)), target + start, lanes)
      }
    }
  }

  /// target[i] = body(first[i], second[i])
  @inline(__always)
  static func transform<T: TensorFloat>(
    _ first: UnsafePointer<T>, _ second: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int,
    _ body: (T.Lanes, T.Lanes) -> T.Lanes
  ) {
    ElementwiseLoop.blocks(count) { range in
      forEachRegister(range, T.self) { start, lanes in
        store(body(load(first + start, lanes), load(second + start, lanes)), target + start, lanes)
      }
    }
  }

  /// Calls `body(start, lanes)` for the registers of `range`: all lanes but in the last.
  @inline(__always)
  static func forEachRegister<T: TensorFloat>(_ range: Range<Int>, _ type: T.Type, _ body: (Int, Int) -> Void) {
    let width = T.Lanes.scalarCount
    var start = range.lowerBound
    while start < range.upperBound {
      body(start, min(width, range.upperBound &- start))
      start &+= width
    }
  }

  /// `lanes` elements from `source` on; the rest of the register is 0.
  @inline(__always)
  static func load<T: TensorFloat>(_ source: UnsafePointer<T>, _ lanes: Int) -> T.Lanes {
    if lanes == T.Lanes.scalarCount { return UnsafeRawPointer(source).loadUnaligned(as: T.Lanes.self) }
    var padded = T.Lanes()
    for lane in 0..<lanes { padded[lane] = source[lane] }
    return padded
  }

  /// The first `lanes` elements of the register to `target` on.
  @inline(__always)
  static func store<T: TensorFloat>(_ x: T.Lanes, _ target: UnsafeMutablePointer<T>, _ lanes: Int) {
    if lanes == T.Lanes.scalarCount {
      UnsafeMutableRawPointer(target).storeBytes(of: x, as: T.Lanes.self)
    } else {
      for lane in 0..<lanes { target[lane] = x[lane] }
    }
  }
}
