import ApusAutograd
import ApusNumerics

/// Samples as the rows of tensors of equal length: typically features and targets.
public final class TensorDataset: Sendable {
  public let tensors: [Tensor]
  /// Number of samples.
  public let count: Int

  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` when lengths differ or a tensor has no rows to index.
  public init(_ tensors: [Tensor]) throws {
    guard let first = tensors.first, first.rank > 0 else {
      throw ApusError.shapeMismatch(name: "tensors", reason: "a data set needs at least one tensor with rows")
    }
    for (index, tensor) in tensors.enumerated() where tensor.rank == 0 || tensor.shape[0] != first.shape[0] {
      throw ApusError.shapeMismatch(
        name: "tensors[\(index)]", reason: "has shape \(tensor.shape), \(first.shape[0]) rows are needed")
    }
    self.tensors = try tensors.map { try $0.detached().contiguous() }
    count = first.shape[0]
  }

  /// The samples `range`, without copying them.
  public func slice(_ range: Range<Int>) throws -> [Tensor] { try tensors.map { Tensor(try $0.array.slice(range)) } }

  /// The samples at `indices`, copied into tensors of their own.
  func gather(_ indices: UnsafeBufferPointer<Int64>) throws -> [Tensor] {
    try tensors.map { tensor in
      let result = try TensorMemory.array([indices.count] + tensor.shape.dropFirst(), tensor.dtype)
      copyRows(tensor, indices, into: result.data)
      return Tensor(result)
    }
  }

  /// Copies the rows at `indices` of one tensor to `target`.
  func copyRows(_ tensor: Tensor, _ indices: UnsafeBufferPointer<Int64>, into target: UnsafeMutableRawPointer) {
    let bytes = tensor.shape.dropFirst().reduce(tensor.dtype.stride, *)
    for (place, index) in indices.enumerated() {
      (target + place &* bytes).copyMemory(from: tensor.array.data + Int(index) &* bytes, byteCount: bytes)
    }
  }
}
