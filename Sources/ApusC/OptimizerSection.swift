import ApusAutograd
import ApusNN
import ApusNumerics
import CApus

extension Optimizer: HandleObject {
  static var handleType: HandleType { .optimizer }
}

/// The optimiser behind a handle.
func optimizer(_ handle: OpaquePointer?) throws -> Optimizer {
  try HandleTable.object(handle, Optimizer.self, argument: "optimizer")
}

private func group(_ optimizer: Optimizer, _ index: Int64) throws -> ParameterGroup {
  guard let index = Int(exactly: index), optimizer.groups.indices.contains(index) else {
    throw ApusError.invalidArgument(name: "group", reason: "\(index) is not in 0..<\(optimizer.groups.count)")
  }
  return optimizer.groups[index]
}

@_cdecl("apus_optimizer_create") @implementation
public func apus_optimizer_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?,
  _ parameters: UnsafePointer<OpaquePointer?>?, _ parameterCount: Int64, _ options: UnsafePointer<apus_option>?,
  _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let settings = try OptionValues.imported(options, optionCount).remainingNumbers()
    out.pointee = HandleTable.insert(
      try OptimizerKinds.make(
        try text(kind, "kind"), try requiredTensors(parameters, parameterCount, "parameters"), settings))
  }
}

@_cdecl("apus_optimizer_create_for") @implementation
public func apus_optimizer_create_for(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?, _ handle: OpaquePointer?,
  _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let settings = try OptionValues.imported(options, optionCount).remainingNumbers()
    out.pointee = HandleTable.insert(
      try OptimizerKinds.make(try text(kind, "kind"), try module(handle).parameters(), settings))
  }
}

@_cdecl("apus_optimizer_add_group") @implementation
public func apus_optimizer_add_group(
  _ handle: OpaquePointer?, _ parameters: UnsafePointer<OpaquePointer?>?, _ parameterCount: Int64,
  _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) -> apus_status {
  boundary {
    let settings = try OptionValues.imported(options, optionCount).remainingNumbers()
    try optimizer(handle).addGroup(try requiredTensors(parameters, parameterCount, "parameters"), settings)
  }
}

@_cdecl("apus_optimizer_free") @implementation
public func apus_optimizer_free(_ optimizer: OpaquePointer?) { HandleTable.remove(optimizer, Optimizer.self) }

@_cdecl("apus_optimizer_step") @implementation
public func apus_optimizer_step(_ handle: OpaquePointer?) -> apus_status {
  boundary { try optimizer(handle).step() }
}

@_cdecl("apus_optimizer_zero_grad") @implementation
public func apus_optimizer_zero_grad(_ handle: OpaquePointer?, _ setToNone: Int32) -> apus_status {
  boundary { try optimizer(handle).zeroGrad(setToNone: setToNone != 0) }
}

@_cdecl("apus_optimizer_get") @implementation
public func apus_optimizer_get(
  _ out: UnsafeMutablePointer<Double>?, _ handle: OpaquePointer?, _ index: Int64, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    let name = try text(name, "name")
    guard let value = try group(try optimizer(handle), index).settings[name] else {
      throw ApusError.invalidArgument(name: name, reason: "is not a setting of this optimizer")
    }
    out.pointee = value
  }
}

@_cdecl("apus_optimizer_set") @implementation
public func apus_optimizer_set(
  _ handle: OpaquePointer?, _ index: Int64, _ name: UnsafePointer<CChar>?, _ value: Double
) -> apus_status {
  boundary {
    let optimizer = try optimizer(handle)
    _ = try group(optimizer, index)
    try optimizer.set(try text(name, "name"), value, group: Int(index))
  }
}

@_cdecl("apus_optimizer_settings") @implementation
public func apus_optimizer_settings(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ index: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let names = try group(try optimizer(handle), index).settings.keys.sorted()
    out.pointee = HandleTable.insert(TextBox(names.joined(separator: "\n")))
  }
}

@_cdecl("apus_optimizer_state_names") @implementation
public func apus_optimizer_state_names(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ parameter: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    let names = try optimizer(handle).stateNames(of: try tensor(parameter, "parameter"))
    out.pointee = HandleTable.insert(TextBox(names.joined(separator: "\n")))
  }
}

@_cdecl("apus_optimizer_state") @implementation
public func apus_optimizer_state(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ parameter: OpaquePointer?,
  _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let out = try output(out)
    let value = try optimizer(handle).stateValue(of: try tensor(parameter, "parameter"), try text(name, "name"))
    out.pointee = HandleTable.insert(value)
  }
}

@_cdecl("apus_optimizer_set_state") @implementation
public func apus_optimizer_set_state(
  _ handle: OpaquePointer?, _ parameter: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: OpaquePointer?
) -> apus_status {
  boundary {
    try optimizer(handle).setStateValue(
      of: try tensor(parameter, "parameter"), try text(name, "name"), try tensor(value, "value"))
  }
}
