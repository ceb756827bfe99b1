import Glibc

/// Normal variates by inversion: one random number makes one variate, so that a place in a stream is a place in the sample.
///
/// M. J. Wichura, Algorithm AS 241 (PPND16), Appl. Statist. 37 (1988), doi:10.2307/2347330. Relative error about 10⁻¹⁵.
@usableFromInline
enum NormalVariate {
  /// |Φ(x) − ½| up to here is the central region, which needs no logarithm.
  private static var centralLimit: Double { 0.425 }

  /// The variate for 64 random bits, the top 53 of which take part. The largest has magnitude 8.29.
  @usableFromInline
  static func variate(_ bits: UInt64) -> Double {
    let q = centered(bits)
    return q.magnitude <= centralLimit ? central(q) : tail(q)
  }

  /// Variates times `standardDeviation` plus `mean`, from bits that lie in the same memory.
  static func fillInPlace(
    _ elements: UnsafeMutablePointer<Double>, count: Int, mean: Double, standardDeviation: Double
  ) {
    // The central formula for all in SIMD, then the tails anew. `chunk` keeps the probabilities.
    let chunkSize = 256
    withUnsafeTemporaryAllocation(of: Double.self, capacity: chunkSize) { chunk in
      guard let chunk = chunk.baseAddress else { return }
      var start = 0
      while start < count {
        let size = Swift.min(chunkSize, count &- start)
        let output = elements + start
        for index in 0..<size {
          let q = centered(output[index].bitPattern)
          chunk[index] = q
          output[index] = mean + standardDeviation * central(q)
        }
        for index in 0..<size where chunk[index].magnitude > centralLimit {
          output[index] = mean + standardDeviation * tail(chunk[index])
        }
        start &+= size
      }
    }
  }

  /// A probability less ½: an odd multiple of 2⁻⁵⁴ in (−½, ½), symmetric about 0.
  @inline(__always)
  private static func centered(_ bits: UInt64) -> Double {
    let magnitude = Double(bitPattern: 0x4330_0000_0000_0000 | bits &>> 12) - 0x1p52
    let fraction = (magnitude + 0.5) * 0x1p-53
    return Double(bitPattern: fraction.bitPattern | (bits &<< 52) & 0x8000_0000_0000_0000)
  }

  @inline(__always)
  private static func central(_ q: Double) -> Double {
    let r = 0.180625 - q * q
    var p = 2.5090809287301226727e3
    p = p * r + 3.3430575583588128105e4
    p = p * r + 6.7265770927008700853e4
    p = p * r + 4.5921953931549871457e4
    p = p * r + 1.3731693765509461125e4
    p = p * r + 1.9715909503065514427e3
    p = p * r + 1.3314166789178437745e2
    p = p * r + 3.3871328727963666080e0
    var d = 5.2264952788528545610e3
    d = d * r + 2.8729085735721942674e4
    d = d * r + 3.9307895800092710610e4
    d = d * r + 2.1213794301586595867e4
    d = d * r + 5.3941960214247511077e3
    d = d * r + 6.8718700749205790830e2
    d = d * r + 4.2313330701600911252e1
    d = d * r + 1
    return q * (p / d)
  }

  private static func tail(_ q: Double) -> Double {
    let r = (-log(0.5 - q.magnitude)).squareRoot()
    let magnitude = r <= 5 ? nearTail(r - 1.6) : farTail(r - 5)
    return q < 0 ? -magnitude : magnitude
  }

  @inline(__always)
  private static func nearTail(_ r: Double) -> Double {
    var p = 7.74545014278341407640e-4
    p = p * r + 2.27238449892691845833e-2
    p = p * r + 2.41780725177450611770e-1
    p = p * r + 1.27045825245236838258e0
    p = p * r + 3.64784832476320460504e0
    p = p * r + 5.76949722146069140550e0
    p = p * r + 4.63033784615654529590e0
    p = p * r + 1.42343711074968357734e0
    var d = 1.05075007164441684324e-9
    d = d * r + 5.47593808499534494600e-4
    d = d * r + 1.51986665636164571966e-2
    d = d * r + 1.48103976427480074590e-1
    d = d * r + 6.89767334985100004550e-1
    d = d * r + 1.67638483018380384940e0
    d = d * r + 2.05319162663775882187e0
    d = d * r + 1
    return p / d
  }

  @inline(__always)
  private static func farTail(_ r: Double) -> Double {
    var p = 2.01033439929228813265e-7
    p = p * r + 2.71155556874348757815e-5
    p = p * r + 1.24266094738807843860e-3
    p = p * r + 2.65321895265761230930e-2
    p = p * r + 2.96560571828504891230e-1
    p = p * r + 1.78482653991729133580e0
    p = p * r + 5.46378491116411436990e0
    p = p * r + 6.65790464350110377720e0
    var d = 2.04426310338993978564e-15
    d = d * r + 1.42151175831644588870e-7
    d = d * r + 1.84631831751005468180e-5
    d = d * r + 7.86869131145613259100e-4
    d = d * r + 1.48753612908506148525e-2
    d = d * r + 1.36929880922735805310e-1
    d = d * r + 5.99832206555887937690e-1
    d = d * r + 1
    return p / d
  }
}
