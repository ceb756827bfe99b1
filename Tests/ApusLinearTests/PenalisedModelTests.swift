import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusLinear

/// Paths, cross-validation, ridge, robust and sparse logistic models against scikit-learn
/// (Tests/Golden/linear/generate_penalised_models.py).
@Suite(.serialized) struct PenalisedModelTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let rows: Int
    let columns: Int
    let targets: Int
    let X: [Double]
    let y: [Double]
    let weight: [Double]?
    let parameters: [String: LeastSquaresGoldenTests.Setting]
    let expected: [String: [Double]]
    let tolerance: [String: Double]
    var testDescription: String { name }
  }

  static let cases: [Case] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/linear/penalised-models.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  @Test(arguments: cases) func equalsScikitLearn(golden: Case) throws {
    let x = try NDArray(golden.X, shape: [golden.rows, golden.columns])
    let y = try NDArray(golden.y, shape: golden.targets == 1 ? [golden.rows] : [golden.rows, golden.targets])
    let weight = try golden.weight.map { try NDArray($0) }
    let type = try #require(ApusLinearRoom.estimators.first { $0.schema.kind == golden.kind })
    var estimator: any Estimator = type.init()
    for (name, value) in golden.parameters { estimator = try estimator.setting(name, to: try value.value()) }
    for features in [FeatureMatrix.dense(x), .sparse(try sparse(x))] {
      let model = try estimator.fit(TrainingData(features, y, sampleWeight: weight), context: FitContext())
      let copy = try estimator.restore(try model.state())
      for (name, expected) in golden.expected {
        let found = try model.numbers(name)
        #expect(relativeDistance(found, expected) <= golden.tolerance[name] ?? 0, "\(name): \(found) and \(expected)")
        #expect(try copy.numbers(name) == found)
      }
    }
  }

  @Test func threadCountChangesNothing() throws {
    let (x, y) = try sampleRegression(rows: 2500, columns: 30)
    let numbers = try y.elements(as: Double.self)
    let mean = numbers.reduce(0, +) / 2500
    let labels = try NDArray(numbers.map { $0 > mean + 2 ? 2.0 : $0 > mean - 2 ? 1 : 0 })
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let sparseLogistic = LogisticRegression {
      $0.l1Ratio = 1
      $0.solver = .saga
      $0.inverseStrength = 0.01
    }
    for (estimator, targets, features) in [
      (ElasticNetCV { $0.alphas = 10 } as any Estimator, y, FeatureMatrix.dense(x)),
      (LassoCV { $0.alphas = 5 }, y, .sparse(try sparse(x))), (RidgeCV(), y, .dense(x)),
      (HuberRegressor(), y, .dense(x)), (QuantileRegressor { $0.alpha = 0.01 }, y, .dense(x)),
      (sparseLogistic, labels, .sparse(try sparse(x))),
      (LogisticRegressionCV { $0.inverseStrengths = 3 }, labels, .dense(x)),
    ] {
      var reference: [Double]?
      for threads in [1, 2, 3, 8] {
        try ThreadPool.setThreadCount(threads)
        let result = try estimator.fit(TrainingData(features, targets), context: FitContext()).numbers("coef_")
        if let reference { #expect(result == reference) } else { reference = result }
      }
    }
  }

  /// Large dense problems start from a sample of their rows and reuse factors; the minimum is the same.
  @Test func largeLogisticProblemsMeetTheirOptimalityConditions() throws {
    for dtype in [DType.float64, .float32] {
      for classes in [2, 3] {
        let (rows, columns) = (60_000, 80)
        var numbers = TestNumbers(7)
        let values = numbers.vector(rows * columns, offset: 0.5)
        let beta = numbers.vector(columns * classes)
        let labels = (0..<rows).map { row in
          let scores = (0..<classes).map { k in
            (0..<columns).reduce(4 * numbers.bell()) { $0 + values[row * columns + $1] * beta[k * columns + $1] }
          }
          return Int64(scores.firstIndex(of: scores.max()!)!)
        }
        let x = try NDArray(values, shape: [rows, columns]).converted(to: dtype)
        let model = try LogisticRegression().fit(x, try NDArray(labels))
        let coefficients = try model.numbers("coef_")
        let probabilities = try model.predictProbabilities(x).converted(to: .float64)
          .elements(as: Double.self)
        var largest = 0.0
        for score in 0..<(classes == 2 ? 1 : classes) {
          let own = classes == 2 ? 1 : score
          for j in 0..<columns {
            var slope = coefficients[score * columns + j]
            for row in 0..<rows {
              let residual = probabilities[row * classes + own] - (labels[row] == Int64(own) ? 1 : 0)
              slope += values[row * columns + j] * residual
            }
            largest = max(largest, abs(slope))
          }
        }
        #expect(largest / Double(rows) < 1.1e-4)
      }
    }
  }

  @Test func aPathAloneEndsAtTheSmallestPenalty() throws {
    let (x, y) = try sampleRegression(rows: 100, columns: 8)
    let search = ElasticNetCV {
      $0.l1Ratio = 1
      $0.cv = 1
      $0.alphas = 6
      $0.tol = 1e-12
      $0.maxIterations = 100_000
    }
    let path = try search.fit(x, y)
    let (alphas, coefficients) = (try path.numbers("alphas_"), try path.numbers("coef_path_"))
    #expect(alphas.count == 6 && coefficients.count == 48)
    #expect((0..<8).allSatisfy { coefficients[$0 * 6] == 0 })
    let alone = try Lasso {
      $0.alpha = alphas[3]
      $0.tol = 1e-12
      $0.maxIterations = 100_000
    }.fit(x, y)
    #expect(relativeDistance((0..<8).map { coefficients[$0 * 6 + 3] }, try alone.numbers("coef_")) < 1e-5)
    #expect(try path.number("alpha_") == alphas[5])
  }

  @Test func wideFeaturesAgreeWithTheGramMatrix() throws {
    let (x, y) = try sampleRegression(rows: 60, columns: 400, seed: 3)
    let lasso = Lasso {
      $0.alpha = 0.5
      $0.tol = 1e-12
      $0.maxIterations = 100_000
    }
    let byColumns = try lasso.fit(x, y).numbers("coef_")
    let byGram = try lasso.setting("precompute", to: .bool(true)).fit(x, y).numbers("coef_")
    let bySparse = try lasso.fit(TrainingData(.sparse(try sparse(x)), y), context: FitContext()).numbers("coef_")
    #expect(relativeDistance(byColumns, byGram) < 1e-6)
    #expect(relativeDistance(bySparse, byGram) < 1e-6)
  }

  @Test func warmStartsNeedFewerPasses() throws {
    let (x, y) = try sampleRegression(rows: 200, columns: 40)
    let lasso = Lasso {
      $0.alpha = 0.05
      $0.tol = 1e-10
      $0.warmStart = true
    }
    let first = try lasso.fit(x, y)
    let again = try lasso.refit(TrainingData(.dense(x), y), previous: first, context: FitContext())
    #expect(try again.number("n_iter_") < first.number("n_iter_"))
    #expect(relativeDistance(try again.numbers("coef_"), try first.numbers("coef_")) < 1e-4)
  }

  @Test func outliersHardlyMoveRobustFits() throws {
    let (x, y) = try sampleRegression(rows: 300, columns: 3)
    var spoilt = try y.elements(as: Double.self)
    for row in stride(from: 0, to: 300, by: 10) { spoilt[row] += 1e4 }
    let clean = try LinearRegression().fit(x, y).numbers("coef_")
    for estimator in [HuberRegressor() as any Estimator, QuantileRegressor { $0.alpha = 0 }] {
      #expect(relativeDistance(try estimator.fit(x, try NDArray(spoilt)).numbers("coef_"), clean) < 0.1)
    }
    let outliers = try HuberRegressor().fit(x, try NDArray(spoilt)).numbers("outliers_")
    #expect(stride(from: 0, to: 300, by: 10).allSatisfy { outliers[$0] == 1 })
  }

  /// A quantile regression passes through as many points as it has parameters, and leaves its share of the points below.
  @Test func quantilesAreExact() throws {
    let (x, y) = try sampleRegression(rows: 501, columns: 4)
    let targets = try y.elements(as: Double.self)
    for quantile in [0.1, 0.5, 0.83] {
      let model = try QuantileRegressor {
        $0.alpha = 0
        $0.quantile = quantile
      }.fit(x, y)
      let fitted = try model.predict(x).elements(as: Double.self)
      let residuals = zip(targets, fitted).map { $0 - $1 }
      #expect(residuals.filter { abs($0) < 1e-9 }.count == 5)
      let below = residuals.filter { $0 < -1e-9 }.count
      #expect(Double(below) <= quantile * 501 && Double(below + 5) >= quantile * 501)
    }
  }

  @Test func badInputIsRefused() throws {
    let (x, y) = try sampleRegression(rows: 20, columns: 2)
    let labels = try NDArray((0..<20).map { Int64($0 % 3) })
    let twoRows = ParameterValue.array(try NDArray([1.0, 2]))
    let nothing = ParameterValue.array(try NDArray([Double]()))
    let refused: [(any Estimator, NDArray)] = [
      (LassoCV { $0.cv = 21 }, y), (LassoCV { $0.alphas = 0 }, y),
      (LassoCV { $0.cv = twoRows }, y),
      (ElasticNetCV { $0.l1Ratio = 0 }, y), (RidgeCV { $0.alphas = .double(0) }, y),
      (RidgeCV { $0.alphas = nothing }, y), (LogisticRegression { $0.l1Ratio = 0.5 }, labels),
      (LogisticRegression { $0.solver = .liblinear }, labels), (LogisticRegressionCV { $0.cv = 8 }, labels),
      (QuantileRegressor { $0.quantile = 1 }, y), (HuberRegressor { $0.epsilon = 0.5 }, y),
      (
        RidgeCV {
          $0.cv = 3
          $0.storesResults = true
        }, y
      ), (RidgeClassifier { $0.solver = .lbfgs }, labels),
    ]
    for (estimator, targets) in refused {
      #expect(throws: ApusError.self, "\(estimator)") { try estimator.fit(x, targets) }
    }
    let huge = try NDArray(try x.elements(as: Double.self).map { $0 * 1e200 }, shape: [20, 2])
    for type in ApusLinearRoom.estimators {
      let targets = type.schema.role == .classifier ? labels : y
      do {
        let model = try type.init().fit(huge, targets)
        #expect(try model.numbers("coef_").allSatisfy { $0.isFinite })
      } catch is ApusError {}
    }
  }
}
