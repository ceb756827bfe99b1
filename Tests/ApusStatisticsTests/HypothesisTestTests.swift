import ApusNumerics
import Foundation
import Testing

@testable import ApusStatistics

/// JSON of any shape: `Tests/Golden/hypothesis-tests/tests.json`.
func goldenJSON(_ path: String) throws -> [String: Any] {
  let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden")
    .appending(path: path)
  return try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
}

/// A number, or "nan", "inf", "-inf".
func goldenNumber(_ value: Any?) -> Double? {
  if let text = value as? String { return Double(text) }
  return (value as? NSNumber)?.doubleValue
}

/// A list of numbers or of lists of numbers as an array.
func goldenArray(_ value: Any?) throws -> NDArray {
  if let rows = value as? [[Any]] { return try NDArray(rows: rows.map { $0.map { goldenNumber($0) ?? .nan } }) }
  return try NDArray((value as? [Any] ?? []).map { goldenNumber($0) ?? .nan })
}

func goldenList(_ value: Any?) -> [Double] { (value as? [Any] ?? []).map { goldenNumber($0) ?? .nan } }

func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
  a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance * max(abs(b), 1e-300)
}

@Suite struct HypothesisTestTests {
  @Test func agreesWithSciPyAndStatsmodels() throws {
    let cases = try goldenJSON("hypothesis-tests/tests.json")["tests"] as? [[String: Any]] ?? []
    #expect(cases.count > 180)
    for entry in cases {
      let name = entry["test"] as? String ?? ""
      var options: [String: StatisticsOption] = [:]
      for (key, value) in entry["options"] as? [String: Any] ?? [:] {
        if let text = value as? String {
          options[key] = .text(text)
        } else if let number = value as? NSNumber {
          let isFlag = ["equal_var", "correction", "exact", "use_continuity"].contains(key)
          options[key] = isFlag ? .flag(number.boolValue) : .number(number.doubleValue)
        }
      }
      let samples = try (entry["samples"] as? [Any] ?? []).map { try goldenArray($0) }
      let expected = entry["expected"] as? [String: Any] ?? [:]
      let r = try TestCatalogue.run(name, samples, options: options)
      let actual: [String: Double] = [
        "statistic": r.statistic, "p": r.pValue, "df": r.degreesOfFreedom, "df2": r.denominatorDegreesOfFreedom,
        "low": r.confidenceInterval?.lower ?? .nan, "high": r.confidenceInterval?.upper ?? .nan, "effect": r.effectSize,
      ]
      for (key, value) in expected {
        let wanted = goldenNumber(value) ?? .nan
        // The interval of binomtest comes from SciPy's root finder.
        let tolerance = name == "binomtest" && key != "p" ? 1e-8 : name == "shapiro" ? 1e-6 : 2e-10
        #expect(
          isClose(actual[key] ?? .nan, wanted, tolerance),
          "\(name) \(options) \(key): \(actual[key] ?? .nan), not \(wanted)")
      }
      if r.pValue > 0 {
        #expect(isClose(exp(r.logPValue), r.pValue, 1e-9), "\(name) log p \(r.logPValue) of \(r.pValue)")
      }
    }
  }

  @Test func tukeyAndStudentizedRange() throws {
    let extra = try goldenJSON("hypothesis-tests/tests.json")["extra"] as? [String: Any] ?? [:]
    for row in extra["studentized_range"] as? [[Any]] ?? [] {
      let v = goldenList(row)
      let range = StudentizedRange(groups: v[1], degreesOfFreedom: v[2])
      #expect(isClose(range.upper(v[0]), v[3], 1e-8), "\(v) \(range.upper(v[0]))")
      #expect(isClose(range.upperQuantile(v[3]), v[0], 1e-7))
    }
    let tukey = extra["tukey"] as? [String: Any] ?? [:]
    let samples = try (tukey["samples"] as? [Any] ?? []).map { try goldenArray($0) }
    let result = try HypothesisTests.tukeyHSD(samples)
    #expect(result.count == 3)
    for (k, row) in result.enumerated() {
      #expect(isClose(row.pValue, goldenList(tukey["p"])[k], 1e-8))
      #expect(isClose(row.confidenceInterval.lower, goldenList(tukey["low"])[k], 1e-6))
      #expect(isClose(row.confidenceInterval.upper, goldenList(tukey["high"])[k], 1e-6))
    }
  }

  @Test func twoWayAnalysisOfVariance() throws {
    let extra = try goldenJSON("hypothesis-tests/tests.json")["extra"] as? [String: Any] ?? [:]
    let g = extra["two_way"] as? [String: Any] ?? [:]
    let rows = try HypothesisTests.anovaTwoWay(
      try goldenArray(g["values"]), factorA: try goldenArray(g["a"]), factorB: try goldenArray(g["b"]))
    #expect(rows.map(\.source) == ["A", "B", "A:B", "residual"])
    for (k, row) in rows.enumerated() {
      #expect(isClose(row.sumOfSquares, goldenList(g["ss"])[k], 1e-9), "\(row)")
      #expect(row.degreesOfFreedom == goldenList(g["df"])[k])
      if k < 3 { #expect(isClose(row.pValue, goldenList(g["p"])[k], 1e-8)) }
    }
  }

  @Test func multipleTesting() throws {
    let extra = try goldenJSON("hypothesis-tests/tests.json")["extra"] as? [String: Any] ?? [:]
    let g = extra["multipletests"] as? [String: Any] ?? [:]
    let p = try goldenArray(g["p"])
    for method in MultipleTestingMethod.allCases {
      let adjusted: [Double] = try HypothesisTests.adjustPValues(p, method: method).elements()
      for (a, e) in zip(adjusted, goldenList(g[method.rawValue])) { #expect(isClose(a, e, 1e-13), "\(method)") }
    }
    #expect(throws: ApusError.invalidArgument(name: "ps", reason: "element 1 is 1.5, p-values lie in [0, 1]")) {
      try HypothesisTests.adjustPValues(try NDArray([0.5, 1.5]))
    }
  }

  @Test func powerAnalysis() throws {
    let extra = try goldenJSON("hypothesis-tests/tests.json")["extra"] as? [String: Any] ?? [:]
    let g = extra["power"] as? [String: Any] ?? [:]
    func expect(_ key: String, _ value: Double, _ tolerance: Double = 1e-8) {
      #expect(isClose(value, goldenNumber(g[key]) ?? .nan, tolerance), "\(key): \(value), not \(g[key] ?? "")")
    }
    expect("t_two", try PowerAnalysis.tTest(effectSize: 0.5, observations: 30, ratio: 1.5))
    expect(
      "t_one_larger",
      try PowerAnalysis.tTest(effectSize: 0.3, observations: 25, kind: .oneSample, alternative: .greater))
    expect("z_two", try PowerAnalysis.zTest(effectSize: 0.35, observations: 60))
    expect("anova", try PowerAnalysis.anova(effectSize: 0.25, observations: 90, groups: 4))
    expect(
      "t_two_n",
      try PowerAnalysis.solve(power: 0.8, between: 2, and: 1e6) { n throws(ApusError) in
        try PowerAnalysis.tTest(effectSize: 0.4, observations: n)
      }, 1e-6)
    expect(
      "anova_n",
      try PowerAnalysis.solve(power: 0.9, between: 5, and: 1e6) { n throws(ApusError) in
        try PowerAnalysis.anova(effectSize: 0.25, observations: n, groups: 4)
      }, 1e-6)
  }

  /// Exact rank tests with ties against enumeration.
  @Test func exactRankTestsWithTies() throws {
    let (x, y) = ([1.0, 2, 2, 5, 3], [2.0, 4, 5, 5, 7, 1])
    let r = try HypothesisTests.mannWhitneyU(try NDArray(x), try NDArray(y), method: .exact)
    let all = x + y
    var (below, above, total) = (0.0, 0.0, 0.0)
    func u(_ chosen: Set<Int>) -> Double {
      var sum = 0.0
      for i in chosen {
        for j in all.indices where !chosen.contains(j) { sum += all[i] > all[j] ? 1 : all[i] == all[j] ? 0.5 : 0 }
      }
      return sum
    }
    let observed = u(Set(0..<5))
    for mask in 0..<(1 << 11) where mask.nonzeroBitCount == 5 {
      let value = u(Set((0..<11).filter { mask >> $0 & 1 == 1 }))
      total += 1
      if value <= observed { below += 1 }
      if value >= observed { above += 1 }
    }
    #expect(r.statistic == observed)
    #expect(isClose(r.pValue, min(1, 2 * min(below, above) / total), 1e-13))
  }

  @Test func resampling() throws {
    let (x, y) = (try NDArray([1.2, 3.4, 2.2, 5.1, 4.0]), try NDArray([2.5, 6.1, 4.4, 7.3]))
    // 126 ways to deal: complete.
    let p = try HypothesisTests.permutationTest(x, y, resamples: 9999)
    #expect(p.extras[0].value == 126)
    #expect(isClose(p.pValue * 126, (p.pValue * 126).rounded(), 1e-12))
    var first: [Double]?
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let a = try HypothesisTests.permutationTest(x, y, statistic: .tStatistic, resamples: 100, seed: 7)
      let b = try HypothesisTests.bootstrap(x, statistic: .median, resamples: 2000, seed: 3)
      let values = [a.pValue, b.confidenceInterval!.lower, b.confidenceInterval!.upper, b.extras[0].value]
      #expect(first == nil || first! == values)
      first = values
    }
    let normal = try NDArray((0..<200).map { SpecialFunctions.normalQuantile((Double($0) + 0.5) / 200) + 1 })
    for method in BootstrapMethod.allCases {
      let b = try HypothesisTests.bootstrap(normal, resamples: 4000, method: method, seed: 1)
      #expect(abs(b.extras[0].value - 0.0705) < 0.004)
      #expect(abs(b.confidenceInterval!.lower - (1 - 0.139)) < 0.02 && abs(b.confidenceInterval!.upper - 1.139) < 0.02)
      #expect(b.pValue < 0.001)
    }
  }

  @Test func columnsEqualSingleTests() throws {
    let (n, m, features) = (12, 9, 1100)
    var stream = RandomStream(seed: 5)
    let x = try NDArray((0..<n * features).map { _ in stream.normal() }, shape: [n, features])
    let y = try NDArray((0..<m * features).map { _ in stream.normal() + 0.5 }, shape: [m, features])
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    for (equal, alternative) in [(true, Alternative.twoSided), (true, .less), (false, .greater)] {
      var first: [Double]?
      for threads in [1, 2, 3, 8] {
        try ThreadPool.setThreadCount(threads)
        let r = try HypothesisTests.tTestIndependentColumns(x, y, equalVariances: equal, alternative: alternative)
        let p: [Double] = try r.pValue.elements()
        #expect(first == nil || first! == p)
        first = p
        let logs: [Double] = try r.logPValue.elements()
        for j in stride(from: 0, to: features, by: 53) {
          let single = try HypothesisTests.tTestIndependent(
            try x.slice(j..<j + 1, axis: 1), try y.slice(j..<j + 1, axis: 1), equalVariances: equal,
            alternative: alternative)
          #expect(isClose(p[j], single.pValue, 1e-12), "\(j): \(p[j]), not \(single.pValue)")
          #expect(abs(logs[j] - single.logPValue) < 1e-12 * max(1, abs(single.logPValue)))
        }
      }
    }
    let transposed = try HypothesisTests.tTestOneSampleColumns(try x.transposed.copied().transposed, mean: 0.2)
    let straight = try HypothesisTests.tTestOneSampleColumns(x, mean: 0.2)
    let (a, b): ([Double], [Double]) = (try transposed.pValue.elements(), try straight.pValue.elements())
    for (u, v) in zip(a, b) { #expect(isClose(u, v, 1e-11)) }
  }

  @Test func badInput() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    let (one, two) = (try NDArray([1.0]), try NDArray([1.0, .nan, 3]))
    #expect(message { _ = try HypothesisTests.tTestOneSample(one) } == "x: 1 observations, the test needs at least 2")
    #expect(message { _ = try HypothesisTests.tTestOneSample(two, missing: .raise) } == "x: element 1 is NaN")
    #expect(try HypothesisTests.tTestOneSample(two).pValue.isNaN)
    #expect(try HypothesisTests.tTestOneSample(two, missing: .omit).statistic == 2)
    #expect(
      message { _ = try HypothesisTests.tTestPaired(one, two) } == "y: has 3 elements beside 1 of x, they must be equal"
    )
    let constant = try HypothesisTests.tTestOneSample(try NDArray([2.0, 2, 2]), mean: 2)
    #expect(constant.pValue.isNaN && constant.warnings.count == 1)
    let r = try Correlation.pearson(try NDArray([1.0, 1, 1]), try NDArray([1.0, 2, 3]))
    #expect(r.statistic.isNaN && r.warnings == ["x: all values are equal, the correlation coefficient is not defined"])
    #expect(message { _ = try TestCatalogue.run("ttest", []) }.hasPrefix("test: 'ttest' is unknown"))
    #expect(
      message { _ = try TestCatalogue.run("shapiro", [two], options: ["alpha": .number(1)]) }.hasPrefix(
        "alpha: is no option of shapiro"))
    #expect(
      message { _ = try TestCatalogue.run("ttest_1samp", [two], options: ["alternative": .text("both")]) }
        == "alternative: 'both' is unknown, allowed are 'two-sided', 'less', 'greater'")
    #expect(
      message { _ = try TestCatalogue.run("ztest", [two], options: ["sigma": .number(-1)]) }.hasPrefix(
        "sigma: -1.0 is not allowed"))
  }
}
