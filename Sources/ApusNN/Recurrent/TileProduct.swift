import ApusAutograd
import ApusNumerics
import CSIMD

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
    if apus_simd_has_512_bits() {
      while r &+ 8 <= rows {
        eight(
          depth, a + r &* aStride, aStride, panel, start + r &* startStride, startStride, out + r &* outStride,
          outStride)
        r &+= 8
      }
    }
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

  /// One panel with where its sums begin and go.
  struct Side<T: RecurrentScalar> {
    let panel: UnsafePointer<T>
    let start: UnsafePointer<T>
    let startStride: Int
    let out: UnsafeMutablePointer<T>
    let outStride: Int
  }

  /// ``run(rows:depth:_:_:_:start:startStride:_:_:)`` for two panels, together where there are registers for it.
  @inline(__always)
  static func runPair<T: RecurrentScalar>(
    rows: Int, depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ first: Side<T>, _ second: Side<T>
  ) {
    var r = 0
    if apus_simd_has_512_bits() {
      while r &+ 8 <= rows {
        eightPair(depth, a + r &* aStride, aStride, first, second, r)
        r &+= 8
      }
    }
    if r < rows {
      runRest(rows: rows, from: r, depth: depth, a, aStride, first)
      runRest(rows: rows, from: r, depth: depth, a, aStride, second)
    }
  }

  @inline(__always)
  private static func runRest<T: RecurrentScalar>(
    rows: Int, from r: Int, depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ side: Side<T>
  ) {
    run(
      rows: rows &- r, depth: depth, a + r &* aStride, aStride, side.panel, start: side.start + r &* side.startStride,
      startStride: side.startStride, side.out + r &* side.outStride, side.outStride)
  }

  /// Eight rows and two panels: 16 sums in registers, each element of `a` loaded once for both.
  @inline(__always)
  private static func eightPair<T: RecurrentScalar>(
    _ depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ first: Side<T>, _ second: Side<T>, _ r: Int
  ) {
    var c0 = load(first.start + (r &+ 0) &* first.startStride)
    var c1 = load(first.start + (r &+ 1) &* first.startStride)
    var c2 = load(first.start + (r &+ 2) &* first.startStride)
    var c3 = load(first.start + (r &+ 3) &* first.startStride)
    var c4 = load(first.start + (r &+ 4) &* first.startStride)
    var c5 = load(first.start + (r &+ 5) &* first.startStride)
    var c6 = load(first.start + (r &+ 6) &* first.startStride)
    var c7 = load(first.start + (r &+ 7) &* first.startStride)
    var d0 = load(second.start + (r &+ 0) &* second.startStride)
    var d1 = load(second.start + (r &+ 1) &* second.startStride)
    var d2 = load(second.start + (r &+ 2) &* second.startStride)
    var d3 = load(second.start + (r &+ 3) &* second.startStride)
    var d4 = load(second.start + (r &+ 4) &* second.startStride)
    var d5 = load(second.start + (r &+ 5) &* second.startStride)
    var d6 = load(second.start + (r &+ 6) &* second.startStride)
    var d7 = load(second.start + (r &+ 7) &* second.startStride)
    let (a1, a2, a3, a4) = (a + aStride, a + 2 &* aStride, a + 3 &* aStride, a + 4 &* aStride)
    let (a5, a6, a7) = (a + 5 &* aStride, a + 6 &* aStride, a + 7 &* aStride)
    let (panel, other) = (first.panel, second.panel)
    for k in 0..<depth {
      let b = load(panel + k &* T.Lanes.scalarCount)
      let e = load(other + k &* T.Lanes.scalarCount)
      let x0 = T.Lanes(repeating: a[k])
      c0 = T.multiplyAdd(lanes: x0, b, c0)
      d0 = T.multiplyAdd(lanes: x0, e, d0)
      let x1 = T.Lanes(repeating: a1[k])
      c1 = T.multiplyAdd(lanes: x1, b, c1)
      d1 = T.multiplyAdd(lanes: x1, e, d1)
      let x2 = T.Lanes(repeating: a2[k])
      c2 = T.multiplyAdd(lanes: x2, b, c2)
      d2 = T.multiplyAdd(lanes: x2, e, d2)
      let x3 = T.Lanes(repeating: a3[k])
      c3 = T.multiplyAdd(lanes: x3, b, c3)
      d3 = T.multiplyAdd(lanes: x3, e, d3)
      let x4 = T.Lanes(repeating: a4[k])
      c4 = T.multiplyAdd(lanes: x4, b, c4)
      d4 = T.multiplyAdd(lanes: x4, e, d4)
      let x5 = T.Lanes(repeating: a5[k])
      c5 = T.multiplyAdd(lanes: x5, b, c5)
      d5 = T.multiplyAdd(lanes: x5, e, d5)
      let x6 = T.Lanes(repeating: a6[k])
      c6 = T.multiplyAdd(lanes: x6, b, c6)
      d6 = T.multiplyAdd(lanes: x6, e, d6)
      let x7 = T.Lanes(repeating: a7[k])
      c7 = T.multiplyAdd(lanes: x7, b, c7)
      d7 = T.multiplyAdd(lanes: x7, e, d7)
    }
    store(c0, first.out + (r &+ 0) &* first.outStride)
    store(c1, first.out + (r &+ 1) &* first.outStride)
    store(c2, first.out + (r &+ 2) &* first.outStride)
    store(c3, first.out + (r &+ 3) &* first.outStride)
    store(c4, first.out + (r &+ 4) &* first.outStride)
    store(c5, first.out + (r &+ 5) &* first.outStride)
    store(c6, first.out + (r &+ 6) &* first.outStride)
    store(c7, first.out + (r &+ 7) &* first.outStride)
    store(d0, second.out + (r &+ 0) &* second.outStride)
    store(d1, second.out + (r &+ 1) &* second.outStride)
    store(d2, second.out + (r &+ 2) &* second.outStride)
    store(d3, second.out + (r &+ 3) &* second.outStride)
    store(d4, second.out + (r &+ 4) &* second.outStride)
    store(d5, second.out + (r &+ 5) &* second.outStride)
    store(d6, second.out + (r &+ 6) &* second.outStride)
    store(d7, second.out + (r &+ 7) &* second.outStride)
  }

  @inline(__always)
  private static func eight<T: RecurrentScalar>(
    _ depth: Int, _ a: UnsafePointer<T>, _ aStride: Int, _ panel: UnsafePointer<T>, _ start: UnsafePointer<T>,
    _ startStride: Int, _ out: UnsafeMutablePointer<T>, _ outStride: Int
  ) {
    var c0 = load(start)
    var c1 = load(start + startStride)
    var c2 = load(start + 2 &* startStride)
    var c3 = load(start + 3 &* startStride)
    var c4 = load(start + 4 &* startStride)
    var c5 = load(start + 5 &* startStride)
    var c6 = load(start + 6 &* startStride)
    var c7 = load(start + 7 &* startStride)
    let (a1, a2, a3, a4) = (a + aStride, a + 2 &* aStride, a + 3 &* aStride, a + 4 &* aStride)
    let (a5, a6, a7) = (a + 5 &* aStride, a + 6 &* aStride, a + 7 &* aStride)
    for k in 0..<depth {
      let b = load(panel + k &* T.Lanes.scalarCount)
      c0 = T.multiplyAdd(lanes: T.Lanes(repeating: a[k]), b, c0)
      c1 = T.multiplyAdd(lanes: T.Lanes(repeating: a1[k]), b, c1)
      c2 = T.multiplyAdd(lanes: T.Lanes(repeating: a2[k]), b, c2)
      c3 = T.multiplyAdd(lanes: T.Lanes(repeating: a3[k]), b, c3)
      c4 = T.multiplyAdd(lanes: T.Lanes(repeating: a4[k]), b, c4)
      c5 = T.multiplyAdd(lanes: T.Lanes(repeating: a5[k]), b, c5)
      c6 = T.multiplyAdd(lanes: T.Lanes(repeating: a6[k]), b, c6)
      c7 = T.multiplyAdd(lanes: T.Lanes(repeating: a7[k]), b, c7)
    }
    store(c0, out)
    store(c1, out + outStride)
    store(c2, out + 2 &* outStride)
    store(c3, out + 3 &* outStride)
    store(c4, out + 4 &* outStride)
    store(c5, out + 5 &* outStride)
    store(c6, out + 6 &* outStride)
    store(c7, out + 7 &* outStride)
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
