import ApusNumerics
import ApusStatistics
import Foundation
import Testing

/// Both tails and their logarithms against mpmath: at most 4 ulp where the value is above 1e-30, 1e-13 relative below.
@Suite struct DistributionTailTests {
  @Test func agreeWithMpmath() throws {
    let table = try GoldenTable("distributions/tails.csv")
    #expect(table.rows.count > 1800)
    var worst: [String: (error: Double, arguments: [Double])] = [:]
    for (name, values) in table.rows {
      let fields = name.split(separator: ":").map(String.init)
      let function = try #require(DistributionFunction(rawValue: fields[1]))
      let count = Int(values[0])
      let parameters = Array(values[1..<1 + count])
      let (x, expected) = (values[1 + count], values[2 + count])
      let actual = try Distribution(fields[0], parameters).value(function, x)
      let error = ulps(actual, expected)
      if expected.magnitude < 1e-30 {
        #expect(
          abs(actual - expected) <= 1e-13 * expected.magnitude,
          "\(name)\(parameters)(\(x)) = \(actual), not \(expected)")
      } else if error > worst[name]?.error ?? -1 {
        worst[name] = (error, parameters + [x])
      }
    }
    for (name, entry) in worst.sorted(by: { $0.key < $1.key }) {
      if ProcessInfo.processInfo.environment["APUS_TEST_VERBOSE"] != nil { print(name, entry.error, entry.arguments) }
      #expect(entry.error <= 4, "\(name)\(entry.arguments): \(entry.error) ulp")
    }
  }

  /// The fast tails continue the general ones: below one degree of freedom, beyond 1e150, and at infinity.
  @Test func studentTailsAreContinuous() throws {
    for (low, high) in [(0.999999, 1.000001), (2.9999999, 3.0000001)] {
      let (a, b) = (try Distribution(.t, [low]), try Distribution(.t, [high]))
      for t in [0.1, 1, 4, 1e10] { #expect(abs(a.sf(t) / b.sf(t) - 1) < 6e-5, "\(low) \(t)") }
    }
    let cauchy = try Distribution(.t, [1])
    for t in [0.2, 3, 1e100, 0.999e150, 1.001e150, 1e300] {
      let exact = t < 10 ? 0.5 - atan(t) / .pi : 1 / (.pi * t)
      #expect(abs(cauchy.sf(t) / exact - 1) < 1e-14, "\(t)")
    }
    for df in [1.0, 2.5, 40, 1e6] {
      let d = try Distribution(.t, [df])
      #expect(
        d.sf(.infinity) == 0 && d.cdf(.infinity) == 1 && d.sf(-.infinity) == 1 && d.logsf(.infinity) == -.infinity)
      #expect(d.sf(.nan).isNaN && d.logcdf(.nan).isNaN)
      #expect(abs(d.sf(0) - 0.5) < 2e-16)
      #expect(abs(d.logsf(1e200) + df * 460.5 + log(2)) < 0.6 * df * log(df + 2) + 2)
    }
    // Many degrees of freedom: Q(t) + φ(t) (t³ + t) / (4ν) (Abramowitz and Stegun 26.7.8).
    let normal = try Distribution(.norm)
    for df in [1e12, 1e16] {
      for t in [0.3, 2, 9, 30] {
        let expected = 1 + normal.pdf(t) / normal.sf(t) * (t * t * t + t) / (4 * df)
        let ratio = try Distribution(.t, [df]).sf(t) / normal.sf(t)
        #expect(abs(ratio - expected) < 2e-15 + pow(t, 8) / (df * df), "\(df) \(t)")
      }
    }
  }

  /// Quantiles find the points of mpmath's tails again, up to the condition of the inverse.
  @Test func studentQuantiles() throws {
    var count = 0
    for (name, values) in try GoldenTable("distributions/tails.csv").rows where name == "t:sf" && values[2] > 0 {
      let d = try Distribution(.t, [values[1]])
      let (t, tail) = (values[2], values[3])
      if tail > 0.4 { continue }
      count += 1
      #expect(abs(d.isf(tail) / t - 1) < 4e-15, "\(values)")
      #expect(abs(d.ppf(tail) / t + 1) < 4e-15, "\(values)")
    }
    #expect(count > 150)
    for df in [1.0, 1.7, 30, 1e5, 1e14] {
      let d = try Distribution(.t, [df])
      for q in [1e-300, 1e-200, 1e-100, 1e-20, 1e-3, 0.2, 0.2499999, 0.2500001, 0.4] {
        let t = d.isf(q)
        if t < 1e300 { #expect(abs(d.logsf(t) - log(q)) < 1e-13 * max(1, abs(log(q))), "\(df) \(q) \(t)") }
      }
    }
  }

  /// p-values of a matrix of correlations come from r itself, so that they agree with the exact beta form far out.
  @Test func correlationMatrixTails() throws {
    var generator = SystemRandomNumberGenerator()
    let rows = 60
    let base = (0..<rows).map { _ in Double.random(in: -1...1, using: &generator) }
    let noise = [0, 1e-9, 1e-4, 0.1, 1, 30]
    var values: [Double] = []
    for i in 0..<rows { values += noise.map { base[i] + $0 * Double.random(in: -1...1, using: &generator) } }
    let x = try NDArray(values, shape: [rows, noise.count])
    let matrix = try Correlation.pearsonMatrix(x)
    let r: [Double] = try matrix.coefficients.elements()
    let p: [Double] = try matrix.pValues.elements()
    let logP: [Double] = try matrix.logPValues.elements()
    // (1 − r) / 2 is a beta variable with both shapes n/2 − 1.
    let shape = Double(rows) / 2 - 1
    let beta = try Distribution(.beta, [shape, shape])
    for i in 0..<noise.count {
      for j in 0..<noise.count where i != j {
        let k = i * noise.count + j
        let exact = 2 * beta.cdf((1 - abs(r[k])) / 2)
        if abs(r[k]) < 0.9 { #expect(abs(p[k] / exact - 1) < 1e-12, "\(r[k])") }
        if p[k] > 1e-300 { #expect(abs(logP[k] - log(p[k])) < 1e-12 * max(1, abs(logP[k]))) }
        #expect(r[k] == r[j * noise.count + i] && p[k] == p[j * noise.count + i])
      }
    }
  }

  /// Scales at which squares over- or underflow give the t statistics of the unscaled columns.
  @Test func columnTestsAtExtremeScales() throws {
    let (rows, features) = (12, 40)
    let values = (0..<rows * features).map { sin(Double($0) * 1.7) + Double($0 % features) * 0.01 }
    let others = (0..<rows * features).map { cos(Double($0) * 0.9) + 0.3 }
    for equal in [true, false] {
      let plain = try HypothesisTests.tTestIndependentColumns(
        try NDArray(values, shape: [rows, features]), try NDArray(others, shape: [rows, features]),
        equalVariances: equal)
      let expected: [Double] = try plain.table.elements()
      for scale in [0x1p600, 0x1p-600, 0x1p1000] {
        let scaled = try HypothesisTests.tTestIndependentColumns(
          try NDArray(values.map { $0 * scale }, shape: [rows, features]),
          try NDArray(others.map { $0 * scale }, shape: [rows, features]), equalVariances: equal)
        let t: [Double] = try scaled.statistic.elements()
        let p: [Double] = try scaled.pValue.elements()
        let difference: [Double] = try scaled.meanDifference.elements()
        for j in 0..<features {
          #expect(abs(t[j] - expected[j]) < 1e-13 * max(1, abs(expected[j])))
          #expect(abs(p[j] / expected[features + j] - 1) < 1e-12)
          #expect(abs(difference[j] / scale - expected[3 * features + j]) < 1e-14)
        }
      }
    }
    let constant = try HypothesisTests.tTestOneSampleColumns(
      try NDArray([Double](repeating: 0.1, count: 25), shape: [25, 1]), mean: 0.1)
    #expect(try constant.pValue.elements(as: Double.self)[0].isNaN)
  }
}
