import ApusNumerics
import RealModule

/// Standard normal variates between two limits by rejection, the proposal chosen by where the limits lie: normal, uniform, or in
/// a tail the exponential of C. P. Robert, "Simulation of truncated normal variables", Stat. Comput. 5 (1995) 121–125,
/// doi:10.1007/BF00143942.
struct TruncatedNormalSampler: VariateSampler {
  private enum Proposal { case normal, uniform, exponential }

  /// The limits, mirrored when they lie below zero.
  private let low: Double
  private let high: Double
  private let isMirrored: Bool
  private let proposal: Proposal
  private let rate: Double

  init(lower: Double, upper: Double) {
    isMirrored = lower + upper < 0
    (low, high) = isMirrored ? (-upper, -lower) : (lower, upper)
    let root = Double.hypot(low, 2)
    rate = (low + root) / 2
    if low <= 0 {
      proposal = high - low > 2.5 ? .normal : .uniform
    } else {
      // Robert's bound; its exponent is low (low − root) / 4 = −low / (low + root).
      let limit = 2 * 1.6487212707001282 / (low + root) * Double.exp(-low / (low + root))
      proposal = high - low > limit ? .exponential : .uniform
    }
  }

  func draw(_ stream: inout RandomStream) -> Double {
    let x = drawBetween(&stream)
    return isMirrored ? -x : x
  }

  private func drawBetween(_ stream: inout RandomStream) -> Double {
    // The point of the interval where the density is highest.
    let peak = Swift.max(low, 0)
    while true {
      switch proposal {
      case .normal:
        let x = stream.normal()
        if x >= low && x <= high { return x }
      case .uniform:
        let x = low + (high - low) * stream.uniform()
        if Double.log(stream.openUniform()) <= 0.5 * (peak - x) * (peak + x) { return x }
      case .exponential:
        let x = low + stream.exponential() / rate
        let d = x - rate
        if x <= high && Double.log(stream.openUniform()) <= -0.5 * d * d { return x }
      }
    }
  }
}
