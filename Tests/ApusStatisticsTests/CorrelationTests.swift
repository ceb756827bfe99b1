import ApusNumerics
import Foundation
import Testing

@testable import ApusStatistics

func expectClose(
  _ actual: NDArray, _ expected: Any?, _ tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let a: [Double] = try actual.elements()
  let e: [Double] = try goldenArray(expected).elements()
  #expect(a.count == e.count, sourceLocation: sourceLocation)
  for (u, v) in zip(a, e) {
    #expect(
      abs(u - v) <= tolerance * max(1, abs(v)) || (u.isNaN && v.isNaN), "\(what): \(u), not \(v)",
      sourceLocation: sourceLocation)
  }
}

@Suite struct CorrelationTests {
  @Test func matricesAgreeWithNumPyAndPandas() throws {
    let g = try goldenJSON("covariance/covariance.json")
    let x = try goldenArray(g["X"])
    let r = try Correlation.pearsonMatrix(x)
    try expectClose(r.coefficients, g["pearson"], 1e-14, "pearson")
    try expectClose(r.pValues, g["pearson_p"], 1e-13, "p")
    try expectClose(try Correlation.spearmanMatrix(x).coefficients, g["spearman"], 1e-14, "spearman")
    let rows = (g["missing"] as? [[Any]] ?? []).map { $0.map { ($0 as? NSNumber)?.doubleValue ?? .nan } }
    let missing = try NDArray(rows: rows)
    try expectClose(
      try Correlation.pearsonMatrix(missing, missing: .pairwise).coefficients, g["pairwise"], 1e-13, "pairwise")
    let repaired = try Correlation.pearsonMatrix(missing, missing: .pairwise, repair: true)
    let eigen: [Double] = try LinearAlgebra.eigvalsh(repaired.coefficients).elements()
    #expect(eigen[0] > -1e-12)
    let propagated: [Double] = try Correlation.pearsonMatrix(missing).coefficients.elements()
    #expect(propagated.allSatisfy { $0.isNaN })
    #expect(throws: ApusError.self) { try Correlation.pearsonMatrix(missing, missing: .raise) }
    #expect(try Correlation.pearsonMatrix(missing, missing: .omit).coefficients.shape == [5, 5])
  }

  @Test func hugeAndTinyScales() throws {
    let x = [1.0, 2.5, 3.1, 4.7, 5.0, 6.2]
    let y = [2.1, 2.0, 3.9, 3.5, 5.5, 5.9]
    let plain = try Correlation.pearson(try NDArray(x), try NDArray(y))
    for (s, t) in [(1e200, 1e200), (1e-200, 1e-200), (1e300, 1e-300), (4e-308, 1e100)] {
      let r = try Correlation.pearson(try NDArray(x.map { $0 * s }), try NDArray(y.map { $0 * t }))
      #expect(abs(r.statistic - plain.statistic) < 1e-14)
    }
    let rows = zip(x, y).map { [$0 * 1e200, $1 * 1e-200] }
    let matrix: [Double] = try Correlation.pearsonMatrix(try NDArray(rows: rows)).coefficients.elements()
    #expect(abs(matrix[1] - plain.statistic) < 1e-14)
    let infinite = try HypothesisTests.tTestOneSample(try NDArray([1.0, 2, .infinity]))
    #expect(infinite.pValue.isNaN)
    let t = try HypothesisTests.tTestOneSample(try NDArray(x.map { $0 * 1e200 }))
    #expect(abs(t.statistic - (try HypothesisTests.tTestOneSample(try NDArray(x))).statistic) < 1e-12)
  }

  @Test func constantColumnIsNaNWithWarning() throws {
    let x = try NDArray(rows: [[1.0, 5], [2, 5], [3, 5]])
    let r = try Correlation.pearsonMatrix(x)
    let values: [Double] = try r.coefficients.elements()
    #expect(values[0] == 1 && values[1].isNaN && values[3].isNaN)
    #expect(r.warnings == ["X: column 1 is constant, its correlations are not defined"])
  }

  /// A far tail: ln p continues where p underflows.
  @Test func logPValues() throws {
    let n = 4000
    let x = (0..<n).map { Double($0) }
    let y = x.enumerated().map { $0.element + Double($0.offset % 7) }
    let r = try Correlation.pearson(try NDArray(x), try NDArray(y))
    #expect(r.pValue == 0 && r.logPValue < -10000 && r.logPValue.isFinite)
  }

  @Test func kendallLarge() throws {
    // Against the quadratic definition.
    var stream = RandomStream(seed: 1)
    let x = (0..<300).map { _ in (stream.normal() * 5).rounded() }
    let y = x.map { ($0 + stream.normal() * 4).rounded() }
    var (c, tx, ty) = (0.0, 0.0, 0.0)
    for i in 0..<300 {
      for j in 0..<i {
        let u = x[i] < x[j] ? -1.0 : x[i] == x[j] ? 0 : 1
        let v = y[i] < y[j] ? -1.0 : y[i] == y[j] ? 0 : 1
        c += u * v
        tx += u * u
        ty += v * v
      }
    }
    let r = try Correlation.kendall(try NDArray(x), try NDArray(y))
    #expect(abs(r.statistic - c / (tx * ty).squareRoot()) < 1e-14)
  }
}

@Suite struct CovarianceTests {
  @Test func agreesWithNumPyAndScikitLearn() throws {
    let g = try goldenJSON("covariance/covariance.json")
    let x = try goldenArray(g["X"])
    let (f, w) = (try goldenArray(g["f"]), try goldenArray(g["w"]))
    try expectClose(try Covariance.matrix(x), g["cov1"], 1e-13, "cov")
    try expectClose(try Covariance.matrix(x, ddof: 0), g["cov0"], 1e-13, "cov0")
    try expectClose(try Covariance.matrix(x, frequencyWeights: f), g["cov_f"], 1e-13, "fweights")
    try expectClose(try Covariance.matrix(x, reliabilityWeights: w), g["cov_w"], 1e-13, "aweights")
    try expectClose(try Covariance.matrix(x, frequencyWeights: f, reliabilityWeights: w), g["cov_fw"], 1e-13, "both")
    let lw = try Covariance.ledoitWolf(x)
    try expectClose(lw.covariance, g["ledoit_wolf"], 1e-12, "ledoit_wolf")
    #expect(abs(lw.shrinkage - (goldenNumber(g["ledoit_wolf_shrinkage"]) ?? .nan)) < 1e-13)
    let oas = try Covariance.oracleApproximating(x)
    try expectClose(oas.covariance, g["oas"], 1e-12, "oas")
    #expect(abs(oas.shrinkage - (goldenNumber(g["oas_shrinkage"]) ?? .nan)) < 1e-13)
    try expectClose(try Covariance.shrunk(x, shrinkage: 0.2).covariance, g["shrunk"], 1e-12, "shrunk")
    try expectClose(lw.location, g["location"], 1e-14, "location")
    try expectClose(
      try Covariance.mahalanobis(x, location: lw.location, covariance: lw.covariance), g["mahalanobis"], 1e-10,
      "mahalanobis")
  }

  @Test func minimumCovarianceDeterminant() throws {
    let g = try goldenJSON("covariance/covariance.json")
    let x = try goldenArray(g["outliers"])
    let mcd = try Covariance.minimumDeterminant(x)
    // The search is random in both libraries: ours must find a determinant no larger than the best of 300 of scikit-learn's.
    func determinant(_ matrix: NDArray) throws -> Double {
      let lower: [Double] = try LinearAlgebra.cholesky(matrix).lower.contiguous().elements()
      return lower[0] * lower[4] * lower[8]
    }
    let best = try determinant(try goldenArray(g["mcd_raw_covariance"]))
    #expect(try determinant(mcd.rawCovariance) <= best * (1 + 1e-12))
    let support: [Bool] = try mcd.support.elements()
    #expect(support[60...].allSatisfy { !$0 } && support[..<60].filter { $0 }.count > 45)
    let location: [Double] = try mcd.location.elements()
    for (u, v) in zip(location, goldenList(g["mcd_location"])) { #expect(abs(u - v) < 0.1) }
  }

  /// Any cut into updates and merges, and a trip through the state, gives the covariance of the whole.
  @Test func accumulatorEqualsWhole() throws {
    var stream = RandomStream(seed: 3)
    let (n, p) = (1000, 4)
    let x = try NDArray((0..<n * p).map { stream.normal() * Double($0 % p + 1) + 1e6 * Double($0 % p) }, shape: [n, p])
    let whole: [Double] = try Covariance.matrix(x).elements()
    for cuts in [
      [1000], [1, 999], [10, 20, 300, 670], Array(repeating: 1, count: 1000), Array(repeating: 125, count: 8),
    ] {
      var parts: [CovarianceAccumulator] = []
      var start = 0
      for (i, cut) in cuts.enumerated() {
        let slice = try x.slice(start..<start + cut)
        if i % 3 == 2, var last = parts.popLast() {
          try last.update(slice)
          parts.append(try CovarianceAccumulator(state: try last.state()))
        } else {
          var part = try CovarianceAccumulator(variables: p)
          try part.update(slice)
          parts.append(part)
        }
        start += cut
      }
      while parts.count > 1 {
        let last = parts.removeLast()
        try parts[parts.count - 1].merge(last)
      }
      let result: [Double] = try parts[0].covariance().elements()
      for i in 0..<p {
        for j in 0..<p {
          let scale = (whole[i * p + i] * whole[j * p + j]).squareRoot()
          #expect(abs(result[i * p + j] - whole[i * p + j]) < 1e-12 * scale)
        }
      }
    }
    #expect(throws: ApusError.self) { try CovarianceAccumulator(state: try NDArray([3.0, 1, 2])) }
    #expect(throws: ApusError.self) { try CovarianceAccumulator(variables: 0) }
  }
}

/// NIST's certified univariate and ANOVA sets; the folder may be absent.
@Suite struct CertifiedDigits {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/nist-strd")

  private func lines(_ path: String) throws -> [String]? {
    let url = Self.folder.appending(path: path)
    guard FileManager.default.fileExists(atPath: url.path) else {
      print("NIST data are absent: \(url.path)")
      return nil
    }
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
  }

  private func digits(_ actual: Double, _ certified: Double) -> Double {
    actual == certified ? 17 : -log10(abs(actual - certified) / abs(certified))
  }

  @Test(arguments: [
    ("mathnet/Lew.dat", 13.0), ("mathnet/Michelso.dat", 13), ("mathnet/NumAcc1.dat", 13),
    ("commons-math/NumAcc3.txt", 9),
  ])
  func univariate(path: String, wanted: Double) throws {
    guard let lines = try lines(path) else { return }
    func certified(_ label: String) -> Double {
      let line = lines.first { $0.hasPrefix(label) && $0.contains(":") } ?? ""
      return Double(line.split(separator: ":").last!.split(separator: " ").first!) ?? .nan
    }
    let start = lines.lastIndex { $0.hasPrefix("---") || $0.hasPrefix("Data:  Y") }! + 1
    let values = lines[start...].compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    #expect(values.count > 2)
    let x = try NDArray(values)
    let test = try HypothesisTests.tTestOneSample(x)
    let mean = certified("Sample Mean")
    #expect(digits(test.estimate, mean) >= 13, "\(path) \(test.estimate)")
    // NumAcc3's tenths are not representable next to 1e6: the data themselves carry nine digits of deviation.
    let deviation = certified("Sample Standard Deviation")
    let covariance: [Double] = try Covariance.matrix(try x.reshaped([values.count, 1])).elements()
    for value in [covariance[0].squareRoot(), test.estimate / test.effectSize] {
      #expect(digits(value, deviation) >= wanted, "\(path) \(value)")
    }
    let r: [Double] = try Correlation.autocorrelation(x).elements()
    #expect(r[0] == 1)
    let correlation = certified("Sample Autocorrelation")
    #expect(digits(r[1], correlation) >= wanted, "\(path): \(digits(r[1], correlation)) digits of r(1)")
  }

  @Test func autocorrelationOfASequence() throws {
    // Deviations −1.5, −0.5, 0.5, 1.5.
    let r: [Double] = try Correlation.autocorrelation(try NDArray([1.0, 2, 3, 4]), lags: 3).elements()
    #expect(r == [1, 0.25, -0.3, -0.45])
    let huge: [Double] = try Correlation.autocorrelation(try NDArray([1e200, 2e200, 3e200, 4e200]), lags: 1).elements()
    #expect(abs(huge[1] - 0.25) < 1e-15)
    #expect(try Correlation.autocorrelation(try NDArray([2.0, 2, 2])).elements(as: Double.self)[1].isNaN)
    #expect(throws: ApusError.self) { try Correlation.autocorrelation(try NDArray([2.0, 3]), lags: 2) }
    #expect(throws: ApusError.self) { try Correlation.autocorrelation(try NDArray([2.0, .nan])) }
  }

  @Test(arguments: [("scipy/SiRstv.dat", 12.5), ("scipy/SmLs01.dat", 13), ("scipy/SmLs04.dat", 9)])
  func analysisOfVariance(path: String, wanted: Double) throws {
    guard let lines = try lines(path) else { return }
    let between = lines.first { $0.hasPrefix("Between") }!.split(separator: " ")
    let f = Double(between.last!)!
    var groups: [Int: [Double]] = [:]
    for line in lines.dropFirst(60) {
      let fields = line.split(separator: " ")
      if fields.count == 2, let g = Int(fields[0]), let v = Double(fields[1]) { groups[g, default: []].append(v) }
    }
    let r = try HypothesisTests.anovaOneWay(try groups.keys.sorted().map { try NDArray(groups[$0]!) })
    #expect(digits(r.statistic, f) >= wanted, "\(path): \(digits(r.statistic, f)) digits, \(r.statistic) \(f)")
    func certified(_ label: String) throws -> Double {
      let index = try #require(lines.firstIndex { $0.contains(label) })
      let text = lines[index] + (label == "Certified Residual" ? lines[index + 1] : "")
      return try #require(Double(text.split(separator: " ").last!))
    }
    #expect(digits(r.effectSize, try certified("Certified R-Squared")) >= wanted)
    let residual = try #require(r.extras.first { $0.name == "ms_within" }).value.squareRoot()
    #expect(digits(residual, try certified("Certified Residual")) >= wanted)
  }
}
