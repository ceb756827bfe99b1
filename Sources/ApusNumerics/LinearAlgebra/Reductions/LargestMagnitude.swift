/// The largest magnitude in an array, from the bits: without its sign a floating-point number orders as an integer.
///
/// Infinity orders above every finite number and NaN above infinity, so one pass also tells whether all are finite.
package enum LargestMagnitude {
  /// max |aᵢ|, 0 for an empty array; infinity or NaN if there is any.
  package static func of(_ array: NDArray) -> Double {
    if array.isEmpty { return 0 }
    if array.dtype == .float32 { return Double(Float(bitPattern: largest(array, magnitude: UInt32.max >> 1))) }
    return Double(bitPattern: largest(array, magnitude: UInt64.max >> 1))
  }

  @specialized(where Bits == UInt32)
  @specialized(where Bits == UInt64)
  private static func largest<Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable>(
    _ array: NDArray, magnitude: Bits
  ) -> Bits {
    let isAligned = array.isAligned
    let result = Lock<Bits>(0)
    LineLayout(array).forEachPiece { start, count, stride in
      var largest: Bits = 0
      if isAligned && stride == MemoryLayout<Bits>.size {
        let bits = start.assumingMemoryBound(to: Bits.self)
        for i in 0..<count { largest = Swift.max(largest, bits[i] & magnitude) }
      } else {
        for i in 0..<count {
          largest = Swift.max(largest, (start + i &* stride).loadUnaligned(as: Bits.self) & magnitude)
        }
      }
      result.withLock { $0 = Swift.max($0, largest) }
    }
    return result.withLock { $0 }
  }
}
