import ApusNumerics

/// Where a view lies in its base: what gradients through views go by when the memory was changed in place.
///
/// Three linear maps lead between tensors of the base's shape and of the view's. Each one's derivative is one of them, so
/// derivatives of every order follow.
struct ViewRegion {
  private let baseShape: [Int]
  private let baseStrides: [Int]
  private let shape: [Int]
  private let strides: [Int]
  private let byteOffset: Int

  /// - Parameter view: repeats no element.
  init(view: Tensor, base: Tensor) {
    baseShape = base.shape
    baseStrides = base.array.strides
    shape = view.shape
    strides = view.array.strides
    byteOffset = view.array.data - base.array.data
  }

  /// The node of `view` as a view of its base in the base's present state.
  static func node(of view: Tensor, in base: Tensor) -> GraphNode {
    let region = ViewRegion(view: view, base: base)
    return GraphNode("AsStridedBackward0", edges: [base.edge]) { call in [try region.placed(call.gradient)] }
  }

  /// The elements of `x`, of the base's shape, that lie in the region.
  func taken(_ x: Tensor) throws -> Tensor {
    let whole = try inBaseLayout(x)
    let result = try TensorMemory.array(shape, x.dtype)
    try result.assign(from: hole(in: whole))
    return Tensor(result).recorded("AsStridedBackward0", [x]) { call in [try placed(call.gradient)] }
  }

  /// Zeros of the base's shape with `x` in the region.
  func placed(_ x: Tensor) throws -> Tensor {
    let result = try zerosInBaseLayout(x.dtype)
    try hole(in: result).assign(from: x.array)
    return Tensor(result).recorded("AsStridedScatterBackward0", [x]) { call in [try taken(call.gradient)] }
  }

  /// `x`, of the base's shape, with zeros in the region.
  func cleared(_ x: Tensor) throws -> Tensor {
    let result = try inBaseLayout(x)
    try hole(in: result).assign(from: Tensor.zeros(shape, dtype: x.dtype).array)
    return Tensor(result).recorded("AsStridedClearBackward0", [x]) { call in [try cleared(call.gradient)] }
  }

  private func hole(in whole: NDArray) -> NDArray { whole.view(shape: shape, strides: strides, byteOffset: byteOffset) }

  private func inBaseLayout(_ x: Tensor) throws -> NDArray {
    let whole = try zerosInBaseLayout(x.dtype)
    try whole.assign(from: x.array)
    return whole
  }

  /// Zeros in new memory with the base's shape and strides.
  private func zerosInBaseLayout(_ dtype: DType) throws -> NDArray {
    let reaches = zip(baseShape, baseStrides).map { extent, stride in max(extent - 1, 0) * stride }
    let span = reaches.reduce(0) { $0 + abs($1) } / dtype.stride + 1
    let memory = try Tensor.zeros([span], dtype: dtype).array
    return memory.view(
      shape: baseShape, strides: baseStrides, byteOffset: -reaches.reduce(0) { $0 + min($1, 0) })
  }
}
