import ApusNumerics

/// A value that a caller outside Swift passes by name.
public enum OptionValue: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case ints([Int])
  case doubles([Double])
  case tensor(Tensor)
}

/// Named options of an operation, module or optimiser, as callers outside Swift pass them.
///
/// Reading converts where nothing is lost and names the option in errors; ``finish(_:)`` refuses options nobody read.
public final class Options {
  private var values: [(name: String, value: OptionValue, isRead: Bool)]

  public init(_ values: [(String, OptionValue)] = []) { self.values = values.map { ($0.0, $0.1, false) } }

  private func value(_ name: String) -> OptionValue? {
    for index in values.indices where values[index].name == name {
      values[index].isRead = true
      if case .none = values[index].value { return nil }
      return values[index].value
    }
    return nil
  }

  private func mismatch(_ name: String, _ expected: String) -> ApusError {
    .unsupportedType(name: name, reason: "is not \(expected)")
  }

  public func optionalInt(_ name: String) throws(ApusError) -> Int? {
    switch value(name) {
    case nil: return nil
    case .int(let value): return value
    case .bool(let value): return value ? 1 : 0
    case .double(let value) where Int(exactly: value) != nil: return Int(value)
    case .ints(let values) where values.count == 1: return values[0]
    default: throw mismatch(name, "an integer")
    }
  }

  public func int(_ name: String, _ fallback: Int) throws(ApusError) -> Int { try optionalInt(name) ?? fallback }

  public func int(_ name: String) throws(ApusError) -> Int {
    guard let value = try optionalInt(name) else { throw .invalidArgument(name: name, reason: "is required") }
    return value
  }

  public func optionalDouble(_ name: String) throws(ApusError) -> Double? {
    switch value(name) {
    case nil: return nil
    case .double(let value): return value
    case .int(let value): return Double(value)
    case .bool(let value): return value ? 1 : 0
    default: throw mismatch(name, "a number")
    }
  }

  public func double(_ name: String, _ fallback: Double) throws(ApusError) -> Double {
    try optionalDouble(name) ?? fallback
  }

  public func double(_ name: String) throws(ApusError) -> Double {
    guard let value = try optionalDouble(name) else { throw .invalidArgument(name: name, reason: "is required") }
    return value
  }

  public func bool(_ name: String, _ fallback: Bool) throws(ApusError) -> Bool {
    switch value(name) {
    case nil: return fallback
    case .bool(let value): return value
    case .int(let value): return value != 0
    default: throw mismatch(name, "a truth value")
    }
  }

  public func string(_ name: String, _ fallback: String) throws(ApusError) -> String {
    switch value(name) {
    case nil: return fallback
    case .string(let value): return value
    default: throw mismatch(name, "a string")
    }
  }

  /// A list of integers; one integer is a list of one.
  public func optionalInts(_ name: String) throws(ApusError) -> [Int]? {
    switch value(name) {
    case nil: return nil
    case .ints(let values): return values
    case .int(let value): return [value]
    default: throw mismatch(name, "a list of integers")
    }
  }

  /// The option `padding` of a convolution: nil for "same", which keeps the extents; "valid" and no option are none.
  public func convolutionPadding() throws(ApusError) -> [Int]? {
    guard case .string(let text) = value("padding") else { return try optionalInts("padding") ?? [0] }
    switch text {
    case "same": return nil
    case "valid": return [0]
    default: throw .invalidArgument(name: "padding", reason: "'\(text)' is not numbers, same or valid")
    }
  }

  public func ints(_ name: String) throws(ApusError) -> [Int] {
    guard let values = try optionalInts(name) else { throw .invalidArgument(name: name, reason: "is required") }
    return values
  }

  public func doubles(_ name: String) throws(ApusError) -> [Double] {
    switch value(name) {
    case .doubles(let values): return values
    case .double(let value): return [value]
    case .ints(let values): return values.map(Double.init)
    case .int(let value): return [Double(value)]
    default: throw mismatch(name, "a list of numbers")
    }
  }

  public func tensor(_ name: String) throws(ApusError) -> Tensor? {
    switch value(name) {
    case nil: return nil
    case .tensor(let tensor): return tensor
    default: throw mismatch(name, "a tensor")
    }
  }

  public func dtype(_ name: String, _ fallback: DType) throws(ApusError) -> DType {
    switch value(name) {
    case nil: return fallback
    case .int(let number):
      if let dtype = DType(rawValue: Int32(truncatingIfNeeded: number)) { return dtype }
    case .string(let text):
      if let dtype = DType.allCases.first(where: { $0.name == text }) { return dtype }
    default: break
    }
    throw .invalidArgument(name: name, reason: "is no element type")
  }

  public func reduction() throws(ApusError) -> Reduction {
    let text = try string("reduction", "mean")
    guard let reduction = Reduction(rawValue: text) else {
      throw .invalidArgument(name: "reduction", reason: "'\(text)' is not one of none, mean, sum")
    }
    return reduction
  }

  /// Numbers by name of all options that have not been read.
  public func remainingNumbers() throws(ApusError) -> [String: Double] {
    var result: [String: Double] = [:]
    for entry in values where !entry.isRead {
      if let number = try optionalDouble(entry.name) { result[entry.name] = number }
    }
    return result
  }

  /// Refuses options that nobody has read.
  public func finish(_ owner: String) throws(ApusError) {
    if let unread = values.first(where: { !$0.isRead }) {
      throw .invalidArgument(name: unread.name, reason: "is not an option of \(owner)")
    }
  }
}
