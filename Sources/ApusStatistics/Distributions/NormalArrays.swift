import RealModule

private typealias V = SIMD8<Double>

/// Array loops around the normal kernels.
package enum NormalArrays {
  /// Elements worked on at a time, so that a second pass over them finds them in cache.
  private static let blockSize = 1024

  /// out[i] = function((x[i] − location) / scale), scaled back; `out` may not alias `x`.
  static func evaluate(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int,
    location: Double, scale: Double
  ) {
    let isStandard = location == 0 && scale == 1
    withUnsafeTemporaryAllocation(of: Double.self, capacity: blockSize) { values in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: blockSize) { indices in
        var start = 0
        while start < count {
          let length = Swift.min(blockSize, count &- start)
          let (source, target) = (x + start, out + start)
          if function == .ppf || function == .isf {
            quantiles(source, target, length, values.baseAddress!, indices.baseAddress!)
            if function == .isf {
              shift(target, length, location, -scale)
            } else if !isStandard {
              shift(target, length, location, scale)
            }
          } else if isStandard {
            standard(function, source, target, length)
          } else {
            let (location, scale) = (location, scale)
            map(source, target, length, { ($0 - V(splat: location)) / V(splat: scale) }, { ($0 - location) / scale })
            standard(function, target, target, length)
            if function == .pdf { map(target, target, length, { $0 / V(splat: scale) }, { $0 / scale }) }
            if function == .logpdf { shift(target, length, -Double.log(scale), 1) }
          }
          start &+= length
        }
      }
    }
  }

  /// Every function but the quantiles for location 0 and scale 1.
  private static func standard(
    _ function: DistributionFunction, _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let sign = function == .sf || function == .logsf ? -1.0 : 1.0
    switch function {
    case .pdf: map(x, out, count, { NormalKernels.density($0) }, { NormalKernels.density($0) })
    case .cdf, .sf:
      map(
        x, out, count, { NormalKernels.cumulative($0 * V(splat: sign)) }, { NormalKernels.cumulative($0 * sign) })
    case .logcdf, .logsf:
      map(
        x, out, count, { NormalKernels.logCumulative($0 * V(splat: sign)) },
        { NormalKernels.logCumulative($0 * sign) })
    case .logpdf:
      map(
        x, out, count, { V(splat: -0.9189385332046728) - $0 * $0 * V(splat: 0.5) },
        { -0.9189385332046728 - $0 * $0 * 0.5 })
    case .ppf, .isf: break
    }
  }

  /// x ← x · scale + location.
  private static func shift(_ x: UnsafeMutablePointer<Double>, _ count: Int, _ location: Double, _ scale: Double) {
    map(x, x, count, { $0 * V(splat: scale) + V(splat: location) }, { $0 * scale + location })
  }

  /// Applies `vector` to eight elements at a time and `scalar`, which computes the same, to the rest.
  @inline(__always)
  private static func map(
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

  /// Quantiles of at most ``blockSize`` probabilities: the central approximation for all, then the outer one, which needs a
  /// logarithm, for those that ask for it, moved together in `values`; `indices` says where they belong.
  private static func quantiles(
    _ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, _ count: Int,
    _ values: UnsafeMutablePointer<Double>, _ indices: UnsafeMutablePointer<Int32>
  ) {
    map(
      x, out, count, { NormalKernels.centralQuantile($0 - V(splat: 0.5)) }, { NormalKernels.centralQuantile($0 - 0.5) })
    var outer = 0
    for i in 0..<count {
      indices[outer] = Int32(truncatingIfNeeded: i)
      values[outer] = x[i]
      outer &+= (x[i] - 0.5).magnitude > NormalKernels.centralLimit ? 1 : 0
    }
    map(values, values, outer, { NormalKernels.outerQuantile($0) }, { NormalKernels.outerQuantile($0) })
    for k in 0..<outer {
      let i = Int(indices[k])
      out[i] = NormalKernels.quantileCovers(x[i]) ? values[k] : SpecialFunctions.normalQuantile(x[i])
    }
  }
}
