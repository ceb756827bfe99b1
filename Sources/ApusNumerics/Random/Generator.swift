/// A source of random numbers with the streams of PyTorch's CPU generator: the same seed and the same sequence of calls
/// give the same bits.
///
/// What the bits are measured against is PyTorch 2.15 on x86-64 with AVX2 or AVX512 dispatch, the usual case. Uniform,
/// integer, permutation and Bernoulli streams are the same in every dispatch, but for the last bit of scaled uniforms.
/// PyTorch's scalar fallback (`ATEN_CPU_CAPABILITY=default`) has float32 normals that differ in the last places, and on Intel
/// processors some releases draw `bernoulli_` with a scalar probability, hence dropout, from Intel MKL's own generator.
/// float64 normals, and what is made from logarithms, go through the system's libm, as PyTorch's do.
///
/// Any number of threads may share a generator: each fill is one atomic step, but their order decides who gets which numbers.
/// For reproducible parallel work use ``RandomStream``.
public final class Generator: @unchecked Sendable {
  /// The seed of a generator that was given none; PyTorch's.
  public static let defaultSeed: UInt64 = 67_280_421_310_721

  /// The generator used where none is passed. It starts from ``defaultSeed``; ``manualSeed(_:)`` restarts it.
  public static let `default` = Generator()

  private let lock = Lock(())
  // Guarded by `lock`.
  private var twister: MersenneTwister
  private var seed: UInt64
  private var cachedNormal: Double?
  private var cachedFloatNormal: Float?

  /// A generator that starts from `seed`, of which MT19937 uses the low 32 bits.
  public init(seed: UInt64 = Generator.defaultSeed) {
    self.seed = seed
    self.twister = MersenneTwister(seed: seed)
  }

  /// Starts again from `seed`, forgetting the cached normal variate.
  public func manualSeed(_ seed: UInt64) {
    lock.withLock { _ in
      self.seed = seed
      twister.reseed(seed)
      cachedNormal = nil
      cachedFloatNormal = nil
    }
  }

  /// The seed last set.
  public var initialSeed: UInt64 { lock.withLock { _ in seed } }

  /// A generator that continues independently from the same state.
  public func copy() -> Generator {
    let other = Generator(seed: initialSeed)
    other.restore(snapshot())
    return other
  }

  // MARK: State

  /// The whole state in the 5056 bytes of `torch.get_rng_state()`.
  public var state: [UInt8] { snapshot().bytes }

  /// Continues from a state taken here or by `torch.get_rng_state()`.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` if `bytes` is no such state; the generator is then unchanged.
  public func setState(_ bytes: [UInt8]) throws(ApusError) {
    restore(try GeneratorState(bytes: bytes))
  }

  private func snapshot() -> GeneratorState {
    lock.withLock { _ in
      GeneratorState(
        seed: seed, left: Int32(twister.available + 1), next: UInt64(twister.next),
        words: (0..<MersenneTwister.stateCount).map { twister.stateWord($0) }, cachedNormal: cachedNormal,
        cachedFloatNormal: cachedFloatNormal)
    }
  }

  private func restore(_ state: GeneratorState) {
    lock.withLock { _ in
      seed = state.seed
      state.words.withUnsafeBufferPointer { words in
        guard let words = words.baseAddress else { return }
        twister.restore(state: words, next: Int(state.next), available: Int(state.left) - 1)
      }
      cachedNormal = state.cachedNormal
      cachedFloatNormal = state.cachedFloatNormal
    }
  }

  // MARK: Draws

  /// The next 32 random bits.
  public func nextUInt32() -> UInt32 { withTwister { $0.nextWord() } }

  /// The next 64 random bits, the first 32 drawn in the high half.
  public func nextUInt64() -> UInt64 { withTwister { $0.nextDoubleWord() } }

  /// Runs `body` while no other thread draws.
  func withTwister<Result>(_ body: (inout MersenneTwister) -> Result) -> Result {
    lock.withLock { _ in body(&twister) }
  }

  /// As ``withTwister(_:)`` for what draws single normal variates, one of which may be left over from before.
  func withNormalSource<Result>(_ body: (inout MersenneTwister, inout Double?) -> Result) -> Result {
    lock.withLock { _ in body(&twister, &cachedNormal) }
  }
}
