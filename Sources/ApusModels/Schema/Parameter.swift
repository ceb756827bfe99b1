import ApusNumerics

/// One parameter of an estimator: name, types, default, range or choices, and one line of documentation.
///
/// Declared once, next to the estimator's stored property; validation, messages, the C introspection, the Python classes
/// and the reference pages all come from it.
public struct Parameter: Sendable {
  /// The name in the field's spelling, `snake_case`: `fit_intercept`.
  public let name: String
  /// One line: meaning, unit, and what raising the value does.
  public let doc: String
  public let types: ParameterTypes
  public let defaultValue: ParameterValue
  /// Permitted numbers, for the int, double and array types.
  public let range: ValueRange
  /// Permitted strings; empty when any string goes.
  public let choices: [String]

  package let read: @Sendable (any Estimator) -> ParameterValue
  package let write: @Sendable (inout any Estimator, ParameterValue) throws -> Void

  /// A parameter stored in the property `path` of the estimator `Root`, converted by `Field`.
  public init<Root: Estimator, Field: ParameterField>(
    _ name: String, _ path: WritableKeyPath<Root, Field> & Sendable, types: ParameterTypes = Field.parameterTypes,
    range: ValueRange = .any, choices: [String] = Field.parameterChoices, doc: String
  ) {
    self.name = name
    self.doc = doc
    self.types = types
    self.range = range
    self.choices = choices
    self.defaultValue = Root()[keyPath: path].parameterValue
    self.read = { estimator in (estimator as? Root)?[keyPath: path].parameterValue ?? .none }
    self.write = { estimator, value in
      guard var root = estimator as? Root, let field = Field(parameterValue: value) else {
        throw ApusError.unsupportedType(name: name, reason: "\(value) cannot be stored")
      }
      root[keyPath: path] = field
      estimator = root
    }
  }

  /// `value` in the form it is stored in, or an error that names parameter, value and what is allowed.
  ///
  /// An integer is accepted where a number is expected, and a double that is whole where an integer is, as long as the type
  /// asked for is not available itself.
  package func validated(_ value: ParameterValue) throws(ApusError) -> ParameterValue {
    let value = try coerced(value)
    guard types.contains(value.type) else {
      throw .unsupportedType(name: name, reason: "\(value) is not \(types.names)")
    }
    switch value {
    case .int(let number): try checkRange(Double(number), shown: value)
    case .double(let number): try checkRange(number, shown: value)
    case .string(let text):
      if !choices.isEmpty && !choices.contains(text) {
        let allowed = choices.map { "'\($0)'" }.joined(separator: ", ")
        throw .invalidArgument(name: name, reason: "'\(text)' is not one of \(allowed)")
      }
    case .array(let array):
      guard array.rank <= 2 else {
        throw .shapeMismatch(name: name, reason: "has \(array.rank) dimensions, allowed are up to 2")
      }
      let numbers = try array.converted(to: .float64, name: name)
      let pointer = numbers.pointer(Double.self)
      for index in 0..<numbers.count where !range.contains(pointer[index]) {
        throw .invalidArgument(name: name, reason: "element \(index) is \(pointer[index]), allowed is \(range)")
      }
    case .none, .bool, .estimator: break
    }
    return value
  }

  private func checkRange(_ number: Double, shown value: ParameterValue) throws(ApusError) {
    guard range.contains(number) else {
      throw .invalidArgument(name: name, reason: "\(value) is not in \(range)")
    }
  }

  private func coerced(_ value: ParameterValue) throws(ApusError) -> ParameterValue {
    switch value {
    case .int(let number) where !types.contains(.int) && types.contains(.double): return .double(Double(number))
    case .int(let number) where !types.contains(.int) && types.contains(.bool) && (number == 0 || number == 1):
      return .bool(number == 1)
    case .double(let number) where !types.contains(.double) && types.contains(.int):
      return Int64(exactly: number).map { .int($0) } ?? value
    case .array(let array): return .array(try array.copied())
    default: return value
    }
  }
}
