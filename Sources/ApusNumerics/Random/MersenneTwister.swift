/// The Mersenne Twister MT19937: period 2¹⁹⁹³⁷ − 1, 32-bit words, 624 of them made at a time.
///
/// The words and the seeding are those of PyTorch's CPU generator (only the low 32 bits of the seed take part). A block of
/// 624 words is renewed and tempered in SIMD when the previous one is used up, never earlier, so the position in the block
/// equals PyTorch's after any sequence of draws.
///
/// M. Matsumoto, T. Nishimura, *Mersenne Twister*, ACM TOMACS 8 (1998), doi:10.1145/272991.272995; seeding of 2002.
struct MersenneTwister: ~Copyable {
  /// Words of state, and words per block.
  static let stateCount = 624
  /// The recurrence's second tap: word `k + 624` depends on words `k`, `k + 1` and `k + 397`.
  private static let tap = 397

  private typealias Lanes = SIMD8<UInt32>

  /// The recurrence's words, before tempering.
  private let state: UnsafeMutablePointer<UInt32>
  /// The same words tempered: what is handed out. Two more hold a pair that straddles two blocks.
  private let words: UnsafeMutablePointer<UInt32>
  /// Index of the next word to hand out.
  private(set) var next = 0
  /// Words left before the block must be renewed.
  private(set) var available = 0

  init(seed: UInt64) {
    state = .allocate(capacity: Self.stateCount)
    words = .allocate(capacity: Self.stateCount + 2)
    words.initialize(repeating: 0, count: Self.stateCount + 2)
    var word = UInt32(truncatingIfNeeded: seed)
    state[0] = word
    for index in 1..<Self.stateCount {
      word = 1_812_433_253 &* (word ^ (word &>> 30)) &+ UInt32(index)
      state[index] = word
    }
  }

  deinit {
    state.deallocate()
    words.deallocate()
  }

  /// Starts again from `seed`.
  mutating func reseed(_ seed: UInt64) { self = MersenneTwister(seed: seed) }

  // MARK: State

  /// The untempered word at `index` in 0..<624.
  func stateWord(_ index: Int) -> UInt32 { state[index] }

  /// Continues where another generator stopped; `source` holds 624 untempered words, of which `available` from `next` on
  /// have not been handed out. Requires `next + available <= 624`.
  mutating func restore(state source: UnsafePointer<UInt32>, next: Int, available: Int) {
    for index in 0..<Self.stateCount {
      state[index] = source[index]
      words[index] = Self.temper(Lanes(repeating: source[index]))[0]
    }
    self.next = next
    self.available = available
  }

  // MARK: Draws

  /// The next 32 bits.
  @inline(__always)
  mutating func nextWord() -> UInt32 {
    if available == 0 { renew() }
    let word = words[next]
    next &+= 1
    available &-= 1
    return word
  }

  /// The next 64 bits: the first word drawn is the high half.
  @inline(__always)
  mutating func nextDoubleWord() -> UInt64 {
    let high = nextWord()
    let low = nextWord()
    return UInt64(high) &<< 32 | UInt64(low)
  }

  /// Between 1 and `limit` consecutive words, valid until the next draw. Requires `limit >= 1`.
  @inline(__always)
  mutating func takeWords(atMost limit: Int) -> (words: UnsafePointer<UInt32>, count: Int) {
    if available == 0 { renew() }
    let count = Swift.min(limit, available)
    let first = UnsafePointer(words + next)
    next &+= count
    available &-= count
    return (first, count)
  }

  /// Between 1 and `limit` consecutive pairs of words, valid until the next draw. Requires `limit >= 1`.
  @inline(__always)
  mutating func takePairs(atMost limit: Int) -> (words: UnsafePointer<UInt32>, count: Int) {
    if available == 0 { renew() }
    if available == 1 {
      let pair = words + Self.stateCount
      pair[0] = nextWord()
      pair[1] = nextWord()
      return (UnsafePointer(pair), 1)
    }
    let (taken, count) = takeWords(atMost: 2 &* Swift.min(limit, available &>> 1))
    return (taken, count &>> 1)
  }

  // MARK: Recurrence

  /// Computes the next 624 words. Each word depends on words at least 227 places away and on its right neighbour, which is
  /// loaded before it changes, so eight can be made at once.
  @inline(never)
  private mutating func renew() {
    let count = Self.stateCount
    let tap = Self.tap
    renew(0..<count - tap, tapOffset: tap)
    renew(count - tap..<count - 1, tapOffset: tap - count)
    renewWord(count - 1, neighbour: 0, tapOffset: tap - count)
    next = 0
    available = count
  }

  @inline(__always)
  private mutating func renew(_ range: Range<Int>, tapOffset: Int) {
    let raw = UnsafeMutableRawPointer(state)
    let output = UnsafeMutableRawPointer(words)
    var index = range.lowerBound
    while index &+ 8 <= range.upperBound {
      let offset = index &* 4
      let word = Self.recur(
        raw.loadUnaligned(fromByteOffset: offset, as: Lanes.self),
        neighbour: raw.loadUnaligned(fromByteOffset: offset &+ 4, as: Lanes.self),
        tapped: raw.loadUnaligned(fromByteOffset: offset &+ tapOffset &* 4, as: Lanes.self))
      raw.storeBytes(of: word, toByteOffset: offset, as: Lanes.self)
      output.storeBytes(of: Self.temper(word), toByteOffset: offset, as: Lanes.self)
      index &+= 8
    }
    while index < range.upperBound {
      renewWord(index, neighbour: index &+ 1, tapOffset: tapOffset)
      index &+= 1
    }
  }

  @inline(__always)
  private mutating func renewWord(_ index: Int, neighbour: Int, tapOffset: Int) {
    let word = Self.recur(
      Lanes(repeating: state[index]), neighbour: Lanes(repeating: state[neighbour]),
      tapped: Lanes(repeating: state[index &+ tapOffset]))
    state[index] = word[0]
    words[index] = Self.temper(word)[0]
  }

  @inline(__always)
  private static func recur(_ current: Lanes, neighbour: Lanes, tapped: Lanes) -> Lanes {
    let mixed = (current & 0x8000_0000) | (neighbour & 0x7FFF_FFFF)
    let matrix = (0 &- (neighbour & 1)) & 0x9908_B0DF
    return tapped ^ (mixed &>> 1) ^ matrix
  }

  @inline(__always)
  private static func temper(_ word: Lanes) -> Lanes {
    var y = word
    y ^= y &>> 11
    y ^= (y &<< 7) & 0x9D2C_5680
    y ^= (y &<< 15) & 0xEFC6_0000
    y ^= y &>> 18
    return y
  }
}
