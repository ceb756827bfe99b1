import ApusNumerics
import ApusStatistics
import Foundation
import Testing

@Suite(.serialized) struct DistributionFitTests {
  private func cases() throws -> [[String: Any]] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/distribution-fits/fits.json")
    return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]])
  }

  /// Estimates, standard errors and log-likelihoods found by mpmath's Newton steps at 40 digits.
  @Test func agreesWithGoldenFits() throws {
    let all = try cases()
    #expect(all.count > 20)
    for g in all {
      let name = g["name"] as? String ?? ""
      let fixed = (g["fixed"] as? [String: Double]) ?? [:]
      let fit = try Distribution.fit(DistributionKind(name: name), try goldenArray(g["data"]), fixed: fixed)
      #expect(fit.converged && fit.warnings.isEmpty, "\(name) \(fixed): \(fit.warnings)")
      for (parameter, (a, e)) in zip(fit.parameterNames, zip(fit.parameters, goldenList(g["parameters"]))) {
        #expect(isClose(a, e, 2e-8), "\(name) \(fixed) \(parameter): \(a), not \(e)")
      }
      if let expected = goldenNumber(g["log_likelihood"]) {
        #expect(isClose(fit.logLikelihood, expected, 1e-11), "\(name): \(fit.logLikelihood), not \(expected)")
      }
      guard let errors = g["errors"] as? [String: Double] else { continue }
      for (parameter, error) in zip(fit.parameterNames, fit.standardErrors) {
        if let e = errors[parameter] {
          if name == "expon" && parameter == "loc" { continue }
          #expect(isClose(error, e, 1e-5), "\(name) \(fixed) se of \(parameter): \(error), not \(e)")
        } else {
          #expect(error == 0)
        }
      }
    }
  }

  /// Large samples give back what made them, within six standard errors.
  @Test func recoversParameters() throws {
    let members: [(String, [Double], [String: Double])] = [
      ("norm", [3, 2], [:]), ("t", [5, 1, 2], [:]), ("gamma", [3, 0, 2], ["loc": 0]),
      ("beta", [2, 5, 0, 1], ["loc": 0, "scale": 1]),
      ("weibull_min", [1.5, 0, 2], ["loc": 0]), ("lognorm", [0.5, 0, 3], ["loc": 0]), ("logistic", [1, 3], [:]),
      ("chi2", [6, 0, 1], ["loc": 0, "scale": 1]), ("f", [6, 15, 0, 1], ["loc": 0, "scale": 1]),
      ("nbinom", [4, 0.4, 0], [:]), ("poisson", [12, 0], [:]), ("geom", [0.2, 0], [:]),
      ("binom", [20, 0.3, 0], ["n": 20]),
      ("beta", [2, 3, -1, 4], [:]),
    ]
    for (name, parameters, fixed) in members {
      let d = try Distribution(name, parameters)
      let fit = try Distribution.fit(d.kind, try d.sample([20_000], seed: 5), fixed: fixed)
      #expect(fit.converged, "\(name): \(fit.warnings)")
      for (i, (estimate, truth)) in zip(fit.parameters, parameters).enumerated() {
        let error = fit.standardErrors[i]
        #expect(
          fit.isFixed[i] ? estimate == truth : abs(estimate - truth) < 6 * error, "\(name) \(i): \(estimate) ± \(error)"
        )
      }
    }
  }

  @Test func threadsDoNotMatter() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let data = try Distribution("gamma", [2.0]).sample([30_000], seed: 3)
    var results: [[Double]] = []
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let fit = try Distribution.fit(.gamma, data, fixed: ["loc": 0])
      results.append(fit.parameters + fit.covariance + [fit.logLikelihood])
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test func endsAndWholeNumbers() throws {
    let data = try NDArray([1.5, 2, 4, 3.25])
    #expect(try Distribution.fit(.uniform, data).parameters == [1.5, 2.5])
    #expect(try Distribution.fit(.expon, data).parameters == [1.5, 1.1875])
    #expect(try Distribution.fit(.expon, data).standardErrors[0].isNaN)
    let counts = try NDArray([3.0, 5, 4, 6, 2, 5, 4])
    let fit = try Distribution.fit(.binom, counts, bounds: ["n": 1...200])
    func likelihood(_ n: Double) throws -> Double {
      let d = try Distribution(.binom, [n, 29.0 / 7 / n])
      return [3.0, 5, 4, 6, 2, 5, 4].reduce(0) { $0 + d.logpdf($1) }
    }
    let best = try #require(try stride(from: 6.0, through: 200, by: 1).max { try likelihood($0) < likelihood($1) })
    #expect(fit.parameters[0] == best)
    // A capture–recapture population: ⌊n N / k⌋ for a single count.
    let recapture = try Distribution.fit(
      .hypergeom, try NDArray([7.0]), fixed: ["n": 50, "N": 40], bounds: ["M": 50...1e7])
    #expect(recapture.parameters[0] == 285)
    // With both ends free they are those of the data.
    let truncated = try Distribution("truncnorm", [-1, 0.5, 3, 2.0]).sample([3000], seed: 2)
    let ends = try Distribution.fit(.truncnorm, truncated)
    #expect(abs(ends.distribution.support.lower - 1) < 0.05 && abs(ends.distribution.support.upper - 4) < 0.05)
  }

  @Test func badInput() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    let data = try NDArray([1.0, 2, 4])
    #expect(message { _ = try Distribution.fit(.norm, data, fixed: ["mu": 1]) }.contains("mu"))
    #expect(
      message { _ = try Distribution.fit(.norm, data, fixed: ["loc": 1, "scale": 2]) }.contains("nothing to fit"))
    #expect(message { _ = try Distribution.fit(.norm, data, fixed: ["scale": -1]) }.contains("scale"))
    #expect(
      message { _ = try Distribution.fit(.gamma, try NDArray([-1.0, 2, 3]), fixed: ["loc": 0]) }.contains("-1.0"))
    #expect(message { _ = try Distribution.fit(.norm, try NDArray([2.0, 2, 2])) }.contains("all 3 values"))
    #expect(message { _ = try Distribution.fit(.norm, try NDArray([2.0])) }.contains("needs at least 2"))
    #expect(message { _ = try Distribution.fit(.norm, try NDArray([2.0, .nan])) }.contains("NaN"))
    #expect(message { _ = try Distribution.fit(.norm, try NDArray([2.0, .infinity])) }.contains("infinite"))
    #expect(message { _ = try Distribution.fit(.poisson, try NDArray([1.5, 2])) }.contains("1.5"))
    #expect(message { _ = try Distribution.fit(.binom, data) }.contains("whole number"))
    #expect(try Distribution.fit(.norm, try NDArray([1.0, .nan, 3]), missing: .omit).observations == 2)
    // The likelihood of three exponential-like values has no interior maximum in loc.
    #expect(try !Distribution.fit(.gamma, try NDArray([1.0, 1.01, 9])).converged)
  }
}

@Suite struct DivergenceTests {
  /// Closed forms against the sum or integral of p (ln p − ln q).
  @Test func agreesWithIntegrals() throws {
    let pairs: [(String, [Double], [Double])] = [
      ("norm", [0, 1], [1, 2]), ("norm", [0, 1], [0.001, 1.0001]), ("expon", [1, 2], [0.5, 3]),
      ("uniform", [0, 1], [-1, 3]),
      ("lognorm", [0.5, 0, 1], [0.7, 0, 2]), ("lognorm", [0.5, 1, 1], [0.7, 0, 2]), ("gamma", [2, 0, 1], [3, 0, 0.7]),
      ("gamma", [2, 1, 1], [3, 0.5, 0.7]), ("chi2", [3], [5]), ("beta", [2, 3], [1.5, 4]),
      ("weibull_min", [1.5, 0, 2], [0.9, 0, 1]),
      ("logistic", [0, 1], [1, 3]), ("t", [4, 0, 1], [7, 0.5, 2]), ("f", [4, 9], [6, 12]),
      ("truncnorm", [-1, 1], [-2, 3]),
      ("poisson", [3], [4.5]), ("binom", [10, 0.3], [10, 0.35]), ("binom", [10, 0.3], [12, 0.3]),
      ("binom", [9, 0.3], [9, 0.3003]),
      ("geom", [0.3], [0.2]), ("nbinom", [3, 0.4], [3, 0.5]), ("nbinom", [3, 0.4], [4.5, 0.5]),
      ("hypergeom", [50, 20, 10], [50, 25, 10]),
    ]
    for (name, first, second) in pairs {
      let (p, q) = (try Distribution(name, first), try Distribution(name, second))
      let divergence = try p.kullbackLeiblerDivergence(to: q)
      func term(_ x: Double) -> Double {
        let mass = p.pdf(x)
        return mass > 0 ? mass * (p.logpdf(x) - q.logpdf(x)) : 0
      }
      var expected = 0.0
      if p.kind.isDiscrete {
        for k in 0...400 { expected += term(Double(k)) }
      } else {
        // The trapezoidal rule in a variable that runs over all numbers and in which the integrand falls off at both ends.
        let (lower, upper) = p.support
        let (middle, width) = (p.median, p.isf(0.25) - p.ppf(0.25))
        let h = 1e-3
        for i in -40_000...40_000 {
          let u = Double(i) * h
          let x: Double
          let slope: Double
          if lower.isInfinite {
            (x, slope) = (middle + width * sinh(u), width * cosh(u))
          } else if upper.isInfinite {
            (x, slope) = (lower + width * exp(u), width * exp(u))
          } else {
            let share = 1 / (1 + exp(-u))
            (x, slope) = (lower + (upper - lower) * share, (upper - lower) * share * (1 - share))
          }
          if x > lower && x < upper && x.isFinite && slope > 0 { expected += term(x) * slope * h }
        }
      }
      #expect(
        abs(divergence - expected) < 1e-7 * max(expected, 1e-6) + 1e-9,
        "\(name) \(first) \(second): \(divergence), not \(expected)")
      #expect(try p.kullbackLeiblerDivergence(to: p) == 0)
    }
    let (p, q) = (try Distribution(.uniform), try Distribution(.uniform, [0.5, 1]))
    #expect(try p.kullbackLeiblerDivergence(to: q) == .infinity)
    #expect(throws: ApusError.self) { try p.kullbackLeiblerDivergence(to: try Distribution(.norm)) }
  }

  @Test func rawMoments() throws {
    let d = try Distribution("gamma", [2.5, 0, 2.0])
    var expected = 1.0
    for k in 1...8 {
      expected *= 2 * (2.5 + Double(k) - 1)
      #expect(isClose(try d.rawMoment(k), expected, 1e-10), "\(k)")
    }
    let p = try Distribution("poisson", [2.0])
    #expect(isClose(try p.rawMoment(5), 454, 1e-12))
    #expect(try Distribution("t", [5.0]).rawMoment(6) == .infinity)
  }
}
