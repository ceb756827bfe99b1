import Apus
import ApusModels
import ApusNumerics
import CApus

@_cdecl("apus_estimator_create") @implementation
public func apus_estimator_create(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    Apus.registerEstimators()
    out.pointee = HandleTable.insert(EstimatorBox(try Registry.make(try text(kind, "kind"))))
  }
}

@_cdecl("apus_estimator_clone") @implementation
public func apus_estimator_clone(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(EstimatorBox(try box(estimator).content.estimator))
  }
}

@_cdecl("apus_estimator_copy") @implementation
public func apus_estimator_copy(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    let content = try box(estimator).content
    out.pointee = HandleTable.insert(EstimatorBox(content.estimator, model: content.model, notes: content.notes))
  }
}

@_cdecl("apus_estimator_member_count") @implementation
public func apus_estimator_member_count(_ estimator: OpaquePointer?) -> Int64 {
  guard let box = try? box(estimator) else { return -1 }
  return Int64((box.content.model as? any FittedEnsemble)?.memberCount ?? 0)
}

@_cdecl("apus_estimator_member") @implementation
public func apus_estimator_member(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ index: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let content = try box(estimator).content
    let ensemble = content.model as? any FittedEnsemble
    let count = ensemble?.memberCount ?? 0
    guard let ensemble, let place = Int(exactly: index), (0..<count).contains(place) else {
      throw ApusError.invalidArgument(name: "index", reason: "\(index) is not in 0..<\(count)")
    }
    let member = try ensemble.member(place, of: content.estimator)
    out.pointee = HandleTable.insert(EstimatorBox(member.estimator, model: member.model))
  }
}

@_cdecl("apus_estimator_free") @implementation
public func apus_estimator_free(_ estimator: OpaquePointer?) { HandleTable.remove(estimator, EstimatorBox.self) }

@_cdecl("apus_estimator_kind") @implementation
public func apus_estimator_kind(_ estimator: OpaquePointer?) -> UnsafePointer<CChar>? {
  (try? box(estimator)).map { StaticStrings.pointer($0.content.schema.kind) }
}

@_cdecl("apus_estimator_set_none") @implementation
public func apus_estimator_set_none(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> apus_status {
  boundary { try set(estimator, name, .none) }
}

@_cdecl("apus_estimator_set_bool") @implementation
public func apus_estimator_set_bool(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Int32)
  -> apus_status
{
  boundary { try set(estimator, name, .bool(value != 0)) }
}

@_cdecl("apus_estimator_set_int") @implementation
public func apus_estimator_set_int(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Int64)
  -> apus_status
{
  boundary { try set(estimator, name, .int(value)) }
}

@_cdecl("apus_estimator_set_double") @implementation
public func apus_estimator_set_double(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: Double)
  -> apus_status
{
  boundary { try set(estimator, name, .double(value)) }
}

@_cdecl("apus_estimator_set_string") @implementation
public func apus_estimator_set_string(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> apus_status {
  boundary { try set(estimator, name, .string(try text(value, "value"))) }
}

@_cdecl("apus_estimator_set_array") @implementation
public func apus_estimator_set_array(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<apus_view>?
) -> apus_status {
  boundary { try set(estimator, name, .array(try required(value, "value").copied())) }
}

@_cdecl("apus_estimator_set_estimator") @implementation
public func apus_estimator_set_estimator(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: OpaquePointer?
) -> apus_status {
  boundary { try set(estimator, name, .estimator(try box(value, "value").content.estimator)) }
}

@_cdecl("apus_estimator_get_parameter") @implementation
public func apus_estimator_get_parameter(
  _ out: UnsafeMutablePointer<apus_value>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_value()
    out.pointee = Values.exported(try box(estimator).content.estimator.parameter(try text(name, "name")))
  }
}

@_cdecl("apus_estimator_is_fitted") @implementation
public func apus_estimator_is_fitted(_ estimator: OpaquePointer?) -> Int32 {
  guard let box = try? box(estimator) else { return -1 }
  return box.content.model == nil ? 0 : 1
}

@_cdecl("apus_estimator_set_note") @implementation
public func apus_estimator_set_note(
  _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ note: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let box = try box(estimator)
    let name = try text(name, "name")
    try ModelFile.checkNoteName(name)
    let note = try note.map { try text($0, "note") }
    try box.change { content in
      var content = content
      content.notes[name] = note
      return content
    }
  }
}

@_cdecl("apus_estimator_get_note") @implementation
public func apus_estimator_get_note(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let out = try output(out)
    let note = try box(estimator).content.notes[try text(name, "name")]
    out.pointee = note.map { HandleTable.insert(TextBox($0)) } ?? nil
  }
}

/// The estimator behind a handle.
func box(_ handle: OpaquePointer?, _ argument: String = "estimator") throws(ApusError) -> EstimatorBox {
  try HandleTable.object(handle, EstimatorBox.self, argument: argument)
}

private func set(_ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: ParameterValue) throws {
  let box = try box(estimator)
  let name = try text(name, "name")
  try box.change { content in
    var content = content
    content.estimator = try content.estimator.setting(name, to: value)
    return content
  }
}
