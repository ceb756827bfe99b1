import ApusNumerics

/// Losses over contiguous elements, summed in blocks in float64.
enum LossKernels {
  private static let blockSize = 4096

  /// Σ (x − y)²
  static func squaredErrorSum<T: TensorFloat>(_ x: UnsafePointer<T>, _ y: UnsafePointer<T>, count: Int) -> Double {
    var sum = 0.0
    var start = 0
    while start < count {
      let end = min(start &+ blockSize, count)
      var lanes = SIMD16<T>(repeating: 0)
      var i = start
      while i &+ 16 <= end {
        let d =
          UnsafeRawPointer(x + i).loadUnaligned(as: SIMD16<T>.self)
          - UnsafeRawPointer(y + i).loadUnaligned(as: SIMD16<T>.self)
        lanes += d * d
        i &+= 16
      }
      let eight = lanes.lowHalf + lanes.highHalf
      let four = eight.lowHalf + eight.highHalf
      let two = four.lowHalf + four.highHalf
      var block = two[0] + two[1]
      while i < end {
        let d = x[i] - y[i]
        block += d * d
        i &+= 1
      }
      sum += Double(block)
      start = end
    }
    return sum
  }

  /// out = scale · (x − y)
  static func scaledDifference<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ y: UnsafePointer<T>, _ out: UnsafeMutablePointer<T>, scale: T, count: Int
  ) {
    ElementwiseLoop.blocks(count) { range in
      for i in range { out[i] = scale * (x[i] - y[i]) }
    }
  }

  /// Negative log-likelihoods of rows (rows, classes): `losses[r] = −w[t] · x[r, t]`, 0 for ignored rows. Returns Σ losses
  /// and Σ w.
  static func negativeLogLikelihood<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ targets: UnsafePointer<Int64>, _ weights: UnsafePointer<T>?, ignoring ignored: Int64,
    losses: UnsafeMutablePointer<T>?, rows: Int, classes: Int
  ) -> (sum: Double, weight: Double) {
    var (sum, total) = (0.0, 0.0)
    for r in 0..<rows {
      let target = targets[r]
      var loss: T = 0
      if target != ignored {
        let weight = weights.map { $0[Int(target)] } ?? 1
        loss = -weight * x[r &* classes &+ Int(target)]
        sum += Double(loss)
        total += Double(weight)
      }
      if let losses { losses[r] = loss }
    }
    return (sum, total)
  }

  /// out[r, t] = −w[t] · scale[r], zero elsewhere; `scale` advances by `step`.
  static func negativeLogLikelihoodGradient<T: TensorFloat>(
    _ out: UnsafeMutablePointer<T>, _ targets: UnsafePointer<Int64>, _ weights: UnsafePointer<T>?,
    ignoring ignored: Int64, scale: UnsafePointer<T>, step: Int, factor: T, rows: Int, classes: Int
  ) {
    out.update(repeating: 0, count: rows &* classes)
    for r in 0..<rows where targets[r] != ignored {
      let target = Int(targets[r])
      out[r &* classes &+ target] = -(weights.map { $0[target] } ?? 1) * scale[r &* step] * factor
    }
  }
}
