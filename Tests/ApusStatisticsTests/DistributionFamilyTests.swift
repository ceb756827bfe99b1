import ApusNumerics
import ApusStatistics
import Foundation
import Testing

/// Every family and function against mpmath, and arrays against single points.
@Suite struct DistributionFamilyTests {
  /// At most 4 ulp (of 1 for logarithms of densities near 1; 6 for logarithms of tails, where one between −1 and 0 magnifies
  /// the error of its number), 1e-13 relative below 1e-30.
  @Test func agreeWithMpmath() throws {
    let table = try GoldenTable("distributions/families.csv")
    #expect(table.rows.count > 3400)
    for (name, values) in table.rows {
      let fields = name.split(separator: ":").map(String.init)
      let function = try #require(DistributionFunction(rawValue: fields[1]))
      let count = Int(values[0])
      let parameters = Array(values[1..<1 + count])
      let (x, expected) = (values[1 + count], values[2 + count])
      let actual = try Distribution(fields[0], parameters).value(function, x)
      let reference = function == .logpdf ? max(1, expected.magnitude) : expected.magnitude
      let limit = expected.magnitude < 1e-30 ? 1e-13 * expected.magnitude : 0
      let bound = function == .logcdf || function == .logsf ? 6.0 : 4.0
      #expect(
        abs(actual - expected) <= max(limit, bound * reference.ulp),
        "\(name)\(parameters)(\(x)) = \(actual), not \(expected): \(abs(actual - expected) / reference.ulp) ulp")
    }
  }

  static let members: [(String, [Double])] = [
    ("norm", []), ("t", [0.7]), ("t", [2.5]), ("t", [60]), ("chi2", [1]), ("chi2", [5]), ("chi2", [200]),
    ("f", [5, 12]),
    ("f", [0.8, 3]), ("f", [300, 200]), ("f", [2, 2]), ("f", [7, 1500]), ("f", [19_999, 2e4]), ("beta", [2.5, 4]),
    ("beta", [0.5, 0.5]), ("beta", [60, 90]), ("beta", [0.3, 50]), ("beta", [1, 1]), ("beta", [1, 3000.5]),
    ("beta", [9999.5, 12]),
    ("gamma", [0.02]), ("gamma", [0.5]), ("gamma", [1]), ("gamma", [3.5]), ("gamma", [100]), ("gamma", [3e5]),
    ("gamma", [3e7]), ("expon", []), ("uniform", []), ("lognorm", [0.8]), ("logistic", []), ("weibull_min", [0.4]),
    ("weibull_min", [1.7]), ("truncnorm", [-1, 2]), ("truncnorm", [5, 8]), ("binom", [50, 0.3]),
    ("binom", [100_000, 0.4]),
    ("poisson", [7]), ("poisson", [1e5]), ("geom", [0.2]), ("nbinom", [5, 0.3]), ("hypergeom", [500, 60, 70]),
  ]

  /// An element has the bits it has by itself, for every number of threads, in and out of the support.
  @Test func arraysAreTheirElements() throws {
    let threads = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(threads) }
    for (name, shapes) in DistributionFamilyTests.members {
      let d = try Distribution(name, shapes)
      var probabilities = (0..<700).map { (Double($0) + 0.5) / 700 }
      probabilities += [1e-300, 1e-30, 1e-9, 0.999999999, 0.5, 0, 1, -0.1, 1.1, .nan, Double.leastNonzeroMagnitude]
      let spread = probabilities.filter { $0 > 0 && $0 < 1 }.map(d.ppf)
      let points =
        spread + [.nan, .infinity, -.infinity, 0, -1, 0.5, 1, 1e300, -1e300, .leastNonzeroMagnitude, d.mean, 2.5]
      for function in DistributionFunction.allCases {
        let x = function == .ppf || function == .isf ? probabilities : points
        let expected = x.map { d.value(function, $0) }
        for count in [1, 2, 3, 8] {
          try ThreadPool.setThreadCount(count)
          let actual: [Double] = try d.evaluate(function, try NDArray(x)).elements()
          for i in x.indices {
            #expect(
              actual[i] == expected[i] || (actual[i].isNaN && expected[i].isNaN),
              "\(name)\(shapes).\(function)(\(x[i])): \(actual[i]), not \(expected[i])")
          }
        }
      }
    }
  }

  /// Quantiles undo cumulative probabilities over the whole range of both tails.
  @Test func quantilesFindTheirPoints() throws {
    for (name, shapes) in DistributionFamilyTests.members {
      let d = try Distribution(name, shapes)
      for p in [1e-250, 1e-100, 1e-20, 1e-6, 0.01, 0.2, 0.499, 0.5, 0.501, 0.7, 0.99, 1 - 1e-9] {
        for isLower in [true, false] {
          let x = isLower ? d.ppf(p) : d.isf(p)
          let back = isLower ? d.cdf(x) : d.sf(x)
          if d.kind.isDiscrete {
            let before = isLower ? d.cdf(x - 1) : d.sf(x - 1)
            #expect(
              isLower ? back >= p && before < p : back <= p && before > p, "\(name)\(shapes) \(p) \(isLower): \(x)")
          } else {
            // What one ulp of x changes, and the stated accuracy of the tails.
            let slope = abs(d.pdf(x) * x.ulp)
            let limit = 4e-13 * min(p, 1) + 4 * slope + (p > 1e-6 ? 8e-16 : 0)
            if x.magnitude > 1e-300 && x.magnitude < 1e300 && x != d.support.upper {
              #expect(abs(back - p) <= limit, "\(name)\(shapes) \(p) \(isLower): \(x) gives \(back)")
            }
          }
        }
      }
    }
  }

  /// Locations and scales move points and divide densities.
  @Test func locationAndScale() throws {
    for (name, shapes) in DistributionFamilyTests.members {
      let isDiscrete = try Distribution(name, shapes).kind.isDiscrete
      let standard = try Distribution(name, shapes)
      let moved = try Distribution(name, shapes + (isDiscrete ? [3] : [3, 2]))
      for p in [0.03, 0.4, 0.8] {
        let x = standard.ppf(p)
        let y = isDiscrete ? x + 3 : 2 * x + 3
        #expect(moved.ppf(p) == y)
        // The point is rounded on its way back.
        let slack = isDiscrete ? 1e-15 : 1e-12 + 4 * y.ulp / 2 * standard.pdf(x) / min(p, 1 - p)
        for function in [DistributionFunction.cdf, .sf] {
          let expected = standard.value(function, x)
          #expect(abs(moved.value(function, y) - expected) <= slack * expected, "\(name)\(shapes) \(function)")
        }
      }
    }
  }
}
