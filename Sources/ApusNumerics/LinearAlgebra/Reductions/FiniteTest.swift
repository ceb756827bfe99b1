import Synchronization

/// The test for one element type, on the bits of its elements.
///
/// `fault(bits)` has its top bit set exactly for an offending element, so a whole block is tested by OR-ing faults: two
/// or three integer operations an element, which the compiler vectorises.
struct FiniteTest<Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable> {
  /// The exponent bits: those of infinity.
  let exponent: Bits
  let policy: FiniteCheck.Policy

  private static var topBit: Bits { 1 << Bits(Bits.bitWidth - 1) }
  /// True when an element anywhere offends.
  @specialized(where Bits == UInt32)
  @specialized(where Bits == UInt64)
  func scan(_ array: NDArray) -> Bool {
    let found = Atomic<Bool>(false)
    let isAligned = array.isAligned
    LineLayout(array).forEachPiece { start, count, stride in
      if found.load(ordering: .relaxed) { return }
      if faultInLine(start, count: count, stride: stride, isAligned: isAligned) {
        found.store(true, ordering: .relaxed)
      }
    }
    return found.load(ordering: .relaxed)
  }

  @inline(__always)
  private func faultInLine(_ start: UnsafeRawPointer, count: Int, stride: Int, isAligned: Bool) -> Bool {
    var faults: Bits = 0
    if isAligned && stride == MemoryLayout<Bits>.size {
      let bits = start.assumingMemoryBound(to: Bits.self)
      let topBit = Self.topBit
      let lowest = exponent & (~exponent &+ 1)
      let magnitude = ~topBit
      switch policy {
      case .finite: for i in 0..<count { faults |= (bits[i] & exponent) &+ lowest }
      case .allowNaN: for i in 0..<count { faults |= ((bits[i] & magnitude) ^ exponent) &- 1 }
      }
    } else {
      for i in 0..<count { faults |= fault((start + i &* stride).loadUnaligned(as: Bits.self)) }
    }
    return faults & Self.topBit != 0
  }

  /// Has its top bit set exactly when `bits` offends.
  @inline(__always)
  private func fault(_ bits: Bits) -> Bits {
    switch policy {
    // All ones in the exponent carry into the sign's place.
    case .finite: return (bits & exponent) &+ (exponent & (~exponent &+ 1))
    // Only infinity leaves zero, and zero minus one borrows from the top bit.
    case .allowNaN: return ((bits & ~Self.topBit) ^ exponent) &- 1
    }
  }

  /// The first offending element in row-major order.
  @specialized(where Bits == UInt32)
  @specialized(where Bits == UInt64)
  func locate(in array: NDArray) -> NonFiniteElement? {
    let rows = array.shape.first ?? 1
    let columns = array.shape.dropFirst().reduce(1, *)
    for row in 0..<rows {
      for column in 0..<columns {
        var offset = array.rank > 0 ? row &* array.strides[0] : 0
        var rest = column
        for axis in (1..<Swift.max(array.rank, 1)).reversed() {
          let (quotient, index) = rest.quotientAndRemainder(dividingBy: array.shape[axis])
          offset &+= index &* array.strides[axis]
          rest = quotient
        }
        let bits = UnsafeRawPointer(array.data + offset).loadUnaligned(as: Bits.self)
        if fault(bits) & Self.topBit != 0 {
          return NonFiniteElement(
            row: row, column: array.rank > 1 ? column : nil, isNaN: bits & ~Self.topBit != exponent)
        }
      }
    }
    return nil
  }
}
