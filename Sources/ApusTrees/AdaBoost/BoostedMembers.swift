import ApusModels
import ApusNumerics

/// The members of an AdaBoost model. Trees are joined into one ensemble; anything else stays a list of models.
enum BoostedMembers {
  /// Classifiers' leaves hold votes: 1 for the class predicted, −1 / (classes − 1) for the others.
  case trees(TreeEnsemble, EnsemblePredictor)
  case models(any Estimator, [any FittedModel])

  var count: Int {
    switch self {
    case .trees(let trees, _): return trees.treeCount
    case .models(_, let models): return models.count
    }
  }

  var featureCount: Int {
    switch self {
    case .trees(let trees, _): return trees.featureCount
    case .models(_, let models): return models.first?.featureCount ?? 0
    }
  }

  static func joined(_ trees: TreeEnsemble) -> BoostedMembers { .trees(trees, EnsemblePredictor(trees)) }

  /// Joins models where all are single trees of one output.
  ///
  /// - Parameter classCount: nil for regression.
  static func members(_ estimator: any Estimator, _ models: [any FittedModel], classCount: Int?) throws
    -> BoostedMembers
  {
    let trees = models.compactMap { ($0 as? FittedTrees)?.trees }
    guard trees.count == models.count, trees.allSatisfy({ $0.treeCount == 1 && $0.valueCount == classCount ?? 1 })
    else {
      return .models(estimator, models)
    }
    let ensemble = try TreeEnsemble(joining: trees)
    if let classCount { castVotes(ensemble, classCount: classCount) }
    return joined(ensemble)
  }

  /// Replaces class shares by votes.
  private static func castVotes(_ trees: TreeEnsemble, classCount: Int) {
    for node in 0..<trees.nodeCount {
      let value = trees.value.pointer + node * classCount
      var best = 0
      for k in 1..<max(classCount, 1) where value[k] > value[best] { best = k }
      for k in 0..<classCount { value[k] = k == best ? 1 : -1 / Double(classCount - 1) }
    }
  }

  /// Adds the weighted votes of some members for every row: (rows, classes).
  func addVotes(
    of range: Range<Int>, weights: [Double], _ matrix: NDArray, classCount: Int,
    to sums: UnsafeMutablePointer<Double>
  ) throws {
    switch self {
    case .trees(_, let predictor):
      try predictor.accumulate(matrix, into: sums, outputs: classCount, weights: weights, range: range)
    case .models(_, let models):
      for member in range {
        let predicted = try ChildModels.predictions(models[member], matrix).converted(to: .int64)
        let codes = predicted.pointer(Int64.self)
        let against = -1 / Double(classCount - 1)
        for row in 0..<predicted.count {
          for k in 0..<classCount {
            sums[row * classCount + k] += weights[member] * (codes[row] == Int64(k) ? 1 : against)
          }
        }
      }
    }
  }

  /// Predictions of every member for every row: (rows, members).
  func predictions(_ matrix: NDArray) throws -> NDArray {
    let (rows, width) = (matrix.shape[0], count)
    let result = try NDArray(uninitialized: [rows, width], dtype: .float64)
    let target = result.pointer(Double.self)
    switch self {
    case .trees(let trees, let predictor):
      try predictor.forEachLeaf(matrix, range: 0..<width) { tree, start, count, leaves in
        let values = trees.value.pointer + trees.treeOffsets[tree]
        for i in 0..<count { target[(start + i) * width + tree] = values[Int(leaves[i])] }
      }
    case .models(_, let models):
      for (member, model) in models.enumerated() {
        let column = try ChildModels.predictions(model, matrix).converted(to: .float64)
        for row in 0..<rows { target[row * width + member] = column.pointer(Double.self)[row] }
      }
    }
    return result
  }

  /// The leaves that rows reach (`apply`), or the nodes they pass (`decision_path`), where the members are trees; nil for
  /// other operations.
  func paths(_ operation: Operation, _ matrix: NDArray) throws -> NDArray? {
    guard [TreeOperation.apply, TreeOperation.decisionPath].contains(operation) else { return nil }
    guard case .trees(_, let predictor) = self else {
      throw ApusError.unsupported(reason: "\(operation.rawValue): the members of this model are not trees")
    }
    return operation == TreeOperation.apply
      ? try TreeOperation.leaves(predictor, matrix, squeezed: false)
      : try TreeOperation.decisionPath(predictor, matrix)
  }

  /// Mean decrease in impurity weighted by the members; nil for members that are not trees.
  func importances(weights: [Double]) -> [Double]? {
    guard case .trees(let trees, _) = self else { return nil }
    return ImpurityImportance.compute(trees, weights: weights)
  }

  func write(to state: inout ModelState) throws {
    switch self {
    case .trees(let trees, _): try EnsembleState.write(trees, keepsStatistics: false, to: &state)
    case .models(let estimator, let models):
      state.children = try models.map { SavedModel(estimator: estimator, state: try $0.state()) }
    }
  }

  /// The inverse of ``write(to:)``.
  static func read(_ state: ModelState) throws -> BoostedMembers {
    guard !state.children.isEmpty else { return joined(try EnsembleState.read(state)) }
    let models = try ChildModels.restore(state.children)
    return .models(state.children[0].estimator, models)
  }
}

/// Models within a model file.
enum ChildModels {
  /// The fitted models, which must all have been fitted on equally many features.
  static func restore(_ children: [SavedModel]) throws -> [any FittedModel] {
    let models = try children.map { child in
      guard let state = child.state else { throw ApusError.malformedFile(reason: "model file: a member is not fitted") }
      return try child.estimator.restore(state)
    }
    guard models.allSatisfy({ $0.featureCount == models[0].featureCount }) else {
      throw ApusError.malformedFile(reason: "model file: members differ in their number of features")
    }
    return models
  }

  /// One prediction a row, which a model from a hostile file might not keep to.
  static func predictions(_ model: any FittedModel, _ matrix: NDArray) throws -> NDArray {
    let result = try model.predict(matrix)
    guard result.count == matrix.shape[0] else {
      throw ApusError.malformedFile(
        reason: "model file: a member predicts \(result.count) values for "
          + "\(matrix.shape[0]) rows")
    }
    return result
  }
}
