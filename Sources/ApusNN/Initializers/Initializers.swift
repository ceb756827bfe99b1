import ApusAutograd
import ApusNumerics
import RealModule

/// Starting values of parameters, with the names, formulas and random streams of `torch.nn.init`.
///
/// All work in place, outside the graph.
public enum Initializers {
  /// Which fan a Kaiming initialiser keeps the variance of.
  public enum FanMode: String, Sendable { case fanIn = "fan_in", fanOut = "fan_out" }

  /// Inputs and outputs of one unit of a weight (out, in, kernel…).
  public static func fans(_ tensor: Tensor) throws(ApusError) -> (fanIn: Int, fanOut: Int) {
    guard tensor.rank >= 2 else {
      throw .shapeMismatch(name: "init", reason: "fans need at least 2 dimensions, got shape \(tensor.shape)")
    }
    let field = tensor.shape.dropFirst(2).reduce(1, *)
    return (tensor.shape[1] * field, tensor.shape[0] * field)
  }

  /// The recommended gain of a nonlinearity.
  public static func gain(_ nonlinearity: String, _ parameter: Double? = nil) throws(ApusError) -> Double {
    switch nonlinearity {
    case "linear", "conv1d", "conv2d", "conv3d", "sigmoid": return 1
    case "tanh": return 5.0 / 3
    case "relu": return 2.0.squareRoot()
    case "leaky_relu":
      let slope = parameter ?? 0.01
      return (2 / (1 + slope * slope)).squareRoot()
    case "selu": return 3.0 / 4
    default: throw .invalidArgument(name: "nonlinearity", reason: "'\(nonlinearity)' is unknown")
    }
  }

  @discardableResult
  public static func uniform(
    _ tensor: Tensor, from: Double = 0, to: Double = 1, generator: Generator = .default
  ) throws -> Tensor {
    try withoutGrad { try tensor.fillUniform(from: from, to: to, generator: generator) }
  }

  @discardableResult
  public static func normal(
    _ tensor: Tensor, mean: Double = 0, standardDeviation: Double = 1, generator: Generator = .default
  ) throws -> Tensor {
    try withoutGrad {
      try tensor.fillNormal(mean: mean, standardDeviation: standardDeviation, generator: generator)
    }
  }

  @discardableResult
  public static func constant(_ tensor: Tensor, _ value: Double) throws -> Tensor {
    try withoutGrad { try tensor.fill(value) }
  }

  /// The identity matrix.
  @discardableResult
  public static func eye(_ tensor: Tensor) throws -> Tensor {
    guard tensor.rank == 2 else {
      throw ApusError.shapeMismatch(name: "eye", reason: "needs 2 dimensions, got shape \(tensor.shape)")
    }
    return try withoutGrad {
      try tensor.copy(from: Tensor.eye(tensor.shape[0], tensor.shape[1], dtype: tensor.dtype))
    }
  }

  /// Uniform in ±gain · √(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
  @discardableResult
  public static func xavierUniform(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) throws -> Tensor
  {
    let (fanIn, fanOut) = try fans(tensor)
    let bound = 3.0.squareRoot() * (gain * (2.0 / Double(fanIn + fanOut)).squareRoot())
    return try uniform(tensor, from: -bound, to: bound, generator: generator)
  }

  /// Normal with variance gain² · 2 / (fanIn + fanOut).
  @discardableResult
  public static func xavierNormal(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) throws -> Tensor
  {
    let (fanIn, fanOut) = try fans(tensor)
    return try normal(
      tensor, standardDeviation: gain * (2.0 / Double(fanIn + fanOut)).squareRoot(), generator: generator)
  }

  /// Uniform in ±gain · √(3 / fan) (He et al., 2015).
  @discardableResult
  public static func kaimingUniform(
    _ tensor: Tensor, negativeSlope: Double = 0, mode: FanMode = .fanIn, nonlinearity: String = "leaky_relu",
    generator: Generator = .default
  ) throws -> Tensor {
    if tensor.count == 0 { return tensor }
    let (fanIn, fanOut) = try fans(tensor)
    let deviation = try gain(nonlinearity, negativeSlope) / Double(mode == .fanIn ? fanIn : fanOut).squareRoot()
    let bound = 3.0.squareRoot() * deviation
    return try uniform(tensor, from: -bound, to: bound, generator: generator)
  }

  /// Normal with standard deviation gain / √fan.
  @discardableResult
  public static func kaimingNormal(
    _ tensor: Tensor, negativeSlope: Double = 0, mode: FanMode = .fanIn, nonlinearity: String = "leaky_relu",
    generator: Generator = .default
  ) throws -> Tensor {
    if tensor.count == 0 { return tensor }
    let (fanIn, fanOut) = try fans(tensor)
    let deviation = try gain(nonlinearity, negativeSlope) / Double(mode == .fanIn ? fanIn : fanOut).squareRoot()
    return try normal(tensor, standardDeviation: deviation, generator: generator)
  }

  /// A bias uniform in ±1/√fanIn, as linear and convolution layers start with.
  static func fanInBias(_ count: Int, fanIn: Int, dtype: DType, _ generator: Generator) throws -> Tensor {
    let bias = try Tensor.zeros([count], dtype: dtype)
    let bound = fanIn > 0 ? 1 / Double(fanIn).squareRoot() : 0
    return try uniform(bias, from: -bound, to: bound, generator: generator)
  }
}
