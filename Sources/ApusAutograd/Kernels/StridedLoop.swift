import ApusNumerics

/// The loop nest over two broadcast operands and a row-major result.
///
/// Axes along which both operands advance evenly are merged, so that rows are as long as they can be.
struct StridedLoop {
  /// Extents of the outer axes, then of the row.
  private(set) var extents: [Int] = []
  /// Elements between neighbours, per operand, by merged axis.
  private(set) var first: [Int] = []
  private(set) var second: [Int] = []

  /// Strides in elements, of operands already broadcast to `shape`.
  init(shape: [Int], first a: [Int], second b: [Int]) {
    for axis in shape.indices where shape[axis] != 1 {
      if let last = extents.last, first[extents.count - 1] == a[axis] * shape[axis],
        second[extents.count - 1] == b[axis] * shape[axis]
      {
        extents[extents.count - 1] = last * shape[axis]
        first[extents.count - 1] = a[axis]
        second[extents.count - 1] = b[axis]
      } else {
        extents.append(shape[axis])
        first.append(a[axis])
        second.append(b[axis])
      }
    }
    if extents.isEmpty {
      extents = [1]
      first = [0]
      second = [0]
    }
  }

  init(_ a: NDArray, _ b: NDArray, shape: [Int]) {
    let (x, y) = (a.broadcast(to: shape), b.broadcast(to: shape))
    self.init(
      shape: shape, first: x.strides.map { $0 / a.dtype.stride }, second: y.strides.map { $0 / b.dtype.stride })
  }

  /// Calls `body` for every row: offsets of its first elements, its length, and the operands' steps within it.
  @inline(__always)
  func forEachRow(_ body: (_ a: Int, _ b: Int, _ out: Int, _ n: Int, _ stepA: Int, _ stepB: Int) -> Void) {
    let last = extents.count - 1
    let n = extents[last]
    let (stepA, stepB) = (first[last], second[last])
    if extents.contains(0) { return }
    if last == 0 {
      body(0, 0, 0, n, stepA, stepB)
      return
    }
    var index = [Int](repeating: 0, count: last)
    var (a, b, out) = (0, 0, 0)
    while true {
      body(a, b, out, n, stepA, stepB)
      out &+= n
      var axis = last - 1
      while axis >= 0 {
        index[axis] += 1
        a &+= first[axis]
        b &+= second[axis]
        if index[axis] < extents[axis] { break }
        a &-= first[axis] &* extents[axis]
        b &-= second[axis] &* extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// Elementwise loops over one or two operands; the operation is inlined into each.
enum ElementwiseLoop {
  /// Elements per task of a parallel loop.
  static let blockSize = 32_768

  /// out[i] = operation(a[i], b[i]) with broadcasting; `out` is row-major of `shape`. Operands are aligned.
  @inline(__always)
  static func binary<A, Result>(
    _ a: NDArray, _ b: NDArray, _ out: UnsafeMutablePointer<Result>, shape: [Int],
    _ operation: (A, A) -> Result
  ) {
    let (x, y) = (a.raw(A.self), b.raw(A.self))
    let count = shape.reduce(1, *)
    if a.shape == shape, a.isContiguous {
      if b.shape == shape, b.isContiguous {
        blocks(count) { range in
          for i in range { out[i] = operation(x[i], y[i]) }
        }
        return
      }
      if b.count == 1 {
        let scalar = y[0]
        blocks(count) { range in
          for i in range { out[i] = operation(x[i], scalar) }
        }
        return
      }
    } else if a.count == 1, b.shape == shape, b.isContiguous {
      let scalar = x[0]
      blocks(count) { range in
        for i in range { out[i] = operation(scalar, y[i]) }
      }
      return
    }
    StridedLoop(a, b, shape: shape).forEachRow { offsetA, offsetB, offset, n, stepA, stepB in
      let (p, q, r) = (x + offsetA, y + offsetB, out + offset)
      if stepA == 1, stepB == 1 {
        for i in 0..<n { r[i] = operation(p[i], q[i]) }
      } else if stepA == 1, stepB == 0 {
        let scalar = q[0]
        for i in 0..<n { r[i] = operation(p[i], scalar) }
      } else if stepA == 0, stepB == 1 {
        let scalar = p[0]
        for i in 0..<n { r[i] = operation(scalar, q[i]) }
      } else {
        for i in 0..<n { r[i] = operation(p[i &* stepA], q[i &* stepB]) }
      }
    }
  }

  /// out[i] = operation(x[i]) over contiguous elements.
  @inline(__always)
  static func unary<A, Result>(
    _ x: UnsafePointer<A>, _ out: UnsafeMutablePointer<Result>, count: Int, _ operation: (A) -> Result
  ) {
    blocks(count) { range in
      for i in range { out[i] = operation(x[i]) }
    }
  }

  /// Calls `body` for blocks of `0..<count`, on several threads when there are several.
  @inline(__always)
  static func blocks(_ count: Int, _ body: (Range<Int>) -> Void) {
    if count <= blockSize {
      body(0..<count)
    } else {
      ThreadPool.parallelBlocks(count: count, blockSize: blockSize, body)
    }
  }
}
