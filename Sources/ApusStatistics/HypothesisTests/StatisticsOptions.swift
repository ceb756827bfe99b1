import ApusNumerics

/// A named option of a test or computation that is addressed by name.
public enum StatisticsOption: Sendable, Equatable {
  case number(Double)
  /// Kept exactly, as seeds need all 64 bits.
  case integer(Int64)
  case flag(Bool)
  case text(String)
}

/// Options by name, each to be taken once; what is left over is an error.
struct StatisticsOptions {
  private var values: [String: StatisticsOption]
  private var known: [String] = []

  init(_ values: [String: StatisticsOption]) { self.values = values }

  mutating func number(_ name: String, _ fallback: Double) throws(ApusError) -> Double {
    try optionalNumber(name) ?? fallback
  }

  mutating func optionalNumber(_ name: String) throws(ApusError) -> Double? {
    known.append(name)
    switch values.removeValue(forKey: name) {
    case nil: return nil
    case .number(let value): return value
    case .integer(let value): return Double(value)
    case .flag(let value): return value ? 1 : 0
    case .text(let text): throw .unsupportedType(name: name, reason: "'\(text)' is text, a number is needed")
    }
  }

  /// A seed: any whole number of 64 bits, signed or not.
  mutating func seed(_ name: String) throws(ApusError) -> UInt64 {
    if case .integer(let value)? = values[name] {
      known.append(name)
      values[name] = nil
      return UInt64(bitPattern: value)
    }
    let value = try number(name, 0)
    if let whole = Int64(exactly: value) { return UInt64(bitPattern: whole) }
    guard let whole = UInt64(exactly: value) else {
      throw .invalidArgument(name: name, reason: "\(value) is not a whole number of 64 bits")
    }
    return whole
  }

  /// What is left under names that begin with `prefix`, taken out: numbers by the rest of their names.
  mutating func numbers(prefix: String) throws(ApusError) -> [String: Double] {
    var result: [String: Double] = [:]
    for key in values.keys.sorted() where key.hasPrefix(prefix) {
      result[String(key.dropFirst(prefix.count))] = try optionalNumber(key)
    }
    return result
  }

  mutating func integer(_ name: String, _ fallback: Int) throws(ApusError) -> Int {
    let value = try number(name, Double(fallback))
    guard let whole = Int(exactly: value) else {
      throw .invalidArgument(name: name, reason: "\(value) is not a whole number")
    }
    return whole
  }

  mutating func flag(_ name: String, _ fallback: Bool) throws(ApusError) -> Bool {
    known.append(name)
    switch values.removeValue(forKey: name) {
    case nil: return fallback
    case .flag(let value): return value
    case .number(let value) where value == 0 || value == 1: return value == 1
    case .integer(let value) where value == 0 || value == 1: return value == 1
    case .integer(let value):
      throw .unsupportedType(name: name, reason: "\(value) is a number, true or false is needed")
    case .number(let value): throw .unsupportedType(name: name, reason: "\(value) is a number, true or false is needed")
    case .text(let text): throw .unsupportedType(name: name, reason: "'\(text)' is text, true or false is needed")
    }
  }

  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, _ fallback: Choice
  ) throws(ApusError) -> Choice where Choice.RawValue == String {
    known.append(name)
    switch values.removeValue(forKey: name) {
    case nil: return fallback
    case .text(let text):
      guard let choice = Choice(rawValue: text) else {
        let allowed = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        throw .invalidArgument(name: name, reason: "'\(text)' is unknown, allowed are \(allowed)")
      }
      return choice
    case .number, .integer, .flag: throw .unsupportedType(name: name, reason: "text is needed")
    }
  }

  mutating func text(_ name: String, _ fallback: String) throws(ApusError) -> String {
    known.append(name)
    switch values.removeValue(forKey: name) {
    case nil: return fallback
    case .text(let text): return text
    case .number, .integer, .flag: throw .unsupportedType(name: name, reason: "text is needed")
    }
  }

  func finish(_ function: String) throws(ApusError) {
    guard let unknown = values.keys.sorted().first else { return }
    throw .invalidArgument(
      name: unknown, reason: "is no option of \(function), allowed are \(known.joined(separator: ", "))")
  }
}
