import ApusNumerics

/// Targets of rows as numbers, out of memory that ``TargetStore`` keeps.
struct BoostingTargets: @unchecked Sendable {
  private let base: UnsafeRawPointer
  /// Whether targets are class numbers of one byte; float64 otherwise.
  private let areCodes: Bool

  init(_ numbers: UnsafePointer<Double>) {
    base = UnsafeRawPointer(numbers)
    areCodes = false
  }

  init(codes: UnsafePointer<UInt8>) {
    base = UnsafeRawPointer(codes)
    areCodes = true
  }

  private init(_ base: UnsafeRawPointer, areCodes: Bool) {
    self.base = base
    self.areCodes = areCodes
  }

  /// The targets from a row on.
  func dropping(_ rows: Int) -> BoostingTargets {
    BoostingTargets(base + rows * (areCodes ? 1 : MemoryLayout<Double>.stride), areCodes: areCodes)
  }

  @inline(__always)
  subscript(row: Int) -> Double {
    areCodes
      ? Double(base.load(fromByteOffset: row, as: UInt8.self))
      : base.load(fromByteOffset: row &* MemoryLayout<Double>.stride, as: Double.self)
  }
}

/// Targets and the memory they lie in: the caller's own where it is float64, a byte a row for up to 256 classes.
final class TargetStore: @unchecked Sendable {
  private enum Memory {
    case array(NDArray)
    case numbers(Buffer<Double>)
    case codes(Buffer<UInt8>)
  }

  private let memory: Memory
  let count: Int
  /// Valid as long as the store lives.
  let view: BoostingTargets

  /// - Parameter array: float64, one dimension without gaps.
  init(_ array: NDArray) {
    memory = .array(array)
    count = array.count
    view = BoostingTargets(UnsafePointer(array.pointer(Double.self)))
  }

  init(_ numbers: Buffer<Double>) {
    memory = .numbers(numbers)
    count = numbers.count
    view = BoostingTargets(UnsafePointer(numbers.pointer))
  }

  private init(codes: Buffer<UInt8>) {
    memory = .codes(codes)
    count = codes.count
    view = BoostingTargets(codes: UnsafePointer(codes.pointer))
  }

  /// Class numbers below `classes`.
  static func classes(_ labels: UnsafePointer<UInt32>, count: Int, classes: Int) throws(ApusError) -> TargetStore {
    guard classes <= 256 else {
      let numbers = try Buffer<Double>(count: count)
      for row in 0..<count { numbers[row] = Double(labels[row]) }
      return TargetStore(numbers)
    }
    let codes = try Buffer<UInt8>(count: count)
    for row in 0..<count { codes[row] = UInt8(truncatingIfNeeded: labels[row]) }
    return TargetStore(codes: codes)
  }

  /// The targets of some rows.
  func picked(_ rows: [Int]) throws(ApusError) -> TargetStore {
    if case .codes(let codes) = memory {
      let own = try Buffer<UInt8>(count: rows.count)
      for (i, row) in rows.enumerated() { own[i] = codes[row] }
      return TargetStore(codes: own)
    }
    let own = try Buffer<Double>(count: rows.count)
    for (i, row) in rows.enumerated() { own[i] = view[row] }
    return TargetStore(own)
  }
}
