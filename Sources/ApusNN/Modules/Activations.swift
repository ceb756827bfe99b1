import ApusAutograd
import ApusNumerics

/// A module that applies an elementwise function.
public final class Activation: Module, @unchecked Sendable {
  let function: UnaryFunction
  private let name: String
  private let text: String

  /// - Parameters:
  ///   - name: the class name in descriptions, as PyTorch's: `ReLU`.
  ///   - details: what stands between the parentheses.
  package init(_ function: UnaryFunction, name: String, details: String = "") {
    self.function = function
    self.name = name
    self.text = details
  }

  public override func forward(_ input: Tensor) throws -> Tensor { try input.apply(function) }
  public override var typeName: String { name }
  public override var details: String { text }
}

/// Elementwise activations as modules.
public func ReLU() -> Activation { Activation(.relu, name: "ReLU") }
public func Sigmoid() -> Activation { Activation(.sigmoid, name: "Sigmoid") }
public func Tanh() -> Activation { Activation(.tanh, name: "Tanh") }
public func SiLU() -> Activation { Activation(.silu, name: "SiLU") }
public func Mish() -> Activation { Activation(.mish, name: "Mish") }
public func Softsign() -> Activation { Activation(.softsign, name: "Softsign") }
public func Tanhshrink() -> Activation { Activation(.tanhshrink, name: "Tanhshrink") }
public func ReLU6() -> Activation { Activation(.relu6, name: "ReLU6") }
public func Hardsigmoid() -> Activation { Activation(.hardSigmoid, name: "Hardsigmoid") }
public func Hardswish() -> Activation { Activation(.hardSwish, name: "Hardswish") }
public func LogSigmoid() -> Activation { Activation(.logSigmoid, name: "LogSigmoid") }
public func SELU() -> Activation { Activation(.selu, name: "SELU") }
public func GELU(tanhApproximation: Bool = false) -> Activation {
  Activation(
    tanhApproximation ? .geluTanh : .geluExact, name: "GELU",
    details: "approximate='\(tanhApproximation ? "tanh" : "none")'")
}
public func LeakyReLU(negativeSlope: Double = 0.01) -> Activation {
  Activation(.leakyRelu(slope: negativeSlope), name: "LeakyReLU", details: "negative_slope=\(negativeSlope)")
}
public func ELU(alpha: Double = 1) -> Activation {
  Activation(.elu(alpha: alpha), name: "ELU", details: "alpha=\(alpha)")
}
public func CELU(alpha: Double = 1) -> Activation {
  Activation(.celu(alpha: alpha), name: "CELU", details: "alpha=\(alpha)")
}
public func Softplus(beta: Double = 1, threshold: Double = 20) -> Activation {
  Activation(
    .softplus(beta: beta, threshold: threshold), name: "Softplus", details: "beta=\(beta), threshold=\(threshold)")
}
public func Hardtanh(minimum: Double = -1, maximum: Double = 1) -> Activation {
  Activation(
    .hardtanh(minimum: minimum, maximum: maximum), name: "Hardtanh", details: "min_val=\(minimum), max_val=\(maximum)")
}

/// Softmax along an axis, or its logarithm.
public final class Softmax: Module, @unchecked Sendable {
  let dim: Int
  let isLog: Bool

  public init(dim: Int = -1, isLog: Bool = false) {
    self.dim = dim
    self.isLog = isLog
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    isLog ? try input.logSoftmax(dim) : try input.softmax(dim)
  }
  public override var typeName: String { isLog ? "LogSoftmax" : "Softmax" }
  public override var details: String { "dim=\(dim)" }
}

/// max(0, x) + a · min(0, x) with learnable a, one or one per channel.
public final class PReLU: Module, @unchecked Sendable {
  private let count: Int

  public init(_ count: Int = 1, initial: Double = 0.25, dtype: DType = .float32) throws {
    self.count = count
    super.init()
    register(parameter: "weight", try Tensor.full([count], initial, dtype: dtype).asParameter())
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    var weight = ownParameters[0].tensor!
    if count > 1, input.rank > 2 { weight = try weight.reshaped([count] + Array(repeating: 1, count: input.rank - 2)) }
    return try input.apply(.relu) - weight * (-input).apply(.relu)
  }
  public override var details: String { "num_parameters=\(count)" }
}

/// Sets elements to zero with probability p while training and scales the others by 1/(1 − p).
public final class Dropout: Module, @unchecked Sendable {
  public let probability: Double
  private let wholeChannels: Int?
  private let generator: Generator

  /// - Parameter channelAxes: number of leading axes that share one decision each (2: whole channels, `Dropout2d`).
  public init(_ probability: Double = 0.5, channelAxes: Int? = nil, generator: Generator = .default) throws(ApusError) {
    guard (0...1).contains(probability) else {
      throw .invalidArgument(name: "p", reason: "\(probability) is not in [0, 1]")
    }
    self.probability = probability
    self.wholeChannels = channelAxes
    self.generator = generator
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    guard isTraining else { return input }
    return try input.dropout(probability, channelAxes: wholeChannels, generator: generator)
  }
  public override var typeName: String { wholeChannels == nil ? "Dropout" : "Dropout2d" }
  public override var details: String { "p=\(probability), inplace=False" }
}
