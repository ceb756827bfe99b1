import ApusNumerics

/// An n-dimensional array with its place in the computation graph.
///
/// A tensor is a *leaf* when no recorded operation made it; a leaf with `requiresGrad` collects derivatives in ``grad`` when
/// ``backward(gradient:retainGraph:createGraph:)`` runs on something computed from it. Element types are those of
/// `NDArray`; only float32 and float64 take part in differentiation.
///
/// Views (``reshaped(_:)``, ``transposed(_:_:)``, ``narrow(dim:start:length:)`` …) share memory and a *version* with their
/// base: every in-place change raises it, and a backward pass that needs a value as it was before the change reports an
/// error instead of a wrong gradient.
///
/// One tensor is not to be changed by two threads at once; different graphs may be used on different threads freely.
public final class Tensor: @unchecked Sendable {
  /// The elements. In-place operations change what it points to, ``set(to:)`` replaces it.
  package internal(set) var array: NDArray
  /// The accumulated derivative of what backward was called on; nil before, and after ``zeroGrad()``.
  public var grad: Tensor?
  /// Whether this leaf was asked to collect gradients.
  var isLeafRequiringGrad: Bool
  private var storedNode: GraphNode?
  private(set) var outputIndex = 0
  private var counter: VersionCounter?
  /// Set on views of other tensors.
  private(set) var viewRelation: ViewRelation?
  var hooks: [TensorHook] = []
  /// Whether a tensor that is no leaf keeps its gradient too.
  public internal(set) var retainsGrad = false
  /// True for tensors that modules list as parameters.
  package var isParameter = false

  /// Wraps an array without copying it.
  package init(_ array: NDArray, requiresGrad: Bool = false) {
    self.array = array
    self.isLeafRequiringGrad = requiresGrad
  }

  /// A copy of `array` as a leaf.
  ///
  /// - Throws: ``ApusError/unsupportedType(name:reason:)`` when gradients are asked of integers or truth values.
  public convenience init(copying array: NDArray, requiresGrad: Bool = false) throws(ApusError) {
    let copy = try TensorMemory.array(array.shape, array.dtype)
    try copy.assign(from: array)
    self.init(copy)
    if requiresGrad { try setRequiresGrad(true) }
  }

  // MARK: Description

  public var shape: [Int] { array.shape }
  public var dtype: DType { array.dtype }
  public var rank: Int { array.rank }
  public var count: Int { array.count }
  public var isFloatingPoint: Bool { array.dtype.isFloatingPoint }

  /// Whether a result computed from this tensor would be recorded.
  public var requiresGrad: Bool { isLeafRequiringGrad || storedNode != nil || node != nil }
  public var isLeaf: Bool { node == nil }
  /// The name of the operation that made this tensor, such as `AddmmBackward0`; nil for leaves.
  public var gradFunctionName: String? { node?.name }

  /// Asks a leaf to collect gradients, or not to.
  ///
  /// - Throws: for integer and bool tensors, and for results of recorded operations.
  public func setRequiresGrad(_ value: Bool) throws(ApusError) {
    if value, !isFloatingPoint {
      throw .unsupportedType(
        name: "requires_grad", reason: "only floating point tensors have gradients, this one holds \(dtype.name)")
    }
    if node != nil {
      if value { return }
      throw .invalidArgument(
        name: "requires_grad", reason: "can only be changed on leaf tensors; use detach() for the others")
    }
    isLeafRequiringGrad = value
  }

  /// Keeps ``grad`` although this tensor is no leaf.
  public func retainGrad() throws(ApusError) {
    guard requiresGrad else {
      throw .invalidArgument(name: "retain_grad", reason: "the tensor does not require gradients")
    }
    retainsGrad = node != nil
  }

  /// Forgets the accumulated gradient.
  public func zeroGrad() { grad = nil }

  // MARK: Version and graph

  /// The number of in-place changes so far of the memory this tensor shares with its views.
  package var version: Int { counter?.value ?? 0 }

  func bumpVersion() { sharedCounter.value &+= 1 }

  var sharedCounter: VersionCounter {
    if let counter { return counter }
    let new = VersionCounter()
    counter = new
    return new
  }

  /// The recorded operation this tensor is a result of. A view whose base was changed in place is by now a view of the
  /// changed base, so its node is made anew.
  package var node: GraphNode? {
    guard let relation = viewRelation, relation.recordedVersion != version, relation.base.node != nil else {
      return storedNode
    }
    let refreshed = ViewRegion.node(of: self, in: relation.base)
    storedNode = refreshed
    outputIndex = 0
    viewRelation?.recordedVersion = version
    return refreshed
  }

  func setNode(_ node: GraphNode?, outputIndex: Int = 0) {
    storedNode = node
    self.outputIndex = outputIndex
    viewRelation?.recordedVersion = version
  }

  /// Marks this tensor as a view of `base` (or of what `base` itself is a view of).
  func becomeView(of base: Tensor) {
    counter = base.sharedCounter
    viewRelation = ViewRelation(base: base.viewRelation?.base ?? base, recordedVersion: version)
  }

  func shareVersion(with other: Tensor) { counter = other.sharedCounter }

  /// Where derivatives of a result flow: into the operation that made this tensor, or into the leaf itself.
  var edge: Edge {
    if let node { return .node(node, output: outputIndex) }
    return isLeafRequiringGrad ? .leaf(self) : .none
  }

  /// The same elements outside the graph; shares memory and version.
  public func detached() -> Tensor {
    let result = Tensor(array)
    result.shareVersion(with: self)
    return result
  }

  /// Makes this tensor hold other memory: `tensor.data = other`.
  package func set(to array: NDArray) { self.array = array }
}

/// Counts the in-place changes of one memory.
final class VersionCounter: @unchecked Sendable {
  var value = 0
}

/// What a view belongs to, and the version of the base at which the view's node was recorded.
struct ViewRelation {
  let base: Tensor
  var recordedVersion: Int
}
