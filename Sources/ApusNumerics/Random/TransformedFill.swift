import Glibc

/// Variates of other continuous and discrete laws, each made from one float64 (or one normal variate) with PyTorch's bits.
///
/// The functions are libm's, as in PyTorch, and products added to something are fused, as in its AVX2 and AVX512 builds.
enum TransformedFill {
  /// Exponential with mean 1 / `rate`: −ln(1 − u) / rate.
  static func exponential(_ twister: inout MersenneTwister, rate: Double) -> Double {
    -1 / rate * log1p(-UniformFill.next(&twister))
  }

  /// Trials up to and including the first success, ⌈ln u / ln(1 − p)⌉; `logFailure` is ln(1 − p).
  static func geometric(_ twister: inout MersenneTwister, logFailure: Double) -> Double {
    (log(UniformFill.next(&twister)) / logFailure).rounded(.up)
  }

  /// Cauchy: median + scale · tan(π (u − ½)).
  static func cauchy(_ twister: inout MersenneTwister, median: Double, scale: Double) -> Double {
    median.addingProduct(scale, tan(pi * (UniformFill.next(&twister) - 0.5)))
  }

  static func fillExponential<Element: BinaryFloatingPoint>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, rate: Double
  ) {
    for index in 0..<count { elements[index] = Element(exponential(&twister, rate: rate)) }
  }

  static func fillGeometric<Element: BinaryFloatingPoint>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, probability: Double
  ) {
    let logFailure = log1p(-probability)
    for index in 0..<count { elements[index] = Element(geometric(&twister, logFailure: logFailure)) }
  }

  /// A number of trials beyond int64 counts as `Int64.max`; narrower types keep its low bits.
  static func fillGeometric<Element: FixedWidthInteger & BitwiseCopyable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, probability: Double
  ) {
    let logFailure = log1p(-probability)
    for index in 0..<count {
      let trials = geometric(&twister, logFailure: logFailure)
      elements[index] = Element(truncatingIfNeeded: trials < 0x1p63 ? Int64(trials) : .max)
    }
  }

  static func fillCauchy<Element: BinaryFloatingPoint>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, median: Double,
    scale: Double
  ) {
    for index in 0..<count { elements[index] = Element(cauchy(&twister, median: median, scale: scale)) }
  }

  /// exp of a normal variate.
  static func fillLogNormal<Element: BinaryFloatingPoint>(
    _ twister: inout MersenneTwister, cached: inout Double?, _ elements: UnsafeMutablePointer<Element>, count: Int,
    mean: Double, standardDeviation: Double
  ) {
    for index in 0..<count {
      let normal = NormalFill.next(&twister, cached: &cached, mean: mean, standardDeviation: standardDeviation)
      elements[index] = Element(exp(normal))
    }
  }

  /// π rounded to nearest.
  private static var pi: Double { 0x1.921fb54442d18p1 }
}
