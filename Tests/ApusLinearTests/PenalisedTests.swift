import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusLinear

/// Lasso, elastic net and logistic regression against scikit-learn (Tests/Golden/linear/generate_penalised.py).
@Suite(.serialized) struct PenalisedTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let columns: Int
    let X: [Double]
    let y: [Double]
    let parameters: [String: LeastSquaresGoldenTests.Setting]
    let coef: [Double]
    let intercept: [Double]
    let score: Double
    let weight: [Double]?
    let probability: [Double]?
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/linear/penalised.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func estimator(_ kind: String) -> any Estimator {
    switch kind {
    case "lasso": return Lasso()
    case "elastic_net": return ElasticNet()
    default: return LogisticRegression()
    }
  }

  /// Without an L1 term the minimum is that of least squares or ridge regression, to rounding, at any tolerance.
  @Test func withoutL1TheMinimumIsReached() throws {
    for (rows, columns) in [(60, 8), (12, 30)] {
      let (x, y) = try sampleRegression(rows: rows, columns: columns, targets: 2)
      for alpha in [0, 0.3] where alpha > 0 || rows > columns {
        let ridge = try Ridge { $0.alpha = .double(alpha * Double(rows)) }.fit(x, y)
        for features in [FeatureMatrix.dense(x), .sparse(try sparse(x))] {
          var single = ElasticNet()
          (single.alpha, single.l1Ratio) = (alpha, 0)
          let model = try single.fit(TrainingData(features, y), context: FitContext())
          #expect(relativeDistance(try model.numbers("coef_"), try ridge.numbers("coef_")) < 1e-9)
          #expect(try model.numbers("dual_gap_").allSatisfy { $0 < 1e-9 })
        }
        var joint = MultiTaskElasticNet()
        (joint.alpha, joint.l1Ratio) = (alpha, 0)
        let model = try joint.fit(TrainingData(.dense(x), y), context: FitContext())
        #expect(relativeDistance(try model.numbers("coef_"), try ridge.numbers("coef_")) < 1e-9)
      }
    }
  }

  /// Coefficients that must not be negative go on until they hardly change: then ∂ ≤ 0 where they are zero, and 0 elsewhere.
  @Test func withoutL1SignsAreKeptAtTheMinimum() throws {
    let (x, y) = try sampleRegression(rows: 80, columns: 6, seed: 3, offset: 0)
    let model = try Lasso {
      $0.alpha = 0
      $0.positive = true
      $0.tol = 1e-8
    }.fit(x, y)
    let (beta, intercept) = (try model.numbers("coef_"), try model.numbers("intercept_")[0])
    #expect(beta.contains(0) && beta.contains { $0 > 0 } && !beta.contains { $0 < 0 })
    let (values, targets) = (try x.elements(as: Double.self), try y.elements(as: Double.self))
    for j in 0..<6 {
      let slope = (0..<80).reduce(0.0) { sum, row in
        let fitted = (0..<6).reduce(intercept) { $0 + values[row * 6 + $1] * beta[$1] }
        return sum + values[row * 6 + j] * (targets[row] - fitted) / 80
      }
      #expect(beta[j] > 0 ? slope.magnitude < 1e-5 : slope < 1e-5)
    }
  }

  @Test(arguments: cases) func equalsScikitLearn(golden: Case) throws {
    let x = try NDArray(golden.X, shape: [golden.y.count, golden.columns])
    let y = try NDArray(golden.y)
    let weight = try golden.weight.map { try NDArray($0) }
    var estimator = estimator(golden.kind)
    for (name, value) in golden.parameters { estimator = try estimator.setting(name, to: try value.value()) }
    estimator = try estimator.setting("tol", to: .double(1e-12)).setting("max_iter", to: .int(100_000))
    for features in [FeatureMatrix.dense(x), .sparse(try sparse(x))] {
      let model = try estimator.fit(TrainingData(features, y, sampleWeight: weight), context: FitContext())
      #expect(relativeDistance(try model.numbers("coef_"), golden.coef) < 1e-5)
      #expect(relativeDistance(try model.numbers("intercept_"), golden.intercept) < 1e-5)
      #expect(abs(try model.score(features, y, sampleWeight: weight, context: FitContext()) - golden.score) < 1e-6)
      if let probability = golden.probability {
        let found = try model.predictProbabilities(try x.slice(0..<5)).elements(as: Double.self)
        #expect(relativeDistance(found, probability) < 1e-6)
        let logarithms = try model.apply(.predictLogProbabilities, to: .dense(try x.slice(0..<5)))
        #expect(relativeDistance(try logarithms.elements(as: Double.self).map { exp($0) }, found) < 1e-14)
      }
      let copy = try estimator.restore(try model.state())
      #expect(try copy.numbers("coef_") == model.numbers("coef_"))
      #expect(try copy.numbers("n_iter_") == model.numbers("n_iter_"))
    }
  }

  /// At the minimum no feature that was left out correlates with the residuals more than the penalty allows.
  @Test func lassoMeetsItsOptimalityConditions() throws {
    let (x, y) = try sampleRegression(rows: 200, columns: 30)
    var lasso = Lasso()
    lasso.alpha = 0.3
    lasso.tol = 1e-14
    lasso.maxIterations = 100_000
    let model = try lasso.fit(x, y)
    let (beta, fitted) = (try model.numbers("coef_"), try model.predict(x).elements(as: Double.self))
    let (values, targets) = (try x.elements(as: Double.self), try y.elements(as: Double.self))
    for j in 0..<30 {
      let slope = (0..<200).reduce(0.0) { $0 + values[$1 * 30 + j] * (targets[$1] - fitted[$1]) } / 200
      if beta[j] == 0 {
        #expect(abs(slope) < 0.3 + 1e-6)
      } else {
        #expect(abs(slope - (beta[j] > 0 ? 0.3 : -0.3)) < 1e-6)
      }
    }
    #expect(beta.contains(0) && beta.contains { $0 != 0 })
    lasso.selection = .random
    #expect(relativeDistance(try lasso.fit(x, y).numbers("coef_"), beta) < 1e-7)
  }

  @Test func threadCountChangesNothing() throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 12)
    let numbers = try y.elements(as: Double.self)
    let mean = numbers.reduce(0, +) / 3000
    let two = try NDArray(numbers.map { $0 > mean ? 1.0 : 0 })
    let three = try NDArray(numbers.map { $0 > mean ? 2.0 : $0 > mean - 2 ? 1 : 0 })
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    for (estimator, targets) in [
      (Lasso() as any Estimator, y), (LogisticRegression(), two), (LogisticRegression(), three),
    ] {
      var reference: [Double]?
      for threads in [1, 2, 3, 8] {
        try ThreadPool.setThreadCount(threads)
        let result = try estimator.fit(x, targets).numbers("coef_")
        if let reference { #expect(result == reference) } else { reference = result }
      }
    }
  }

  @Test func separableClassesAreReported() throws {
    let x = try NDArray(rows: [[0.0], [1], [2], [3]])
    let y = try NDArray([Int64(0), 0, 1, 1])
    let context = FitContext()
    let free = try LogisticRegression().setting("C", to: .double(.infinity))
    let model = try free.fit(TrainingData(.dense(x), y), context: context)
    #expect(context.warnings.contains { $0.kind == .data && $0.message.contains("separated") })
    #expect(try model.numbers("coef_").allSatisfy { $0.isFinite })
    #expect(try model.predict(x).elements(as: Int64.self) == [0, 0, 1, 1])
  }

  @Test func badInputIsRefused() throws {
    let (x, y) = try sampleRegression(rows: 20, columns: 2)
    #expect(throws: ApusError.self) { try Lasso().setting("alpha", to: .double(-1)) }
    #expect(throws: ApusError.self) { try LogisticRegression().setting("C", to: .double(0)) }
    #expect(throws: ApusError.self) { try LogisticRegression().setting("C", to: .double(.nan)) }
    #expect(throws: ApusError.self) { try LogisticRegression().fit(x, y) }
    #expect(throws: ApusError.self) { try LogisticRegression().fit(x, try NDArray([Int64](repeating: 1, count: 20))) }
    let labels = try NDArray((0..<20).map { Int64($0 % 2) })
    let huge = try NDArray(try x.elements(as: Double.self).map { $0 * 1e200 }, shape: [20, 2])
    #expect(throws: ApusError.self) { try LogisticRegression().fit(huge, labels) }
    #expect(throws: ApusError.self) { try Lasso().fit(huge, y) }
    let strong = try LogisticRegression().setting("C", to: .double(1e300)).fit(x, labels)
    #expect(try strong.numbers("coef_").allSatisfy { $0.isFinite })
  }
}
