import ApusNumerics
import Synchronization

/// Sees the gradient of a tensor and may replace it by returning another of the same shape.
public struct TensorHook: Sendable {
  let identifier: Int
  let body: @Sendable (Tensor) throws -> Tensor?
}

extension Tensor {
  private static let hookCounter = Atomic<Int>(0)

  /// Calls `body` with every gradient of this tensor, before it is accumulated or passed on.
  ///
  /// - Returns: what ``removeHook(_:)`` takes.
  @discardableResult
  public func registerHook(_ body: @escaping @Sendable (Tensor) throws -> Tensor?) throws(ApusError) -> Int {
    guard requiresGrad else {
      throw .invalidArgument(name: "register_hook", reason: "the tensor does not require gradients")
    }
    let identifier = Self.hookCounter.wrappingAdd(1, ordering: .relaxed).newValue
    let hook = TensorHook(identifier: identifier, body: body)
    if let node {
      node.outputHooks.append((outputIndex, .hook(hook)))
    } else {
      hooks.append(hook)
    }
    return identifier
  }

  /// Whether this leaf has hooks.
  package var hasHooks: Bool { !hooks.isEmpty }

  /// Removes a hook; unknown identifiers do nothing.
  public func removeHook(_ identifier: Int) {
    hooks.removeAll { $0.identifier == identifier }
    node?.outputHooks.removeAll {
      if case .hook(let hook) = $0.action { return hook.identifier == identifier }
      return false
    }
  }
}
