import ApusNumerics
import Testing

@testable import ApusModels

/// A small estimator that exercises every kind of parameter.
struct ParameterisedEstimator: Estimator {
  enum Mode: String, ParameterChoice { case fast, exact }

  var flag = true
  var depth: Int? = nil
  var alpha = 1.0
  var mode = Mode.fast
  var features: ParameterValue = .string("sqrt")
  var seed: UInt64 = .max
  var base: ParameterValue = .none

  static let schema = EstimatorSchema(
    kind: "sample", pythonName: "Sample", pythonModule: "tests", doc: "For tests.", role: .regressor,
    parameters: [
      Parameter("flag", \ParameterisedEstimator.flag, doc: "A flag."),
      Parameter("depth", \ParameterisedEstimator.depth, range: .atLeast(1), doc: "A count or none."),
      Parameter("alpha", \ParameterisedEstimator.alpha, range: .atLeast(0), doc: "A number."),
      Parameter("mode", \ParameterisedEstimator.mode, doc: "A choice."),
      Parameter(
        "features", \ParameterisedEstimator.features, types: [.int, .double, .string, .none], range: .greaterThan(0),
        choices: ["sqrt", "log2"], doc: "Several types."),
      Parameter("seed", \ParameterisedEstimator.seed, doc: "A seed."),
      Parameter("base", \ParameterisedEstimator.base, types: [.estimator, .none], doc: "An estimator."),
    ],
    attributes: [], operations: [.predict])

  func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "fit: not part of this test")
  }
  func restore(_ state: ModelState) throws -> any FittedModel {
    throw ApusError.unsupported(reason: "restore: not part of this test")
  }
}

@Suite struct ParameterTests {
  private func message(_ name: String, _ value: ParameterValue) -> String {
    do {
      _ = try ParameterisedEstimator().setting(name, to: value)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test func valuesRoundTrip() throws {
    var estimator: any Estimator = ParameterisedEstimator()
    estimator = try estimator.setting("flag", to: .bool(false))
    estimator = try estimator.setting("depth", to: .int(3))
    estimator = try estimator.setting("alpha", to: .double(0.5))
    estimator = try estimator.setting("mode", to: .string("exact"))
    estimator = try estimator.setting("features", to: .double(0.25))
    estimator = try estimator.setting("seed", to: .int(-1))
    let sample = try #require(estimator as? ParameterisedEstimator)
    #expect(!sample.flag && sample.depth == 3 && sample.alpha == 0.5 && sample.mode == .exact && sample.seed == .max)
    guard case .double(0.25) = sample.features else { return #expect(Bool(false)) }
    let cleared = try #require(try estimator.setting("depth", to: .none) as? ParameterisedEstimator)
    #expect(cleared.depth == nil)
    #expect(try estimator.parameter("mode").description == "'exact'")
  }

  @Test func defaultsComeFromTheType() throws {
    #expect(try ParameterisedEstimator.schema.parameter("alpha").defaultValue.description == "1.0")
    #expect(try ParameterisedEstimator.schema.parameter("depth").defaultValue.description == "None")
    #expect(try ParameterisedEstimator.schema.parameter("mode").choices == ["fast", "exact"])
    #expect(try ParameterisedEstimator.schema.parameter("depth").types == [.int, .none])
  }

  @Test func messagesNameValueAndLimits() {
    #expect(message("alpha", .double(-1)) == "alpha: -1.0 is not in [0, inf)")
    #expect(message("alpha", .double(.nan)) == "alpha: nan is not in [0, inf)")
    #expect(message("alpha", .double(.infinity)) == "alpha: inf is not in [0, inf)")
    #expect(message("alpha", .string("x")) == "alpha: 'x' is not float")
    #expect(message("depth", .int(0)) == "depth: 0 is not in [1, inf)")
    #expect(message("depth", .double(2.5)) == "depth: 2.5 is not int or None")
    #expect(message("mode", .string("slow")) == "mode: 'slow' is not one of 'fast', 'exact'")
    #expect(message("features", .string("all")) == "features: 'all' is not one of 'sqrt', 'log2'")
    #expect(message("alpah", .double(1)) == "alpah: is not a parameter of sample; did you mean 'alpha'?")
    #expect(message("flag", .none) == "flag: None is not bool")
  }

  @Test func integersServeAsNumbersAndFlags() throws {
    #expect(message("alpha", .int(2)) == "accepted")
    #expect(message("flag", .int(1)) == "accepted")
    #expect(message("flag", .int(2)) == "flag: 2 is not bool")
    #expect(message("depth", .double(4)) == "accepted")
  }

  @Test func propertiesSetDirectlyAreCheckedAtTheDoor() {
    var estimator = ParameterisedEstimator()
    estimator.alpha = -3
    #expect(throws: ApusError.invalidArgument(name: "alpha", reason: "-3.0 is not in [0, inf)")) {
      try estimator.validateParameters()
    }
  }

  @Test func estimatorsNest() throws {
    let nested = try ParameterisedEstimator().setting("base", to: .estimator(ParameterisedEstimator()))
    #expect(try nested.parameter("base").description == "sample")
  }
}
