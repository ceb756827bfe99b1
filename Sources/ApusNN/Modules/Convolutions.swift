import ApusAutograd
import ApusNumerics

/// Convolution (cross-correlation) in one or two dimensions; starts as PyTorch's.
public final class Convolution: Module, @unchecked Sendable {
  let channels: (Int, Int)
  let kernel: [Int]
  let stride: [Int]
  /// Nil keeps the extents.
  let padding: [Int]?
  let dilation: [Int]
  let groups: Int
  private let dimensions: Int
  private let hasBias: Bool

  /// - Parameter padding: nil keeps the extents, with stride 1.
  public init(
    _ inChannels: Int, _ outChannels: Int, kernel: [Int], dimensions: Int, stride: [Int] = [1], padding: [Int]? = [0],
    dilation: [Int] = [1], groups: Int = 1, bias: Bool = true, dtype: DType = .float32, generator: Generator = .default
  ) throws {
    for (value, name) in [(inChannels, "in_channels"), (outChannels, "out_channels"), (groups, "groups")] {
      try LayerArguments.requirePositive(value, name)
    }
    guard inChannels % groups == 0, outChannels % groups == 0 else {
      throw ApusError.invalidArgument(
        name: "groups", reason: "\(groups) does not divide \(inChannels) and \(outChannels) channels")
    }
    func full(_ values: [Int], _ name: String, atLeast least: Int) throws -> [Int] {
      let list = values.count == 1 ? Array(repeating: values[0], count: dimensions) : values
      guard list.count == dimensions, list.allSatisfy({ $0 >= least && $0 <= 1 << 20 }) else {
        throw ApusError.invalidArgument(
          name: name, reason: "\(values) is not \(dimensions) numbers of at least \(least)")
      }
      return list
    }
    channels = (inChannels, outChannels)
    self.kernel = try full(kernel, "kernel_size", atLeast: 1)
    self.stride = try full(stride, "stride", atLeast: 1)
    self.padding = try padding.map { try full($0, "padding", atLeast: 0) }
    self.dilation = try full(dilation, "dilation", atLeast: 1)
    self.groups = groups
    self.dimensions = dimensions
    hasBias = bias
    super.init()
    guard padding != nil || self.stride.allSatisfy({ $0 == 1 }) else {
      throw ApusError.invalidArgument(name: "padding", reason: "'same' needs stride 1, got \(stride)")
    }
    let weight = try Tensor.zeros([outChannels, inChannels / groups] + self.kernel, dtype: dtype)
    try Initializers.kaimingUniform(weight, negativeSlope: 5.0.squareRoot(), generator: generator)
    register(parameter: "weight", try weight.asParameter())
    let fanIn = inChannels / groups * self.kernel.reduce(1, *)
    register(
      parameter: "bias",
      bias ? try Initializers.fanInBias(outChannels, fanIn: fanIn, dtype: dtype, generator).asParameter() : nil)
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.convolution(
      weight: ownParameters[0].tensor!, bias: ownParameters[1].tensor, dimensions: dimensions, stride: stride,
      padding: padding, dilation: dilation, groups: groups)
  }

  public override var typeName: String { "Conv\(dimensions)d" }
  public override var details: String {
    var text =
      "\(channels.0), \(channels.1), kernel_size=\(PythonText.tuple(kernel)), stride=\(PythonText.tuple(stride))"
    if let padding {
      if padding.contains(where: { $0 != 0 }) { text += ", padding=\(PythonText.tuple(padding))" }
    } else {
      text += ", padding=same"
    }
    if dilation.contains(where: { $0 != 1 }) { text += ", dilation=\(PythonText.tuple(dilation))" }
    if groups != 1 { text += ", groups=\(groups)" }
    if !hasBias { text += ", bias=False" }
    return text
  }
}

/// The largest element or the mean of every window.
public final class Pooling: Module, @unchecked Sendable {
  private let isMaximum: Bool
  private let dimensions: Int
  private let kernel: [Int]
  private let stride: [Int]
  private let padding: [Int]
  private let dilation: [Int]
  private let ceilMode: Bool
  private let countsPadding: Bool

  public init(
    maximum: Bool, dimensions: Int, kernel: [Int], stride: [Int]? = nil, padding: [Int] = [0], dilation: [Int] = [1],
    ceilMode: Bool = false, countsPadding: Bool = true
  ) {
    isMaximum = maximum
    self.dimensions = dimensions
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.dilation = dilation
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    if isMaximum {
      return try input.maxPool(
        kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode, dimensions: dimensions)
    }
    return try input.averagePool(
      kernel, stride: stride, padding: padding, ceilMode: ceilMode, countsPadding: countsPadding,
      dimensions: dimensions)
  }

  public override var typeName: String { "\(isMaximum ? "Max" : "Avg")Pool\(dimensions)d" }
  public override var details: String {
    func text(_ values: [Int]) -> String { values.count == 1 ? String(values[0]) : PythonText.tuple(values) }
    let start = "kernel_size=\(text(kernel)), stride=\(text(stride)), padding=\(text(padding))"
    return isMaximum ? start + ", dilation=\(text(dilation)), ceil_mode=\(PythonText.truth(ceilMode))" : start
  }
}

/// Means over windows chosen so that the result has given extents.
public final class AdaptiveAveragePooling: Module, @unchecked Sendable {
  private let size: [Int]
  private let dimensions: Int

  public init(_ size: [Int], dimensions: Int) {
    self.size = size
    self.dimensions = dimensions
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    try input.adaptiveAveragePool(size, dimensions: dimensions)
  }
  public override var typeName: String { "AdaptiveAvgPool\(dimensions)d" }
  public override var details: String {
    "output_size=\(size.count == 1 ? String(size[0]) : PythonText.tuple(size))"
  }
}
