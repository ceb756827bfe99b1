import ApusModels
import ApusNumerics

import Testing

@testable import ApusLinear

/// Standard errors, tests and intervals of least squares.
@Suite struct InferenceTests {
  /// NIST's certified standard deviations of the estimates.
  @Test(arguments: ["Norris", "Pontius", "NoInt1", "Longley", "Wampler1", "Wampler3", "Filip"])
  func certified(name: String) throws {
    let data = try NISTDataset(name)
    let estimator = LinearRegression {
      $0.fitIntercept = data.hasIntercept
      $0.inference = true
    }
    let model = try estimator.fit(try data.features(), try data.targets())
    // The powers of Filip lose their last bits when they are rounded to float64, which costs eight digits of the residuals.
    let wanted = name == "Filip" ? 8.0 : 9
    for (found, certified) in zip(try model.numbers("bse_"), data.deviations) {
      #expect(digits(found, certified) >= wanted)
    }
    #expect(digits(try model.numbers("rsquared_")[0], data.rSquared) >= 10)
    let copy = try estimator.restore(try model.state())
    for name in ["pvalues_", "cooks_distance_", "vif_", "aic_"] {
      #expect(try copy.numbers(name).map(\.bitPattern) == model.numbers(name).map(\.bitPattern))
    }
    #expect(try copy.text("summary", arguments: [:]) == model.text("summary", arguments: [:]))
  }

  /// With equal residual squares and leverages the robust covariances are known multiples of each other.
  @Test func robustCovariancesOfABalancedDesign() throws {
    let x = try NDArray(rows: [[-1.0], [-1], [1], [1]])
    let y = try NDArray([0.0, 2, 3, 5])
    // Residuals ±1, leverage ½: the meat is XᵀX, so HC0 is (XᵀX)⁻¹ = ¼, HC1 and HC2 twice, HC3 four times that.
    for (type, variance) in [(CovarianceType.HC0, 0.25), (.HC1, 0.5), (.HC2, 0.5), (.HC3, 1), (.nonrobust, 0.5)] {
      let estimator = LinearRegression {
        $0.inference = true
        $0.covarianceType = type
      }
      for error in try estimator.fit(x, y).numbers("bse_") { #expect(abs(error - variance.squareRoot()) < 1e-14) }
    }
  }

  /// Leaving a row out gives its externally studentised residual and Cook's distance from their definitions.
  @Test func influenceByLeavingOut() throws {
    let (x, y) = try sampleRegression(rows: 25, columns: 3)
    let estimator = LinearRegression { $0.inference = true }
    let model = try estimator.fit(x, y)
    let targets = try y.elements(as: Double.self)
    let all = try model.predict(x).elements(as: Double.self)
    let scale = try model.numbers("scale_")[0]
    for row in [0, 7, 24] {
      let kept = (0..<25).filter { $0 != row }
      let rest = try NDArray(rows: kept.map { index in try x.slice(index..<index + 1).elements(as: Double.self) })
      let other = try estimator.fit(rest, try NDArray(kept.map { targets[$0] }))
      let left = try other.predict(x).elements(as: Double.self)
      let distance = zip(all, left).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / (4 * scale)
      #expect(abs(try model.numbers("cooks_distance_")[row] / distance - 1) < 1e-9)
      let leverage = try model.numbers("leverage_")[row]
      let residual = targets[row] - all[row]
      let external = residual / (try other.numbers("scale_")[0] * (1 - leverage)).squareRoot()
      #expect(abs(try model.numbers("resid_studentized_external_")[row] / external - 1) < 1e-9)
    }
  }

  /// Collinear features: predictions and their errors are those of the independent ones.
  @Test func collinearFeatures() throws {
    let (x, y) = try sampleRegression(rows: 30, columns: 2)
    let values = try x.elements(as: Double.self)
    let rows = (0..<30).map { row -> [Double] in
      let (first, second) = (values[2 * row], values[2 * row + 1])
      return [first, second, first + second]
    }
    let wide = try NDArray(rows: rows)
    let estimator = LinearRegression { $0.inference = true }
    let context = FitContext()
    let (narrowModel, wideModel) = (
      try estimator.fit(x, y), try estimator.fit(TrainingData(.dense(wide), y), context: context)
    )
    #expect(context.warnings.contains { $0.kind == .data })
    #expect(try wideModel.numbers("df_resid_") == [27])
    let narrow = try narrowModel.apply(.predictionTable, to: .dense(x)).elements(as: Double.self)
    let wideTable = try wideModel.apply(.predictionTable, to: .dense(wide)).elements(as: Double.self)
    #expect(relativeDistance(wideTable, narrow) < 1e-11)
    #expect(try wideModel.numbers("bse_").allSatisfy { $0.isFinite && $0 > 0 })
    #expect(try wideModel.numbers("vif_").allSatisfy { $0 == .infinity })
  }

  @Test func sameBitsForAnyThreadCount() throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 12)
    let groups = try NDArray((0..<3000).map { Double($0 % 37) })
    defer { try? ThreadPool.setThreadCount(2) }
    for type in CovarianceType.allCases {
      var first: [UInt64]?
      for threads in [1, 2, 3, 8] {
        try ThreadPool.setThreadCount(threads)
        let estimator = LinearRegression {
          $0.inference = true
          $0.covarianceType = type
        }
        let extras = type == .cluster ? ["groups": groups] : [:]
        let model = try estimator.fit(TrainingData(.dense(x), y, extras: extras), context: FitContext())
        let bits = try ["cov_params_", "leverage_", "fvalue_"].flatMap { try model.numbers($0) }.map(\.bitPattern)
        if let first { #expect(bits == first) } else { first = bits }
      }
    }
  }

  @Test func sparseFeatures() throws {
    var numbers = TestNumbers(5)
    let values = (0..<400).map { _ in numbers.next() > 0.3 ? numbers.bell() : 0 }
    let x = try NDArray(values, shape: [80, 5])
    let y = try NDArray(numbers.vector(80))
    let estimator = LinearRegression {
      $0.inference = true
      $0.covarianceType = .HC3
    }
    let dense = try estimator.fit(x, y)
    let sparse = try estimator.fit(TrainingData(.sparse(sparse(x)), y), context: FitContext())
    for name in ["bse_", "leverage_", "cooks_distance_", "fvalue_"] {
      #expect(relativeDistance(try sparse.numbers(name), try dense.numbers(name)) < 1e-12)
    }
    #expect(
      relativeDistance(
        try sparse.apply(.predictionTable, to: .sparse(ApusLinearTests.sparse(x))).elements(as: Double.self),
        try dense.apply(.predictionTable, to: .dense(x)).elements(as: Double.self)) < 1e-12)
  }

  @Test func refusals() throws {
    let (x, y) = try sampleRegression(rows: 12, columns: 2)
    func fails(_ extras: [String: NDArray], _ change: (inout LinearRegression) -> Void = { _ in }) {
      var estimator = LinearRegression()
      estimator.inference = true
      change(&estimator)
      let data = TrainingData(.dense(x), y, extras: extras)
      #expect(throws: ApusError.self) { try estimator.fit(data, context: FitContext()) }
    }
    fails([:]) { $0.covarianceType = .cluster }
    fails(["groups": try NDArray([1.0])]) { $0.covarianceType = .cluster }
    fails(["groups": try NDArray(zeros: [12])]) { $0.covarianceType = .cluster }
    fails(["sigma": try NDArray(zeros: [12])])
    fails(["sigma": try NDArray(zeros: [12, 12])])
    fails(["sigma": try NDArray(zeros: [3])])
    fails([:]) { $0.positive = true }
    let plain = try LinearRegression().fit(x, y)
    #expect(try plain.attribute("bse_") == nil)
    #expect(throws: ApusError.self) { try plain.text("summary", arguments: [:]) }
    let model = try LinearRegression { $0.inference = true }.fit(x, y)
    #expect(throws: ApusError.self) { try model.text("summary", arguments: ["alfa": .double(0.1)]) }
    #expect(throws: ApusError.self) { try model.text("summary", arguments: ["alpha": .double(0)]) }
    #expect(throws: ApusError.self) { try model.text("story", arguments: [:]) }
  }

  /// As many parameters as samples: estimates, and standard errors that are NaN with a warning.
  @Test func noFreedom() throws {
    let context = FitContext()
    let model = try LinearRegression { $0.inference = true }.fit(
      TrainingData(.dense(try NDArray(rows: [[1.0], [2]])), try NDArray([3.0, 5])), context: context)
    #expect(try model.numbers("bse_").allSatisfy(\.isNaN))
    #expect(context.warnings.contains { $0.message.contains("degrees of freedom") })
    #expect(try model.text("summary", arguments: [:]).contains("nan"))
  }

  @Test func numbersAsText() {
    #expect(NumberText.fixed(0.995479, 3) == "0.995")
    #expect(NumberText.fixed(-0.0005, 3) == "-0.000")
    #expect(NumberText.fixed(0.9996, 3) == "1.000")
    #expect(NumberText.fixed(9.9996, 3) == "10.000")
    #expect(NumberText.fixed(1234.5, 0) == "1234")
    #expect(NumberText.fixed(0.125, 2) == "0.12")
    #expect(NumberText.fixed(0.375, 2) == "0.38")
    #expect(NumberText.fixed(0, 3) == "0.000")
    #expect(NumberText.fixed(0.7, 0) == "1")
    #expect(NumberText.general(-3482258.63, 4) == "-3.482e+06")
    #expect(NumberText.general(330.285, 4, keepsZeros: true) == "330.3")
    #expect(NumberText.general(4.984e-10, 3, keepsZeros: true) == "4.98e-10")
    #expect(NumberText.general(0.025, 6) == "0.025")
    #expect(NumberText.general(100, 3) == "100")
    #expect(NumberText.general(99999, 3) == "1e+05")
    #expect(NumberText.general(0, 3) == "0")
    #expect(NumberText.general(.nan, 3) == "nan")
    #expect(NumberText.long(1829.15146461) == "1829.1515")
    #expect(NumberText.short(-5496529.48) == "-5.5e+06")
  }
}
