import RealModule

/// Intervals for effect sizes by inverting the noncentral distribution of the test statistic: J. H. Steiger, Psychol. Methods 9 (2004)
/// 164–182.
enum NoncentralityInterval {
  /// For the noncentrality of an F statistic.
  static func f(
    _ statistic: Double, _ numerator: Double, _ denominator: Double, _ confidence: Double
  ) -> (lower: Double, upper: Double) {
    invert(confidence, guess: statistic * numerator) { Noncentral.fUpper(statistic, numerator, denominator, $0) }
  }

  /// For the noncentrality of a chi-squared statistic.
  static func chiSquared(
    _ statistic: Double, _ degreesOfFreedom: Double, _ confidence: Double
  ) -> (lower: Double, upper: Double) {
    invert(confidence, guess: statistic) { Noncentral.chiSquaredUpper(statistic, degreesOfFreedom, $0) }
  }

  /// `upperTail` of the observed statistic rises with the noncentrality.
  private static func invert(
    _ confidence: Double, guess: Double, _ upperTail: (Double) -> Double
  ) -> (lower: Double, upper: Double) {
    guard guess.isFinite, guess >= 0 else { return (.nan, .nan) }
    let tail = (1 - confidence) / 2
    func reaching(_ probability: Double) -> Double {
      if upperTail(0) >= probability { return 0 }
      var (low, high) = (0.0, Swift.max(guess, 1))
      while upperTail(high) < probability && high < 1e7 { (low, high) = (high, 2 * high) }
      for _ in 0..<60 where high - low > 1e-10 * high {
        let middle = 0.5 * (low + high)
        if upperTail(middle) < probability { low = middle } else { high = middle }
      }
      return 0.5 * (low + high)
    }
    return (reaching(tail), reaching(1 - tail))
  }
}

extension TestResult {
  /// The effect size as estimate, with the interval for the noncentrality λ of a chi-squared statistic: λ / `scale`, or its root,
  /// at most `limit`.
  mutating func setNoncentralInterval(
    _ statistic: Double, _ degreesOfFreedom: Double, per scale: Double, squareRoot: Bool, atMost limit: Double = 1,
    _ confidence: Double
  ) {
    let (lower, upper) = NoncentralityInterval.chiSquared(statistic, degreesOfFreedom, confidence)
    func effect(_ noncentrality: Double) -> Double {
      let share = noncentrality / scale
      return (squareRoot ? share.squareRoot() : share).atMost(limit)
    }
    (estimateName, estimate) = (effectName, effectSize)
    confidenceInterval = ConfidenceInterval(lower: effect(lower), upper: effect(upper), level: confidence)
  }
}
