import ApusModels
import ApusNumerics
import CApus

/// The attribute of a fitted model; `n_features_in_` exists for every kind. Names the schema lacks get the nearest one
/// suggested.
private func attribute(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?) throws -> ParameterValue {
  let content = try box(estimator).content
  let name = try text(name, "name")
  if name == "n_features_in_" { return .int(Int64(try content.fitted().featureCount)) }
  guard content.schema.attributes.contains(where: { $0.name == name }) else {
    throw ApusError.invalidArgument(
      name: name,
      reason: "is not an attribute of \(content.schema.kind)"
        + NearestName.suggestion(for: name, in: content.schema.attributes.map(\.name)))
  }
  return try content.fitted().attribute(name) ?? .none
}

@_cdecl("apus_estimator_get_attribute") @implementation
public func apus_estimator_get_attribute(
  _ out: UnsafeMutablePointer<apus_value>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_value()
    out.pointee = Values.exported(try attribute(estimator, name))
  }
}

@_cdecl("apus_estimator_get_array") @implementation
public func apus_estimator_get_array(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let out = try output(out)
    let value = try attribute(estimator, name)
    out.pointee = HandleTable.insert(ArrayBox(try value.array(named: try text(name, "name"))))
  }
}

@_cdecl("apus_estimator_get_double") @implementation
public func apus_estimator_get_double(
  _ out: UnsafeMutablePointer<Double>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    let value = try attribute(estimator, name)
    out.pointee = try value.number(named: try text(name, "name"))
  }
}
