/// How a random integer is made from random bits: `(bits mod modulus) + base`, in PyTorch's way.
///
/// PyTorch takes the remainder, so ranges below 2²⁸ carry a bias of at most one part in 16 and larger ones, drawn from
/// 64 bits, none worth naming. Where an unbiased integer matters use ``RandomStream``.
struct IntegerDraw {
  /// Whether 64 bits are drawn for each integer, not 32.
  let isWide: Bool
  /// 0 stands for 2⁶⁴.
  let modulus: UInt64
  let base: Int64

  init(isWide: Bool, modulus: UInt64, base: Int64) {
    self.isWide = isWide
    self.modulus = modulus
    self.base = base
  }

  /// A draw from `modulus` consecutive integers starting at `base`.
  init(modulus: UInt64, base: Int64) {
    self.init(isWide: modulus >= 1 << 28 || modulus == 0, modulus: modulus, base: base)
  }

  /// All nonnegative values of an integer type, 0…2²⁴ for float32, 0…2⁵³ for float64 (`tensor.random_()`).
  init(nonnegative dtype: DType) {
    switch dtype {
    case .float32: self.init(isWide: false, modulus: 1 << 24 + 1, base: 0)
    case .float64: self.init(isWide: true, modulus: 1 << 53 + 1, base: 0)
    case .int32: self.init(isWide: false, modulus: 1 << 31, base: 0)
    case .int64: self.init(isWide: true, modulus: 1 << 63, base: 0)
    case .uint8: self.init(isWide: false, modulus: 1 << 8, base: 0)
    case .bool: self.init(isWide: false, modulus: 2, base: 0)
    }
  }

  /// The integers `from ..< to` (`tensor.random_(from, to)`), or from `from` up to the largest the type holds exactly when
  /// `to` is nil; `Int64.min` and nil is the whole range of int64.
  ///
  /// In a floating-point type the bounds move inwards to numbers whose neighbours the type tells apart.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an empty range or bounds outside the type's.
  init(from: Int64, to: Int64?, dtype: DType) throws(ApusError) {
    guard let to else {
      try self.init(from: from, dtype: dtype)
      return
    }
    guard from < to else { throw Self.emptyRange(from: from, to: to) }
    var (first, end) = (from, to)
    switch dtype {
    case .float32: (first, end) = (Self.moveUp(from, Float.self), Self.moveDown(to, Float.self))
    case .float64: (first, end) = (Self.moveUp(from, Double.self), Self.moveDown(to, Double.self))
    case .int32, .int64, .uint8, .bool: break
    }
    guard first < end else { throw Self.emptyRange(from: from, to: to) }
    try Self.check(first, name: "from", dtype: dtype)
    try Self.check(end - 1, name: "to - 1", dtype: dtype)
    self.init(modulus: UInt64(bitPattern: end) &- UInt64(bitPattern: first), base: first)
  }

  private init(from: Int64, dtype: DType) throws(ApusError) {
    if from == .min {
      guard dtype == .int64 || dtype.isFloatingPoint else {
        throw .invalidArgument(name: "from", reason: "\(from) is outside the range of \(dtype.name)")
      }
      self.init(isWide: true, modulus: 0, base: 0)
      return
    }
    var first = from
    let last: Int64
    switch dtype {
    case .float32: (first, last) = (Self.moveUp(from, Float.self), 1 << 24)
    case .float64: (first, last) = (Self.moveUp(from, Double.self), 1 << 53)
    case .int32, .int64, .uint8, .bool: last = Self.integerRange(dtype).upperBound
    }
    guard first <= last else { throw Self.emptyRange(from: from, to: last) }
    try Self.check(first, name: "from", dtype: dtype)
    self.init(modulus: UInt64(bitPattern: last) &- UInt64(bitPattern: first) &+ 1, base: first)
  }

  // MARK: Bounds

  private static func integerRange(_ dtype: DType) -> ClosedRange<Int64> {
    switch dtype {
    case .bool: return 0...1
    case .uint8: return 0...255
    case .int32: return Int64(Int32.min)...Int64(Int32.max)
    case .int64, .float32, .float64: return Int64.min...Int64.max
    }
  }

  private static func check(_ value: Int64, name: String, dtype: DType) throws(ApusError) {
    guard integerRange(dtype).contains(value) else {
      throw .invalidArgument(name: name, reason: "\(value) is outside the range of \(dtype.name)")
    }
  }

  private static func emptyRange(from: Int64, to: Int64) -> ApusError {
    .invalidArgument(name: "from", reason: "\(from) is not less than to = \(to)")
  }

  /// The smallest usable lower bound not below `from`: where the type's spacing exceeds 1, `from + 1` may round below `from`.
  private static func moveUp<Value: BinaryFloatingPoint>(_ from: Int64, _ type: Value.Type) -> Int64 {
    let successor = rounded(from &+ 1, type)
    return successor < from ? successor &+ spacing(from &+ 1, type) : from
  }

  /// The largest usable upper bound not above `to`: `to - 1` may round up to `to`.
  private static func moveDown<Value: BinaryFloatingPoint>(_ to: Int64, _ type: Value.Type) -> Int64 {
    let predecessor = rounded(to &- 1, type)
    return predecessor >= to ? predecessor &- spacing(to &- 1, type) : to
  }

  /// `value` rounded to the type; what exceeds int64 wraps to its minimum, as x86's conversion does.
  private static func rounded<Value: BinaryFloatingPoint>(_ value: Int64, _ type: Value.Type) -> Int64 {
    Int64(exactly: Value(value)) ?? .min
  }

  /// Distance between neighbouring numbers of the type at `value`.
  private static func spacing<Value: BinaryFloatingPoint>(_ value: Int64, _ type: Value.Type) -> Int64 {
    let exponent = 63 - Int64(bitPattern: value.magnitude).leadingZeroBitCount
    return 1 &<< Int64(exponent - Value.significandBitCount)
  }
}
