import ApusModels
import ApusNumerics
import Testing

@testable import ApusTrees

/// Trees as text and pictures, leaf statistics, quantiles.
@Suite struct TreePresentationTests {
  private func stump() throws -> any FittedModel {
    let X = try NDArray([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10], shape: [5, 2])
    return try DecisionTreeClassifier().fit(X, try NDArray([0, 0, 1, 1, 1] as [Int64]))
  }

  @Test func textOfATree() throws {
    let model = try stump()
    #expect(
      try model.text("export_text", arguments: [:]) == """
        |--- feature_0 <= 4.00
        |   |--- class: 0
        |--- feature_0 >  4.00
        |   |--- class: 1

        """)
    #expect(
      try model.text(
        "export_text",
        arguments: [
          "feature_names": "length\nwidth", "class_names": "no\nyes", "decimals": 1, "show_weights": true, "spacing": 2,
        ]) == """
          |-- length <= 4.0
          |  |-- weights: [2.0, 0.0] class: no
          |-- length >  4.0
          |  |-- weights: [0.0, 3.0] class: yes

          """)
    #expect(throws: ApusError.self) { try model.text("export_text", arguments: ["feature_names": "one"]) }
    #expect(throws: ApusError.self) { try model.text("export_text", arguments: ["tree": 1]) }
    #expect(throws: ApusError.self) { try model.text("export_tex", arguments: [:]) }
    #expect(throws: ApusError.self) { try model.text("export_text", arguments: ["colour": 1]) }
  }

  @Test func graphOfATree() throws {
    let dot = try stump().text("export_graphviz", arguments: ["feature_names": "a \"quoted\" one\nb"])
    #expect(dot.hasPrefix("digraph Tree {\n"))
    #expect(
      dot.contains(
        #"0 [label="a \"quoted\" one <= 4.00\nimpurity = 0.48\nsamples = 5\nvalue = [0.40, 0.60]\nclass = 1""#))
    #expect(dot.contains("0 -> 1 [labeldistance=2.5, labelangle=45, headlabel=\"True\"] ;"))
    #expect(dot.contains("0 -> 2 "))
    #expect(dot.hasSuffix("}\n"))
    let svg = try stump().text("export_svg", arguments: ["feature_names": "a<b\nc&d"])
    #expect(svg.hasPrefix("<svg "))
    #expect(svg.contains("a&lt;b &lt;= 4.00"))
    #expect(svg.components("<rect ") == 3 && svg.components("<line ") == 2)
  }

  /// One leaf holds all rows: quantiles of the targets themselves, weights included.
  @Test func quantilesOfASingleLeafAreThoseOfTheTargets() throws {
    let X = try NDArray((0..<9).map(Double.init), shape: [9, 1])
    let y = try NDArray([5.0, 1, 9, 3, 7, 2, 8, 4, 6])
    let forest = RandomForestRegressor {
      $0.forest.nEstimators = 3
      $0.growth.minSamplesSplit = .int(100)
      $0.keepsTargets = true
    }
    let levels = try NDArray([0.1, 1.0 / 3, 0.5, 1])
    func quantiles(_ weights: NDArray?) throws -> [Double] {
      let model = try forest.fit(X, y, sampleWeight: weights)
      let restored = try forest.restore(try model.state())
      let found = try [model, restored].map {
        try $0.apply(
          TreeOperation.predictQuantiles, to: .dense(try X.slice(2..<3)), arguments: ["quantiles": .array(levels)],
          context: FitContext()
        ).elements(as: Double.self)
      }
      #expect(found[0] == found[1])
      return found[0]
    }
    #expect(try quantiles(nil) == [1, 3, 5, 9])
    #expect(try quantiles(NDArray([0, 0, 0, 0, 3, 0, 0, 0, 1.0])) == [6, 7, 7, 7])
    #expect(throws: ApusError.self) {
      try RandomForestRegressor().fit(X, y).apply(TreeOperation.predictQuantiles, to: .dense(X))
    }
  }

  @Test func proximityCountsSharedLeaves() throws {
    var random = RandomStream(seed: 6)
    let X = try NDArray((0..<120).map { _ in random.uniform() }, shape: [40, 3])
    let y = try NDArray((0..<40).map { _ in Int64(random.below(2)) })
    let model = try RandomForestClassifier { $0.forest.nEstimators = 7 }.fit(X, y)
    let near = try model.apply(TreeOperation.proximity, to: .dense(X)).elements(as: Double.self)
    let leaves = try model.apply(TreeOperation.apply, to: .dense(X)).elements(as: Int64.self)
    for i in 0..<40 {
      #expect(near[i * 40 + i] == 1)
      for j in 0..<40 {
        let shared = (0..<7).filter { leaves[i * 7 + $0] == leaves[j * 7 + $0] }.count
        #expect(near[i * 40 + j] == Double(shared) / 7)
      }
    }
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: part) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
