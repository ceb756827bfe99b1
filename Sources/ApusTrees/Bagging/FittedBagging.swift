import ApusModels
import ApusNumerics
import RealModule

/// A model and the features it was fitted on.
struct BaggedMember: Sendable {
  let features: [Int]
  let model: any FittedModel
  /// Whether the model tells probabilities.
  let hasProbabilities: Bool

  /// Refuses missing values where the members do not take them.
  static func requireWhatItTakes(_ estimator: any Estimator, _ features: FeatureMatrix) throws(ApusError) {
    if type(of: estimator).schema.traits.contains(.missingValues) { return }
    switch features {
    case .dense(let matrix): try InputValidation.requireFinite(matrix, name: "X")
    case .sparse(let matrix): try InputValidation.requireFinite(matrix.values, name: "X.data")
    }
  }

  static func hasProbabilities(_ estimator: any Estimator) -> Bool {
    type(of: estimator).schema.operations.contains(.predictProbabilities)
  }

  /// Adds the member's prediction for every row to `sums`: probabilities by the ensemble's classes, votes where it has
  /// none, or the number predicted.
  ///
  /// - Parameter classCount: nil for regression.
  func add(_ matrix: NDArray, classCount: Int?, to sums: UnsafeMutablePointer<Double>) throws {
    let input = try TakenColumns.take(features, of: matrix)
    guard let classCount else {
      let predicted = try ChildModels.predictions(model, input).converted(to: .float64)
      for row in 0..<predicted.count { sums[row] += predicted.pointer(Double.self)[row] }
      return
    }
    guard case .array(let labels)? = try model.attribute("classes_") else {
      return try addVotes(input, classCount, to: sums)
    }
    let codes = try labels.converted(to: .int64).elements(as: Int64.self)
    guard codes.allSatisfy({ $0 >= 0 && $0 < Int64(classCount) }) else {
      throw ApusError.malformedFile(reason: "model file: a member has classes beyond those of the ensemble")
    }
    guard hasProbabilities else { return try addVotes(input, classCount, to: sums) }
    let probabilities = try model.predictProbabilities(input).converted(to: .float64)
    guard probabilities.shape == [matrix.shape[0], codes.count] else {
      throw ApusError.malformedFile(reason: "model file: a member has probabilities for another number of classes")
    }
    let p = probabilities.pointer(Double.self)
    for row in 0..<matrix.shape[0] {
      for (place, code) in codes.enumerated() { sums[row * classCount + Int(code)] += p[row * codes.count + place] }
    }
    withExtendedLifetime(probabilities) {}
  }

  private func addVotes(_ input: NDArray, _ classCount: Int, to sums: UnsafeMutablePointer<Double>) throws {
    let predicted = try ChildModels.predictions(model, input).converted(to: .int64)
    for row in 0..<predicted.count {
      let code = predicted.pointer(Int64.self)[row]
      guard code >= 0, code < Int64(classCount) else {
        throw ApusError.malformedFile(reason: "model file: a member predicts class \(code) of \(classCount)")
      }
      sums[row * classCount + Int(code)] += 1
    }
  }
}

/// The mean of models on samples of the rows and features.
public final class FittedBagging: FittedEnsemble {
  let members: [BaggedMember]
  private let base: any Estimator
  public let featureCount: Int
  /// Distinct labels; nil for regression. Members know their positions.
  public let classes: NDArray?
  let schema: EstimatorSchema
  private let extras: [String: ParameterValue]
  /// The samples of the members; nil where a warm start drew differently.
  let samples: DrawnSamples?

  init(
    _ members: [BaggedMember], base: any Estimator, featureCount: Int, classes: NDArray?, schema: EstimatorSchema,
    extras: [String: ParameterValue], samples: DrawnSamples?
  ) throws {
    self.members = members
    self.base = base
    self.featureCount = featureCount
    self.classes = classes
    self.schema = schema
    self.extras = extras
    self.samples = samples
  }

  public func attribute(_ name: String) throws -> ParameterValue? {
    if let value = extras[name] { return value }
    switch name {
    case "classes_": return classes.map { .array($0) }
    case "n_estimators_": return .int(Int64(members.count))
    case "estimators_features_": return .array(try featureTable())
    default: return nil
    }
  }

  public var memberCount: Int { members.count }

  public func member(_ index: Int, of owner: any Estimator) throws -> (estimator: any Estimator, model: any FittedModel)
  {
    (base, members[index].model)
  }

  private func featureTable() throws(ApusError) -> NDArray {
    let width = members.first?.features.count ?? 0
    let result = try NDArray(uninitialized: [members.count, width], dtype: .int64)
    for (member, drawn) in members.enumerated() {
      for (place, feature) in drawn.features.enumerated() {
        result.pointer(Int64.self)[member * width + place] = Int64(feature)
      }
    }
    return result
  }

  public func apply(
    _ operation: Operation, to input: FeatureMatrix?, arguments: [String: ParameterValue], context: FitContext
  ) throws -> NDArray {
    guard let input else { throw ApusError.invalidArgument(name: "X", reason: "is missing") }
    if case .sparse(let sparse) = input {
      _ = try InputValidation.features(input, schema: schema, expectedColumns: featureCount)
      return try SparseRowBlocks.results(sparse) {
        try apply(operation, to: .dense($0), arguments: arguments, context: context)
      }
    }
    let matrix = try TreeInput.matrix(input, schema: schema, expectedColumns: featureCount)
    try BaggedMember.requireWhatItTakes(base, .dense(matrix))
    let means = try means(matrix)
    guard let classes else { return try means.reshaped([means.shape[0]]) }
    switch operation {
    case .predict: return try LabelChoice.labels(means, classes: [classes])
    case .predictProbabilities: return means
    case .predictLogProbabilities:
      for i in 0..<means.count { means.pointer(Double.self)[i] = .log(means.pointer(Double.self)[i]) }
      return means
    default: throw ApusError.unsupported(reason: "\(operation.rawValue): not an operation of \(schema.kind)")
    }
  }

  private func means(_ matrix: NDArray) throws -> NDArray {
    let result = try NDArray(zeros: [matrix.shape[0], classes?.count ?? 1])
    for member in members {
      try member.add(matrix, classCount: classes?.count, to: result.pointer(Double.self))
    }
    for i in 0..<result.count { result.pointer(Double.self)[i] /= Double(members.count) }
    return result
  }

  public func score(
    _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray?, context: FitContext
  ) throws -> Double {
    let predictions = try apply(.predict, to: features)
    return classes == nil
      ? try Scores.r2(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
      : try Scores.accuracy(targets: targets, predictions: predictions, sampleWeight: sampleWeight)
  }

  public func state() throws -> ModelState {
    var state = ModelState()
    state.children = try members.map { SavedModel(estimator: base, state: try $0.model.state()) }
    state.tensors["features"] = try featureTable()
    state.scalars["features"] = .int(Int64(featureCount))
    state.tensors["classes"] = classes
    for (name, value) in extras {
      if case .array(let array) = value { state.tensors["attribute." + name] = array }
      if case .double = value { state.scalars["attribute." + name] = value }
    }
    samples?.write(to: &state)
    return state
  }

  /// The inverse of ``state()``.
  convenience init(_ state: ModelState, schema: EstimatorSchema) throws {
    let models = try ChildModels.restore(state.children)
    let count = try state.integer("features", in: 1...(1 << 30 - 1))
    let table = try state.tensor("features", .int64, rank: 2)
    let features = table.pointer(Int64.self)
    guard !models.isEmpty, table.shape[0] == models.count, table.shape[1] == models[0].featureCount,
      (0..<table.count).allSatisfy({ features[$0] >= 0 && features[$0] < Int64(count) })
    else { throw ApusError.malformedFile(reason: "model file: members and their features do not fit together") }
    let width = table.shape[1]
    let members = models.enumerated().map { index, model in
      BaggedMember(
        features: (0..<width).map { Int(features[index * width + $0]) }, model: model,
        hasProbabilities: BaggedMember.hasProbabilities(state.children[index].estimator))
    }
    let classes = schema.role == .classifier ? try state.tensor("classes", rank: 1) : nil
    guard classes.map({ $0.count >= 1 }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: a classifier without classes")
    }
    var extras: [String: ParameterValue] = [:]
    for attribute in schema.attributes {
      if let tensor = state.tensors["attribute." + attribute.name] { extras[attribute.name] = .array(tensor) }
      if let scalar = state.scalars["attribute." + attribute.name] { extras[attribute.name] = scalar }
    }
    withExtendedLifetime(table) {}
    try self.init(
      members, base: state.children[0].estimator, featureCount: count, classes: classes, schema: schema,
      extras: extras, samples: DrawnSamples(state))
  }
}
