import ApusAutograd
import ApusNumerics

/// Products of a few rows with a matrix in *panels*: the dense part of one recurrent step.
///
/// A panel holds as many output columns as a register has lanes, element k of all of them side by side:
/// `panel[k * width + lane]`. Every result is one chain of multiply-adds over k, so its bits depend neither on the number
/// of rows nor on how they are cut into tiles.
enum TileProduct {
  /// out[r] ← start[r] + Σ_k a[r, k] · panel[k] for one panel and all rows.
  ///
  /// - Parameters:
  ///   - start: where the sums of row r begin, `startStride` elements apart; 0 gives all rows the same.
  ///   - out: row r's register begins at `out[r * outStride]`; may be `start` itself.
  @inline(__always)
  static func run<T: RecurrentScalar>(
    rows: Int, depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ panel: UnsafePointer<T>,
    start: UnsafePointer<T>, startStride: Int, _ out: UnsafeMutablePointer<T>, _ outStride: Int
  ) {
    var r = 0
    while r &+ 6 <= rows {
      six(
        depth, a + r &* aStride, aStride, panel, start + r &* startStride, startStride, out + r &* outStride, outStride)
      r &+= 6
    }
    while r &+ 4 <= rows {
      four(
        depth, a + r &* aStride, aStride, panel, start + r &* startStride, startStride, out + r &* outStride, outStride)
      r &+= 4
    }
    while r < rows {
      one(depth, a + r &* aStride, panel, start + r &* startStride, out + r &* outStride)
      r &+= 1
    }
  }

  @inline(__always)
  private static func six<T: RecurrentScalar>(
    _ depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ panel: UnsafePointer<T>, _ start: UnsafePointer<T>,
    _ startStride: Int, _ out: UnsafeMutablePointer<T>, _ outStride: Int
  ) {
    var c0 = load(start)
    var c1 = load(start + startStride)
    var c2 = load(start + 2 &* startStride)
    var c3 = load(start + 3 &* startStride)
    var c4 = load(start + 4 &* startStride)
    var c5 = load(start + 5 &* startStride)
    let (a1, a2, a3) = (a + aStride, a + 2 &* aStride, a + 3 &* aStride)
    let (a4, a5) = (a + 4 &* aStride, a + 5 &* aStride)
    for k in 0..<depth {
      let b = load(panel + k &* T.Lanes.scalarCount)
      c0 = T.multiplyAdd(lanes: T.Lanes(repeating: a[k]), b, c0)
      c1 = T.multiplyAdd(lanes: T.Lanes(repeating: a1[k]), b, c1)
      c2 = T.multiplyAdd(lanes: T.Lanes(repeating: a2[k]), b, c2)
      c3 = T.multiplyAdd(lanes: T.Lanes(repeating: a3[k]), b, c3)
      c4 = T.multiplyAdd(lanes: T.Lanes(repeating: a4[k]), b, c4)
      c5 = T.multiplyAdd(lanes: T.Lanes(repeating: a5[k]), b, c5)
    }
    store(c0, out)
    store(c1, out + outStride)
    store(c2, out + 2 &* outStride)
    store(c3, out + 3 &* outStride)
    store(c4, out + 4 &* outStride)
    store(c5, out + 5 &* outStride)
  }

  @inline(__always)
  private static func four<T: RecurrentScalar>(
    _ depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ panel: UnsafePointer<T>, _ start: UnsafePointer<T>,
    _ startStride: Int, _ out: UnsafeMutablePointer<T>, _ outStride: Int
  ) {
    var c0 = load(start)
    var c1 = load(start + startStride)
    var c2 = load(start + 2 &* startStride)
    var c3 = load(start + 3 &* startStride)
    let (a1, a2, a3) = (a + aStride, a + 2 &* aStride, a + 3 &* aStride)
    for k in 0..<depth {
      let b = load(panel + k &* T.Lanes.scalarCount)
      c0 = T.multiplyAdd(lanes: T.Lanes(repeating: a[k]), b, c0)
      c1 = T.multiplyAdd(lanes: T.Lanes(repeating: a1[k]), b, c1)
      c2 = T.multiplyAdd(lanes: T.Lanes(repeating: a2[k]), b, c2)
      c3 = T.multiplyAdd(lanes: T.Lanes(repeating: a3[k]), b, c3)
    }
    store(c0, out)
    store(c1, out + outStride)
    store(c2, out + 2 &* outStride)
    store(c3, out + 3 &* outStride)
  }

  @inline(__always)
  private static func one<T: RecurrentScalar>(
    _ depth: Int, _ a: UnsafePointer<T>, _ panel: UnsafePointer<T>, _ start: UnsafePointer<T>,
    _ out: UnsafeMutablePointer<T>
  ) {
    var c = load(start)
    for k in 0..<depth {
      c = T.multiplyAdd(lanes: T.Lanes(repeating: a[k]), load(panel + k &* T.Lanes.scalarCount), c)
    }
    store(c, out)
  }

  @inline(__always)
  private static func load<T: RecurrentScalar>(_ x: UnsafePointer<T>) -> T.Lanes {
    UnsafeRawPointer(x).loadUnaligned(as: T.Lanes.self)
  }

  @inline(__always)
  private static func store<T: RecurrentScalar>(_ x: T.Lanes, _ target: UnsafeMutablePointer<T>) {
    UnsafeMutableRawPointer(target).storeBytes(of: x, as: T.Lanes.self)
  }
}
