import ApusAutograd
import ApusNN
import ApusNumerics
import CApus

extension Tensor: HandleObject {
  static var handleType: HandleType { .tensor }
}

/// The tensor behind a handle.
func tensor(_ handle: OpaquePointer?, _ argument: @autoclosure () -> String = "tensor") throws -> Tensor {
  try HandleTable.object(handle, Tensor.self, argument: argument())
}

private let longestList: Int64 = 1 << 24

/// What the header calls the length of a list: "input_count" for "inputs".
func lengthName(_ list: String) -> String { "\(list.hasSuffix("s") ? String(list.dropLast()) : list)_count" }

/// A list of tensors, NULL entries as nil.
func tensors(_ list: UnsafePointer<OpaquePointer?>?, _ count: Int64, _ argument: String) throws -> [Tensor?] {
  if count == 0 { return [] }
  guard (0...longestList).contains(count) else {
    throw ApusError.invalidArgument(name: lengthName(argument), reason: "\(count) is not in 0...\(longestList)")
  }
  guard let list else { throw BoundaryError.null(argument) }
  var result: [Tensor?] = []
  result.reserveCapacity(Int(count))
  for index in 0..<Int(count) {
    result.append(try list[index].map { try tensor($0, "\(argument)[\(index)]") })
  }
  return result
}

/// A list of tensors without NULL entries.
func requiredTensors(_ list: UnsafePointer<OpaquePointer?>?, _ count: Int64, _ argument: String) throws -> [Tensor] {
  try tensors(list, count, argument).enumerated().map { index, tensor in
    guard let tensor else { throw BoundaryError.null("\(argument)[\(index)]") }
    return tensor
  }
}

/// `count` out-parameters at `pointer`, set to NULL where the count can be true.
func outputList(_ pointer: UnsafeMutablePointer<OpaquePointer?>?, count: Int64) throws
  -> UnsafeMutablePointer<OpaquePointer?>
{
  guard let pointer else { throw BoundaryError.null("out") }
  if (0...longestList).contains(count) { pointer.update(repeating: nil, count: Int(count)) }
  return pointer
}

/// The results of `body` into a caller's array of handles, all or none: `count` is 0 when anything fails.
func store(
  _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ capacity: Int64, _ count: UnsafeMutablePointer<Int64>?,
  _ body: () throws -> [Tensor]
) throws {
  guard let count else { throw BoundaryError.null("count") }
  count.pointee = 0
  let results = try body()
  guard results.count <= capacity else {
    throw ApusError.invalidArgument(name: "capacity", reason: "\(capacity) is less than the \(results.count) results")
  }
  if results.isEmpty { return }
  guard let outputs else { throw BoundaryError.null("outputs") }
  for (index, result) in results.enumerated() { outputs[index] = HandleTable.insert(result) }
  count.pointee = Int64(results.count)
}

private func applied(
  _ operation: UnsafePointer<CChar>?, _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64,
  _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) throws -> [Tensor] {
  let name = try text(operation, "operation")
  let operands = try tensors(inputs, inputCount, "inputs")
  let values = try OptionValues.imported(options, optionCount)
  return try NetworkTable.apply(name, operands, values) ?? OperationTable.apply(name, operands, values)
}

@_cdecl("apus_manual_seed") @implementation
public func apus_manual_seed(_ seed: UInt64) -> apus_status {
  boundary { Generator.default.manualSeed(seed) }
}

@_cdecl("apus_random_state") @implementation
public func apus_random_state(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try NDArray(Generator.default.state)))
  }
}

@_cdecl("apus_random_set_state") @implementation
public func apus_random_set_state(_ bytes: UnsafeRawPointer?, _ count: Int64) -> apus_status {
  boundary {
    guard let bytes else { throw BoundaryError.null("bytes") }
    guard (0...65536).contains(count) else {
      throw ApusError.invalidArgument(name: "count", reason: "\(count) is no size of a state")
    }
    try Generator.default.setState(Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
  }
}

@_cdecl("apus_tensor_create") @implementation
public func apus_tensor_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ source: UnsafePointer<apus_view>?, _ requiresGrad: Int32
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(
      try Tensor(copying: try required(source, "source"), requiresGrad: requiresGrad != 0))
  }
}

/// Calls the owner of borrowed memory when the last user is gone.
private final class MemoryLender: @unchecked Sendable {
  private let release: apus_release_callback?
  private let context: UnsafeMutableRawPointer?

  init(_ release: apus_release_callback?, _ context: UnsafeMutableRawPointer?) {
    self.release = release
    self.context = context
  }

  deinit { release?(context) }
}

@_cdecl("apus_tensor_borrow") @implementation
public func apus_tensor_borrow(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ memory: UnsafePointer<apus_view>?,
  _ release: apus_release_callback?, _ context: UnsafeMutableRawPointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    let view = try required(memory, "memory")
    guard view.isAligned else {
      throw ApusError.invalidArgument(name: "memory", reason: "is not aligned to its element type; copy it")
    }
    // Made last, so that a failing call does not release what it was lent.
    let lent = try NDArray(
      borrowing: view.data, dtype: view.dtype, shape: view.shape, strides: view.strides, isWritable: true,
      lender: MemoryLender(release, context))
    out.pointee = HandleTable.insert(Tensor(lent))
  }
}

@_cdecl("apus_tensor_free") @implementation
public func apus_tensor_free(_ tensor: OpaquePointer?) { HandleTable.remove(tensor, Tensor.self) }

@_cdecl("apus_tensor_describe") @implementation
public func apus_tensor_describe(
  _ out: UnsafeMutablePointer<apus_tensor_info>?, _ handle: OpaquePointer?, _ shape: UnsafeMutablePointer<Int64>?,
  _ strides: UnsafeMutablePointer<Int64>?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_tensor_info()
    let tensor = try tensor(handle)
    let array = tensor.array
    for axis in 0..<Swift.min(array.rank, Int(APUS_MAX_DIMENSIONS)) {
      shape?[axis] = Int64(array.shape[axis])
      strides?[axis] = Int64(array.strides[axis])
    }
    out.pointee = apus_tensor_info(
      view: apus_view(
        data: array.data, dtype: array.dtype.rawValue, ndim: Int32(array.rank), shape: shape, strides: strides),
      requires_grad: tensor.requiresGrad ? 1 : 0, is_leaf: tensor.isLeaf ? 1 : 0, has_grad: tensor.grad == nil ? 0 : 1,
      version: Int64(tensor.version))
  }
}

@_cdecl("apus_tensor_array") @implementation
public func apus_tensor_array(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try tensor(handle).array))
  }
}

@_cdecl("apus_tensor_item") @implementation
public func apus_tensor_item(_ out: UnsafeMutablePointer<Double>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    out.pointee = try tensor(handle).item()
  }
}

@_cdecl("apus_tensor_apply") @implementation
public func apus_tensor_apply(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ operation: UnsafePointer<CChar>?,
  _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64, _ options: UnsafePointer<apus_option>?,
  _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let results = try applied(operation, inputs, inputCount, options, optionCount)
    guard results.count == 1 else {
      throw ApusError.invalidArgument(
        name: "operation", reason: "has \(results.count) results; use apus_tensor_apply_all")
    }
    out.pointee = HandleTable.insert(results[0])
  }
}

@_cdecl("apus_tensor_apply_all") @implementation
public func apus_tensor_apply_all(
  _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ capacity: Int64, _ count: UnsafeMutablePointer<Int64>?,
  _ operation: UnsafePointer<CChar>?, _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64,
  _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) -> apus_status {
  boundary {
    try store(outputs, capacity, count) { try applied(operation, inputs, inputCount, options, optionCount) }
  }
}

@_cdecl("apus_operation_names") @implementation
public func apus_operation_names(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(
      TextBox((OperationTable.names + NetworkTable.names).sorted().joined(separator: "\n")))
  }
}

@_cdecl("apus_tensor_backward") @implementation
public func apus_tensor_backward(
  _ handle: OpaquePointer?, _ gradient: OpaquePointer?, _ retainGraph: Int32, _ createGraph: Int32
) -> apus_status {
  boundary {
    let seed = try gradient.map { try tensor($0, "gradient") }
    try tensor(handle).backward(
      gradient: seed, retainGraph: retainGraph != 0 || createGraph != 0, createGraph: createGraph != 0)
  }
}

@_cdecl("apus_tensor_gradients") @implementation
public func apus_tensor_gradients(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ outputs: UnsafePointer<OpaquePointer?>?, _ outputCount: Int64,
  _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64, _ gradients: UnsafePointer<OpaquePointer?>?,
  _ retainGraph: Int32, _ createGraph: Int32, _ allowUnused: Int32
) -> apus_status {
  boundary {
    let out = try outputList(out, count: inputCount)
    let sources = try requiredTensors(inputs, inputCount, "inputs")
    let results = try Tensor.gradients(
      of: try requiredTensors(outputs, outputCount, "outputs"), with: sources,
      gradients: gradients == nil ? nil : try tensors(gradients, outputCount, "gradients"),
      retainGraph: retainGraph != 0 || createGraph != 0, createGraph: createGraph != 0, allowUnused: allowUnused != 0)
    for (index, result) in results.enumerated() { out[index] = result.flatMap { HandleTable.insert($0) } }
  }
}

@_cdecl("apus_tensor_grad") @implementation
public func apus_tensor_grad(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = try tensor(handle).grad.flatMap { HandleTable.insert($0) }
  }
}

@_cdecl("apus_tensor_set_grad") @implementation
public func apus_tensor_set_grad(_ handle: OpaquePointer?, _ gradient: OpaquePointer?) -> apus_status {
  boundary {
    let target = try tensor(handle)
    let value = try gradient.map { try tensor($0, "gradient") }
    if let value, value.shape != target.shape || value.dtype != target.dtype {
      throw ApusError.shapeMismatch(
        name: "gradient",
        reason: "is \(value.dtype.name)\(value.shape), the tensor is \(target.dtype.name)\(target.shape)")
    }
    target.grad = value
  }
}

@_cdecl("apus_tensor_set_requires_grad") @implementation
public func apus_tensor_set_requires_grad(_ handle: OpaquePointer?, _ value: Int32) -> apus_status {
  boundary { try tensor(handle).setRequiresGrad(value != 0) }
}

@_cdecl("apus_tensor_retain_grad") @implementation
public func apus_tensor_retain_grad(_ handle: OpaquePointer?) -> apus_status {
  boundary { try tensor(handle).retainGrad() }
}

@_cdecl("apus_tensor_set_data") @implementation
public func apus_tensor_set_data(_ handle: OpaquePointer?, _ other: OpaquePointer?) -> apus_status {
  boundary { try tensor(handle).set(to: try tensor(other, "other").array) }
}

@_cdecl("apus_tensor_grad_fn") @implementation
public func apus_tensor_grad_fn(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(TextBox(try tensor(handle).gradFunctionName ?? ""))
  }
}

@_cdecl("apus_tensor_graph") @implementation
public func apus_tensor_graph(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(TextBox(try tensor(handle).graphDescription()))
  }
}

@_cdecl("apus_grad_enabled") @implementation
public func apus_grad_enabled() -> Int32 { GradMode.isEnabled ? 1 : 0 }

@_cdecl("apus_grad_set_enabled") @implementation
public func apus_grad_set_enabled(_ value: Int32) -> Int32 {
  let before = GradMode.isEnabled
  GradMode.setEnabled(value != 0)
  return before ? 1 : 0
}

@_cdecl("apus_anomaly_set_enabled") @implementation
public func apus_anomaly_set_enabled(_ value: Int32) -> apus_status {
  boundary { AnomalyMode.setEnabled(value != 0) }
}

@_cdecl("apus_tensor_trim_memory") @implementation
public func apus_tensor_trim_memory() { TensorMemory.trim() }
