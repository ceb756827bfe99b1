import ApusNumerics
import RealModule

/// Softmax and its logarithm along rows of contiguous data, with their derivatives.
enum SoftmaxKernels {
  /// y = exp(x − m) / Σ exp(x − m), or x − m − log Σ exp(x − m), with m the row's maximum. A row of −∞ only gives zeros
  /// (−∞ in the logarithm).
  static func forward<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, rows: Int, n: Int, isLog: Bool
  ) throws(ApusError) {
    if n == 0 { return }
    let scratch = isLog ? try TensorMemory.array([rows, n], T.dtype) : nil
    ReductionKernels.forOuter(rows, work: 4 &* n) { row in
      let (source, target) = (x + row &* n, y + row &* n)
      var largest = source[0]
      for i in 1..<max(n, 1) where !(source[i] <= largest) { largest = source[i] }
      guard largest > T.negativeInfinity else {
        target.update(repeating: isLog ? T.negativeInfinity : 0, count: n)
        return
      }
      for i in 0..<n { target[i] = source[i] - largest }
      if let scratch {
        let powers = scratch.raw(T.self) + row &* n
        VectorMath.exp(UnsafePointer(target), powers, count: n, parallel: false)
        let shift = T(Double.log(Double(ReductionKernels.total(powers, n))))
        for i in 0..<n { target[i] -= shift }
      } else {
        VectorMath.exp(UnsafePointer(target), target, count: n, parallel: false)
        let scale = 1 / ReductionKernels.total(target, n)
        for i in 0..<n { target[i] *= scale }
      }
    }
  }

  /// δx = y · (δ − Σ δ·y), or δ − exp(y) · Σ δ of the logarithm.
  static func backward<T: TensorFloat>(
    _ gradient: UnsafePointer<T>, _ y: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, rows: Int, n: Int, isLog: Bool
  ) {
    ReductionKernels.forOuter(rows, work: 4 &* n) { row in
      let (g, s, target) = (gradient + row &* n, y + row &* n, out + row &* n)
      if isLog {
        let sum = ReductionKernels.total(g, n)
        VectorMath.exp(s, target, count: n, parallel: false)
        for i in 0..<n { target[i] = g[i] - target[i] * sum }
      } else {
        for i in 0..<n { target[i] = g[i] * s[i] }
        let sum = ReductionKernels.total(target, n)
        for i in 0..<n { target[i] -= s[i] * sum }
      }
    }
  }
}
