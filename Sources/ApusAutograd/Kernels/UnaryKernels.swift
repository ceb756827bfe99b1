import ApusNumerics
import RealModule

/// Elementwise functions of one operand.
package enum UnaryFunction: Equatable, Sendable {
  case negative, absolute, sign, square, reciprocal, squareRoot, reciprocalSquareRoot
  case exp, exp2, expMinusOne, log, log2, log10, logOnePlus
  case sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf
  case floor, ceil, round, truncate
  case relu, sigmoid, logSigmoid, silu, mish, geluExact, geluTanh, softsign, tanhshrink
  case relu6, hardSigmoid, hardSwish
  case leakyRelu(slope: Double)
  case elu(alpha: Double)
  case selu
  case celu(alpha: Double)
  case softplus(beta: Double, threshold: Double)
  case hardtanh(minimum: Double, maximum: Double)
  case threshold(Double, value: Double)
  case hardshrink(Double)
  case softshrink(Double)

  /// The name of its derivative in a graph, as PyTorch's.
  package var nodeName: String {
    switch self {
    case .negative: return "NegBackward0"
    case .absolute: return "AbsBackward0"
    case .sign: return "SignBackward0"
    case .square: return "PowBackward0"
    case .reciprocal: return "ReciprocalBackward0"
    case .squareRoot: return "SqrtBackward0"
    case .reciprocalSquareRoot: return "RsqrtBackward0"
    case .exp: return "ExpBackward0"
    case .exp2: return "Exp2Backward0"
    case .expMinusOne: return "Expm1Backward0"
    case .log: return "LogBackward0"
    case .log2: return "Log2Backward0"
    case .log10: return "Log10Backward0"
    case .logOnePlus: return "Log1PBackward0"
    case .sin: return "SinBackward0"
    case .cos: return "CosBackward0"
    case .tan: return "TanBackward0"
    case .asin: return "AsinBackward0"
    case .acos: return "AcosBackward0"
    case .atan: return "AtanBackward0"
    case .sinh: return "SinhBackward0"
    case .cosh: return "CoshBackward0"
    case .tanh: return "TanhBackward0"
    case .erf: return "ErfBackward0"
    case .floor: return "FloorBackward0"
    case .ceil: return "CeilBackward0"
    case .round: return "RoundBackward0"
    case .truncate: return "TruncBackward0"
    case .relu: return "ReluBackward0"
    case .sigmoid: return "SigmoidBackward0"
    case .logSigmoid: return "LogSigmoidBackward0"
    case .silu: return "SiluBackward0"
    case .mish: return "MishBackward0"
    case .geluExact, .geluTanh: return "GeluBackward0"
    case .softsign: return "DivBackward0"
    case .tanhshrink: return "SubBackward0"
    case .relu6, .hardtanh: return "HardtanhBackward0"
    case .hardSigmoid: return "HardsigmoidBackward0"
    case .hardSwish: return "HardswishBackward0"
    case .leakyRelu: return "LeakyReluBackward0"
    case .elu, .selu, .celu: return "EluBackward0"
    case .softplus: return "SoftplusBackward0"
    case .threshold: return "ThresholdBackward0"
    case .hardshrink: return "HardshrinkBackward0"
    case .softshrink: return "SoftshrinkBackward0"
    }
  }

  /// Whether the derivative is computed from the result instead of the operand.
  var derivativeUsesResult: Bool {
    switch self {
    case .exp, .sigmoid, .tanh, .squareRoot, .reciprocal, .reciprocalSquareRoot, .relu, .expMinusOne, .exp2: return true
    default: return false
    }
  }
}

/// Kernels over contiguous elements; `y` may be `x`.
enum UnaryKernels {
  static let seluScale = 1.0507009873554804934193349852946
  static let seluAlpha = 1.6732632423543772848170429916717
  /// √(2/π) and the cubic coefficient of the tanh form of GELU.
  static let geluTanhScale = 0.79788456080286535588
  static let geluTanhCubic = 0.044715

  static func forward<T: TensorFloat & Real>(
    _ function: UnaryFunction, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, count: Int
  ) {
    switch function {
    case .negative: ElementwiseLoop.unary(x, y, count: count) { -$0 }
    case .absolute: ElementwiseLoop.unary(x, y, count: count) { $0.magnitude }
    case .sign: ElementwiseLoop.unary(x, y, count: count) { $0 > 0 ? 1 : ($0 < 0 ? -1 : $0) }
    case .square: ElementwiseLoop.unary(x, y, count: count) { $0 * $0 }
    case .reciprocal: ElementwiseLoop.unary(x, y, count: count) { 1 / $0 }
    case .squareRoot: VectorMath.sqrt(x, y, count: count)
    case .reciprocalSquareRoot:
      VectorMath.sqrt(x, y, count: count)
      ElementwiseLoop.unary(UnsafePointer(y), y, count: count) { 1 / $0 }
    case .exp: VectorMath.exp(x, y, count: count)
    case .exp2: VectorMath.exp2(x, y, count: count)
    case .expMinusOne: VectorMath.expm1(x, y, count: count)
    case .log: VectorMath.log(x, y, count: count)
    case .log2: VectorMath.log2(x, y, count: count)
    case .log10: ElementwiseLoop.unary(x, y, count: count) { T.log10($0) }
    case .logOnePlus: VectorMath.log1p(x, y, count: count)
    case .sin: VectorMath.sin(x, y, count: count)
    case .cos: VectorMath.cos(x, y, count: count)
    case .tan: ElementwiseLoop.unary(x, y, count: count) { T.tan($0) }
    case .asin: ElementwiseLoop.unary(x, y, count: count) { T.asin($0) }
    case .acos: ElementwiseLoop.unary(x, y, count: count) { T.acos($0) }
    case .atan: ElementwiseLoop.unary(x, y, count: count) { T.atan($0) }
    case .sinh: ElementwiseLoop.unary(x, y, count: count) { T.sinh($0) }
    case .cosh: ElementwiseLoop.unary(x, y, count: count) { T.cosh($0) }
    case .tanh: VectorMath.tanh(x, y, count: count)
    case .erf: VectorMath.erf(x, y, count: count)
    case .floor: ElementwiseLoop.unary(x, y, count: count) { $0.rounded(.down) }
    case .ceil: ElementwiseLoop.unary(x, y, count: count) { $0.rounded(.up) }
    case .round: ElementwiseLoop.unary(x, y, count: count) { $0.rounded(.toNearestOrEven) }
    case .truncate: ElementwiseLoop.unary(x, y, count: count) { $0.rounded(.towardZero) }
    default: activation(function, x, y, count: count)
    }
  }

  private static func activation<T: TensorFloat & Real>(
    _ function: UnaryFunction, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, count: Int
  ) {
    let half = T(0.5)
    switch function {
    case .relu: ElementwiseLoop.unary(x, y, count: count) { $0 < 0 ? 0 : $0 }
    case .sigmoid: VectorMath.sigmoid(x, y, count: count)
    case .logSigmoid:
      LaneLoop.transform(x, y, count: count) { v in -T.log1pExp(lanes: -v) }
    case .silu: LaneLoop.transform(x, y, count: count) { v in v * T.sigmoid(lanes: v) }
    case .mish:
      LaneLoop.transform(x, y, count: count) { v in v * T.tanh(lanes: T.log1pExp(lanes: v)) }
    case .geluExact:
      let scale = T(0.5).squareRoot()
      LaneLoop.transform(x, y, count: count) { v in
        half * v * (1 + T.erf(lanes: v * scale))
      }
    case .geluTanh:
      let (scale, cubic) = (T(geluTanhScale), T(geluTanhCubic))
      LaneLoop.transform(x, y, count: count) { v in
        half * v * (1 + T.tanh(lanes: scale * (v + cubic * v * v * v)))
      }
    case .softsign: ElementwiseLoop.unary(x, y, count: count) { $0 / (1 + $0.magnitude) }
    case .tanhshrink: LaneLoop.transform(x, y, count: count) { v in v - T.tanh(lanes: v) }
    case .relu6: ElementwiseLoop.unary(x, y, count: count) { $0 < 0 ? 0 : ($0 > 6 ? 6 : $0) }
    case .hardSigmoid:
      ElementwiseLoop.unary(x, y, count: count) { v in
        let shifted = v + 3
        return (shifted < 0 ? 0 : (shifted > 6 ? 6 : shifted)) / 6
      }
    case .hardSwish:
      ElementwiseLoop.unary(x, y, count: count) { v in
        let shifted = v + 3
        return v * (shifted < 0 ? 0 : (shifted > 6 ? 6 : shifted)) / 6
      }
    case .leakyRelu(let slope):
      let slope = T(slope)
      ElementwiseLoop.unary(x, y, count: count) { $0 > 0 ? $0 : $0 * slope }
    case .elu(let alpha): elu(x, y, count, scale: 1, alpha: T(alpha), inputScale: 1)
    case .selu: elu(x, y, count, scale: T(seluScale), alpha: T(seluAlpha), inputScale: 1)
    case .celu(let alpha): elu(x, y, count, scale: 1, alpha: T(alpha), inputScale: T(1 / alpha))
    case .softplus(let beta, let threshold):
      let (beta, limit) = (T(beta), T(threshold))
      LaneLoop.transform(x, y, count: count) { v in
        let scaled = v * beta
        return (T.log1pExp(lanes: scaled) / beta).replacing(with: v, where: scaled .> limit)
      }
    case .hardtanh(let minimum, let maximum):
      let (low, high) = (T(minimum), T(maximum))
      ElementwiseLoop.unary(x, y, count: count) { $0 < low ? low : ($0 > high ? high : $0) }
    case .threshold(let limit, let value):
      let (limit, value) = (T(limit), T(value))
      ElementwiseLoop.unary(x, y, count: count) { $0 <= limit ? value : $0 }
    case .hardshrink(let limit):
      let limit = T(limit)
      ElementwiseLoop.unary(x, y, count: count) { $0 >= -limit && $0 <= limit ? 0 : $0 }
    case .softshrink(let limit):
      let limit = T(limit)
      ElementwiseLoop.unary(x, y, count: count) { $0 > limit ? $0 - limit : ($0 < -limit ? $0 + limit : 0) }
    default: preconditionFailure("not an activation")
    }
  }

  private static func elu<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ count: Int, scale: T, alpha: T, inputScale: T
  ) {
    LaneLoop.transform(x, y, count: count) { v in
      (scale * alpha * T.expm1(lanes: v * inputScale)).replacing(with: scale * v, where: v .> 0)
    }
  }

  /// out = δ · f′, from the operand or the result as ``UnaryFunction/derivativeUsesResult`` says (`s`). False when
  /// `function` has no fused derivative.
  static func backward<T: TensorFloat & Real>(
    _ function: UnaryFunction, _ gradient: UnsafePointer<T>, _ s: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>,
    count: Int
  ) -> Bool {
    let half = T(0.5)
    switch function {
    case .negative: pairs(gradient, s, out, count) { g, _ in -g }
    case .square: pairs(gradient, s, out, count) { g, x in g * (x + x) }
    case .exp: pairs(gradient, s, out, count) { g, y in g * y }
    case .log: pairs(gradient, s, out, count) { g, x in g / x }
    case .squareRoot: pairs(gradient, s, out, count) { g, y in g / (y + y) }
    case .relu: pairs(gradient, s, out, count) { g, y in y > 0 ? g : 0 }
    case .sigmoid: pairs(gradient, s, out, count) { g, y in g * ((1 - y) * y) }
    case .tanh: pairs(gradient, s, out, count) { g, y in g * (1 - y * y) }
    case .leakyRelu(let slope):
      let slope = T(slope)
      pairs(gradient, s, out, count) { g, x in x > 0 ? g : g * slope }
    case .relu6: pairs(gradient, s, out, count) { g, x in x > 0 && x < 6 ? g : 0 }
    case .hardtanh(let minimum, let maximum):
      let (low, high) = (T(minimum), T(maximum))
      pairs(gradient, s, out, count) { g, x in x > low && x < high ? g : 0 }
    case .silu:
      LaneLoop.transform(gradient, s, out, count: count) { g, x in
        let y = T.sigmoid(lanes: x)
        return g * y * (1 + x * (1 - y))
      }
    case .geluExact:
      let scale = T(0.5).squareRoot()
      let density = T(0.3989422804014326779399461)
      LaneLoop.transform(gradient, s, out, count: count) { g, x in
        let cumulative = half * (1 + T.erf(lanes: x * scale))
        return g * (cumulative + x * density * T.exp(lanes: x * x * -half))
      }
    case .geluTanh:
      let (scale, cubic) = (T(geluTanhScale), T(geluTanhCubic))
      LaneLoop.transform(gradient, s, out, count: count) { g, x in
        let t = T.tanh(lanes: scale * (x + cubic * x * x * x))
        let slope = scale * (1 + 3 * cubic * x * x)
        return g * (half * (1 + t) + half * x * (1 - t * t) * slope)
      }
    case .softplus(let beta, let threshold):
      let (beta, limit) = (T(beta), T(threshold))
      LaneLoop.transform(gradient, s, out, count: count) { g, x in
        let scaled = x * beta
        return (g * T.sigmoid(lanes: scaled)).replacing(with: g, where: scaled .> limit)
      }
    default: return false
    }
    return true
  }

  @inline(__always)
  private static func pairs<T: TensorFloat>(
    _ a: UnsafePointer<T>, _ b: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, _ count: Int, _ body: (T, T) -> T
  ) {
    ElementwiseLoop.blocks(count) { range in
      for i in range { out[i] = body(a[i], b[i]) }
    }
  }

  /// Negation, magnitude, sign and square of integers, wrapping around; false for other functions.
  static func integer<T: TensorInteger>(
    _ function: UnaryFunction, _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, count: Int
  ) -> Bool {
    switch function {
    case .negative: ElementwiseLoop.unary(x, y, count: count) { 0 &- $0 }
    case .absolute: ElementwiseLoop.unary(x, y, count: count) { $0 < 0 ? 0 &- $0 : $0 }
    case .sign: ElementwiseLoop.unary(x, y, count: count) { $0 > 0 ? 1 : ($0 < 0 ? 0 &- 1 : 0) }
    case .square: ElementwiseLoop.unary(x, y, count: count) { $0 &* $0 }
    case .floor, .ceil, .round, .truncate: ElementwiseLoop.unary(x, y, count: count) { $0 }
    case .relu: ElementwiseLoop.unary(x, y, count: count) { $0 < 0 ? 0 : $0 }
    default: return false
    }
    return true
  }
}
