/// One of 2⁶⁴ independent streams of random numbers under a seed, each 2⁶⁴ numbers long.
///
/// Give every row, tree, tile or iteration a stream of its own (`index`), and what it draws depends neither on the thread
/// that runs it nor on what the others draw. A stream is a value: copies continue independently. Making one costs nothing,
/// and ``position`` can be set to any place at once.
///
/// Every method below takes one 64-bit number from the stream for each result, except those that reject: bounded integers
/// once in 2⁶⁴ / bound tries. The numbers are those of ``Philox``; functions of them use only correctly rounded operations
/// and, in the tails of the normal law, libm's logarithm.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// Chooses the family of streams.
  public let seed: UInt64
  /// Chooses the stream.
  public let index: UInt64

  /// Numbers drawn so far.
  @usableFromInline var drawn: UInt64 = 0
  /// The second number of the current block; meaningful while `drawn` is odd.
  @usableFromInline var second: UInt64 = 0

  /// The beginning of stream `index` under `seed`; every value of either is valid.
  @inlinable
  public init(seed: UInt64, index: UInt64 = 0) {
    self.seed = seed
    self.index = index
  }

  /// The number of 64-bit numbers drawn so far; setting it continues from that place.
  public var position: UInt64 {
    get { drawn }
    set {
      drawn = newValue
      if newValue & 1 == 1 { second = Philox.block(key: seed, low: newValue &>> 1, high: index).second }
    }
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    defer { drawn &+= 1 }
    if drawn & 1 == 1 { return second }
    let block = Philox.block(key: seed, low: drawn &>> 1, high: index)
    second = block.second
    return block.first
  }

  /// A uniform variate: a multiple of 2⁻⁵³ in [0, 1).
  @inlinable
  public mutating func uniform() -> Double { Double(Int64(bitPattern: next() &>> 11)) * 0x1p-53 }

  /// A uniform variate: a multiple of 2⁻²⁴ in [0, 1).
  @inlinable
  public mutating func uniformFloat() -> Float { Float(Int32(truncatingIfNeeded: next() &>> 40)) * 0x1p-24 }

  /// A standard normal variate.
  @inlinable
  public mutating func normal() -> Double { NormalVariate.variate(next()) }

  /// An integer of 0..<bound, every one with the same probability; 0 if `bound` is 0.
  ///
  /// D. Lemire, *Fast random integer generation in an interval*, ACM TOMACS 29 (2019), doi:10.1145/3230636.
  @inlinable
  public mutating func below(_ bound: UInt64) -> UInt64 {
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// An integer of 0..<bound, every one with the same probability; 0 if `bound` is at most 0.
  @inlinable
  public mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: below(UInt64(truncatingIfNeeded: Swift.max(bound, 0))))
  }

  /// True with the given probability; never for a probability of at most 0 or NaN, always from 1 on.
  @inlinable
  public mutating func bernoulli(_ probability: Double) -> Bool { uniform() < probability }
}
