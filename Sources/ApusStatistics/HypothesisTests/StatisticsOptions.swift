import ApusNumerics

/// A named option of a test or computation that is addressed by name.
public enum StatisticsOption: Sendable, Equatable {
  case number(Double)
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
    case .flag(let value): return value ? 1 : 0
    case .text(let text): throw .unsupportedType(name: name, reason: "'\(text)' is text, a number is needed")
    }
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
    case .number, .flag: throw .unsupportedType(name: name, reason: "text is needed")
    }
  }

  mutating func text(_ name: String, _ fallback: String) throws(ApusError) -> String {
    known.append(name)
    switch values.removeValue(forKey: name) {
    case nil: return fallback
    case .text(let text): return text
    case .number, .flag: throw .unsupportedType(name: name, reason: "text is needed")
    }
  }

  func finish(_ function: String) throws(ApusError) {
    guard let unknown = values.keys.sorted().first else { return }
    throw .invalidArgument(
      name: unknown, reason: "is no option of \(function), allowed are \(known.joined(separator: ", "))")
  }
}
