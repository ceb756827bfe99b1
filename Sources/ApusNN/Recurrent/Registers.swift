import ApusAutograd
import ApusNumerics

/// Registers that may be partly filled, at the end of a row.
enum Registers {
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
