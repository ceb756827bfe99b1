import ApusAutograd
import ApusNumerics

/// The functions of `torch.nn.init` by name: they fill their tensor, whose values no graph sees, and return it. `seed` and
/// `generator` name a random generator other than the default one.
extension NetworkTable {
  static let initializers: [String: Function] = [
    "eye_": filling { tensor, _, _ in try Initializers.eye(tensor) },
    "dirac_": filling { tensor, o, _ in try Initializers.dirac(tensor, groups: try o.int("groups", 1)) },
    "xavier_uniform_": filling {
      try Initializers.xavierUniform($0, gain: try $1.double("gain", 1), generator: $2)
    },
    "xavier_normal_": filling { try Initializers.xavierNormal($0, gain: try $1.double("gain", 1), generator: $2) },
    "kaiming_uniform_": filling { tensor, o, generator in
      try Initializers.kaimingUniform(
        tensor, negativeSlope: try o.double("a", 0), mode: try mode(o),
        nonlinearity: try o.string("nonlinearity", "leaky_relu"), generator: generator)
    },
    "kaiming_normal_": filling { tensor, o, generator in
      try Initializers.kaimingNormal(
        tensor, negativeSlope: try o.double("a", 0), mode: try mode(o),
        nonlinearity: try o.string("nonlinearity", "leaky_relu"), generator: generator)
    },
    "trunc_normal_": filling { tensor, o, generator in
      try Initializers.truncatedNormal(
        tensor, mean: try o.double("mean", 0), standardDeviation: try o.double("std", 1), low: try o.double("a", -2),
        high: try o.double("b", 2), generator: generator)
    },
    "orthogonal_": filling { try Initializers.orthogonal($0, gain: try $1.double("gain", 1), generator: $2) },
    "sparse_": filling { tensor, o, generator in
      try Initializers.sparse(
        tensor, sparsity: try o.double("sparsity"), standardDeviation: try o.double("std", 0.01), generator: generator)
    },
  ]

  private static func filling(
    _ body: @escaping @Sendable (Tensor, Options, Generator) throws -> Tensor
  ) -> Function {
    { inputs, options in
      guard let tensor = inputs.first, inputs.count == 1 else {
        throw ApusError.invalidArgument(name: "inputs", reason: "1 tensor is needed, got \(inputs.count)")
      }
      return try (RandomSource(options) ?? .generator(.default)).draw { try body(tensor, options, $0) }
    }
  }

  private static func mode(_ options: Options) throws -> Initializers.FanMode {
    let name = try options.string("mode", "fan_in")
    guard let mode = Initializers.FanMode(rawValue: name) else {
      throw ApusError.invalidArgument(name: "mode", reason: "'\(name)' is not fan_in or fan_out")
    }
    return mode
  }
}
