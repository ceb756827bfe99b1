import ApusModels
import ApusNumerics
import CApus

/// Values and arguments between Swift and C.
enum Values {
  /// `value` for a C caller, who owns the handles in it.
  static func exported(_ value: ParameterValue) -> apus_value {
    var result = apus_value()
    result.type = value.type.rawValue
    switch value {
    case .none: break
    case .bool(let flag): result.boolean = flag ? 1 : 0
    case .int(let number):
      result.integer = number
      result.number = Double(number)
    case .double(let number): result.number = number
    case .string(let text): result.string = ThreadState.current.keep(text)
    case .array(let array): result.array = HandleTable.insert(ArrayBox(array))
    case .estimator(let estimator): result.estimator = HandleTable.insert(EstimatorBox(estimator))
    }
    return result
  }

  /// The value a C caller describes; arrays are shared, since library arrays never change.
  static func imported(_ value: apus_value, _ argument: String) throws -> ParameterValue {
    switch ParameterTypes(rawValue: value.type) {
    case .none: return .none
    case .bool: return .bool(value.boolean != 0)
    case .int: return .int(value.integer)
    case .double: return .double(value.number)
    case .string: return .string(try text(value.string, argument))
    case .array: return .array(try HandleTable.object(value.array, ArrayBox.self, argument: argument).array)
    case .estimator: return .estimator(try box(value.estimator, argument).content.estimator)
    default:
      throw BoundaryError.unknownValue("\(argument): type \(value.type) is not one bit of apus_parameter_types")
    }
  }

  /// `count` named arguments, none twice.
  static func arguments(_ list: UnsafePointer<apus_argument>?, _ count: Int64) throws -> [String: ParameterValue] {
    guard count != 0 else { return [:] }
    guard (0...256).contains(count) else {
      throw ApusError.invalidArgument(name: "argument_count", reason: "\(count) is not in 0...256")
    }
    guard let list else { throw BoundaryError.null("arguments") }
    var result: [String: ParameterValue] = [:]
    for index in 0..<Int(count) {
      let name = try text(list[index].name, "arguments[\(index)].name")
      guard result.updateValue(try imported(list[index].value, name), forKey: name) == nil else {
        throw ApusError.invalidArgument(name: name, reason: "is given twice")
      }
    }
    return result
  }
}
