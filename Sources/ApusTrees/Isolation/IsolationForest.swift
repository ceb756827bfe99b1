import ApusModels
import ApusNumerics
import RealModule

/// Finds outliers as rows that random splits isolate early. Liu, Ting, Zhou 2008, "Isolation forest", ICDM,
/// doi:10.1109/ICDM.2008.17.
///
/// The score of a row is `−2^(−h / c(ψ))`: h is the mean over trees of the depth of its leaf plus c(rows in the leaf), ψ
/// the rows per tree and `c(n) = 2 H(n − 1) − 2 (n − 1) / n` the mean depth of an unsuccessful search in a binary tree.
public struct IsolationForest: Estimator {
  public var nEstimators = 100
  /// Rows per tree: a count, a share, or `'auto'` for at most 256.
  public var maxSamples: ParameterValue = .string("auto")
  /// Share of outliers, which sets the threshold; `'auto'` for the paper's score of one half.
  public var contamination: ParameterValue = .string("auto")
  /// Features per tree: a count or a share.
  public var maxFeatures: ParameterValue = .double(1)
  public var bootstrap = false
  public var randomState: UInt64?
  public var warmStart = false
  public var jobs: Int?
  public var verbose = ParameterValue.int(0)

  public init() {}

  public static let schema = EstimatorSchema(
    kind: "isolation_forest", pythonName: "IsolationForest", pythonModule: "ensemble",
    doc: """
      Finds outliers as rows that random splits isolate early (Liu, Ting, Zhou 2008).
      Trees grow in parallel on few rows each; the result is the same for any number of threads.
      Missing values take a side drawn at random in every split.
      """,
    role: .outlierDetector,
    parameters: [
      Parameter(
        "n_estimators", \Self.nEstimators, range: .closed(1, 1_000_000),
        doc: "Number of trees; more steady the scores and cost time in proportion."),
      Parameter(
        "max_samples", \Self.maxSamples, types: [.int, .double, .string], range: .greaterThan(0), choices: ["auto"],
        doc: "Rows per tree: a count, a share, or 'auto' for at most 256; more find denser outliers."),
      Parameter(
        "contamination", \Self.contamination, types: [.double, .string],
        range: ValueRange(0, 0.5, includesMinimum: false), choices: ["auto"],
        doc: "Share of outliers in the data, which sets the threshold; 'auto' takes a score of one half."),
      Parameter(
        "max_features", \Self.maxFeatures, types: [.int, .double], range: .greaterThan(0),
        doc: "Features per tree: a count or a share."),
      Parameter("bootstrap", \Self.bootstrap, doc: "Whether rows are drawn with replacement."),
      Parameter("random_state", \Self.randomState, doc: "Seed, 0 when None."),
      Parameter(
        "warm_start", \Self.warmStart, doc: "Whether a further fit keeps the trees and adds new ones."),
      .jobs(\Self.jobs),
      .verbosity(\Self.verbose),
    ],
    attributes: [
      FittedAttribute("offset_", .double, doc: "Scores below it are outliers."),
      FittedAttribute("max_samples_", .int, doc: "Rows per tree."),
    ] + TreeArrays.attributes,
    operations: [
      .predict, .decisionFunction, FittedIsolationForest.scoreSamples, TreeOperation.apply, TreeOperation.decisionPath,
    ],
    traits: [.sparseInput, .missingValues, .sampleWeight, .float32, .randomized])

  public func fit(_ data: TrainingData, context: FitContext) throws -> any FittedModel {
    try grown(data, previous: nil, context: context)
  }

  public func refit(_ data: TrainingData, previous: any FittedModel, context: FitContext) throws -> any FittedModel {
    try grown(data, previous: warmStart ? previous as? FittedIsolationForest : nil, context: context)
  }

  private func grown(
    _ data: TrainingData, previous: FittedIsolationForest?, context: FitContext
  ) throws -> FittedIsolationForest {
    try validateParameters()
    let input = try ForestInput(data, schema: Self.schema)
    let rows = try input.bootstrap([])
    let draws = try drawCount(rows.fullDrawCount, context: context)
    let features = try featureCount(of: input.columns)
    let depth = Int(Double.log2(Double(max(draws, 2))).rounded(.up))
    let kept = previous?.trees.treeCount ?? 0
    if let previous { try checkContinuation(previous, columns: input.columns, draws: draws) }
    var grown = [GrownTree?](repeating: nil, count: nEstimators - kept)
    let batch = max(16 * ThreadPool.threadCount, 16)
    try grown.withUnsafeMutableBufferPointer { grown in
      nonisolated(unsafe) let grown = grown
      for start in stride(from: kept, to: nEstimators, by: batch) {
        try context.checkpoint("trees", Double(start) / Double(nEstimators))
        try ThreadPool.parallelForThrowing(tasks: min(batch, nEstimators - start)) { task in
          var random = RandomStream(seed: randomState ?? 0, index: UInt64(start + task))
          let sample = try rows.sample(draws, replacing: bootstrap, random: &random)
          grown[start + task - kept] = try grow(
            on: sample, of: input.features, featureCount: features, maxDepth: depth, random: &random)
        }
      }
    }
    let added = try TreeEnsemble(grown.compactMap { $0 }, featureCount: input.columns, valueCount: 1)
    let trees = try previous.map { try TreeEnsemble(joining: [$0.trees, added]) } ?? added
    let model = try FittedIsolationForest(trees, offset: -0.5, draws: draws, schema: Self.schema)
    guard case .double(let share) = contamination else { return model }
    let scores = try model.apply(FittedIsolationForest.scoreSamples, to: input.features)
    let offset = try IsolationOffset.percentile(scores, weights: input.sampleWeight, share: share)
    return try FittedIsolationForest(trees, offset: offset, draws: draws, schema: Self.schema)
  }

  private func checkContinuation(
    _ previous: FittedIsolationForest, columns: Int, draws: Int
  ) throws(ApusError) {
    guard previous.featureCount == columns else {
      throw .shapeMismatch(
        name: "X", reason: "has \(columns) columns, the earlier fit of the warm start had \(previous.featureCount)")
    }
    guard previous.draws == draws else {
      throw .invalidArgument(
        name: "max_samples",
        reason: "\(draws) rows per tree, the earlier fit of the warm start had \(previous.draws)")
    }
    guard previous.trees.treeCount <= nEstimators else {
      throw .invalidArgument(
        name: "n_estimators",
        reason: "\(nEstimators) is less than the \(previous.trees.treeCount) trees of the warm start")
    }
  }

  private func grow(
    on sample: Buffer<UInt32>, of features: FeatureMatrix, featureCount: Int, maxDepth: Int,
    random: inout RandomStream
  ) throws -> GrownTree {
    switch features {
    case .dense(let matrix) where matrix.dtype == .float32:
      return try IsolationTree.grow(
        DenseIsolationColumns(view: matrix.matrixView(Float.self)), sample: sample, featureCount: featureCount,
        maxDepth: maxDepth, random: &random)
    case .dense(let matrix):
      return try IsolationTree.grow(
        DenseIsolationColumns(view: matrix.matrixView(Double.self)), sample: sample, featureCount: featureCount,
        maxDepth: maxDepth, random: &random)
    case .sparse(let matrix):
      let columns = try SparseIsolationColumns(try TakenRows.take(matrix, UnsafeBufferPointer(sample.elements)))
      let places = try Buffer<UInt32>(count: sample.count)
      for place in 0..<sample.count { places[place] = UInt32(truncatingIfNeeded: place) }
      return try IsolationTree.grow(
        columns, sample: places, featureCount: featureCount, maxDepth: maxDepth, random: &random)
    }
  }

  private func drawCount(_ full: Int, context: FitContext) throws(ApusError) -> Int {
    switch maxSamples {
    case .int(let count):
      guard count >= 1 else { throw .invalidArgument(name: "max_samples", reason: "\(count) is below 1") }
      if count > Int64(full) {
        context.warn(
          .general,
          "max_samples (\(count)) is greater than the total number of samples (\(full)). max_samples will be "
            + "set to n_samples for estimation.")
      }
      return Int(min(count, Int64(full)))
    case .double(let share):
      guard share <= 1 else { throw .invalidArgument(name: "max_samples", reason: "the share \(share) exceeds 1") }
      return max(Int(share * Double(full)), 1)
    default: return min(256, full)
    }
  }

  private func featureCount(of features: Int) throws(ApusError) -> Int {
    switch maxFeatures {
    case .int(let count):
      guard count >= 1, count <= Int64(features) else {
        throw .invalidArgument(name: "max_features", reason: "\(count) is not in 1...\(features)")
      }
      return Int(count)
    case .double(let share):
      guard share <= 1 else { throw .invalidArgument(name: "max_features", reason: "the share \(share) exceeds 1") }
      return max(Int(share * Double(features)), 1)
    default: return features
    }
  }

  public func restore(_ state: ModelState) throws -> any FittedModel {
    try FittedIsolationForest(state, schema: Self.schema)
  }
}

/// The threshold for a share of outliers.
enum IsolationOffset {
  /// The `share` quantile of scores by linear interpolation, every row counted as often as its whole weight says.
  static func percentile(_ scores: NDArray, weights: NDArray?, share: Double) throws -> Double {
    let count = scores.count
    let keys = try Buffer<UInt64>(count: 2 * count)
    let order = try Buffer<UInt32>(count: 2 * count)
    for row in 0..<count {
      keys[row] = ColumnSort.orderedBits(scores.pointer(Double.self)[row])
      order[row] = UInt32(truncatingIfNeeded: row)
    }
    let sorted = ColumnSort.sort(
      keys: keys.pointer, indices: order.pointer, spareKeys: keys.pointer + count, spareIndices: order.pointer + count,
      count: count)
    func weight(_ i: Int) -> Double { weights.map { $0.pointer(Double.self)[Int(sorted.indices[i])] } ?? 1 }
    let total = (0..<count).reduce(0) { $0 + weight($1) }
    /// The score at a place of the sequence in which rows are repeated by their weights.
    func value(at place: Double) -> Double {
      var sum = 0.0
      for i in 0..<count {
        sum += weight(i)
        if sum > place { return ColumnSort.value(orderedBits: sorted.keys[i]) }
      }
      return ColumnSort.value(orderedBits: sorted.keys[count - 1])
    }
    let place = max(share * (total - 1), 0)
    let (low, high) = (value(at: place.rounded(.down)), value(at: place.rounded(.up)))
    withExtendedLifetime((keys, order)) {}
    return low + (high - low) * (place - place.rounded(.down))
  }
}
