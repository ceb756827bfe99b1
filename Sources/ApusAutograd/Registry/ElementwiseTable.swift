import ApusNumerics

extension OperationTable {
  /// The second operand: a tensor, or the number `other`.
  private static func binary(
    _ body: @escaping @Sendable (Tensor, Tensor) throws -> Tensor
  ) -> Operation {
    { inputs, options in
      if let b = inputs.optional(1), let a = inputs.optional(0) { return [try body(a, b)] }
      if let a = inputs.optional(0) { return [try body(a, a.scalar(try options.double("other")))] }
      let b = try inputs[1]
      return [try body(b.scalar(try options.double("other")), b)]
    }
  }

  static let arithmetic: [String: Operation] = [
    "add": { inputs, options in
      let alpha = try options.double("alpha", 1)
      guard let b = inputs.optional(1) else {
        let a = try inputs[0]
        return [try a.adding(a.scalar(try options.double("other")), alpha: alpha)]
      }
      return [try inputs[0].adding(b, alpha: alpha)]
    },
    "sub": { inputs, options in
      let alpha = try options.double("alpha", 1)
      return try binary { try $0.subtracting(alpha == 1 ? $1 : $1 * alpha) }(inputs, options)
    },
    "mul": binary { try $0.multiplied(by: $1) },
    "div": { inputs, options in
      let mode = try options.string("rounding_mode", "")
      return try binary { a, b in
        switch mode {
        case "": return try a.divided(by: b)
        case "floor": return try a.floorDivided(by: b)
        case "trunc": return try a.divided(by: b).apply(.truncate)
        default: throw ApusError.invalidArgument(name: "rounding_mode", reason: "'\(mode)' is not floor or trunc")
        }
      }(inputs, options)
    },
    "floor_divide": binary { try $0.floorDivided(by: $1) },
    "remainder": binary { try $0.remainder($1) },
    "pow": { inputs, options in
      if let a = inputs.optional(0), inputs.optional(1) == nil { return [try a.power(try options.double("other"))] }
      return try binary { try $0.power($1) }(inputs, options)
    },
    "maximum": binary { try $0.maximum($1) },
    "minimum": binary { try $0.minimum($1) },
    "atan2": binary { try $0.atan2($1) },
    "eq": binary { try $0.equal(to: $1) },
    "ne": binary { try $0.notEqual(to: $1) },
    "lt": binary { try $0.less(than: $1) },
    "le": binary { try $0.lessOrEqual($1) },
    "gt": binary { try $0.greater(than: $1) },
    "ge": binary { try $0.greaterOrEqual($1) },
    "logical_and": binary { try $0.converted(to: .bool).multiplied(by: $1.converted(to: .bool)) },
    "logical_or": binary { try $0.converted(to: .bool).adding($1.converted(to: .bool)) },
    "logical_xor": binary { try $0.converted(to: .bool).notEqual(to: $1.converted(to: .bool)) },
    "logical_not": { inputs, _ in
      [try inputs[0].converted(to: .bool).equal(to: Tensor.zeros([], dtype: .bool))]
    },
    "where": { inputs, _ in [try Tensor.select(inputs[0], inputs[1], inputs[2])] },
    "masked_fill": { inputs, options in [try inputs[0].maskedFill(inputs[1], try options.double("value"))] },
    "clamp": { inputs, options in
      [try inputs[0].clamped(minimum: try options.optionalDouble("min"), maximum: try options.optionalDouble("max"))]
    },
    "isnan": { inputs, _ in [try inputs[0].notEqual(to: inputs[0])] },
    "isinf": { inputs, _ in
      let x = try inputs[0].detached().converted(to: .float64).apply(.absolute)
      return [try x.equal(to: Tensor.scalar(.infinity, dtype: .float64))]
    },
    "isfinite": { inputs, _ in
      let x = try inputs[0].detached().converted(to: .float64).apply(.absolute)
      return [try x.less(than: Tensor.scalar(.infinity, dtype: .float64))]
    },
  ]

  private static func unary(_ function: UnaryFunction) -> Operation { { inputs, _ in [try inputs[0].apply(function)] } }

  static let elementwise: [String: Operation] = [
    "neg": unary(.negative), "abs": unary(.absolute), "sign": unary(.sign), "square": unary(.square),
    "reciprocal": unary(.reciprocal), "sqrt": unary(.squareRoot), "rsqrt": unary(.reciprocalSquareRoot),
    "exp": unary(.exp), "exp2": unary(.exp2), "expm1": unary(.expMinusOne), "log": unary(.log), "log2": unary(.log2),
    "log10": unary(.log10), "log1p": unary(.logOnePlus), "sin": unary(.sin), "cos": unary(.cos), "tan": unary(.tan),
    "asin": unary(.asin), "acos": unary(.acos), "atan": unary(.atan), "sinh": unary(.sinh), "cosh": unary(.cosh),
    "tanh": unary(.tanh), "erf": unary(.erf), "floor": unary(.floor), "ceil": unary(.ceil), "round": unary(.round),
    "trunc": unary(.truncate), "relu": unary(.relu), "sigmoid": unary(.sigmoid), "logsigmoid": unary(.logSigmoid),
    "silu": unary(.silu), "mish": unary(.mish), "softsign": unary(.softsign), "tanhshrink": unary(.tanhshrink),
    "relu6": unary(.relu6), "hardsigmoid": unary(.hardSigmoid), "hardswish": unary(.hardSwish), "selu": unary(.selu),
    "gelu": { inputs, options in
      let form = try options.string("approximate", "none")
      guard form == "none" || form == "tanh" else {
        throw ApusError.invalidArgument(name: "approximate", reason: "'\(form)' is not none or tanh")
      }
      return [try inputs[0].gelu(tanhApproximation: form == "tanh")]
    },
    "leaky_relu": { inputs, options in
      [try inputs[0].apply(.leakyRelu(slope: try options.double("negative_slope", 0.01)))]
    },
    "elu": { inputs, options in [try inputs[0].apply(.elu(alpha: try options.double("alpha", 1)))] },
    "celu": { inputs, options in [try inputs[0].apply(.celu(alpha: try options.double("alpha", 1)))] },
    "softplus": { inputs, options in
      [try inputs[0].softplus(beta: try options.double("beta", 1), threshold: try options.double("threshold", 20))]
    },
    "hardtanh": { inputs, options in
      [
        try inputs[0].apply(
          .hardtanh(minimum: try options.double("min_val", -1), maximum: try options.double("max_val", 1)))
      ]
    },
    "threshold": { inputs, options in
      [try inputs[0].apply(.threshold(try options.double("threshold"), value: try options.double("value")))]
    },
    "hardshrink": { inputs, options in [try inputs[0].apply(.hardshrink(try options.double("lambd", 0.5)))] },
    "softshrink": { inputs, options in [try inputs[0].apply(.softshrink(try options.double("lambd", 0.5)))] },
    "to": { inputs, options in [try inputs[0].converted(to: try options.dtype("dtype", try inputs[0].dtype))] },
    "clone": { inputs, _ in [try inputs[0].cloned()] },
    "contiguous": { inputs, _ in [try inputs[0].contiguous()] },
    "detach": { inputs, _ in [try inputs[0].detached()] },
    "bernoulli": { inputs, _ in [try inputs[0].bernoulli()] },
  ]

  /// Draws from the generator that the options name, or from the default one.
  private static func drawing(_ options: Options, _ draw: (Generator) throws -> Tensor) throws -> Tensor {
    try (RandomSource(options) ?? .generator(.default)).draw(draw)
  }

  static let creation: [String: Operation] = [
    "full": { _, options in
      [
        try Tensor.full(
          try options.optionalInts("size") ?? [], try options.double("value", 0),
          dtype: try options.dtype("dtype", .float32))
      ]
    },
    "randn": { _, options in
      let (size, dtype) = (try options.optionalInts("size") ?? [], try options.dtype("dtype", .float32))
      return [try drawing(options) { try Tensor.randn(size, dtype: dtype, generator: $0) }]
    },
    "rand": { _, options in
      let (size, dtype) = (try options.optionalInts("size") ?? [], try options.dtype("dtype", .float32))
      return [try drawing(options) { try Tensor.rand(size, dtype: dtype, generator: $0) }]
    },
    "randint": { _, options in
      let (low, high) = (Int64(try options.int("low", 0)), Int64(try options.int("high")))
      let (size, dtype) = (try options.optionalInts("size") ?? [], try options.dtype("dtype", .int64))
      return [try drawing(options) { try Tensor.randint(low, high, size, dtype: dtype, generator: $0) }]
    },
    "randperm": { _, options in
      let (n, dtype) = (try options.int("n"), try options.dtype("dtype", .int64))
      return [try drawing(options) { try Tensor.randperm(n, dtype: dtype, generator: $0) }]
    },
    "multinomial": { inputs, options in
      let (draws, replacement) = (try options.int("num_samples"), try options.bool("replacement", false))
      return [
        try drawing(options) {
          try inputs[0].multinomial(draws, replacement: replacement, generator: $0)
        }
      ]
    },
    // `torch.empty((), dtype=int64).random_()`: what data loaders draw their seeds by.
    "random_int64": { _, options in
      let result = try Tensor.empty([], dtype: .int64)
      return [
        try drawing(options) { generator in
          generator.fillIntegers(result.array.data, dtype: .int64, count: 1)
          return result
        }
      ]
    },
    // The state of a generator seeded with `seed`, for the option `generator`.
    "generator_state": { _, options in
      [try Tensor(Generator(seed: UInt64(bitPattern: Int64(try options.int("seed")))).state)]
    },
    "arange": { _, options in
      [
        try Tensor.arange(
          try options.double("start", 0), try options.double("end"), step: try options.double("step", 1),
          dtype: try options.dtype("dtype", .int64))
      ]
    },
    "linspace": { _, options in
      [
        try Tensor.linspace(
          try options.double("start"), try options.double("end"), count: try options.int("steps"),
          dtype: try options.dtype("dtype", .float32))
      ]
    },
    "eye": { _, options in
      [
        try Tensor.eye(
          try options.int("n"), try options.optionalInt("m"), dtype: try options.dtype("dtype", .float32))
      ]
    },
  ]

  /// In-place forms return their first input.
  static let inPlace: [String: Operation] = [
    "add_": { inputs, options in
      let alpha = try options.double("alpha", 1)
      if let other = inputs.optional(1) { return [try inputs[0].add(inPlace: other, alpha: alpha)] }
      let other = try options.double("other")
      return [try inputs[0].modify { try $0 + other * alpha }]
    },
    "copy_": { inputs, _ in [try inputs[0].copy(from: inputs[1])] },
    "fill_": { inputs, options in [try inputs[0].fill(try options.double("value"))] },
    "uniform_": { inputs, options in
      [try inputs[0].fillUniform(from: try options.double("from", 0), to: try options.double("to", 1))]
    },
    "normal_": { inputs, options in
      [
        try inputs[0].fillNormal(
          mean: try options.double("mean", 0), standardDeviation: try options.double("std", 1))
      ]
    },
    "bernoulli_": { inputs, options in [try inputs[0].fillBernoulli(probability: try options.double("p", 0.5))] },
    "index_put_": { inputs, options in
      // The tensor, the indices, the values.
      let last = max(inputs.count - 1, 1)
      let (target, values) = (try inputs[0], try inputs[last])
      return [
        try target.putIndex(
          Array(inputs.all()[1..<last]), dim: try options.int("dim", 0), values,
          accumulate: try options.bool("accumulate", false))
      ]
    },
    "apply_": { inputs, options in
      // Any operation with a result of the same shape, in place.
      let name = try options.string("operation", "")
      guard let operation = inPlaceOperations[name] else {
        throw ApusError.invalidArgument(name: "operation", reason: "'\(name)' has no in-place form")
      }
      let others = inputs.tensors.dropFirst()
      return [
        try inputs[0].modify(with: others.compactMap { $0 }) { own in
          try operation(Inputs(tensors: [own] + others, name: name), options)[0]
        }
      ]
    },
  ]

  private static let inPlaceOperations: [String: Operation] =
    arithmetic.merging(elementwise) { first, _ in first }.merging(indexing) { first, _ in first }
}
