import ApusModels
import ApusNumerics

/// Gradient boosting of trees on histograms, for ranking: LambdaMART.
///
/// Burges 2010, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82. ``LambdaRank`` says where it departs.
public struct HistGradientBoostingRanker: BoostsTrees {
  public var boosting = BoostingParameters()
  public var truncationLevel = 30
  public var normalises = true

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "hist_gradient_boosting_ranker", pythonName: "HistGradientBoostingRanker", pythonModule: "ensemble",
    doc: """
      Gradient boosting of leaf-wise trees on histograms for ranking: LambdaRank gradients of NDCG.
      y holds relevances, whole numbers from 0 to 31; fit's `group` the sizes of consecutive queries (one query when absent).
      Sample weights multiply the gradients of rows; NDCG counts queries alike.
      Its loss is 1 - NDCG; early stopping needs held-out queries: validation_x, validation_y, validation_group.
      """,
    role: .ranker,
    parameters: [
      Parameter(
        "lambdarank_truncation_level", \Self.truncationLevel, range: .closed(1, 1_000_000),
        doc: "Places at the top that count: in the gradients, and in NDCG."),
      Parameter(
        "lambdarank_norm", \Self.normalises,
        doc: "Whether gradients are scaled by the distance of scores and per query, so that queries weigh alike."),
    ] + boostingParameters(),
    attributes: boostingAttributes(classifier: false),
    operations: [
      .predict, TreeOperation.apply, FittedBoosting.stagedPredict, TreeOperation.decisionPath,
    ] + TreeShapley.operations,
    traits: [.sparseInput, .missingValues, .sampleWeight, .float32, .randomized, .needsTargets],
    fitArguments: ["group", "validation_x", "validation_y", "validation_group", "initial_score", "objective"])

  public func boosted(_ data: TrainingData, previous: FittedBoosting?, context: FitContext) throws -> FittedBoosting {
    let input = try TreeInput(data, schema: Self.schema)
    let values = try relevances(data.targets, rows: input.rows, name: "y")
    let ranking = try LambdaRank(
      offsets: try Self.offsets(data.extras["group"], rows: input.rows, name: "group"),
      y: UnsafePointer(values.pointer), truncation: truncationLevel, normalises: normalises)
    var problem = BoostingFit.Problem(
      targets: TargetStore(values), objective: .ranking(ranking), link: .identity, classes: nil,
      weights: input.sampleWeight == nil ? nil : try input.weights())
    if let given = data.extras["validation_x"] {
      let y = try relevances(data.extras["validation_y"], rows: given.shape.first ?? 0, name: "validation_y")
      problem.validationTargets = TargetStore(y)
      problem.validationObjective = .ranking(
        try LambdaRank(
          offsets: try Self.offsets(
            data.extras["validation_group"], rows: given.shape.first ?? 0, name: "validation_group"),
          y: UnsafePointer(y.pointer), truncation: truncationLevel, normalises: normalises))
    } else {
      problem.holdsOut = false
    }
    return try BoostingFit.fit(
      problem, input: input, data: data, schema: Self.schema, parameters: boosting, metrics: [.loss, .ndcg],
      previous: previous, context: context)
  }

  private func relevances(_ targets: NDArray?, rows: Int, name: String) throws -> Buffer<Double> {
    let y = try InputValidation.targets(targets, rows: rows, schema: Self.schema, dtype: .float64, name: name)
    let values = try Buffer<Double>(count: rows)
    values.pointer.update(from: y.pointer(Double.self), count: rows)
    for row in 0..<rows {
      let value = values[row]
      guard value >= 0, value <= LambdaRank.largestRelevance, value == value.rounded() else {
        throw ApusError.invalidArgument(
          name: name, reason: "value \(value) at row \(row); relevances are whole numbers in 0...31")
      }
    }
    return values
  }

  /// First rows of the queries from their sizes.
  private static func offsets(_ group: NDArray?, rows: Int, name: String) throws(ApusError) -> [Int] {
    guard let group else { return [0, rows] }
    let sizes = try group.converted(to: .float64, name: name)
    guard sizes.rank == 1 else {
      throw .shapeMismatch(name: name, reason: "has shape \(sizes.shape), needs one dimension")
    }
    var offsets = [0]
    for (query, value) in try sizes.elements(as: Double.self).enumerated() {
      guard let size = Int(exactly: value), size >= 1, size <= rows - offsets[offsets.count - 1] else {
        throw .invalidArgument(
          name: name, reason: "query \(query) has \(value) rows; sizes are whole numbers that sum to the \(rows) rows")
      }
      offsets.append(offsets[offsets.count - 1] + size)
    }
    guard offsets[offsets.count - 1] == rows else {
      throw .invalidArgument(name: name, reason: "sizes sum to \(offsets[offsets.count - 1]), X has \(rows) rows")
    }
    return offsets
  }
}
