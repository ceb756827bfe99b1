/// A snapshot of a ``Generator`` in the byte layout of `torch.get_rng_state()`, little-endian, 5056 bytes:
///
/// | offset | type | field |
/// |---|---|---|
/// | 0 | uint64 | seed |
/// | 8 | int32 | words left in the block, plus 1 |
/// | 12 | int32 | 1: seeded |
/// | 16 | uint64 | index of the next word |
/// | 24 | uint64 × 624 | words of the recurrence |
/// | 5016 | float64 | unused |
/// | 5024 | float64 | cached normal variate |
/// | 5032 | float64 | unused |
/// | 5040 | int32 | 1 if that variate is valid |
/// | 5048 | float32 | cached float32 normal variate, which the CPU generator carries along unused |
/// | 5052 | bool | whether that one is valid |
struct GeneratorState {
  static let byteCount = 5056
  static let wordsOffset = 24

  var seed: UInt64
  var left: Int32
  var next: UInt64
  var words: [UInt32]
  var cachedNormal: Double?
  var cachedFloatNormal: Float?

  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.byteCount)
    bytes.withUnsafeMutableBytes { raw in
      raw.storeBytes(of: seed.littleEndian, as: UInt64.self)
      raw.storeBytes(of: left.littleEndian, toByteOffset: 8, as: Int32.self)
      raw.storeBytes(of: Int32(1).littleEndian, toByteOffset: 12, as: Int32.self)
      raw.storeBytes(of: next.littleEndian, toByteOffset: 16, as: UInt64.self)
      for (index, word) in words.enumerated() {
        raw.storeBytes(of: UInt64(word).littleEndian, toByteOffset: Self.wordsOffset + 8 * index, as: UInt64.self)
      }
      if let cachedNormal {
        raw.storeBytes(of: cachedNormal.bitPattern.littleEndian, toByteOffset: 5024, as: UInt64.self)
        raw.storeBytes(of: Int32(1).littleEndian, toByteOffset: 5040, as: Int32.self)
      }
      if let cachedFloatNormal {
        raw.storeBytes(of: cachedFloatNormal.bitPattern.littleEndian, toByteOffset: 5048, as: UInt32.self)
        raw[5052] = 1
      }
    }
    return bytes
  }

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` unless `bytes` is such a snapshot.
  init(bytes: [UInt8]) throws(ApusError) {
    guard bytes.count == Self.byteCount else {
      throw .invalidArgument(name: "state", reason: "\(bytes.count) bytes, expected \(Self.byteCount)")
    }
    func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
      bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
    seed = load(UInt64.self, at: 0)
    left = load(Int32.self, at: 8)
    next = load(UInt64.self, at: 16)
    let count = MersenneTwister.stateCount
    guard load(Int32.self, at: 12) == 1, (1...Int32(count)).contains(left), next <= UInt64(count),
      Int(next) + Int(left) - 1 <= count
    else {
      throw .invalidArgument(name: "state", reason: "left = \(left), next = \(next) is not a position in 0...\(count)")
    }
    words = []
    words.reserveCapacity(count)
    for index in 0..<count {
      let word = load(UInt64.self, at: Self.wordsOffset + 8 * index)
      guard let narrow = UInt32(exactly: word) else {
        throw .invalidArgument(name: "state", reason: "word \(index) is \(word), expected at most 32 bits")
      }
      words.append(narrow)
    }
    cachedNormal = load(Int32.self, at: 5040) == 0 ? nil : Double(bitPattern: load(UInt64.self, at: 5024))
    cachedFloatNormal = bytes[5052] == 0 ? nil : Float(bitPattern: load(UInt32.self, at: 5048))
  }

  init(
    seed: UInt64, left: Int32, next: UInt64, words: [UInt32], cachedNormal: Double?, cachedFloatNormal: Float?
  ) {
    self.seed = seed
    self.left = left
    self.next = next
    self.words = words
    self.cachedNormal = cachedNormal
    self.cachedFloatNormal = cachedFloatNormal
  }
}
