import RealModule

/// Density e^(−x²/2) / √(2π).
package struct NormalDistribution: StandardDistribution {
  package var support: (lower: Double, upper: Double) { (-.infinity, .infinity) }

  package func density(_ x: Double) -> FactoredValue {
    if x.magnitude > 1e154 { return FactoredValue(0) }
    return FactoredValue(exponent: DoubleDouble.product(x, x) * -0.5, factor: 0.3989422804014327)
  }

  package func tails(_ x: Double) -> TailProbability { NormalDistribution.tails(DoubleDouble(x)) }

  package static func tails(_ x: DoubleDouble) -> TailProbability {
    let z = x.high.magnitude
    let isLower = x.high < 0
    if z > 1e154 { return isLower ? TailProbability(lower: 0) : TailProbability(upper: 0) }
    let scaled = z > 1e8 ? 0.3989422804014327 / z : NormalKernels.scaledTail(z)
    return TailProbability(exponent: x * x * -0.5, factor: scaled, isLower: isLower)
  }

  package func quantile(_ target: TargetProbability) -> Double { NormalTail.quantile(target) }

  package var moments: Moments { Moments(mean: 0, variance: 1, skewness: 0, kurtosis: 0) }

  /// ½ ln(2πe).
  package var entropy: Double { 1.4189385332046727 }

  package func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    switch function {
    case .pdf:
      NormalArrays.map(
        x, out, count, { NormalKernels.density(($0 - V(splat: location)) / V(splat: scale)) / V(splat: scale) },
        { NormalKernels.density(($0 - location) / scale) / scale })
    case .cdf:
      NormalArrays.map(
        x, out, count, { NormalKernels.cumulative(($0 - V(splat: location)) / V(splat: scale)) },
        { NormalKernels.cumulative(($0 - location) / scale) })
    case .sf:
      NormalArrays.map(
        x, out, count, { NormalKernels.cumulative((V(splat: location) - $0) / V(splat: scale)) },
        { NormalKernels.cumulative((location - $0) / scale) })
    case .ppf:
      NormalArrays.quantiles(x, out, count)
      if location != 0 || scale != 1 {
        NormalArrays.map(out, out, count, { $0 * V(splat: scale) + V(splat: location) }, { $0 * scale + location })
      }
    case .isf:
      NormalArrays.quantiles(x, out, count)
      NormalArrays.map(out, out, count, { V(splat: location) - $0 * V(splat: scale) }, { location - $0 * scale })
    case .logpdf:
      let logScale = Double.log(scale)
      for i in 0..<count {
        let z = (x[i] - location) / scale
        out[i] = -0.5 * z * z - 0.9189385332046728 - logScale
      }
    case .logcdf:
      for i in 0..<count { out[i] = SpecialFunctions.logNormalCDF((x[i] - location) / scale) }
    case .logsf:
      for i in 0..<count { out[i] = SpecialFunctions.logNormalCDF((location - x[i]) / scale) }
    }
  }
}

private typealias V = SIMD8<Double>

/// Array loops around the normal kernels.
package enum NormalArrays {
  /// Applies `vector` to eight elements at a time and `scalar`, which computes the same, to the rest.
  @inline(__always)
  static func map(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int,
    _ vector: (SIMD8<Double>) -> SIMD8<Double>, _ scalar: (Double) -> Double
  ) {
    let (source, target) = (UnsafeRawPointer(x), UnsafeMutableRawPointer(out))
    var i = 0
    while i &+ 8 <= count {
      let lanes = (source + i &* 8).loadUnaligned(as: SIMD8<Double>.self)
      (target + i &* 8).storeBytes(of: vector(lanes), as: SIMD8<Double>.self)
      i &+= 8
    }
    while i < count {
      out[i] = scalar(x[i])
      i &+= 1
    }
  }

  /// Quantiles of probabilities: the central approximation for all, then the outer one, which needs a logarithm, for the
  /// lanes that ask for it, gathered eight at a time. `out` may not alias `x`.
  static func quantiles(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: blockSize) { indices in
      var start = 0
      while start < count {
        let length = Swift.min(blockSize, count - start)
        quantileBlock(x + start, out + start, length, indices.baseAddress!)
        start += length
      }
    }
  }

  private static let blockSize = 1024

  @inline(__always)
  private static func quantileBlock(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int,
    _ indices: UnsafeMutablePointer<Int32>
  ) {
    map(
      x, out, count, { NormalKernels.centralQuantile($0 - V(splat: 0.5)) }, { NormalKernels.centralQuantile($0 - 0.5) })
    var outer = 0
    for i in 0..<count {
      indices[outer] = Int32(truncatingIfNeeded: i)
      outer &+= (x[i] - 0.5).magnitude > NormalKernels.centralLimit ? 1 : 0
    }
    var k = 0
    while k < outer {
      let lanes = Swift.min(8, outer &- k)
      var p = V(repeating: 0.01)
      for lane in 0..<lanes { p[lane] = x[Int(indices[k &+ lane])] }
      let z = NormalKernels.outerQuantile(p)
      for lane in 0..<lanes {
        let i = Int(indices[k &+ lane])
        out[i] = NormalKernels.quantileCovers(x[i]) ? z[lane] : SpecialFunctions.normalQuantile(x[i])
      }
      k &+= 8
    }
  }
}
