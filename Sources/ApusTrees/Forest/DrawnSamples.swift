import ApusModels

/// How the samples of an ensemble's members were drawn, so that a warm start can draw them again.
struct DrawnSamples: Equatable, Sendable {
  let seed: UInt64
  /// Draws per member.
  let count: Int

  init(seed: UInt64, count: Int) {
    self.seed = seed
    self.count = count
  }

  func write(to state: inout ModelState) {
    state.scalars["samples.seed"] = .int(Int64(bitPattern: seed))
    state.scalars["samples.count"] = .int(Int64(count))
  }

  /// The inverse of ``write(to:)``; nil for models without samples.
  init?(_ state: ModelState) {
    guard case .int(let seed)? = state.scalars["samples.seed"], case .int(let count)? = state.scalars["samples.count"],
      let count = Int(exactly: count)
    else { return nil }
    self.init(seed: UInt64(bitPattern: seed), count: count)
  }

  /// Says why a warm start whose earlier members drew differently has no out-of-bag estimates.
  static func warnOfOtherDraws(_ context: FitContext) {
    context.warn(
      .general,
      "oob_score: the earlier members drew their rows with another random_state or max_samples; out-of-bag estimates "
        + "need a new fit")
  }
}
