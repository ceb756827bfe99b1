import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusLinear

/// scikit-learn's coefficients (Tests/Golden/linear/generate.py).
@Suite struct LeastSquaresGoldenTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let kind: String
    let columns: Int
    let X: [Double]
    let targets: Int
    let vector: Bool
    let y: [Double]
    let parameters: [String: Setting]
    let coef: [Double]
    let intercept: [Double]
    let score: Double
    let weight: [Double]?
    let rank: Int?
    let singular: [Double]?
    var testDescription: String { name }
  }

  enum Setting: Decodable {
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([Double])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .flag(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .text(value)
      } else {
        self = .list(try container.decode([Double].self))
      }
    }

    func value() throws -> ParameterValue {
      switch self {
      case .flag(let flag): return .bool(flag)
      case .number(let number): return .double(number)
      case .text(let text): return .string(text)
      case .list(let list): return .array(try NDArray(list))
      }
    }
  }

  static let cases: [Case] = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/linear/least-squares.json")
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func data(_ golden: Case) throws -> (x: NDArray, y: NDArray, weight: NDArray?) {
    let rows = golden.X.count / golden.columns
    return (
      try NDArray(golden.X, shape: [rows, golden.columns]),
      try NDArray(golden.y, shape: golden.vector ? [rows] : [rows, golden.targets]),
      try golden.weight.map { try NDArray($0) }
    )
  }

  private func estimator(_ golden: Case) throws -> any Estimator {
    var estimator: any Estimator = golden.kind == "ols" ? LinearRegression() : Ridge()
    for (name, value) in golden.parameters { estimator = try estimator.setting(name, to: try value.value()) }
    return estimator
  }

  @Test(arguments: cases) func equalsScikitLearn(golden: Case) throws {
    let (x, y, weight) = try data(golden)
    let model = try estimator(golden).fit(x, y, sampleWeight: weight)
    // scikit-learn's own solvers for positive coefficients stop early.
    let tolerance = golden.name.contains("positive") ? 1e-6 : 1e-9
    #expect(relativeDistance(try model.numbers("coef_"), golden.coef) < tolerance)
    #expect(relativeDistance(try model.numbers("intercept_"), golden.intercept) < tolerance * 10)
    let score = try model.score(.dense(x), y, sampleWeight: weight, context: FitContext())
    #expect(abs(score - golden.score) < 1e-9)
    if let rank = golden.rank { #expect(try model.numbers("rank_") == [Double(rank)]) }
    if let singular = golden.singular {
      #expect(relativeDistance(try model.numbers("singular_"), singular) < 1e-9)
    }
  }

  /// Sparse features give the same coefficients as dense ones.
  @Test(arguments: cases) func sparseEqualsDense(golden: Case) throws {
    let (x, y, weight) = try data(golden)
    let estimator = try estimator(golden)
    if case .text("svd")? = golden.parameters["solver"] { return }
    let dense = try estimator.fit(x, y, sampleWeight: weight)
    let model = try estimator.fit(
      TrainingData(.sparse(try sparse(x)), y, sampleWeight: weight), context: FitContext())
    #expect(relativeDistance(try model.numbers("coef_"), try dense.numbers("coef_")) < 1e-11)
  }

  /// Every solver of Ridge finds the minimum.
  @Test(arguments: ["svd", "cholesky", "lsqr", "sparse_cg"]) func ridgeSolvers(solver: String) throws {
    for golden in LeastSquaresGoldenTests.cases
    where golden.kind == "ridge" && !golden.name.contains("positive") && !golden.name.contains("collinear") {
      let (x, y, weight) = try data(golden)
      let estimator = try estimator(golden).setting("solver", to: .string(solver))
        .setting("tol", to: .double(1e-13))
      let model = try estimator.fit(x, y, sampleWeight: weight)
      #expect(relativeDistance(try model.numbers("coef_"), golden.coef) < 1e-8, "\(golden.name)")
      if case .string(let used)? = try model.attribute("solver_") { #expect(used == solver) }
    }
  }
}
