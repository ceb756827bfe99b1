import ApusNumerics
import ApusStatistics
import Foundation
import Testing

@Suite struct DistributionTests {
  private func split(_ values: [Double]) -> (parameters: [Double], rest: [Double]) {
    let n = Int(values[0])
    return (Array(values[1..<1 + n]), Array(values[(1 + n)...]))
  }

  /// SciPy's own errors reach 1e-10 in places; ours against mpmath are in SpecialFunctionTests.
  @Test func agreesWithSciPy() throws {
    let table = try GoldenTable("distributions/distributions.csv")
    #expect(table.rows.count > 2500)
    for (name, values) in table.rows {
      let fields = name.split(separator: ":").map(String.init)
      let (parameters, rest) = split(values)
      let d = try Distribution(fields[0], parameters)
      let actual = d.value(DistributionFunction(rawValue: fields[1])!, rest[0])
      let expected = rest[1]
      if expected == -.infinity && (fields[1] == "logsf" || fields[1] == "logcdf") { continue }
      let error = actual == expected ? 0 : abs(actual - expected) / max(abs(expected), 1e-300)
      // Where SciPy forms 1 − cdf, or ln of it, its absolute error of 1e-16 is all that can be compared.
      #expect(
        error < 2e-10 || abs(actual - expected) < 2e-15 * max(1, abs(parameters.last ?? 1)),
        "\(name)\(parameters)(\(rest[0])) = \(actual), not \(expected): \(error)")
    }
  }

  @Test func momentsAgreeWithSciPy() throws {
    for (name, values) in try GoldenTable("distributions/moments.csv").rows {
      let (parameters, rest) = split(values)
      let d = try Distribution(name, parameters)
      let actual = [d.mean, d.variance, d.skewness, d.kurtosis, d.entropy]
      for (i, what) in ["mean", "variance", "skewness", "kurtosis", "entropy"].enumerated() {
        let (a, e) = (actual[i], rest[i])
        if a.isNaN && (e.isNaN || e.isInfinite) { continue }
        #expect(a == e || abs(a - e) < 1e-7 * max(1e-2, abs(e)), "\(name)\(parameters) \(what): \(a), not \(e)")
      }
    }
  }

  /// Quantiles undo cumulative probabilities, also in logarithms and in both tails.
  @Test func quantilesUndo() throws {
    let cases: [(String, [Double])] = [
      ("norm", []), ("t", [3]), ("t", [0.3]), ("chi2", [4]), ("f", [3, 9]), ("beta", [2, 0.7]), ("gamma", [0.2]),
      ("expon", []),
      ("lognorm", [0.8]), ("logistic", []), ("weibull_min", [0.4]), ("truncnorm", [-2, 0.5]), ("truncnorm", [6, 9]),
      ("truncnorm", [-30, -20]),
    ]
    for (name, shapes) in cases {
      let d = try Distribution(name, shapes)
      for p in [1e-280, 1e-100, 1e-20, 1e-5, 0.1, 0.4999, 0.5, 0.6, 0.99] {
        let (x, y) = (d.ppf(p), d.isf(p))
        if x.magnitude > 1e-300 && x.magnitude < 1e300
          && x - d.support.lower > 1e-3 * d.support.lower.magnitude.clampedFinite
        {
          #expect(abs(d.cdf(x) / p - 1) < 2e-12, "\(name) \(shapes) \(p): \(d.cdf(x))")
        }
        if d.support.upper - y > 1e-3 * d.support.upper.magnitude.clampedFinite, y.magnitude < 1e300,
          y > d.support.lower
        {
          #expect(abs(d.sf(y) / p - 1) < 2e-12, "\(name) \(shapes) \(p): \(d.sf(y))")
        }
      }
    }
    for (name, shapes) in [
      ("binom", [40, 0.3]), ("poisson", [12.5]), ("nbinom", [2.5, 0.3]), ("geom", [0.05]), ("hypergeom", [60, 25, 18]),
    ] {
      let d = try Distribution(name, shapes)
      for k in stride(from: 1.0, through: 15, by: 1) {
        #expect(d.ppf(d.cdf(k)) == k, "\(name) \(k)")
        #expect(d.isf(d.sf(k)) == k, "\(name) \(k)")
        #expect(d.ppf(d.cdf(k) * (1 + 1e-9)) == k + 1)
      }
    }
  }

  @Test func farTails() throws {
    let normal = try Distribution(.norm)
    #expect(abs(normal.sf(37) / 5.725571222524577e-300 - 1) < 1e-14)
    #expect(abs(normal.logsf(1e6) + 5.0000000001473448e11) < 1e-3)
    #expect(normal.logcdf(-1e150).isFinite)
    #expect(abs(try Distribution(.t, [1]).sf(1e200) * 1e200 * .pi - 1) < 1e-13)
    #expect(abs(try Distribution(.t, [1]).isf(1e-250) / 1e250 * .pi - 1) < 1e-13)
    #expect(abs(try Distribution(.chi2, [2]).logsf(1e5) + 5e4) < 1e-9)
    #expect(abs(try Distribution(.t, [1e20]).sf(3) / 1.3498980316300945e-3 - 1) < 1e-14)
  }

  @Test func arraysEqualScalarsBitForBit() throws {
    let n = 9_011
    let points = (0..<n).map { Double($0 &* 7919 % n) / Double(n) * 12 - 6 }
    let x = try NDArray(points)
    let narrow = try NDArray(points.map { Float($0) })
    for kind in DistributionKind.allCases where kind == .norm || kind == .t || kind == .poisson {
      let d = try Distribution(kind, kind == .norm ? [0.3, 1.7] : kind == .t ? [4] : [2.5])
      for function in DistributionFunction.allCases {
        var first: [Double]?
        let input = function == .ppf || function == .isf ? try NDArray(points.map { ($0 + 6) / 12 }) : x
        for threads in [1, 2, 3, 8] {
          let before = ThreadPool.threadCount
          defer { try? ThreadPool.setThreadCount(before) }
          try ThreadPool.setThreadCount(threads)
          let values: [Double] = try d.evaluate(function, input).elements()
          if let first {
            #expect(values.elementsEqual(first) { $0 == $1 || ($0.isNaN && $1.isNaN) })
          } else {
            first = values
            let inputs: [Double] = try input.elements()
            for i in stride(from: 0, to: n, by: 97) {
              let scalar = d.value(function, inputs[i])
              #expect(scalar.bitPattern == values[i].bitPattern, "\(kind) \(function) \(inputs[i])")
            }
          }
        }
      }
      let wide: [Double] = try d.evaluate(.cdf, narrow).elements()
      #expect(wide[5] == d.cdf(Double(Float(points[5]))))
      let strided: [Double] = try d.evaluate(.cdf, try x.slice(0..<9_000).reshaped([45, 200]).transposed).elements()
      #expect(strided[1] == d.cdf(points[200]))
    }
  }

  @Test func broadcastParameters() throws {
    let x = try NDArray([0.5, 1.5, 2.5], shape: [3, 1])
    let df = try NDArray([1.0, 4.0], shape: [2])
    let r = try Distribution.evaluate(.t, .cdf, x, parameters: [df])
    #expect(r.shape == [3, 2])
    let values: [Double] = try r.elements()
    #expect(values[3] == (try Distribution(.t, [4]).cdf(1.5)))
    let bad = try NDArray([1.0, -4.0], shape: [2])
    let partial: [Double] = try Distribution.evaluate(.t, .cdf, x, parameters: [bad]).elements()
    #expect(partial[1].isNaN && !partial[0].isNaN)
    #expect(throws: ApusError.self) {
      try Distribution.evaluate(.t, .cdf, try x.reshaped([3]), parameters: [try NDArray([1.0, 2, 3, 4])])
    }
  }

  @Test func impossibleParametersAreNamed() throws {
    func message(_ name: String, _ parameters: [Double]) -> String {
      do {
        _ = try Distribution(name, parameters)
        return ""
      } catch { return error.description }
    }
    #expect(message("norm", [0, -1]) == "scale: -1.0 is not allowed, must be finite and above 0")
    #expect(message("norm", [0, 0]).hasPrefix("scale:"))
    #expect(message("norm", [.nan, 1]).hasPrefix("loc:"))
    #expect(message("t", [0]).hasPrefix("df:"))
    #expect(message("binom", [2.5, 0.5]).hasPrefix("n:"))
    #expect(message("binom", [2, 1.5]).hasPrefix("p:"))
    #expect(message("hypergeom", [10, 11, 2]) == "n: 11.0 exceeds M = 10.0")
    #expect(message("truncnorm", [2, 1]).hasPrefix("a:"))
    #expect(message("gauss", []).hasPrefix("distribution: 'gauss' is unknown"))
    #expect(message("t", []).hasPrefix("parameters:"))
  }
}

extension Double {
  fileprivate var clampedFinite: Double { isFinite ? self : 0 }
}
