import ApusNumerics

/// An input kept for the derivative, with the version it had.
package struct SavedTensor {
  private let tensor: Tensor
  private let version: Int
  private let node: GraphNode?
  private let outputIndex: Int

  package init(_ tensor: Tensor) {
    self.tensor = tensor
    self.version = tensor.version
    self.node = tensor.node
    self.outputIndex = tensor.outputIndex
  }

  /// The tensor as it was.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when it was changed in place since.
  package func unpacked(for call: BackwardCall) throws(ApusError) -> Tensor {
    try SavedVersion.check(tensor, saved: version, call.node)
    if tensor.node === node { return tensor }
    let original = Tensor(tensor.array)
    original.shareVersion(with: tensor)
    original.setNode(node, outputIndex: outputIndex)
    return original
  }
}

/// A result kept for the derivative of the operation that made it. It does not keep the node, which keeps it.
package struct SavedResult {
  private let values: Tensor
  private let version: Int
  private let outputIndex: Int

  package init(_ result: Tensor, outputIndex: Int = 0) {
    self.values = result.detached()
    self.version = result.version
    self.outputIndex = outputIndex
  }

  /// The result, as a result of the operation again.
  package func unpacked(for call: BackwardCall) throws(ApusError) -> Tensor {
    try SavedVersion.check(values, saved: version, call.node)
    guard GradMode.isEnabled else { return values }
    let result = Tensor(values.array)
    result.shareVersion(with: values)
    result.setNode(call.node, outputIndex: outputIndex)
    return result
  }
}

enum SavedVersion {
  static func check(_ tensor: Tensor, saved: Int, _ node: GraphNode) throws(ApusError) {
    guard tensor.version == saved else {
      throw .invalidArgument(
        name: "backward",
        reason: "a tensor of shape \(tensor.shape) that \(node.name) needs was changed in place: it is at version "
          + "\(tensor.version), expected version \(saved)")
    }
  }
}
