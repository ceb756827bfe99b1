import ApusNumerics
import RealModule

/// The alternative hypothesis of a test.
public enum Alternative: String, CaseIterable, Sendable {
  case twoSided = "two-sided"
  case less, greater
}

/// What a test does with NaN.
public enum MissingPolicy: String, CaseIterable, Sendable {
  /// The result is NaN.
  case propagate
  /// Observations (pairs, rows) with NaN are left out.
  case omit
  /// An error that names the first NaN.
  case raise
}

/// An interval that covers the true value with probability `level`.
public struct ConfidenceInterval: Sendable, Equatable {
  public let lower: Double
  public let upper: Double
  public let level: Double

  public init(lower: Double, upper: Double, level: Double) {
    self.lower = lower
    self.upper = upper
    self.level = level
  }
}

/// What every hypothesis test returns.
public struct TestResult: Sendable {
  public var statistic: Double
  /// Probability, under the null hypothesis, of a statistic at least as extreme.
  public var pValue: Double
  /// ln of ``pValue``, also where that underflows.
  public var logPValue: Double
  /// Degrees of freedom of the reference distribution; NaN when it has none. For F the numerator's.
  public var degreesOfFreedom: Double = .nan
  /// The denominator's degrees of freedom of an F test, NaN otherwise.
  public var denominatorDegreesOfFreedom: Double = .nan
  /// Name and value of the effect size, such as "cohen_d".
  public var effectName = ""
  public var effectSize: Double = .nan
  /// Name of the estimated quantity, such as "mean_difference", its value, and its confidence interval.
  public var estimateName = ""
  public var estimate: Double = .nan
  public var confidenceInterval: ConfidenceInterval?
  /// Further quantities by name.
  public var extras: [(name: String, value: Double)] = []
  /// Why a result is NaN or doubtful.
  public var warnings: [String] = []

  public init(statistic: Double, pValue: Double, logPValue: Double) {
    self.statistic = statistic
    self.pValue = pValue
    self.logPValue = logPValue
  }

  init(_ statistic: Double, _ p: PValue) {
    self.init(statistic: statistic, pValue: p.value, logPValue: p.logarithm)
  }

  /// NaN throughout, for data with NaN under ``MissingPolicy/propagate``.
  static var undefined: TestResult { TestResult(statistic: .nan, pValue: .nan, logPValue: .nan) }

  static func undefined(_ warning: String) -> TestResult {
    var result = undefined
    result.warnings = [warning]
    return result
  }
}

/// A p-value and its logarithm.
struct PValue {
  let value: Double
  let logarithm: Double

  init(_ value: Double) {
    self.value = value
    logarithm = Double.log(value)
  }

  init(value: Double, logarithm: Double) {
    self.value = value
    self.logarithm = logarithm
  }

  /// Of a statistic whose null distribution has these tails at it and is symmetric.
  init(_ tails: TailProbability, _ alternative: Alternative) {
    switch alternative {
    case .less: self.init(value: tails.lower, logarithm: tails.logLower)
    case .greater: self.init(value: tails.upper, logarithm: tails.logUpper)
    case .twoSided:
      if tails.smaller.value > 0.5 {
        self.init(1)
      } else {
        self.init(
          value: 2 * tails.smaller.value, logarithm: (0.6931471805599453 + tails.smaller.logValue).atMost(0))
      }
    }
  }

  /// Upper tail.
  init(upper tails: TailProbability) { self.init(value: tails.upper, logarithm: tails.logUpper) }

  static func t(_ statistic: Double, _ degreesOfFreedom: Double, _ alternative: Alternative) -> PValue {
    guard degreesOfFreedom > 0, !statistic.isNaN else { return PValue(.nan) }
    if degreesOfFreedom >= StudentTTail.leastDegreesOfFreedom && statistic.magnitude <= StudentTTail.largest {
      let tail = StudentTTail(degreesOfFreedom: degreesOfFreedom).tail(statistic)
      return PValue(TailProbability(tail, isLower: statistic < 0), alternative)
    }
    return PValue(StudentTDistribution(degreesOfFreedom: degreesOfFreedom).tails(statistic), alternative)
  }

  static func normal(_ statistic: Double, _ alternative: Alternative) -> PValue {
    if statistic.isNaN { return PValue(.nan) }
    return PValue(NormalDistribution().tails(statistic), alternative)
  }

  static func chiSquared(_ statistic: Double, _ degreesOfFreedom: Double) -> PValue {
    guard degreesOfFreedom > 0, !statistic.isNaN else { return PValue(.nan) }
    return PValue(upper: ChiSquaredDistribution(degreesOfFreedom: degreesOfFreedom).tailsAnywhere(statistic))
  }

  static func f(_ statistic: Double, _ numerator: Double, _ denominator: Double) -> PValue {
    guard numerator > 0, denominator > 0, !statistic.isNaN else { return PValue(.nan) }
    return PValue(
      upper: FDistribution(numerator: numerator, denominator: denominator).tailsAnywhere(statistic))
  }
}

extension Double {
  /// The smaller of the two; NaN stays NaN, which `Swift.min` does not promise.
  @inline(__always) func atMost(_ limit: Double) -> Double { self > limit ? limit : self }
  /// The larger of the two; NaN stays NaN.
  @inline(__always) func atLeast(_ limit: Double) -> Double { self < limit ? limit : self }
}
