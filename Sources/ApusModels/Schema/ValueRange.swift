/// The permitted values of a numeric parameter: an interval with open or closed ends.
public struct ValueRange: Sendable, Equatable {
  public let minimum: Double
  public let maximum: Double
  public let includesMinimum: Bool
  public let includesMaximum: Bool

  public init(_ minimum: Double, _ maximum: Double, includesMinimum: Bool = true, includesMaximum: Bool = true) {
    self.minimum = minimum
    self.maximum = maximum
    self.includesMinimum = includesMinimum
    self.includesMaximum = includesMaximum
  }

  /// Every number, infinities included, NaN excluded.
  public static let any = ValueRange(-.infinity, .infinity)
  /// `minimum` and above, infinity excluded.
  public static func atLeast(_ minimum: Double) -> ValueRange {
    ValueRange(minimum, .infinity, includesMaximum: false)
  }
  /// Strictly above `minimum`, infinity excluded.
  public static func greaterThan(_ minimum: Double) -> ValueRange {
    ValueRange(minimum, .infinity, includesMinimum: false, includesMaximum: false)
  }
  /// From `minimum` to `maximum`, both included.
  public static func closed(_ minimum: Double, _ maximum: Double) -> ValueRange { ValueRange(minimum, maximum) }

  /// False for NaN.
  public func contains(_ value: Double) -> Bool {
    (includesMinimum ? value >= minimum : value > minimum) && (includesMaximum ? value <= maximum : value < maximum)
  }
}

extension ValueRange: CustomStringConvertible {
  /// Interval notation: `[0, inf)`.
  public var description: String {
    func text(_ value: Double) -> String {
      if value.isInfinite { return value < 0 ? "-inf" : "inf" }
      return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
    return (includesMinimum ? "[" : "(") + text(minimum) + ", " + text(maximum) + (includesMaximum ? "]" : ")")
  }
}
