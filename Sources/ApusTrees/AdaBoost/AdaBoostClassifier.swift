import ApusModels
import ApusNumerics
import RealModule

/// Boosting of stumps by reweighting (SAMME). Zhu, Zou, Rosset, Hastie 2009, doi:10.4310/SII.2009.v2.n3.a8.
///
/// In every round the stump of least weighted Gini impurity is added with weight
/// `rate · (log((1 − error) / error) + log(classes − 1))`, and rows it misclassifies gain weight by that exponent.
public struct AdaBoostClassifier: Estimator {
  public var nEstimators = 50
  public var learningRate = 1.0

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "ada_boost_classifier", pythonName: "AdaBoostClassifier", pythonModule: "ensemble",
    doc: """
      Boosting of one-split trees by reweighting rows (SAMME; Zhu, Zou, Rosset, Hastie 2009).
      Features are sorted once; time O(rows · features) per round.
      """,
    role: .classifier,
    parameters: [
      Parameter(
        "n_estimators", \Self.nEstimators, range: .closed(1, 1_000_000),
        doc: "Most stumps; fewer are made when one is perfect or no better than chance."),
      Parameter(
        "learning_rate", \Self.learningRate, range: .greaterThan(0),
        doc: "Factor of the stumps' weights; smaller needs more stumps."),
    ],
    attributes: [
      FittedAttribute("classes_", doc: "Distinct labels, shape (classes,)."),
      FittedAttribute("estimator_weights_", doc: "Weight of every stump, shape (stumps,)."),
      FittedAttribute("estimator_errors_", doc: "Weighted error of every stump, shape (stumps,)."),
      FittedAttribute("feature_importances_", doc: "Share of the stumps' weights per feature, shape (features,)."),
    ] + TreeArrays.attributes,
    operations: [.predict, .predictProbabilities, .predictLogProbabilities, .decisionFunction],
    traits: [.sampleWeight, .float32, .needsTargets])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try validateParameters()
    let input = try TreeInput(data, schema: Self.schema)
    let targets = try ClassTargets(data.targets, rows: input.rows, schema: Self.schema)
    let classCount = targets.counts[0]
    guard classCount >= 2 else {
      throw ApusError.invalidArgument(name: "y", reason: "has \(classCount) class; AdaBoost needs at least 2")
    }
    let table = try RankedFeatures(input.matrix)
    let weights = try input.weights()
    let search = try StumpSearch(table, classes: UnsafePointer(targets.labels.pointer), classCount: classCount)
    var grown: [GrownTree] = []
    var alphas: [Double] = []
    var errors: [Double] = []
    try withExtendedLifetime(targets.labels) {
      for round in 0..<nEstimators {
        try context.checkpoint("stumps", Double(round) / Double(nEstimators))
        AdaBoostRound.normalise(weights)
        guard let stump = try search.best(weights: weights.pointer) else { break }
        let error = AdaBoostRound.error(of: stump)
        let chance = 1 - 1 / Double(classCount)
        if error >= chance { break }
        let isPerfect = error <= 0
        let alpha =
          isPerfect ? 1 : learningRate * (.log((1 - error) / error) + .log(Double(classCount - 1)))
        grown.append(try AdaBoostRound.tree(stump, classCount: classCount))
        alphas.append(alpha)
        errors.append(max(error, 0))
        if isPerfect { break }
        AdaBoostRound.reweight(
          weights, by: .exp(alpha), stump: stump, table: table, labels: targets.labels)
      }
    }
    guard !grown.isEmpty else {
      throw ApusError.invalidArgument(
        name: "X", reason: "no single split is better than chance, so AdaBoost on stumps cannot start")
    }
    let trees = try TreeEnsemble(grown, featureCount: input.features, valueCount: classCount)
    return try FittedAdaBoost(trees, weights: alphas, errors: errors, classes: targets.classes[0], schema: Self.schema)
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    let trees = try EnsembleState.read(state)
    let weights = try state.tensor("weights", .float64, rank: 1).elements(as: Double.self)
    let errors = try state.tensor("errors", .float64, rank: 1).elements(as: Double.self)
    let classes = try state.tensor("classes", rank: 1)
    guard weights.count == trees.treeCount, errors.count == weights.count, classes.count == trees.valueCount,
      classes.count >= 2, weights.count >= 1, weights.allSatisfy({ $0.isFinite })
    else { throw ApusError.malformedFile(reason: "model file: stumps, weights and classes do not fit together") }
    return try FittedAdaBoost(trees, weights: weights, errors: errors, classes: classes, schema: Self.schema)
  }
}

/// Steps of a round of SAMME.
enum AdaBoostRound {
  static func normalise(_ weights: Buffer<Double>) {
    let total = weights.elements.reduce(0, +)
    for row in 0..<weights.count { weights.pointer[row] /= total }
  }

  static func heaviest(_ weights: [Double]) -> Int {
    var best = 0
    for k in weights.indices where weights[k] > weights[best] { best = k }
    return best
  }

  /// The share of the weight that is misclassified: everything but the heaviest class of each side.
  static func error(of stump: StumpSearch.Stump) -> Double {
    let (left, right) = (heaviest(stump.left), heaviest(stump.right))
    var error = 0.0
    for k in stump.left.indices { error += (k == left ? 0 : stump.left[k]) + (k == right ? 0 : stump.right[k]) }
    return error / (stump.left.reduce(0, +) + stump.right.reduce(0, +))
  }

  /// Multiplies the weights of misclassified rows by `factor`.
  static func reweight(
    _ weights: Buffer<Double>, by factor: Double, stump: StumpSearch.Stump, table: RankedFeatures,
    labels: Buffer<UInt32>
  ) {
    let (left, right) = (UInt32(heaviest(stump.left)), UInt32(heaviest(stump.right)))
    let ranks = table.ranks.pointer + stump.feature * table.rows
    for row in 0..<weights.count {
      let predicted = Int(ranks[row]) <= stump.lowerRank ? left : right
      if labels.pointer[row] != predicted { weights.pointer[row] *= factor }
    }
  }

  /// The stump as a tree whose leaves vote: 1 for the heaviest class, −1 / (classes − 1) for the others.
  static func tree(_ stump: StumpSearch.Stump, classCount: Int) throws(ApusError) -> GrownTree {
    var tree = try GrownTree(valueCount: classCount)
    let sides = [zip(stump.left, stump.right).map { $0 + $1 }, stump.left, stump.right]
    for side in sides {
      let total = side.reduce(0, +)
      let impurity = 1 - side.reduce(0) { $0 + $1 * $1 } / (total * total)
      let (_, votes) = try tree.appendLeaf(samples: 0, weight: total, impurity: max(impurity, 0))
      for k in 0..<classCount { votes[k] = k == heaviest(side) ? 1 : -1 / Double(classCount - 1) }
    }
    tree.feature[0] = Int32(stump.feature)
    tree.threshold[0] = stump.threshold
    (tree.left[0], tree.right[0]) = (1, 2)
    return tree
  }
}
