import ApusNumerics

/// A Swift type that can back a parameter.
public protocol ParameterField: Sendable {
  /// The value types this field takes unless the parameter narrows them.
  static var parameterTypes: ParameterTypes { get }
  /// The permitted strings, for enumerations.
  static var parameterChoices: [String] { get }
  var parameterValue: ParameterValue { get }
  /// Nil when the value has another type.
  init?(parameterValue: ParameterValue)
}

extension ParameterField {
  public static var parameterChoices: [String] { [] }
}

extension Bool: ParameterField {
  public static var parameterTypes: ParameterTypes { .bool }
  public var parameterValue: ParameterValue { .bool(self) }
  public init?(parameterValue: ParameterValue) {
    guard case .bool(let value) = parameterValue else { return nil }
    self = value
  }
}

extension Int: ParameterField {
  public static var parameterTypes: ParameterTypes { .int }
  public var parameterValue: ParameterValue { .int(Int64(self)) }
  public init?(parameterValue: ParameterValue) {
    guard case .int(let value) = parameterValue else { return nil }
    self = Int(value)
  }
}

/// Seeds: all 64 bits are valid, and travel as the integer with the same bits.
extension UInt64: ParameterField {
  public static var parameterTypes: ParameterTypes { .int }
  public var parameterValue: ParameterValue { .int(Int64(bitPattern: self)) }
  public init?(parameterValue: ParameterValue) {
    guard case .int(let value) = parameterValue else { return nil }
    self = UInt64(bitPattern: value)
  }
}

extension Double: ParameterField {
  public static var parameterTypes: ParameterTypes { .double }
  public var parameterValue: ParameterValue { .double(self) }
  public init?(parameterValue: ParameterValue) {
    switch parameterValue {
    case .double(let value): self = value
    case .int(let value): self = Double(value)
    default: return nil
    }
  }
}

extension String: ParameterField {
  public static var parameterTypes: ParameterTypes { .string }
  public var parameterValue: ParameterValue { .string(self) }
  public init?(parameterValue: ParameterValue) {
    guard case .string(let value) = parameterValue else { return nil }
    self = value
  }
}

extension NDArray: ParameterField {
  public static var parameterTypes: ParameterTypes { .array }
  public var parameterValue: ParameterValue { .array(self) }
  public init?(parameterValue: ParameterValue) {
    guard case .array(let value) = parameterValue else { return nil }
    self = value
  }
}

extension Optional: ParameterField where Wrapped: ParameterField {
  public static var parameterTypes: ParameterTypes { Wrapped.parameterTypes.union(.none) }
  public static var parameterChoices: [String] { Wrapped.parameterChoices }
  public var parameterValue: ParameterValue { self?.parameterValue ?? .none }
  public init?(parameterValue: ParameterValue) {
    if case .none = parameterValue {
      self = nil
      return
    }
    guard let value = Wrapped(parameterValue: parameterValue) else { return nil }
    self = value
  }
}

/// A field that takes several types, such as `max_features`: a count, a fraction, a rule's name or none. The parameter's
/// `types` argument narrows them.
extension ParameterValue: ParameterField {
  public static var parameterTypes: ParameterTypes { [.none, .bool, .int, .double, .string, .array, .estimator] }
  public var parameterValue: ParameterValue { self }
  public init?(parameterValue: ParameterValue) { self = parameterValue }
}

/// An enumeration whose raw values are the strings callers write: `enum Solver: String, CaseIterable, ParameterChoice`.
public protocol ParameterChoice: ParameterField, RawRepresentable, CaseIterable where RawValue == String {}

extension ParameterChoice {
  public static var parameterTypes: ParameterTypes { .string }
  public static var parameterChoices: [String] { allCases.map(\.rawValue) }
  public var parameterValue: ParameterValue { .string(rawValue) }
  public init?(parameterValue: ParameterValue) {
    guard case .string(let text) = parameterValue, let value = Self(rawValue: text) else { return nil }
    self = value
  }
}
