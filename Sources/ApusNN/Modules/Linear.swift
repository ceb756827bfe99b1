import ApusAutograd
import ApusNumerics

/// y = x · Wᵀ + b with W (outFeatures, inFeatures); x (…, inFeatures).
///
/// Starts from uniform numbers in ±1/√inFeatures, drawn as PyTorch draws them.
public final class Linear: Module, @unchecked Sendable {
  public let inFeatures: Int
  public let outFeatures: Int
  let hasBias: Bool

  public init(
    _ inFeatures: Int, _ outFeatures: Int, bias: Bool = true, dtype: DType = .float32, generator: Generator = .default
  ) throws {
    try LayerArguments.requirePositive(inFeatures, "in_features", allowsZero: true)
    try LayerArguments.requirePositive(outFeatures, "out_features", allowsZero: true)
    self.inFeatures = inFeatures
    self.outFeatures = outFeatures
    self.hasBias = bias
    super.init()
    let weight = try Tensor.zeros([outFeatures, inFeatures], dtype: dtype)
    try Initializers.kaimingUniform(weight, negativeSlope: 5.0.squareRoot(), generator: generator)
    register(parameter: "weight", try weight.asParameter())
    register(
      parameter: "bias",
      bias ? try Initializers.fanInBias(outFeatures, fanIn: inFeatures, dtype: dtype, generator).asParameter() : nil)
  }

  public var weight: Tensor { ownParameters[0].tensor! }
  public var bias: Tensor? { ownParameters[1].tensor }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try Tensor.linear(input, weight: weight, bias: bias)
  }

  public override var details: String {
    "in_features=\(inFeatures), out_features=\(outFeatures), bias=\(PythonText.truth(hasBias))"
  }
}

/// y = x₁ᵀ · W · x₂ + b with W (out, in₁, in₂).
public final class Bilinear: Module, @unchecked Sendable {
  let sizes: (Int, Int, Int)
  let hasBias: Bool

  public init(
    _ in1: Int, _ in2: Int, _ out: Int, bias: Bool = true, dtype: DType = .float32, generator: Generator = .default
  ) throws {
    try LayerArguments.requirePositive(in1, "in1_features")
    sizes = (in1, in2, out)
    hasBias = bias
    super.init()
    let bound = 1 / Double(in1).squareRoot()
    let weight = try Tensor.zeros([out, in1, in2], dtype: dtype)
    try weight.fillUniform(from: -bound, to: bound, generator: generator)
    register(parameter: "weight", try weight.asParameter())
    let offset = bias ? try Tensor.zeros([out], dtype: dtype) : nil
    try offset?.fillUniform(from: -bound, to: bound, generator: generator)
    register(parameter: "bias", try offset?.asParameter())
  }

  public override func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    guard inputs.count == 2, let a = inputs[0], let b = inputs[1] else {
      throw ApusError.invalidArgument(name: "Bilinear", reason: "takes 2 inputs, got \(inputs.count)")
    }
    let (in1, in2, out) = sizes
    guard a.rank >= 1, a.shape.last == in1, b.shape.last == in2, a.shape.dropLast() == b.shape.dropLast() else {
      throw ApusError.shapeMismatch(
        name: "Bilinear", reason: "inputs of shapes \(a.shape) and \(b.shape) do not fit (\(in1), \(in2))")
    }
    let lead = Array(a.shape.dropLast())
    let rows = lead.reduce(1, *)
    // (rows, in1) · (in1, out · in2), then against x₂.
    let weight = try ownParameters[0].tensor!.permuted([1, 0, 2]).reshaped([in1, out * in2])
    let partial = try a.reshaped([rows, in1]).matmul(weight).reshaped([rows, out, in2])
    var result = try partial.matmul(b.reshaped([rows, in2, 1])).reshaped(lead + [out])
    if let bias = ownParameters[1].tensor { result = try result + bias }
    return [result]
  }

  public override var details: String {
    "in1_features=\(sizes.0), in2_features=\(sizes.1), out_features=\(sizes.2), bias=\(PythonText.truth(hasBias))"
  }
}

/// Rows of a table by index; starts from standard normal numbers.
public final class Embedding: Module, @unchecked Sendable {
  let entries: Int
  let width: Int
  let paddingIndex: Int?

  public init(
    _ entries: Int, _ width: Int, paddingIndex: Int? = nil, dtype: DType = .float32, generator: Generator = .default
  ) throws {
    try LayerArguments.requirePositive(entries, "num_embeddings")
    try LayerArguments.requirePositive(width, "embedding_dim")
    var padding = paddingIndex
    if let index = paddingIndex {
      guard index >= -entries, index < entries else {
        throw ApusError.invalidArgument(name: "padding_idx", reason: "\(index) is not within \(entries) entries")
      }
      padding = index < 0 ? index + entries : index
    }
    self.entries = entries
    self.width = width
    self.paddingIndex = padding
    super.init()
    let weight = try Tensor.randn([entries, width], dtype: dtype, generator: generator)
    if let padding { try weight.select(dim: 0, index: padding).fill(0) }
    register(parameter: "weight", try weight.asParameter())
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try Tensor.embedding(input, weight: ownParameters[0].tensor!, paddingIndex: paddingIndex)
  }

  public override var details: String {
    "\(entries), \(width)" + (paddingIndex.map { ", padding_idx=\($0)" } ?? "")
  }
}

/// Checks of layer sizes.
enum LayerArguments {
  static func requirePositive(_ value: Int, _ name: String, allowsZero: Bool = false) throws(ApusError) {
    guard value > 0 || allowsZero && value == 0 else {
      throw .invalidArgument(name: name, reason: "\(value) is not positive")
    }
    guard value <= Int(Int32.max) else { throw .sizeOverflow(reason: "\(name): \(value) exceeds 2^31 - 1") }
  }
}

extension Tensor {
  /// This tensor as a leaf that collects gradients and that modules list.
  package func asParameter() throws -> Tensor {
    isParameter = true
    try setRequiresGrad(true)
    return self
  }
}
