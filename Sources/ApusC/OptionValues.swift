import ApusAutograd
import ApusNumerics
import CApus

/// Named options from C callers.
enum OptionValues {
  private static let largestCount = 1 << 20

  static func imported(_ list: UnsafePointer<apus_option>?, _ count: Int64) throws -> Options {
    if count == 0 { return Options() }
    guard (0...64).contains(count) else {
      throw ApusError.invalidArgument(name: "option_count", reason: "\(count) is not in 0...64")
    }
    guard let list else { throw BoundaryError.null("options") }
    var values: [(String, OptionValue)] = []
    values.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let name = try text(list[index].name, "options[\(index)].name")
      guard !values.contains(where: { $0.0 == name }) else {
        throw ApusError.invalidArgument(name: name, reason: "is given twice")
      }
      values.append((name, try value(list[index], name)))
    }
    return Options(values)
  }

  private static func value(_ option: apus_option, _ name: String) throws -> OptionValue {
    switch UInt32(bitPattern: option.type) {
    case APUS_OPTION_NONE.rawValue: return .none
    case APUS_OPTION_BOOL.rawValue: return .bool(option.integer != 0)
    case APUS_OPTION_INT.rawValue: return .int(Int(option.integer))
    case APUS_OPTION_DOUBLE.rawValue: return .double(option.number)
    case APUS_OPTION_STRING.rawValue: return .string(try text(option.string, name))
    case APUS_OPTION_INTS.rawValue:
      let list = try elements(option.integers, option.count, name)
      return .ints(list.map { Int($0) })
    case APUS_OPTION_DOUBLES.rawValue: return .doubles(Array(try elements(option.numbers, option.count, name)))
    case APUS_OPTION_TENSOR.rawValue:
      return .tensor(try HandleTable.object(option.tensor, Tensor.self, argument: name))
    default:
      throw BoundaryError.unknownValue("\(name): type \(option.type) is not one bit of apus_option_type")
    }
  }

  private static func elements<T>(_ start: UnsafePointer<T>?, _ count: Int32, _ name: String) throws
    -> UnsafeBufferPointer<T>
  {
    guard (0...largestCount).contains(Int(count)) else {
      throw ApusError.invalidArgument(name: name, reason: "a list of \(count) elements")
    }
    if count > 0, start == nil { throw BoundaryError.null(name) }
    return UnsafeBufferPointer(start: start, count: Int(count))
  }
}
