import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

/// Trees of scikit-learn, node by node (Tests/Golden/trees/generate.py).
@Suite struct TreeGoldenTests {
  static let golden: Golden = {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Golden/trees/trees.json")
    return try! JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }()

  @Test(arguments: golden.cases) func equalsScikitLearn(golden expected: GoldenCase) throws {
    let golden = TreeGoldenTests.golden
    let numbers = expected.missing ? golden.X_missing.map { $0 ?? .nan } : golden.X
    let rows = numbers.count / golden.columns
    let X = try NDArray(numbers, shape: [rows, golden.columns])
    let flat = try #require(golden.targets[expected.target])
    let outputs = flat.count / rows
    var y = try NDArray(flat, shape: outputs == 1 ? [rows] : [rows, outputs])
    if expected.classifier { y = try y.converted(to: .int64) }
    var estimator = try #require(
      (expected.classifier ? DecisionTreeClassifier() : DecisionTreeRegressor()) as any Estimator)
    for (name, value) in expected.parameters { estimator = try estimator.setting(name, to: try value.parameter()) }
    let model = try estimator.fit(X, y, sampleWeight: expected.weighted ? try NDArray(golden.weight) : nil)
    let trees = try #require(model as? FittedTrees).trees
    // Where two splits are equally good scikit-learn chooses by chance; what lies below cannot be compared.
    if !compare(trees, node: 0, to: expected.root, path: "root") { return }
    let importances = try #require(try model.attribute("feature_importances_")?.elements)
    for (a, b) in zip(importances, expected.importances) { #expect(abs(a - b) < 1e-9) }
    if expected.parameters["ccp_alpha"] == nil {
      let alphas = try #require(try model.attribute("ccp_path_alphas_")?.elements)
      let impurities = try #require(try model.attribute("ccp_path_impurities_")?.elements)
      try #require(alphas.count == expected.alphas.count)
      for i in alphas.indices {
        #expect(abs(alphas[i] - expected.alphas[i]) < 1e-10)
        #expect(abs(impurities[i] - expected.impurities[i]) < 1e-10)
      }
    }
  }

  /// Compares two subtrees; false when they part ways at two different but equally good splits.
  private func compare(_ trees: TreeEnsemble, node: Int, to expected: GoldenNode, path: String) -> Bool {
    let isLeaf = trees.left[node] < 0
    // Rounding makes scikit-learn split some pure nodes.
    if isLeaf, trees.impurity[node] == 0, expected.impurity < 1e-12 { return expected.children.isEmpty }
    #expect(isLeaf == expected.children.isEmpty, "\(path)")
    #expect(Int(trees.sampleCount[node]) == expected.samples, "\(path)")
    #expect(abs(trees.weight[node] - expected.weight) < 1e-9 * expected.weight, "\(path)")
    #expect(abs(trees.impurity[node] - expected.impurity) < 1e-10, "\(path)")
    for k in 0..<trees.valueCount {
      #expect(abs(trees.value[node * trees.valueCount + k] - expected.value[k]) < 1e-11, "\(path)")
    }
    guard !isLeaf, !expected.children.isEmpty else { return true }
    if Int(trees.feature[node]) != expected.feature {
      let left = Int(trees.left[node])
      let cost = [left, left + 1].reduce(0) { $0 + trees.weight[$1] * trees.impurity[$1] }
      let expectedCost = expected.children.reduce(0) { $0 + $1.weight * $1.impurity }
      #expect(abs(cost - expectedCost) < 1e-8, "\(path): another feature, and not by a tie")
      return false
    }
    if expected.threshold != 0 { #expect(abs(trees.threshold[node] - expected.threshold) < 1e-12, "\(path)") }
    let left = compare(trees, node: Int(trees.left[node]), to: expected.children[0], path: path + ".left")
    let right = compare(trees, node: Int(trees.left[node]) + 1, to: expected.children[1], path: path + ".right")
    return left && right
  }
}

struct Golden: Decodable, Sendable {
  let X: [Double]
  let X_missing: [Double?]
  let columns: Int
  let weight: [Double]
  let targets: [String: [Double]]
  let cases: [GoldenCase]
}

struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let target: String
  let classifier: Bool
  let weighted: Bool
  let missing: Bool
  let parameters: [String: GoldenParameter]
  let root: GoldenNode
  let importances: [Double]
  let alphas: [Double]
  let impurities: [Double]
  var testDescription: String { name }
}

struct GoldenNode: Decodable, Sendable {
  let feature: Int
  let threshold: Double
  let impurity: Double
  let samples: Int
  let weight: Double
  let value: [Double]
  let children: [GoldenNode]
}

/// A parameter of scikit-learn in JSON.
enum GoldenParameter: Decodable, Sendable {
  case int(Int64)
  case double(Double)
  case string(String)
  case array([Double])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int64.self) {
      self = .int(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else {
      self = .array(try container.decode([Double].self))
    }
  }

  func parameter() throws -> ParameterValue {
    switch self {
    case .int(let value): return .int(value)
    case .double(let value): return .double(value)
    case .string(let value): return .string(value)
    case .array(let values): return .array(try NDArray(values))
    }
  }
}

extension ParameterValue {
  /// The numbers of an array attribute.
  var elements: [Double]? {
    guard case .array(let array) = self else { return nil }
    return try? array.converted(to: .float64).elements(as: Double.self)
  }
}
