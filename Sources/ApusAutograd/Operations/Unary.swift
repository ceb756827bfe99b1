import ApusNumerics

extension Tensor {
  /// An elementwise function with its derivative. Integers are converted to float32 where the function needs it.
  package func apply(_ function: UnaryFunction) throws -> Tensor {
    if !isFloatingPoint {
      if let result = try integerResult(function) { return result }
      return try converted(to: .float32).apply(function)
    }
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array(shape, dtype))
    if dtype == .float32 {
      UnaryKernels.forward(function, source.raw(Float.self), result.array.raw(Float.self), count: source.count)
    } else {
      UnaryKernels.forward(function, source.raw(Double.self), result.array.raw(Double.self), count: source.count)
    }
    return recordUnary(function, result)
  }

  private func integerResult(_ function: UnaryFunction) throws -> Tensor? {
    guard dtype != .bool else { return nil }
    let source = try array.packed()
    let result = try TensorMemory.array(shape, dtype)
    let isDone: Bool
    switch dtype {
    case .int32: isDone = UnaryKernels.integer(function, source.raw(Int32.self), result.raw(Int32.self), count: count)
    case .int64: isDone = UnaryKernels.integer(function, source.raw(Int64.self), result.raw(Int64.self), count: count)
    default: isDone = UnaryKernels.integer(function, source.raw(UInt8.self), result.raw(UInt8.self), count: count)
    }
    return isDone ? Tensor(result) : nil
  }

  func recordUnary(_ function: UnaryFunction, _ result: Tensor) -> Tensor {
    guard Tensor.shouldRecord([self]) else { return result }
    if function.derivativeUsesResult {
      let saved = SavedResult(result)
      return result.recorded(function.nodeName, [self]) { call in
        let y = try saved.unpacked(for: call)
        if !GradMode.isEnabled, let fused = try UnaryDerivative.fused(function, call.gradient, y) { return [fused] }
        return [try UnaryDerivative.composed(function, call.gradient, x: y, y: y)]
      }
    }
    let saved = SavedTensor(self)
    return result.recorded(function.nodeName, [self]) { call in
      let x = try saved.unpacked(for: call)
      if !GradMode.isEnabled, let fused = try UnaryDerivative.fused(function, call.gradient, x) { return [fused] }
      return [try UnaryDerivative.composed(function, call.gradient, x: x, y: x)]
    }
  }
}

/// δ · f′ of elementwise functions.
enum UnaryDerivative {
  /// By one kernel; nil where there is none.
  static func fused(_ function: UnaryFunction, _ gradient: Tensor, _ saved: Tensor) throws -> Tensor? {
    let (g, s) = (try gradient.array.packed(), try saved.array.packed())
    let result = try TensorMemory.array(saved.shape, saved.dtype)
    let isDone =
      saved.dtype == .float32
      ? UnaryKernels.backward(
        function, g.raw(Float.self), s.raw(Float.self), result.raw(Float.self), count: result.count)
      : UnaryKernels.backward(
        function, g.raw(Double.self), s.raw(Double.self), result.raw(Double.self), count: result.count)
    return isDone ? Tensor(result) : nil
  }

  /// In terms of tensor operations, so that it can be differentiated again. `y` is the result where the function's
  /// derivative uses it, `x` the operand elsewhere.
  static func composed(_ function: UnaryFunction, _ g: Tensor, x: Tensor, y: Tensor) throws -> Tensor {
    switch function {
    case .negative: return try -g
    case .absolute: return try g * x.detached().apply(.sign)
    case .sign, .floor, .ceil, .round, .truncate: return try Tensor.zeros(like: g)
    case .square: return try g * (x * 2)
    case .reciprocal: return try -(g * (y * y))
    case .squareRoot: return try g / (y * 2)
    case .reciprocalSquareRoot: return try g * (y * y * y) * -0.5
    case .exp: return try g * y
    case .exp2: return try g * y * 0.69314718055994530942
    case .expMinusOne: return try g * (y + 1)
    case .log: return try g / x
    case .log2: return try g / (x * 0.69314718055994530942)
    case .log10: return try g / (x * 2.3025850929940456840)
    case .logOnePlus: return try g / (x + 1)
    case .sin: return try g * x.apply(.cos)
    case .cos: return try -(g * x.apply(.sin))
    case .tan: return try g * (x.apply(.tan).apply(.square) + 1)
    case .asin: return try g * (1 - x.apply(.square)).apply(.reciprocalSquareRoot)
    case .acos: return try -(g * (1 - x.apply(.square)).apply(.reciprocalSquareRoot))
    case .atan: return try g / (x.apply(.square) + 1)
    case .sinh: return try g * x.apply(.cosh)
    case .cosh: return try g * x.apply(.sinh)
    case .tanh: return try g * (1 - y * y)
    case .erf: return try g * (-(x * x)).apply(.exp) * 1.1283791670955125739
    default: return try activation(function, g, x: x, y: y)
    }
  }

  private static func activation(_ function: UnaryFunction, _ g: Tensor, x: Tensor, y: Tensor) throws -> Tensor {
    switch function {
    case .relu: return try g * y.compared(.greater, 0).converted(to: g.dtype)
    case .sigmoid: return try g * (y * (1 - y))
    case .logSigmoid: return try g * (-x).apply(.sigmoid)
    case .silu:
      let s = try x.apply(.sigmoid)
      return try g * (s * (x * (1 - s) + 1))
    case .mish:
      let t = try x.apply(.softplus(beta: 1, threshold: 1e9)).apply(.tanh)
      return try g * (t + x * (1 - t * t) * x.apply(.sigmoid))
    case .geluExact:
      let cumulative = try ((x * 0.70710678118654752440).apply(.erf) + 1) * 0.5
      return try g * (cumulative + x * (x * x * -0.5).apply(.exp) * 0.39894228040143267794)
    case .geluTanh:
      let (scale, cubic) = (UnaryKernels.geluTanhScale, UnaryKernels.geluTanhCubic)
      let t = try ((x + x * x * x * cubic) * scale).apply(.tanh)
      let slope = try (x * x * (3 * cubic) + 1) * scale
      return try g * ((t + 1) * 0.5 + x * (1 - t * t) * slope * 0.5)
    case .softsign: return try g / (x.apply(.absolute) + 1).apply(.square)
    case .tanhshrink: return try g * x.apply(.tanh).apply(.square)
    case .relu6: return try g * inside(x, 0, 6)
    case .hardtanh(let low, let high): return try g * inside(x, low, high)
    case .hardSigmoid: return try g * inside(x, -3, 3) / 6
    case .hardSwish:
      let above = try x.compared(.greaterOrEqual, 3).converted(to: g.dtype)
      return try g * (above + inside(x, -3, 3) * (x / 3 + 0.5))
    case .leakyRelu(let slope):
      let positive = try x.compared(.greater, 0).converted(to: g.dtype)
      return try g * (positive * (1 - slope) + slope)
    case .elu(let alpha): return try elu(g, x, scale: 1, alpha: alpha, inputScale: 1)
    case .selu: return try elu(g, x, scale: UnaryKernels.seluScale, alpha: UnaryKernels.seluAlpha, inputScale: 1)
    case .celu(let alpha): return try elu(g, x, scale: 1, alpha: alpha, inputScale: 1 / alpha)
    case .softplus(let beta, let threshold):
      let linear = try (x.detached() * beta).compared(.greater, threshold)
      return try g * Tensor.select(linear, Tensor.ones(like: x), (x * beta).apply(.sigmoid))
    case .threshold(let limit, _): return try g * x.compared(.greater, limit).converted(to: g.dtype)
    case .hardshrink(let limit), .softshrink(let limit):
      return try g * x.detached().apply(.absolute).compared(.greater, limit).converted(to: g.dtype)
    default: throw ApusError.internalError(reason: "\(function) has no derivative")
    }
  }

  private static func inside(_ x: Tensor, _ low: Double, _ high: Double) throws -> Tensor {
    try x.compared(.greater, low).multiplied(by: x.compared(.less, high)).converted(to: x.dtype)
  }

  private static func elu(_ g: Tensor, _ x: Tensor, scale: Double, alpha: Double, inputScale: Double) throws -> Tensor {
    let positive = try x.compared(.greater, 0)
    let negativePart = try x.clamped(maximum: 0)
    let slope = try (negativePart * inputScale).apply(.exp) * (scale * alpha * inputScale)
    return try g * Tensor.select(positive, Tensor.full(x.shape, scale, dtype: x.dtype), slope)
  }
}

extension Tensor {
  public func relu() throws -> Tensor { try apply(.relu) }
  public func sigmoid() throws -> Tensor { try apply(.sigmoid) }
  public func tanh() throws -> Tensor { try apply(.tanh) }
  public func exp() throws -> Tensor { try apply(.exp) }
  public func log() throws -> Tensor { try apply(.log) }
  public func squareRoot() throws -> Tensor { try apply(.squareRoot) }
  public func square() throws -> Tensor { try apply(.square) }
  public func absolute() throws -> Tensor { try apply(.absolute) }
  public func sin() throws -> Tensor { try apply(.sin) }
  public func cos() throws -> Tensor { try apply(.cos) }
  /// GELU: x · Φ(x), or its tanh approximation.
  public func gelu(tanhApproximation: Bool = false) throws -> Tensor {
    try apply(tanhApproximation ? .geluTanh : .geluExact)
  }
  public func silu() throws -> Tensor { try apply(.silu) }
  public func softplus(beta: Double = 1, threshold: Double = 20) throws -> Tensor {
    try apply(.softplus(beta: beta, threshold: threshold))
  }
}
