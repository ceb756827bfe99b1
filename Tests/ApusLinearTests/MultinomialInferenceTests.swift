import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusLinear

/// Inference for logistic regression of several classes, against statsmodels' MNLogit
/// (Tests/Golden/inference/generate_multinomial.py).
@Suite struct MultinomialInferenceTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let columns: Int
    let fit_intercept: Bool
    let cov_type: String
    let X: [Double]
    let y: [Double]
    let params: [Double]
    let bse: [Double]
    let pvalues: [Double]
    let cov_params: [Double]
    let conf_int: [Double]
    let numbers: [String: Double]
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/inference/multinomial.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func estimator(_ configure: (inout LogisticRegression) -> Void = { _ in }) -> LogisticRegression {
    LogisticRegression {
      $0.penalty = nil
      $0.inference = true
      configure(&$0)
    }
  }

  /// Three classes with some overlap.
  private func sample(_ rows: Int) throws -> (x: NDArray, y: NDArray) {
    var numbers = TestNumbers(4)
    let x = numbers.vector(rows * 3)
    let y = (0..<rows).map { row -> Double in
      let score = x[3 * row] - 0.5 * x[3 * row + 1] + numbers.bell()
      return score > 0.8 ? 2 : score > -0.5 ? 1 : 0
    }
    return (try NDArray(x, shape: [rows, 3]), try NDArray(y))
  }

  @Test(arguments: cases) func equalsStatsmodels(golden: Case) throws {
    let x = try NDArray(golden.X, shape: [golden.y.count, golden.columns])
    let y = try NDArray(golden.y)
    let own = estimator {
      $0.fitIntercept = golden.fit_intercept
      $0.covarianceType = CovarianceType(rawValue: golden.cov_type)!
    }
    for features in [FeatureMatrix.dense(x), .sparse(try sparse(x))] {
      let model = try own.fit(TrainingData(features, y), context: FitContext())
      #expect(relativeDistance(try model.numbers("params_"), golden.params) < 1e-8)
      #expect(relativeDistance(try model.numbers("bse_"), golden.bse) < 1e-8)
      #expect(relativeDistance(try model.numbers("pvalues_"), golden.pvalues) < 1e-8)
      #expect(relativeDistance(try model.numbers("cov_params_"), golden.cov_params) < 1e-8)
      let intervals = try model.apply(
        .confidenceIntervals, to: nil, arguments: ["alpha": .double(0.1)], context: .init())
      #expect(relativeDistance(try intervals.elements(as: Double.self), golden.conf_int) < 1e-8)
      for (name, value) in golden.numbers {
        let found = try model.number(name + "_")
        #expect(abs(found - value) <= 1e-9 * abs(value), "\(name)")
      }
      let copy = try own.restore(model.state())
      for name in ["params_", "cov_params_", "bse_", "prsquared_", "coef_"] {
        #expect(try copy.numbers(name) == model.numbers(name))
      }
      #expect(try copy.text("summary", arguments: [:]) == model.text("summary", arguments: [:]))
    }
  }

  /// Odds ratios are exponentials; contrasts of the coefficients are the parameters; the deviance is twice the loss.
  @Test func definitions() throws {
    let (x, y) = try sample(120)
    let model = try estimator().fit(x, y)
    let ratios = try model.apply(.oddsRatios, to: nil, arguments: [:], context: FitContext())
    let intervals = try model.apply(.confidenceIntervals, to: nil, arguments: [:], context: FitContext())
    #expect(ratios.shape == [2, 4, 3] && intervals.shape == [2, 4, 2])
    let (params, ends) = (try model.numbers("params_"), try intervals.elements(as: Double.self))
    var expected: [Double] = []
    for index in 0..<8 {
      for value in [params[index], ends[2 * index], ends[2 * index + 1]] { expected.append(Foundation.exp(value)) }
    }
    #expect(relativeDistance(try ratios.elements(as: Double.self), expected) < 1e-14)
    let (coef, intercept) = (try model.numbers("coef_"), try model.numbers("intercept_"))
    for k in 1...2 {
      let own = params[4 * (k - 1)..<4 * k]
      #expect(abs(intercept[k] - intercept[0] - own.first!) < 1e-12)
      for (j, value) in own.dropFirst().enumerated() { #expect(abs(coef[3 * k + j] - coef[j] - value) < 1e-12) }
    }
    let probabilities = try model.predictProbabilities(x).elements(as: Double.self)
    let labels = try y.elements(as: Double.self)
    var loss = 0.0
    for row in 0..<120 { loss -= Foundation.log(probabilities[3 * row + Int(labels[row])]) }
    #expect(abs(try model.number("deviance_") - 2 * loss) < 1e-10 * loss)
    let summary = try model.text("summary", arguments: ["yname": .string("kind"), "xname": .string("a\nb\nc")])
    #expect(summary.contains("kind=1") && summary.contains("kind=2") && summary.contains("MNLogit"))
  }

  /// With two classes it is binary logistic regression, robust covariances included.
  @Test(arguments: [CovarianceType.nonrobust, .HC0, .HC1, .HAC, .cluster])
  func twoClassesAreBinary(_ type: CovarianceType) throws {
    let (x, y) = try sample(90)
    let two = try NDArray(try y.elements(as: Double.self).map { Swift.min($0, 1) })
    let weights = try NDArray((0..<90).map { Double($0 % 4) })
    let schema = LogisticRegression.schema
    let data = try LogisticData(
      TrainingData(.dense(x), two, sampleWeight: weights), schema: schema, classWeight: .none)
    var options = CovarianceOptions()
    options.type = type
    let groups = try NDArray((0..<90).map { Double($0 * 7 % 11) })
    if type == .cluster { options.groups = groups }
    let several = try MultinomialInference(data: data, fitIntercept: true, maximumIterations: 100, options: options)
      .fit(FitContext()).record
    let binary = try estimator { $0.covarianceType = type }.fit(
      TrainingData(.dense(x), two, sampleWeight: weights, extras: type == .cluster ? ["groups": groups] : [:]),
      context: FitContext())
    for name in ["params_", "bse_", "pvalues_"] {
      let found = try #require(try several.attribute(name)).array(named: name).elements(as: Double.self)
      #expect(relativeDistance(found, try binary.numbers(name)) < 1e-9, "\(name)")
    }
    for name in ["llf_", "llnull_", "aic_", "bic_", "prsquared_", "deviance_", "null_deviance_", "df_resid_"] {
      #expect(abs(several.number(name) - (try binary.number(name))) < 1e-9 * abs(several.number(name)), "\(name)")
    }
  }

  /// A row of weight two is two rows.
  @Test func weightsAreRepetitions() throws {
    let (x, y) = try sample(60)
    let (values, labels) = (try x.elements(as: Double.self), try y.elements(as: Double.self))
    var (rows, targets) = ([[Double]](), [Double]())
    for row in 0..<60 {
      for _ in 0..<(row % 3) {
        rows.append(Array(values[3 * row..<3 * row + 3]))
        targets.append(labels[row])
      }
    }
    let weighted = try estimator().fit(x, y, sampleWeight: NDArray((0..<60).map { Double($0 % 3) }))
    let repeated = try estimator().fit(NDArray(rows: rows), NDArray(targets))
    for name in ["params_", "bse_", "llf_", "llnull_"] {
      #expect(relativeDistance(try weighted.numbers(name), try repeated.numbers(name)) < 1e-9, "\(name)")
    }
  }

  @Test func sameBitsForAnyThreadCount() throws {
    let (x, y) = try sample(20_000)
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    var first: [Double]?
    for count in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(count)
      var found: [Double] = []
      for type in [CovarianceType.HC0, .HAC] {
        let model = try estimator { $0.covarianceType = type }.fit(x, y)
        found += try model.numbers("params_") + model.numbers("cov_params_") + model.numbers("llf_")
      }
      if let first { #expect(found == first) } else { first = found }
    }
  }

  @Test func separationAndBadInput() throws {
    let x = try NDArray((0..<30).map { Double($0) }, shape: [30, 1])
    let y = try NDArray((0..<30).map { Double($0 / 10) })
    let context = FitContext()
    let model = try estimator().fit(TrainingData(.dense(x), y), context: context)
    #expect(context.warnings.contains { "\($0)".contains("perfect separation") })
    for value in try model.numbers("coef_") { #expect(value.isFinite) }
    #expect(try model.text("summary", arguments: [:]).contains("separation"))

    let (features, labels) = try sample(60)
    for configure: (inout LogisticRegression) -> Void in [
      { $0.covarianceType = .HC3 }, { $0.penalty = .firth }, { $0.penalty = .l2 }, { $0.profileAlpha = 0.05 },
    ] {
      #expect(throws: ApusError.self) { try estimator(configure).fit(features, labels) }
    }
    let fitted = try estimator().fit(features, labels)
    #expect(throws: ApusError.self) { try fitted.apply(.predictionTable, to: .dense(features)) }
    #expect(throws: ApusError.self) {
      try fitted.apply(.oddsRatios, to: nil, arguments: ["alpha": .double(2)], context: FitContext())
    }
    var state = try fitted.state()
    state.tensors["multinomial.covariance"] = try NDArray(zeros: [3, 3])
    #expect(throws: ApusError.self) { try estimator().restore(state) }
    // Dependent features: minimum norm, with a warning.
    let values = try features.elements(as: Double.self)
    let doubled = try NDArray(rows: (0..<60).map { row in Array(values[3 * row..<3 * row + 3]) + [values[3 * row]] })
    let warned = FitContext()
    let dependent = try estimator().fit(TrainingData(.dense(doubled), labels), context: warned)
    #expect(warned.warnings.contains { "\($0)".contains("rank 3") })
    #expect(abs(try dependent.number("llf_") - (try fitted.number("llf_"))) < 1e-8)
  }
}
