import Apus
import ApusModels
import ApusNumerics
import CApus

/// Arrays of C strings for the choices of parameters: made once, never freed.
private enum StaticLists {
  private struct List: @unchecked Sendable {
    let pointer: UnsafePointer<UnsafePointer<CChar>?>
  }

  private static let table = Lock<[[String]: List]>([:])

  static func pointer(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? {
    if texts.isEmpty { return nil }
    return table.withLock { table in
      if let known = table[texts] { return known.pointer }
      let copy = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count)
      for (index, text) in texts.enumerated() { (copy + index).initialize(to: StaticStrings.pointer(text)) }
      table[texts] = List(pointer: UnsafePointer(copy))
      return UnsafePointer(copy)
    }
  }
}

private func schema(_ kind: UnsafePointer<CChar>?) throws -> EstimatorSchema {
  Apus.registerEstimators()
  return try Registry.type(of: try text(kind, "kind")).schema
}

private func element<Element>(_ list: [Element], _ index: Int64, _ what: String) throws -> Element {
  guard let index = Int(exactly: index), list.indices.contains(index) else {
    throw ApusError.invalidArgument(name: "index", reason: "\(index) is not in 0..<\(list.count) (\(what))")
  }
  return list[index]
}

private func info(_ schema: EstimatorSchema) -> apus_kind_info {
  apus_kind_info(
    kind: StaticStrings.pointer(schema.kind), python_name: StaticStrings.pointer(schema.pythonName),
    python_module: StaticStrings.pointer(schema.pythonModule), doc: StaticStrings.pointer(schema.doc),
    role: schema.role.rawValue, traits: schema.traits.rawValue, parameter_count: Int64(schema.parameters.count),
    attribute_count: Int64(schema.attributes.count), operation_count: Int64(schema.operations.count))
}

@_cdecl("apus_kind_count") @implementation
public func apus_kind_count() -> Int64 {
  Apus.registerEstimators()
  return Int64(Registry.kinds.count)
}

@_cdecl("apus_kind_at") @implementation
public func apus_kind_at(_ out: UnsafeMutablePointer<apus_kind_info>?, _ index: Int64) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_kind_info()
    Apus.registerEstimators()
    out.pointee = info(try Registry.type(of: try element(Registry.kinds, index, "kinds")).schema)
  }
}

@_cdecl("apus_kind_find") @implementation
public func apus_kind_find(_ out: UnsafeMutablePointer<apus_kind_info>?, _ kind: UnsafePointer<CChar>?) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_kind_info()
    out.pointee = info(try schema(kind))
  }
}

@_cdecl("apus_kind_parameter") @implementation
public func apus_kind_parameter(
  _ out: UnsafeMutablePointer<apus_parameter_info>?, _ kind: UnsafePointer<CChar>?, _ index: Int64
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_parameter_info()
    let parameter = try element(try schema(kind).parameters, index, "parameters")
    var number = 0.0
    var text = parameter.defaultValue.description
    switch parameter.defaultValue {
    case .bool(let value): number = value ? 1 : 0
    case .int(let value): number = Double(value)
    case .double(let value): number = value
    case .string(let value): text = value
    case .none, .array, .estimator: break
    }
    out.pointee = apus_parameter_info(
      name: StaticStrings.pointer(parameter.name), doc: StaticStrings.pointer(parameter.doc),
      types: parameter.types.rawValue, default_type: parameter.defaultValue.type.rawValue, default_number: number,
      default_text: StaticStrings.pointer(text), minimum: parameter.range.minimum, maximum: parameter.range.maximum,
      includes_minimum: parameter.range.includesMinimum ? 1 : 0,
      includes_maximum: parameter.range.includesMaximum ? 1 : 0, choices: StaticLists.pointer(parameter.choices),
      choice_count: Int64(parameter.choices.count))
  }
}

@_cdecl("apus_kind_attribute") @implementation
public func apus_kind_attribute(
  _ out: UnsafeMutablePointer<apus_attribute_info>?, _ kind: UnsafePointer<CChar>?, _ index: Int64
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_attribute_info()
    let attribute = try element(try schema(kind).attributes, index, "attributes")
    out.pointee = apus_attribute_info(
      name: StaticStrings.pointer(attribute.name), doc: StaticStrings.pointer(attribute.doc),
      form: attribute.form.rawValue)
  }
}

@_cdecl("apus_kind_operation") @implementation
public func apus_kind_operation(
  _ out: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ kind: UnsafePointer<CChar>?, _ index: Int64
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = nil
    out.pointee = StaticStrings.pointer(try element(try schema(kind).operations, index, "operations").rawValue)
  }
}
