import ApusNumerics

/// The value of a parameter: what callers set by name and model files store.
public enum ParameterValue: Sendable {
  /// Absent: `None` in Python.
  case none
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case string(String)
  /// Numbers, one value per target, feature, class or knot as the parameter says.
  case array(NDArray)
  /// A whole estimator, such as the base of an ensemble. Copied when set.
  case estimator(any Estimator)

  package var type: ParameterTypes {
    switch self {
    case .none: return .none
    case .bool: return .bool
    case .int: return .int
    case .double: return .double
    case .string: return .string
    case .array: return .array
    case .estimator: return .estimator
    }
  }
}

extension ParameterValue {
  /// The value as an array; numbers come with no dimensions.
  ///
  /// - Parameter name: what the value is called in the message of a failure.
  package func array(named name: String) throws -> NDArray {
    switch self {
    case .array(let value): return value
    case .double(let value): return try NDArray([value], shape: [])
    case .int(let value): return try NDArray([value], shape: [])
    case .bool(let value): return try NDArray([value], shape: [])
    case .none, .string, .estimator:
      throw ApusError.invalidArgument(name: name, reason: "is \(self), not an array or number")
    }
  }

  /// The value as a number: a number itself, or an array of one element.
  ///
  /// - Parameter name: what the value is called in the message of a failure.
  package func number(named name: String) throws -> Double {
    let value = try array(named: name)
    guard value.count == 1 else {
      throw ApusError.invalidArgument(name: name, reason: "has shape \(value.shape), not a single number")
    }
    return try value.converted(to: .float64).elements(as: Double.self)[0]
  }
}

extension ParameterValue: CustomStringConvertible {
  /// The value as Python would print it; arrays by shape.
  public var description: String {
    switch self {
    case .none: return "None"
    case .bool(let value): return value ? "True" : "False"
    case .int(let value): return "\(value)"
    case .double(let value): return "\(value)"
    case .string(let value): return "'\(value)'"
    case .array(let array): return "array of shape \(array.shape)"
    case .estimator(let estimator): return Swift.type(of: estimator).schema.kind
    }
  }
}

extension ParameterValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .double(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(nilLiteral: ()) { self = .none }
}

/// The set of value types a parameter takes. The bits are those of `apus_parameter_types` in the C interface.
public struct ParameterTypes: OptionSet, Sendable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }

  public static let none = ParameterTypes(rawValue: 1)
  public static let bool = ParameterTypes(rawValue: 2)
  public static let int = ParameterTypes(rawValue: 4)
  public static let double = ParameterTypes(rawValue: 8)
  public static let string = ParameterTypes(rawValue: 16)
  public static let array = ParameterTypes(rawValue: 32)
  public static let estimator = ParameterTypes(rawValue: 64)

  /// The names of the types, for messages: "int, double or None".
  package var names: String {
    let all: [(ParameterTypes, String)] = [
      (.bool, "bool"), (.int, "int"), (.double, "float"), (.string, "str"), (.array, "array"),
      (.estimator, "estimator"), (.none, "None"),
    ]
    let present = all.filter { contains($0.0) }.map(\.1)
    guard present.count > 1 else { return present.first ?? "nothing" }
    return present.dropLast().joined(separator: ", ") + " or " + present[present.count - 1]
  }
}
