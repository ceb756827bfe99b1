import Glibc

/// Normal variates conditioned on an interval, with the draws of `torch.nn.init.trunc_normal_`.
///
/// Rejection, always over the whole array so that the stream does not depend on what was rejected where: from the normal law
/// itself when the interval holds more than 0.3 of it, else from the uniform law on the interval, accepted with the
/// density relative to its largest value there.
struct TruncatedNormalFill {
  /// Rounds after which the interval counts as unreachable.
  static let maximumRounds = 10_000

  let mean: Double
  let standardDeviation: Double
  let low: Double
  let high: Double

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` unless `mean` is finite, `standardDeviation` positive and finite,
  ///   and `low < high`.
  init(mean: Double, standardDeviation: Double, low: Double, high: Double) throws(ApusError) {
    guard mean.isFinite else { throw .invalidArgument(name: "mean", reason: "\(mean) is not finite") }
    guard standardDeviation > 0 && standardDeviation.isFinite else {
      throw .invalidArgument(name: "std", reason: "\(standardDeviation) is not positive and finite")
    }
    guard low < high else { throw .invalidArgument(name: "a", reason: "\(low) is not less than b = \(high)") }
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.low = low
    self.high = high
  }

  /// The probability of the interval.
  private var probability: Double {
    func below(_ x: Double) -> Double { (1 + erf((x - mean) / standardDeviation / 2.0.squareRoot())) / 2 }
    return below(high) - below(low)
  }

  /// - Throws: ``ApusError`` for lack of memory, an infinite interval with less than 0.3 of the law, or an interval that
  ///   ``maximumRounds`` rounds do not reach.
  func fill<Element: NDElement & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, generator: Generator
  ) throws(ApusError) {
    if count == 0 { return }
    if probability > 0.3 {
      try rejectNormals(elements, count: count, generator: generator)
    } else {
      try rejectUniforms(elements, count: count, generator: generator)
    }
  }

  private func rejectNormals<Element: NDElement & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, generator: Generator
  ) throws(ApusError) {
    let (low, high) = (Element(low), Element(high))
    try generator.fillNormal(elements, count: count, mean: mean, standardDeviation: standardDeviation)
    let redrawn = try Buffer<Element>(count: count)
    for _ in 0..<Self.maximumRounds {
      var isComplete = true
      for index in 0..<count where elements[index] < low || elements[index] > high { isComplete = false }
      if isComplete { return }
      try generator.fillNormal(redrawn.pointer, count: count, mean: mean, standardDeviation: standardDeviation)
      for index in 0..<count where elements[index] < low || elements[index] > high {
        elements[index] = redrawn.pointer[index]
      }
    }
    throw unreachable
  }

  private func rejectUniforms<Element: NDElement & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, generator: Generator
  ) throws(ApusError) {
    let candidates = try Buffer<Element>(count: count)
    let acceptance = try Buffer<Element>(count: count)
    let isPending = try Buffer<Bool>(repeating: true, count: count)
    let peak = (Swift.max(low, Swift.min(mean, high)) - mean) / standardDeviation
    let logPeak = Element(-0.5 * (peak * peak))
    let (center, scale) = (Element(mean), Element(standardDeviation))
    for _ in 0..<Self.maximumRounds {
      try generator.fillUniform(candidates.pointer, count: count, from: low, to: high)
      try generator.fillUniform(acceptance.pointer, count: count)
      var isComplete = true
      for index in 0..<count where isPending.pointer[index] {
        let candidate = candidates.pointer[index]
        elements[index] = candidate
        let deviation = (candidate - center) / scale
        let logDensity = deviation * deviation * -0.5 - logPeak
        isPending.pointer[index] = Element(log(Double(acceptance.pointer[index]))) > logDensity
        if isPending.pointer[index] { isComplete = false }
      }
      if isComplete { return }
    }
    throw unreachable
  }

  private var unreachable: ApusError {
    .numericalFailure(
      reason: "trunc_normal: [\(low), \(high)] was not reached in \(Self.maximumRounds) rounds with mean = \(mean), "
        + "std = \(standardDeviation)")
  }
}
