import ApusAutograd
import ApusNumerics
import CApus

/// A caller's callback with its context, released when the last graph that may call it is gone.
private final class CallbackContext: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer?
  private let release: apus_release_callback?

  init(_ pointer: UnsafeMutableRawPointer?, _ release: apus_release_callback?) {
    self.pointer = pointer
    self.release = release
  }

  deinit { release?(pointer) }
}

/// Handles lent to a callback for its duration.
private func withHandles<Result>(
  _ tensors: [Tensor?], _ body: (UnsafePointer<OpaquePointer?>) throws -> Result
) rethrows -> Result {
  let handles = tensors.map { $0.flatMap { HandleTable.insert($0) } } + [nil]
  defer { for handle in handles { HandleTable.remove(handle, Tensor.self) } }
  return try handles.withUnsafeBufferPointer { try body($0.baseAddress.unsafelyUnwrapped) }
}

/// The tensors behind handles that a callback gives away.
private func taken(_ handles: [OpaquePointer?], _ name: String) throws -> [Tensor?] {
  defer { for handle in handles { HandleTable.remove(handle, Tensor.self) } }
  return try handles.enumerated().map { index, handle in try handle.map { try tensor($0, "\(name)[\(index)]") } }
}

private func check(_ status: Int32, _ name: String) throws {
  if status == Int32(APUS_OK.rawValue) { return }
  if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
  throw ApusError.callbackFailed(reason: "\(name): the callback reported status \(status)")
}

@_cdecl("apus_tensor_attach") @implementation
public func apus_tensor_attach(
  _ outputs: UnsafePointer<OpaquePointer?>?, _ outputCount: Int64, _ name: UnsafePointer<CChar>?,
  _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64, _ backward: apus_backward_callback?,
  _ release: apus_release_callback?, _ context: UnsafeMutableRawPointer?
) -> apus_status {
  boundary {
    guard let backward else { throw BoundaryError.null("backward") }
    let name = try text(name, "name")
    let results = try requiredTensors(outputs, outputCount, "outputs")
    let sources = try requiredTensors(inputs, inputCount, "inputs")
    for (index, result) in results.enumerated() {
      guard result.isLeaf, !result.requiresGrad, !sources.contains(where: { $0 === result }) else {
        throw ApusError.invalidArgument(
          name: "outputs[\(index)]", reason: "belongs to a graph or is an input; detach() it first")
      }
    }
    let held = CallbackContext(context, release)
    Tensor.attach(name, sources, outputs: results) { gradients in
      var made = [OpaquePointer?](repeating: nil, count: sources.count)
      var status = Int32(APUS_ERROR_CALLBACK.rawValue)
      withHandles(gradients) { deltas in
        made.withUnsafeMutableBufferPointer { target in
          backward(held.pointer, target.baseAddress, Int64(sources.count), deltas, Int64(gradients.count), &status)
        }
      }
      let found = try taken(made, "gradients")
      try check(status, name)
      return found
    }
  }
}

@_cdecl("apus_tensor_register_hook") @implementation
public func apus_tensor_register_hook(
  _ identifier: UnsafeMutablePointer<Int64>?, _ handle: OpaquePointer?, _ hook: apus_hook_callback?,
  _ release: apus_release_callback?, _ context: UnsafeMutableRawPointer?
) -> apus_status {
  boundary {
    guard let identifier else { throw BoundaryError.null("identifier") }
    identifier.pointee = 0
    guard let hook else { throw BoundaryError.null("hook") }
    let target = try tensor(handle)
    guard target.requiresGrad else {
      throw ApusError.invalidArgument(name: "tensor", reason: "does not require gradients, a hook would never run")
    }
    let held = CallbackContext(context, release)
    identifier.pointee = Int64(
      try target.registerHook { gradient in
        var replacement: OpaquePointer?
        var status = Int32(APUS_ERROR_CALLBACK.rawValue)
        withHandles([gradient]) { hook(held.pointer, &replacement, $0[0], &status) }
        let found = try taken([replacement], "replacement")[0]
        try check(status, "hook")
        if let found, found.shape != gradient.shape {
          throw ApusError.shapeMismatch(
            name: "hook", reason: "returned shape \(found.shape) for a gradient of shape \(gradient.shape)")
        }
        return found
      })
  }
}

@_cdecl("apus_tensor_remove_hook") @implementation
public func apus_tensor_remove_hook(_ handle: OpaquePointer?, _ identifier: Int64) -> apus_status {
  boundary { try tensor(handle).removeHook(Int(identifier)) }
}

@_cdecl("apus_tensor_jvp") @implementation
public func apus_tensor_jvp(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ outputs: UnsafePointer<OpaquePointer?>?, _ outputCount: Int64,
  _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64, _ tangents: UnsafePointer<OpaquePointer?>?
) -> apus_status {
  boundary {
    let out = try outputList(out, count: outputCount)
    let results = try requiredTensors(outputs, outputCount, "outputs")
    let products = try Tensor.jacobianVectorProduct(
      of: results, with: try requiredTensors(inputs, inputCount, "inputs"),
      tangents: try requiredTensors(tangents, inputCount, "tangents"))
    for (index, product) in products.enumerated() { out[index] = product.flatMap { HandleTable.insert($0) } }
  }
}

@_cdecl("apus_gradient_check") @implementation
public func apus_gradient_check(
  _ inputs: UnsafePointer<OpaquePointer?>?, _ inputCount: Int64, _ function: apus_tensor_function?,
  _ context: UnsafeMutableRawPointer?, _ step: Double, _ absolute: Double, _ relative: Double, _ order: Int32
) -> apus_status {
  boundary {
    guard let function else { throw BoundaryError.null("function") }
    let sources = try requiredTensors(inputs, inputCount, "inputs")
    guard step > 0, absolute >= 0, relative >= 0 else {
      throw ApusError.invalidArgument(
        name: "step", reason: "step \(step), absolute \(absolute), relative \(relative): positive numbers are needed")
    }
    guard order == 1 || order == 2 else {
      throw ApusError.invalidArgument(name: "order", reason: "\(order) is not 1 or 2")
    }
    let held = CallbackContext(context, nil)
    let call: ([Tensor]) throws -> [Tensor] = { arguments in
      var made = [OpaquePointer?](repeating: nil, count: 64)
      var count: Int64 = 0
      var status = Int32(APUS_ERROR_CALLBACK.rawValue)
      withHandles(arguments) { lent in
        made.withUnsafeMutableBufferPointer { target in
          function(held.pointer, target.baseAddress, 64, &count, lent, Int64(arguments.count), &status)
        }
      }
      let results = try taken(made, "outputs")
      try check(status, "function")
      guard (0...64).contains(count) else {
        throw ApusError.callbackFailed(reason: "function: reported \(count) results")
      }
      return results.prefix(Int(count)).compactMap { $0 }
    }
    if order == 1 {
      try GradientCheck.check(sources, step: step, absolute: absolute, relative: relative, call)
    } else {
      try GradientCheck.checkSecondOrder(sources, step: step, absolute: absolute, relative: relative, call)
    }
  }
}
