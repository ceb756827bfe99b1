import ApusModels
import ApusNumerics
import Foundation
import Testing

@testable import ApusTrees

@Suite struct AdaBoostTests {
  /// One round by hand: the split between 3 and 4 misclassifies one row of six, so alpha = log 5.
  @Test func theFirstRoundIsTheClosedForm() throws {
    let X = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [6, 1])
    let y = try NDArray([0, 0, 0, 1, 1, 0] as [Int64])
    let model = try AdaBoostClassifier().setting("n_estimators", to: .int(1)).fit(X, y)
    let errors = try #require(try model.attribute("estimator_errors_")?.elements)
    let weights = try #require(try model.attribute("estimator_weights_")?.elements)
    #expect(abs(errors[0] - 1.0 / 6) < 1e-15)
    #expect(abs(weights[0] - log(5)) < 1e-14)
    #expect(try model.predict(X).elements(as: Int64.self) == [0, 0, 0, 1, 1, 1])
  }

  @Test func moreRoundsLearnWhatOneStumpCannot() throws {
    // Three intervals need three stumps.
    let X = try NDArray((0..<90).map { Double($0) }, shape: [90, 1])
    let y = try NDArray((0..<90).map { Int64($0 / 30 == 1 ? 7 : 3) })
    let model = try AdaBoostClassifier().setting("n_estimators", to: .int(40)).fit(X, y)
    #expect(try model.score(.dense(X), y, sampleWeight: nil, context: FitContext()) == 1)
    let restored = try AdaBoostClassifier().restore(try model.state())
    #expect(
      try restored.predictProbabilities(X).elements(as: Double.self)
        == model.predictProbabilities(X).elements(as: Double.self))
  }

  @Test func threeClassesAndThePerfectStump() throws {
    let X = try NDArray((0..<60).map { Double($0 % 20) }, shape: [60, 1])
    let three = try NDArray((0..<60).map { Int64(($0 % 20) / 7) })
    let model = try AdaBoostClassifier().fit(X, three)
    #expect(try model.score(.dense(X), three, sampleWeight: nil, context: FitContext()) == 1)
    let two = try NDArray((0..<60).map { Int64($0 % 20 < 10 ? 0 : 1) })
    let perfect = try AdaBoostClassifier().fit(X, two)
    #expect(try perfect.attribute("estimator_weights_")?.elements == [1])
  }
}
