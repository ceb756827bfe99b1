/// Philox4x32-10: a bijection from a 128-bit counter to 128 random bits under a 64-bit key.
///
/// There is no state to carry from one block to the next, so any block of any stream can be computed at once, and threads
/// share nothing.
///
/// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC '11,
/// doi:10.1145/2063384.2063405, section 4.3.
@usableFromInline
enum Philox {
  private static let rounds = 10

  /// The block at counter `low + 2⁶⁴ · high`, as two 64-bit numbers, the first word of each in its low half.
  @usableFromInline
  static func block(key: UInt64, low: UInt64, high: UInt64) -> (first: UInt64, second: UInt64) {
    scramble(key: key, low: low, high: high)
  }

  /// Blocks `low`, `low + 1`, … as consecutive pairs of 64-bit numbers.
  static func fill(
    _ output: UnsafeMutablePointer<UInt64>, blocks: Int, key: UInt64, low: UInt64, high: UInt64
  ) {
    for index in 0..<blocks {
      let (first, second) = scramble(key: key, low: low &+ UInt64(truncatingIfNeeded: index), high: high)
      output[2 &* index] = first
      output[2 &* index &+ 1] = second
    }
  }

  /// 32-bit words live in 64-bit variables, as the products need and vector units multiply.
  @inline(__always)
  private static func scramble(key: UInt64, low: UInt64, high: UInt64) -> (first: UInt64, second: UInt64) {
    let mask: UInt64 = 0xFFFF_FFFF
    var (c0, c1, c2, c3) = (low & mask, low &>> 32, high & mask, high &>> 32)
    var (k0, k1) = (key & mask, key &>> 32)
    for _ in 0..<rounds {
      let p0 = c0 &* 0xD251_1F53
      let p1 = c2 &* 0xCD9E_8D57
      (c0, c1, c2, c3) = (p1 &>> 32 ^ c1 ^ k0, p1 & mask, p0 &>> 32 ^ c3 ^ k1, p0 & mask)
      k0 = (k0 &+ 0x9E37_79B9) & mask
      k1 = (k1 &+ 0xBB67_AE85) & mask
    }
    return (c0 | c1 &<< 32, c2 | c3 &<< 32)
  }
}
