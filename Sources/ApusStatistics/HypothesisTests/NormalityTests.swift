import ApusNumerics
import RealModule

/// Tests of normality.
extension HypothesisTests {
  /// Shapiro and Wilk's W with Royston's p-value (AS R94: P. Royston, Appl. Stat. 44 (1995) 547–551), 3 to 5000
  /// observations; beyond that a warning says the p-value is extrapolated.
  public static func shapiroWilk(_ x: NDArray, missing: MissingPolicy = .propagate) throws(ApusError) -> TestResult {
    let sample = try Sample(x, name: "x", missing: missing, atLeast: 3)
    if sample.hasMissing { return .undefined }
    let sorted = try sample.sorted()
    let m = sample.summary
    if m.isConstant { return .undefined("x: all values are equal, W is not defined") }
    let n = sorted.count
    let half = n / 2
    let weights = try shapiroWeights(n)
    var numerator = 0.0
    for i in 0..<half { numerator += weights[i] * (sorted.values[n - 1 - i] / m.scale - sorted.values[i] / m.scale) }
    let w = (numerator * numerator / m.scaledSquares).atMost(1)
    // 1 − w decides the p-value; close to 1 it is formed from the residual to keep its digits.
    let p = shapiroPValue(w, n)
    var result = TestResult(w, p)
    (result.effectName, result.effectSize) = ("w", w)
    if n > 5000 { result.warnings.append("x: \(n) observations, the p-value is accurate up to 5000") }
    return result
  }

  /// Coefficients of the order statistics, the largest first.
  private static func shapiroWeights(_ n: Int) throws(ApusError) -> Buffer<Double> {
    let half = n / 2
    let a = try Buffer<Double>(count: half)
    if n == 3 {
      a[0] = 0.7071067811865476
      return a
    }
    let scores = try Buffer<Double>(count: half)
    var squares = 0.0
    for i in 0..<half {
      scores[i] = -SpecialFunctions.normalQuantile((Double(i + 1) - 0.375) / (Double(n) + 0.25))
      squares += 2 * scores[i] * scores[i]
    }
    let root = squares.squareRoot()
    let u = 1 / Double(n).squareRoot()
    a[0] = scores[0] / root + polynomial([0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056], u)
    var first = 1
    var factor: Double
    if n > 5 {
      a[1] = scores[1] / root + polynomial([0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], u)
      factor =
        (squares - 2 * scores[0] * scores[0] - 2 * scores[1] * scores[1]) / (1 - 2 * a[0] * a[0] - 2 * a[1] * a[1])
      first = 2
    } else {
      factor = (squares - 2 * scores[0] * scores[0]) / (1 - 2 * a[0] * a[0])
    }
    factor = factor.squareRoot()
    for i in first..<Swift.max(half, first) { a[i] = scores[i] / factor }
    return a
  }

  private static func shapiroPValue(_ w: Double, _ n: Int) -> PValue {
    if n == 3 {
      let p = 6 / .pi * (Double.asin(w.squareRoot()) - Double.asin(0.75.squareRoot()))
      return PValue(Swift.max(0, p))
    }
    var y = Double.log(1 - w)
    let size = Double(n)
    let (mean, deviation): (Double, Double)
    if n <= 11 {
      let limit = 0.459 * size - 2.273
      if y >= limit { return PValue(1e-99) }
      y = -Double.log(limit - y)
      mean = polynomial([0.544, -0.39978, 0.025054, -6.714e-4], size)
      deviation = Double.exp(polynomial([1.3822, -0.77857, 0.062767, -0.0020322], size))
    } else {
      let logSize = Double.log(size)
      mean = polynomial([-1.5861, -0.31082, -0.083751, 0.0038915], logSize)
      deviation = Double.exp(polynomial([-0.4803, -0.082676, 0.0030302], logSize))
    }
    return .normal((y - mean) / deviation, .greater)
  }

  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
  }

  /// Anderson and Darling's A² for the normal with estimated mean and deviation; p-value and critical values (extras
  /// `critical_15` … `critical_1`, in per cent) after R. D'Agostino, M. Stephens, *Goodness-of-Fit Techniques* (1986), table 4.7 and 4.9.
  public static func andersonDarling(_ x: NDArray, missing: MissingPolicy = .propagate) throws(ApusError) -> TestResult
  {
    let sample = try Sample(x, name: "x", missing: missing, atLeast: 3)
    if sample.hasMissing { return .undefined }
    let sorted = try sample.sorted()
    let m = sample.summary
    if m.isConstant { return .undefined("x: all values are equal, A² is not defined") }
    let n = Double(sorted.count)
    let deviation = m.standardDeviation()
    var sum = 0.0
    for i in 0..<sorted.count {
      let low = SpecialFunctions.logNormalCDF((sorted.values[i] - m.mean) / deviation)
      let high = SpecialFunctions.logNormalCDF((m.mean - sorted.values[sorted.count - 1 - i]) / deviation)
      sum += (2 * Double(i) + 1) * (low + high)
    }
    let statistic = -n - sum / n
    let adjustment = 1 + 0.75 / n + 2.25 / (n * n)
    let a = statistic * adjustment
    let log: Double
    if a >= 0.6 {
      log = a > 153 ? -.infinity : 1.2937 - 5.709 * a + 0.0186 * a * a
    } else if a > 0.34 {
      log = 0.9177 - 4.279 * a - 1.38 * a * a
    } else {
      let exponent = a > 0.2 ? -8.318 + 42.796 * a - 59.938 * a * a : -13.436 + 101.14 * a - 223.73 * a * a
      log = Double.log(onePlus: -Double.exp(exponent))
    }
    var result = TestResult(statistic, PValue(value: Double.exp(log), logarithm: log))
    result.extras = [(15, 0.561), (10, 0.631), (5, 0.752), (2.5, 0.873), (1, 1.035)].map {
      ("critical_\($0.0 == 2.5 ? "2.5" : "\(Int($0.0))")", ($0.1 / adjustment * 1000).rounded() / 1000)
    }
    return result
  }

  /// Skewness and kurtosis together: n (S² + K²/4) / 6 against chi-squared with 2 degrees of freedom
  /// (C. Jarque, A. Bera, Econ. Lett. 6 (1980) 255–259).
  public static func jarqueBera(_ x: NDArray, missing: MissingPolicy = .propagate) throws(ApusError) -> TestResult {
    let sample = try Sample(x, name: "x", missing: missing, atLeast: 2)
    if sample.hasMissing { return .undefined }
    if sample.summary.isConstant { return .undefined("x: all values are equal, skewness and kurtosis are not defined") }
    let (skewness, kurtosis) = sample.shape
    let n = Double(sample.count)
    let statistic = n / 6 * (skewness * skewness + (kurtosis - 3) * (kurtosis - 3) / 4)
    var result = TestResult(statistic, .chiSquared(statistic, 2))
    result.degreesOfFreedom = 2
    result.extras = [("skewness", skewness), ("kurtosis", kurtosis - 3)]
    return result
  }

  /// D'Agostino and Pearson's omnibus test: the squares of the normal scores of skewness and kurtosis against chi-squared with 2
  /// degrees of freedom (Biometrika 60 (1973) 613–622; F. Anscombe, W. Glynn, Biometrika 70 (1983) 227–234).
  public static func dagostinoPearson(_ x: NDArray, missing: MissingPolicy = .propagate) throws(ApusError) -> TestResult
  {
    let sample = try Sample(x, name: "x", missing: missing, atLeast: 8)
    if sample.hasMissing { return .undefined }
    if sample.summary.isConstant { return .undefined("x: all values are equal, skewness and kurtosis are not defined") }
    let (skewness, kurtosis) = sample.shape
    let n = Double(sample.count)
    let (u, v) = (skewnessScore(skewness, n), kurtosisScore(kurtosis, n))
    let statistic = u * u + v * v
    var result = TestResult(statistic, .chiSquared(statistic, 2))
    result.degreesOfFreedom = 2
    result.extras = [("z_skewness", u), ("z_kurtosis", v)]
    if n < 20 { result.warnings.append("x: \(Int(n)) observations, the kurtosis part is accurate from 20 on") }
    return result
  }

  private static func skewnessScore(_ skewness: Double, _ n: Double) -> Double {
    let y = skewness * ((n + 1) * (n + 3) / (6 * (n - 2))).squareRoot()
    let beta = 3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    let w = (2 * (beta - 1)).squareRoot() - 1
    let alpha = (2 / (w - 1)).squareRoot()
    return Double.asinh(y / alpha) / (0.5 * Double.log(w)).squareRoot()
  }

  private static func kurtosisScore(_ kurtosis: Double, _ n: Double) -> Double {
    let mean = 3 * (n - 1) / (n + 1)
    let variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) * (n + 1) * (n + 3) * (n + 5))
    let x = (kurtosis - mean) / variance.squareRoot()
    let root =
      6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) * (6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3))).squareRoot()
    let a = 6 + 8 / root * (2 / root + (1 + 4 / (root * root)).squareRoot())
    let rest = 1 + x * (2 / (a - 4)).squareRoot()
    let cube = Double.root((1 - 2 / a) / rest.magnitude, 3)
    return (1 - 2 / (9 * a) - (rest < 0 ? -cube : cube)) / (2 / (9 * a)).squareRoot()
  }
}

extension Sample {
  /// Skewness m₃ / m₂^1.5 and kurtosis m₄ / m₂² with divisor n.
  var shape: (skewness: Double, kurtosis: Double) {
    let m = summary
    let deviation = m.standardDeviation(ddof: 0)
    var (third, fourth) = (0.0, 0.0)
    for value in values {
      let z = (value - m.mean) / deviation
      third += z * z * z
      fourth += z * z * z * z
    }
    return (third / Double(count), fourth / Double(count))
  }
}
