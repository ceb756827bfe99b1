import ApusAutograd
import ApusNumerics

/// Kernels of small dense chains on data stored feature by feature: feature f of row r is `x[f * stride + r]`, with `stride` a
/// multiple of the register width and zeros beyond the last row.
///
/// A batch of a hundred rows and layers of a few units is too small for BLAS; here every row block stays in registers while
/// the features pass by.
enum ChainKernels {
  /// The activations a chain fuses: those whose derivative follows from the result.
  enum FusedActivation: Equatable {
    case identity, relu, sigmoid, tanh

    init?(_ function: UnaryFunction) {
      switch function {
      case .relu: self = .relu
      case .sigmoid: self = .sigmoid
      case .tanh: self = .tanh
      default: return nil
      }
    }
  }

  /// y = f(W · x + b) with W row-major (outputs, inputs).
  static func forward<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ bias: UnsafePointer<T>?, _ y: UnsafeMutablePointer<T>,
    inputs: Int, outputs: Int, stride: Int, _ activation: FusedActivation
  ) {
    switch activation {
    case .identity: forward(x, weight, bias, y, inputs, outputs, stride) { $0 }
    case .relu:
      // On elements: comparing whole registers is not vectorised here.
      forward(x, weight, bias, y, inputs, outputs, stride) { $0 }
      for i in 0..<outputs &* stride { y[i] = y[i] < 0 ? 0 : y[i] }
    case .sigmoid: forward(x, weight, bias, y, inputs, outputs, stride) { T.sigmoid(lanes: $0) }
    case .tanh: forward(x, weight, bias, y, inputs, outputs, stride) { T.tanh(lanes: $0) }
    }
  }

  @inline(__always)
  private static func forward<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ bias: UnsafePointer<T>?, _ y: UnsafeMutablePointer<T>,
    _ inputs: Int, _ outputs: Int, _ stride: Int, _ activation: (T.Lanes) -> T.Lanes
  ) {
    let width = T.Lanes.scalarCount
    for o in 0..<outputs {
      let row = weight + o &* inputs
      let start = bias.map { $0[o] } ?? 0
      var r = 0
      while r < stride {
        var sum = T.Lanes(repeating: start)
        for k in 0..<inputs { sum += row[k] * load(x + (k &* stride &+ r)) }
        store(activation(sum), y + (o &* stride &+ r))
        r &+= width
      }
    }
  }

  /// δ ← δ · f′, from the result y.
  static func activationBackward<T: TensorFloat>(
    _ delta: UnsafeMutablePointer<T>, _ y: UnsafePointer<T>, count: Int, _ activation: FusedActivation
  ) {
    switch activation {
    case .identity: break
    case .relu: for i in 0..<count { delta[i] = y[i] > 0 ? delta[i] : 0 }
    case .sigmoid: for i in 0..<count { delta[i] *= (1 - y[i]) * y[i] }
    case .tanh: for i in 0..<count { delta[i] *= 1 - y[i] * y[i] }
    }
  }

  /// δW[o, k] = Σ_r δ[o, r] · x[k, r] and δb[o] = Σ_r δ[o, r].
  static func weightGradient<T: TensorFloat>(
    _ delta: UnsafePointer<T>, _ x: UnsafePointer<T>, _ weightGradient: UnsafeMutablePointer<T>?,
    _ biasGradient: UnsafeMutablePointer<T>?, inputs: Int, outputs: Int, stride: Int
  ) {
    let width = T.Lanes.scalarCount
    for o in 0..<outputs {
      let row = delta + o &* stride
      if let weightGradient {
        for k in 0..<inputs {
          let column = x + k &* stride
          var sum = T.Lanes(repeating: 0)
          var r = 0
          while r < stride {
            sum += load(row + r) * load(column + r)
            r &+= width
          }
          weightGradient[o &* inputs &+ k] = total(sum)
        }
      }
      if let biasGradient {
        var sum = T.Lanes(repeating: 0)
        var r = 0
        while r < stride {
          sum += load(row + r)
          r &+= width
        }
        biasGradient[o] = total(sum)
      }
    }
  }

  /// δx[k, r] = Σ_o W[o, k] · δ[o, r]
  static func inputGradient<T: TensorFloat>(
    _ delta: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, inputs: Int, outputs: Int,
    stride: Int
  ) {
    let width = T.Lanes.scalarCount
    for k in 0..<inputs {
      var r = 0
      while r < stride {
        var sum = T.Lanes(repeating: 0)
        for o in 0..<outputs { sum += weight[o &* inputs &+ k] * load(delta + (o &* stride &+ r)) }
        store(sum, out + (k &* stride &+ r))
        r &+= width
      }
    }
  }

  /// δ ← scale · (y − target); returns Σ (y − target)², in blocks in float64.
  static func squaredError<T: TensorFloat>(
    _ y: UnsafePointer<T>, _ target: UnsafePointer<T>, _ delta: UnsafeMutablePointer<T>, scale: T, count: Int
  ) -> Double {
    let blockSize = 4096
    let width = T.Lanes.scalarCount
    var sum = 0.0
    var start = 0
    while start < count {
      let end = min(start &+ blockSize, count)
      var lanes = T.Lanes(repeating: 0)
      var i = start
      while i &+ width <= end {
        let d = load(y + i) - load(target + i)
        store(scale * d, delta + i)
        lanes += d * d
        i &+= width
      }
      var block: T = total(lanes)
      while i < end {
        let d = y[i] - target[i]
        delta[i] = scale * d
        block += d * d
        i &+= 1
      }
      sum += Double(block)
      start = end
    }
    return sum
  }

  /// Row-major (rows, features) to feature by feature, with zeros up to `stride`.
  static func toFeatures<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, rows: Int, features: Int, stride: Int
  ) {
    for f in 0..<features {
      let column = out + f &* stride
      for r in 0..<rows { column[r] = x[r &* features &+ f] }
      for r in rows..<stride { column[r] = 0 }
    }
  }

  /// The inverse of ``toFeatures(_:_:rows:features:stride:)``.
  static func toRows<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, rows: Int, features: Int, stride: Int
  ) {
    for f in 0..<features {
      let column = x + f &* stride
      for r in 0..<rows { out[r &* features &+ f] = column[r] }
    }
  }

  @inline(__always)
  private static func load<T: TensorFloat>(_ x: UnsafePointer<T>) -> T.Lanes {
    UnsafeRawPointer(x).loadUnaligned(as: T.Lanes.self)
  }

  @inline(__always)
  private static func store<T: TensorFloat>(_ x: T.Lanes, _ target: UnsafeMutablePointer<T>) {
    UnsafeMutableRawPointer(target).storeBytes(of: x, as: T.Lanes.self)
  }

  /// The sum of the lanes, by halves.
  @inline(__always)
  private static func total<T: TensorFloat>(_ x: T.Lanes) -> T {
    var sums = x
    var count = T.Lanes.scalarCount
    while count > 1 {
      count /= 2
      for lane in 0..<count { sums[lane] += sums[lane &+ count] }
    }
    return sums[0]
  }
}
