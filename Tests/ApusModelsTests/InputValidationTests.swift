import ApusNumerics
import Testing

@testable import ApusModels

@Suite struct InputValidationTests {
  private let schema = ParameterisedEstimator.schema

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test func featureErrorsNameTheProblem() throws {
    let good = try NDArray([1.0, 2, 3, 4], shape: [2, 2])
    func check(_ array: NDArray, columns: Int? = nil) -> String {
      message { _ = try InputValidation.features(.dense(array), schema: schema, expectedColumns: columns) }
    }
    #expect(check(good) == "accepted")
    #expect(check(try NDArray([1.0, 2])).hasPrefix("X: expected a 2D array, got 1D of shape (2,). Reshape your data"))
    #expect(check(try NDArray(zeros: [0, 3])).contains("0 sample(s) (shape=(0, 3)) while a minimum of 1 is required"))
    #expect(check(try NDArray(zeros: [3, 0])).contains("0 feature(s) (shape=(3, 0)) while a minimum of 1 is required"))
    #expect(check(good, columns: 3).hasSuffix("X has 2 features, but Sample is expecting 3 features as input"))
    #expect(check(try NDArray([1.0, 2, .nan, 4], shape: [2, 2])) == "X: contains NaN, first at row 1, column 0")
    #expect(
      check(try NDArray([1.0, -.infinity, .nan, 4], shape: [2, 2]))
        == "X: contains infinity (inf), first at row 0, column 1")
  }

  @Test func argumentsThatAreNotTakenAreNamed() throws {
    let ones = try NDArray([1.0, 1])
    func check(_ change: (inout TrainingData) -> Void, fitArguments: [String] = []) -> String {
      var data = TrainingData(.dense(ones))
      change(&data)
      let taking = EstimatorSchema(
        kind: "sample", pythonName: "Sample", pythonModule: "tests", doc: "", role: .regressor, parameters: [],
        attributes: [], operations: [], fitArguments: fitArguments)
      return message { try InputValidation.arguments(data, schema: taking) }
    }
    #expect(check { _ in } == "accepted")
    #expect(check { $0.extras["group"] = ones } == "group: is not an argument of Sample's fit")
    #expect(check({ $0.extras["group"] = ones }, fitArguments: ["group"]) == "accepted")
    #expect(
      check({ $0.extras["sigma"] = ones }, fitArguments: ["group", "objective"])
        == "sigma: is not an argument of Sample's fit; it takes group, objective")
    #expect(check { $0.objective = TrainingObjective { _ in } } == "objective: is not an argument of Sample's fit")
    #expect(check({ $0.objective = TrainingObjective { _ in } }, fitArguments: ["objective"]) == "accepted")
    #expect(check { $0.sampleWeight = ones } == "sample_weight: Sample takes no weights of rows")
  }

  @Test func targetsAndWeights() throws {
    func targets(_ array: NDArray?) -> String {
      message { _ = try InputValidation.targets(array, rows: 2, schema: schema) }
    }
    #expect(targets(try NDArray([1.0, 2])) == "accepted")
    #expect(targets(try NDArray([1.0, 2], shape: [2, 1])) == "accepted")
    #expect(targets(nil).contains("requires y to be passed"))
    #expect(targets(try NDArray([1.0])) == "y: has 1 samples, but X has 2 (inconsistent numbers of samples)")
    #expect(targets(try NDArray([1.0, .nan])) == "y: contains NaN, first at row 1")
    func weights(_ values: [Double]) -> String {
      message { _ = try InputValidation.sampleWeight(try NDArray(values), rows: 2) }
    }
    #expect(weights([0, 1]) == "accepted")
    #expect(weights([0, 0]) == "sample_weight: all weights are zero")
    #expect(weights([1, -1]) == "sample_weight: value -1.0 at row 1 is negative")
    #expect(weights([1, .nan]) == "sample_weight: contains NaN, first at row 1")
    #expect(weights([1]) == "sample_weight: has 1 samples, but X has 2 (inconsistent numbers of samples)")
  }

  @Test func labelsAreEncodedInOrder() throws {
    let labels = try ClassLabels(try NDArray([Int64(5), -1, 5, 2]), rows: 4, schema: schema)
    #expect(try labels.classes.elements(as: Int64.self) == [-1, 2, 5])
    #expect(try labels.codes.elements(as: Int64.self) == [2, 0, 2, 1])
    let back = try ClassLabels.decode(labels.codes, classes: labels.classes)
    #expect(try back.elements(as: Int64.self) == [5, -1, 5, 2])
    #expect(throws: ApusError.self) { try ClassLabels(try NDArray([0.5, 1]), rows: 2, schema: schema) }
  }

  @Test func scoresInClosedForm() throws {
    let truth = try NDArray([1.0, 2, 3])
    let predicted = try NDArray([1.0, 2, 4])
    #expect(try Scores.r2(targets: truth, predictions: predicted, sampleWeight: nil) == 0.5)
    #expect(try Scores.r2(targets: truth, predictions: predicted, sampleWeight: try NDArray([1.0, 1, 0])) == 1)
    #expect(try Scores.accuracy(targets: truth, predictions: predicted, sampleWeight: nil) == 2.0 / 3)
    let constant = try NDArray([2.0, 2])
    #expect(try Scores.r2(targets: constant, predictions: constant, sampleWeight: nil) == 1)
    #expect(try Scores.r2(targets: constant, predictions: try NDArray([2.0, 3]), sampleWeight: nil) == 0)
  }

  @Test func contextCollectsWarningsAndStops() throws {
    let token = CancelToken()
    let context = FitContext(cancel: token)
    context.warn(.data, "constant")
    context.warn(.data, "constant")
    #expect(context.warnings == [Warning(kind: .data, message: "constant")])
    try context.checkpoint("fit", 0.5)
    token.trip()
    #expect(throws: ApusError.cancelled) { try context.checkpoint("fit", 0.6) }
    token.reset()
    try context.checkpoint("fit", 0.7)
  }
}
