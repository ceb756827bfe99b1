import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusLinear

/// Digits of NIST's certified values that least squares reaches in float64.
@Suite struct NISTTests {
  private func leastDigits(_ model: any FittedModel, _ certified: [Double], intercept: Bool) throws -> Double {
    guard case .array(let array)? = try model.attribute("coef_"),
      case .double(let constant)? = try model.attribute("intercept_")
    else {
      Issue.record("coef_ or intercept_ is missing")
      return 0
    }
    let found = (intercept ? [constant] : []) + (try array.elements(as: Double.self))
    return zip(found, certified).map { digits($0, $1) }.min() ?? 0
  }

  @Test(arguments: [
    ("Norris", 12.0), ("Pontius", 11), ("NoInt1", 14), ("Longley", 12), ("Wampler1", 9), ("Wampler3", 9), ("Filip", 7),
  ]) func coefficientsOfFile(name: String, wanted: Double) throws {
    let data = try NISTDataset(name)
    var estimator = LinearRegression()
    estimator.fitIntercept = data.hasIntercept
    let model = try estimator.fit(try data.features(), try data.targets())
    let reached = try leastDigits(model, data.coefficients, intercept: data.hasIntercept)
    #expect(reached >= wanted)
    guard case .double(let squares)? = try model.attribute("residues_"),
      case .int(let rank)? = try model.attribute("rank_")
    else {
      Issue.record("residues_ or rank_ is missing")
      return
    }
    #expect(Int(rank) == data.coefficients.count - (data.hasIntercept ? 1 : 0))
    let freedom = Double(data.rows.count - data.coefficients.count)
    // The powers of Filip lose their last bits when they are rounded to float64, which costs the residuals eight digits.
    let wantedDeviation = name == "Filip" ? 8.0 : 9
    if data.residualDeviation > 0 {
      #expect(digits((squares / freedom).squareRoot(), data.residualDeviation) >= wantedDeviation)
    }
    let score = try model.score(
      .dense(data.features()), data.targets(), sampleWeight: nil, context: FitContext())
    if data.hasIntercept { #expect(digits(score, data.rSquared) >= 10) }
  }

  /// Wampler (1970): y = Σ x^k and y = Σ (x/10)^k on 0…20, exactly and with errors of growing size orthogonal to the model.
  @Test(arguments: [(1, 0.0), (2, 0), (3, 1), (4, 100), (5, 10000)]) func wampler(set: Int, noise: Double) throws {
    let base = set == 2 ? 0.1 : 1
    let errors: [Double] = [
      759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 1838, -2048, 2048, -2048, 2523,
      -2048,
      2048, -2048, 759,
    ]
    let features = (0...20).map { x in (1...5).map { NISTDataset.power(Double(x), $0) } }
    let targets = (0...20).map { x -> Double in
      // The decimal fractions of Wampler2 are rounded once, as when they are read from the file.
      let whole = (0...5).reduce(0.0) {
        $0 + NISTDataset.power(set == 2 ? 10 : 1, 5 - $1) * NISTDataset.power(Double(x), $1)
      }
      return (set == 2 ? whole / 1e5 : whole) + noise * errors[x]
    }
    let model = try LinearRegression().fit(try NDArray(rows: features), try NDArray(targets))
    let certified = (0...5).map { NISTDataset.power(base, $0) }
    let reached = try leastDigits(model, certified, intercept: true)
    #expect(reached >= 9)
  }

  @Test func noInt2() throws {
    var estimator = LinearRegression()
    estimator.fitIntercept = false
    let model = try estimator.fit(try NDArray(rows: [[4.0], [5], [6]]), try NDArray([3.0, 4, 4]))
    #expect(try leastDigits(model, [0.727272727272727], intercept: false) >= 14)
  }

  /// Shifting a column far from zero costs no more digits than the input loses.
  @Test func farFromZero() throws {
    let x = (0..<50).map { 1e9 + Double($0) }
    let y = (0..<50).map { 3 + 2 * Double($0) }
    let model = try LinearRegression().fit(try NDArray(x, shape: [50, 1]), try NDArray(y))
    guard case .array(let coefficients)? = try model.attribute("coef_") else { return }
    #expect(digits(try coefficients.elements(as: Double.self)[0], 2) >= 15)
  }
}
