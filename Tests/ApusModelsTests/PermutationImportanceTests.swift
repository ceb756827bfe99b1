import ApusNumerics
import Testing

@testable import ApusModels

/// A model that predicts its second feature.
private struct SecondFeature: FittedModel {
  var featureCount: Int { 3 }
  func attribute(_ name: String) throws -> ParameterValue? { nil }
  func apply(
    _ operation: ApusModels.Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue],
    context: FitContext
  ) throws -> NDArray {
    guard case .dense(let matrix)? = input else { throw ApusError.unsupported(reason: "dense only") }
    return try matrix.slice(1..<2, axis: 1).contiguous().reshaped([matrix.shape[0]])
  }
  func score(_ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext) throws
    -> Double
  {
    try Scores.r2(targets: targets, predictions: apply(.predict, to: features), sampleWeight: sampleWeight)
  }
  func state() throws -> ModelState { ModelState() }
}

@Suite struct PermutationImportanceTests {
  @Test func onlyTheFeatureThatMattersHasImportance() throws {
    var random = RandomStream(seed: 5)
    let x = (0..<3000).map { _ in random.normal() }
    let X = try NDArray(x, shape: [1000, 3])
    let y = try NDArray((0..<1000).map { x[$0 * 3 + 1] })
    let (baseline, falls) = try PermutationImportance.compute(SecondFeature(), .dense(X), y, repeats: 4, seed: 1)
    #expect(baseline == 1)
    #expect(falls.shape == [3, 4])
    let values = try falls.elements(as: Double.self)
    for turn in 0..<4 {
      #expect(values[turn] == 0 && values[8 + turn] == 0)
      // R² of a shuffle of the targets themselves: 1 − 2 (1 − r), r near 0.
      #expect(abs(values[4 + turn] - 2) < 0.15)
    }
    #expect(Set(values[4..<8]).count == 4)
    #expect(try X.elements(as: Double.self) == x)
    let again = try PermutationImportance.compute(SecondFeature(), .dense(X), y, repeats: 2, seed: 1).importances
    #expect(try again.elements(as: Double.self).count == 6)
    #expect(throws: ApusError.self) {
      try PermutationImportance.compute(SecondFeature(), .dense(X), y, repeats: 0)
    }
  }
}
