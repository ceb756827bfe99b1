/// A stream of random words for one tree, determined by the seed and the stream's number alone.
///
/// SplitMix64: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA,
/// doi:10.1145/2660193.2660195.
struct RandomStream {
  private var state: UInt64

  init(seed: UInt64, stream: UInt64) {
    state = RandomStream.mix(seed &+ RandomStream.mix(stream &+ 0x9e37_79b9_7f4a_7c15))
  }

  @inline(__always)
  static func mix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z &>> 31)
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return RandomStream.mix(state)
  }

  /// A whole number in `0..<bound`, without modulo bias (Lemire 2019, doi:10.1145/3230636). `bound` is at least 1.
  @inline(__always)
  mutating func below(_ bound: Int) -> Int {
    let n = UInt64(bound)
    var product = next().multipliedFullWidth(by: n)
    if product.low < n {
      let threshold = (0 &- n) % n
      while product.low < threshold { product = next().multipliedFullWidth(by: n) }
    }
    return Int(product.high)
  }

  /// A number in [0, 1) with 53 random bits.
  @inline(__always)
  mutating func unit() -> Double { Double(next() &>> 11) * 0x1p-53 }
}
