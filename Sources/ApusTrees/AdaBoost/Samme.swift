import ApusModels
import ApusNumerics
import RealModule

/// What SAMME boosts: learns from weighted rows, one member a round.
protocol SammeLearner: AnyObject {
  /// Adds a member learnt from the current weights, and writes the class it predicts for every row; false when nothing
  /// can be learnt.
  func learn(
    _ weights: BoostingWeights, predicted: UnsafeMutablePointer<UInt32>, context: FitContext
  ) throws -> Bool
  /// Forgets the last member.
  func dropLast()
  /// All members so far.
  func members() throws -> BoostedMembers
  /// The last member alone.
  func lastMember() throws -> BoostedMembers
}

/// The rounds of SAMME (Zhu et al. 2009, algorithm 2).
enum Samme {
  /// Members' weights stay so far below the largest number that their sum is finite.
  static let largestWeight = 1e300

  static func boost(
    _ learner: any SammeLearner, rows: BoostingData, classCount: Int, parameters: AdaBoostParameters,
    context: FitContext
  ) throws -> (weights: [Double], errors: [Double], scores: [Double]) {
    let weights = rows.weights
    let labels = rows.targets.pointer(Int64.self)
    let predicted = try Buffer<UInt32>(count: rows.features.rows)
    var (alphas, errors): ([Double], [Double]) = ([], [])
    var stopping = parameters.stopping
    let held = try rows.validation.map { try HeldOutVotes($0.features, $0.targets, $0.weights, classCount: classCount) }
    for round in 0..<parameters.nEstimators {
      try context.checkpoint("rounds", Double(round) / Double(parameters.nEstimators))
      guard try learner.learn(weights, predicted: predicted.pointer, context: context) else { break }
      var wrong = 0.0
      let (classes, current) = (predicted.pointer, weights.current.pointer)
      // A product in place of a branch that would often go the other way.
      for row in 0..<predicted.count {
        wrong += current[row] * Double(Int32(truncatingIfNeeded: Int64(classes[row]) != labels[row] ? 1 : 0))
      }
      let error = wrong / weights.total
      if error >= 1 - 1 / Double(classCount) {
        learner.dropLast()
        break
      }
      let isPerfect = error <= 0
      let odds = isPerfect ? 0 : Double.log((1 - error) / error) + .log(Double(classCount - 1))
      let alpha = isPerfect ? 1 : min(parameters.learningRate * odds, Samme.largestWeight)
      alphas.append(alpha)
      errors.append(error)
      if let held {
        let score = try held.score(adding: learner.lastMember(), weight: alpha)
        if stopping?.shouldStop(after: score) == true { break }
      }
      if isPerfect { break }
      let factor = Double.exp(alpha)
      guard factor.isFinite else {
        context.warn(.general, "learning_rate: the weights of the rows overflow in round \(round + 1); boosting ends")
        break
      }
      weights.multiply { Int64(classes[$0]) != labels[$0] ? factor : 1 }
    }
    guard !alphas.isEmpty else {
      throw ApusError.invalidArgument(
        name: "X", reason: "the first member is no better than chance, so AdaBoost cannot start")
    }
    withExtendedLifetime(rows) {}
    return (alphas, errors, stopping?.scores ?? [])
  }
}

/// The votes so far on held-out rows.
private final class HeldOutVotes {
  private let features: FeatureMatrix
  private let targets: NDArray
  private let weights: NDArray
  private let classCount: Int
  private let votes: NDArray

  init(_ features: FeatureMatrix, _ targets: NDArray, _ weights: NDArray, classCount: Int) throws {
    self.features = features
    self.targets = targets
    self.weights = weights
    self.classCount = classCount
    votes = try NDArray(zeros: [features.rows, classCount])
  }

  /// Accuracy after a further member.
  func score(adding member: BoostedMembers, weight: Double) throws -> Double {
    let sums = votes.pointer(Double.self)
    try SparseRowBlocks.forEach(features) { block, start in
      try member.addVotes(
        of: 0..<1, weights: [weight], block, classCount: classCount, to: sums + start * classCount)
    }
    let codes = try NDArray((0..<classCount).map { Int64($0) })
    return try Scores.accuracy(
      targets: targets, predictions: LabelChoice.labels(votes, classes: [codes]), sampleWeight: weights)
  }
}

/// Stumps of least weighted Gini impurity.
final class StumpLearner: SammeLearner {
  private let table: RankedFeatures
  private let labels: Buffer<UInt32>
  private let search: StumpSearch
  private let classCount: Int
  private var grown: [GrownTree] = []

  init(_ rows: BoostingData, classCount: Int) throws {
    self.classCount = classCount
    switch rows.features {
    case .dense(let matrix): table = try RankedFeatures(matrix)
    case .sparse(let matrix): table = try RankedFeatures(SparseColumns(matrix))
    }
    labels = try Buffer(count: table.rows)
    for row in 0..<table.rows { labels[row] = UInt32(rows.targets.pointer(Int64.self)[row]) }
    search = try StumpSearch(table, classes: labels, classCount: classCount)
  }

  /// Whether boosting this estimator is boosting stumps: none, or a decision tree of depth 1 with default parameters.
  static func suits(_ estimator: ParameterValue) throws -> Bool {
    guard case .estimator(let base) = estimator else { return true }
    guard let tree = base as? DecisionTreeClassifier, tree.growth.maxDepth == 1 else { return false }
    let plain = DecisionTreeClassifier()
    return try DecisionTreeClassifier.schema.parameters.allSatisfy { parameter in
      if ["max_depth", "random_state"].contains(parameter.name) { return true }
      return try "\(tree.parameter(parameter.name))" == "\(plain.parameter(parameter.name))"
    }
  }

  func learn(
    _ weights: BoostingWeights, predicted: UnsafeMutablePointer<UInt32>, context: FitContext
  ) throws -> Bool {
    guard let stump = try search.best(weights: weights.current.pointer, total: weights.total) else { return false }
    let (left, right) = (UInt32(StumpLearner.heaviest(stump.left)), UInt32(StumpLearner.heaviest(stump.right)))
    let ranks = search.ranks(of: stump.feature)
    let lower = UInt32(stump.lowerRank)
    for row in 0..<table.rows { predicted[row] = ranks[row] <= lower ? left : right }
    grown.append(try tree(stump))
    return true
  }

  func dropLast() { grown.removeLast() }

  func members() throws -> BoostedMembers {
    try .joined(TreeEnsemble(grown, featureCount: table.features, valueCount: classCount))
  }

  func lastMember() throws -> BoostedMembers {
    try .joined(TreeEnsemble(Array(grown.suffix(1)), featureCount: table.features, valueCount: classCount))
  }

  private static func heaviest(_ weights: [Double]) -> Int {
    var best = 0
    for k in weights.indices where weights[k] > weights[best] { best = k }
    return best
  }

  /// The stump as a tree whose leaves vote.
  private func tree(_ stump: StumpSearch.Stump) throws(ApusError) -> GrownTree {
    var tree = try GrownTree(valueCount: classCount)
    let sides = [zip(stump.left, stump.right).map { $0 + $1 }, stump.left, stump.right]
    for side in sides {
      let total = side.reduce(0, +)
      let impurity = 1 - side.reduce(0) { $0 + $1 * $1 } / (total * total)
      let (_, votes) = try tree.appendLeaf(samples: 0, weight: total, impurity: max(impurity, 0))
      for k in 0..<classCount { votes[k] = k == StumpLearner.heaviest(side) ? 1 : -1 / Double(classCount - 1) }
    }
    tree.feature[0] = Int32(stump.feature)
    tree.threshold[0] = stump.threshold
    (tree.left[0], tree.right[0]) = (1, 2)
    return tree
  }
}

/// Any classifier that takes sample weights.
final class ModelLearner: SammeLearner {
  private let rows: BoostingData
  private let base: any Estimator
  private let classCount: Int
  private var models: [any FittedModel] = []

  init(_ rows: BoostingData, base: ParameterValue, classCount: Int) throws {
    guard case .estimator(let base) = base else { throw ApusError.internalError(reason: "estimator: is missing") }
    let schema = type(of: base).schema
    guard schema.role == .classifier, schema.traits.contains(.sampleWeight) else {
      throw ApusError.invalidArgument(
        name: "estimator", reason: "\(schema.pythonName) is not a classifier that takes sample weights")
    }
    self.rows = rows
    self.base = base
    self.classCount = classCount
  }

  func learn(
    _ weights: BoostingWeights, predicted: UnsafeMutablePointer<UInt32>, context: FitContext
  ) throws -> Bool {
    let model = try base.fit(
      TrainingData(rows.features, rows.targets, sampleWeight: weights.current.array()), context: context.nested())
    let codes = try model.predict(rows.features).converted(to: .int64)
    for row in 0..<codes.count { predicted[row] = UInt32(truncatingIfNeeded: codes.pointer(Int64.self)[row]) }
    models.append(model)
    return true
  }

  func dropLast() { models.removeLast() }
  func members() throws -> BoostedMembers { try .members(base, models, classCount: classCount) }
  func lastMember() throws -> BoostedMembers { .models(base, Array(models.suffix(1))) }
}
