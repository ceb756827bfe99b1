import ApusAutograd
import ApusModels
import ApusNN
import ApusNumerics
import CApus

extension Module: HandleObject {
  static var handleType: HandleType { .module }
}

/// The module behind a handle.
func module(_ handle: OpaquePointer?, _ argument: String = "module") throws -> Module {
  try HandleTable.object(handle, Module.self, argument: argument)
}

@_cdecl("apus_module_create") @implementation
public func apus_module_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?, _ options: UnsafePointer<apus_option>?,
  _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(
      try ModuleKinds.make(try text(kind, "kind"), try OptionValues.imported(options, optionCount)))
  }
}

@_cdecl("apus_module_sequential") @implementation
public func apus_module_sequential(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ modules: UnsafePointer<OpaquePointer?>?,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    guard (0...100_000).contains(count) else {
      throw ApusError.invalidArgument(name: "count", reason: "\(count) is not in 0...100000")
    }
    if count > 0, modules == nil { throw BoundaryError.null("modules") }
    var children: [(name: String, module: Module)] = []
    for index in 0..<Int(count) {
      let name = try names.map { try text($0[index], "names[\(index)]") } ?? String(index)
      children.append((name, try module(modules?[index], "modules[\(index)]")))
    }
    out.pointee = HandleTable.insert(Sequential(named: children))
  }
}

@_cdecl("apus_module_free") @implementation
public func apus_module_free(_ module: OpaquePointer?) { HandleTable.remove(module, Module.self) }

@_cdecl("apus_module_forward") @implementation
public func apus_module_forward(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ input: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(try module(handle).forward(try tensor(input, "input")))
  }
}

@_cdecl("apus_module_forward_all") @implementation
public func apus_module_forward_all(
  _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ capacity: Int64, _ count: UnsafeMutablePointer<Int64>?,
  _ handle: OpaquePointer?, _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64
) -> apus_status {
  boundary {
    try store(outputs, capacity, count) {
      try module(handle).forwardAll(try tensors(inputs, inputCount, "inputs"))
    }
  }
}

@_cdecl("apus_module_loss") @implementation
public func apus_module_loss(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ input: OpaquePointer?,
  _ target: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    let operands = [try tensor(input, "input"), try tensor(target, "target")]
    let results = try module(handle, "loss").forwardAll(operands)
    guard results.count == 1 else {
      throw ApusError.invalidArgument(name: "loss", reason: "has \(results.count) results, a loss has 1")
    }
    out.pointee = HandleTable.insert(results[0])
  }
}

@_cdecl("apus_module_train") @implementation
public func apus_module_train(_ handle: OpaquePointer?, _ mode: Int32) -> apus_status {
  boundary { try module(handle).train(mode != 0) }
}

@_cdecl("apus_module_names") @implementation
public func apus_module_names(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ kind: Int32
) -> apus_status {
  boundary {
    let out = try output(out)
    let module = try module(handle)
    let names: [String]
    switch UInt32(bitPattern: kind) {
    case APUS_NAMES_OWN_PARAMETERS.rawValue: names = module.ownParameters.map(\.name)
    case APUS_NAMES_OWN_BUFFERS.rawValue: names = module.ownBuffers.map(\.name)
    case APUS_NAMES_PARAMETERS.rawValue: names = module.namedParameters().map(\.name)
    case APUS_NAMES_STATE.rawValue: names = module.stateDict().map(\.name)
    default: throw BoundaryError.unknownValue("kind: \(kind) is unknown, allowed are 1...4 (apus_module_names_kind)")
    }
    out.pointee = HandleTable.insert(TextBox(names.joined(separator: "\n")))
  }
}

@_cdecl("apus_module_tensor") @implementation
public func apus_module_tensor(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let out = try output(out)
    let (module, name) = (try module(handle), try text(name, "name"))
    if module.ownParameters.contains(where: { $0.name == name })
      || module.ownBuffers.contains(where: { $0.name == name })
    {
      out.pointee = module.tensor(named: name).flatMap { HandleTable.insert($0) }
      return
    }
    guard let found = (module.namedParameters() + module.namedBuffers()).first(where: { $0.name == name }) else {
      throw ApusError.invalidArgument(name: "name", reason: "'\(name)' is no parameter or buffer")
    }
    out.pointee = HandleTable.insert(found.tensor)
  }
}

@_cdecl("apus_module_set_tensor") @implementation
public func apus_module_set_tensor(_ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ value: OpaquePointer?)
  -> apus_status
{
  boundary {
    try module(handle).replace(try text(name, "name"), with: try value.map { try tensor($0) })
  }
}

@_cdecl("apus_module_text") @implementation
public func apus_module_text(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(TextBox(try module(handle).description))
  }
}

@_cdecl("apus_module_details") @implementation
public func apus_module_details(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(TextBox(try module(handle).details))
  }
}

@_cdecl("apus_module_summary") @implementation
public func apus_module_summary(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(TextBox(try module(handle).summary))
  }
}

@_cdecl("apus_module_save") @implementation
public func apus_module_save(_ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> apus_status {
  boundary { try module(handle).saveSafetensors(to: try text(path, "path")) }
}

@_cdecl("apus_module_load") @implementation
public func apus_module_load(_ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ strict: Int32) -> apus_status {
  boundary { _ = try module(handle).loadSafetensors(from: try text(path, "path"), strict: strict != 0) }
}

@_cdecl("apus_tensors_save") @implementation
public func apus_tensors_save(
  _ path: UnsafePointer<CChar>?, _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ list: UnsafePointer<OpaquePointer?>?, _ count: Int64
) -> apus_status {
  boundary {
    let path = try text(path, "path")
    var contents: [String: NDArray] = [:]
    for (index, tensor) in try requiredTensors(list, count, "tensors").enumerated() {
      guard let names else { throw BoundaryError.null("names") }
      let name = try text(names[index], "names[\(index)]")
      guard contents[name] == nil else { throw ApusError.invalidArgument(name: name, reason: "is given twice") }
      contents[name] = try tensor.array.contiguous()
    }
    try Safetensors.write(Safetensors.Contents(tensors: contents, metadata: ["format": "pt"]), to: path)
  }
}

@_cdecl("apus_tensors_load") @implementation
public func apus_tensors_load(
  _ names: UnsafeMutablePointer<OpaquePointer?>?, _ tensors: UnsafeMutablePointer<OpaquePointer?>?, _ capacity: Int64,
  _ count: UnsafeMutablePointer<Int64>?, _ path: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    count?.pointee = 0
    let names = try output(names, "names")
    guard let count else { throw BoundaryError.null("count") }
    let found = try Safetensors.read(path: try text(path, "path")).tensors.sorted { $0.key < $1.key }
    if capacity == 0 {
      count.pointee = Int64(found.count)
    } else {
      try store(tensors, capacity, count) { found.map { Tensor($0.value) } }
    }
    names.pointee = HandleTable.insert(TextBox(found.map(\.key).joined(separator: "\n")))
  }
}
