import ApusModels
import ApusNumerics

/// The parameters that say how single trees grow, shared by trees and forests.
public struct TreeGrowthParameters: Sendable {
  /// Name of the impurity; the permitted names depend on the task.
  public var criterion: String
  public var maxDepth: Int?
  public var minSamplesSplit: ParameterValue = .int(2)
  public var minSamplesLeaf: ParameterValue = .int(1)
  public var minWeightFractionLeaf = 0.0
  public var maxFeatures: ParameterValue
  public var maxLeafNodes: Int?
  public var minImpurityDecrease = 0.0
  public var ccpAlpha = 0.0
  public var monotonicCst: NDArray?
  public var categoricalFeatures: ParameterValue = .none
  public var maxBins: Int?
  public var randomState: UInt64?
  /// Thresholds drawn at random. Not a parameter of its own: trees have `splitter`, forests have kinds.
  public var randomThresholds: Bool

  public init(criterion: String, maxFeatures: ParameterValue = .none, randomThresholds: Bool = false) {
    self.criterion = criterion
    self.maxFeatures = maxFeatures
    self.randomThresholds = randomThresholds
  }

  /// Counts and limits for a given training set.
  func options(rows: Int, features: Int, totalWeight: Double) throws(ApusError) -> GrowthOptions {
    var options = GrowthOptions()
    if let maxDepth { options.maxDepth = maxDepth }
    options.maxLeafNodes = maxLeafNodes
    options.minSamplesSplit = try rowCount(minSamplesSplit, "min_samples_split", atLeast: 2, of: rows)
    options.minSamplesLeaf = try rowCount(minSamplesLeaf, "min_samples_leaf", atLeast: 1, of: rows)
    options.minWeightLeaf = minWeightFractionLeaf * totalWeight
    options.minImpurityDecrease = minImpurityDecrease
    options.maxFeatures = try featureCount(of: features)
    options.randomThresholds = randomThresholds
    options.monotone = try monotone(features: features)
    options.categorical = try CategoricalFeatures.flags(categoricalFeatures, features: features)
    for feature in options.categorical.indices where options.categorical[feature] && !options.monotone.isEmpty {
      guard options.monotone[feature] == 0 else {
        throw .invalidArgument(
          name: "monotonic_cst", reason: "feature \(feature) is categorical and cannot be constrained")
      }
    }
    return options
  }

  /// A number of rows, or a share of them, as a number. At most one more than there are: beyond it nothing can be split, and
  /// no product of the limit may overflow.
  private func rowCount(
    _ value: ParameterValue, _ name: String, atLeast least: Int, of rows: Int
  ) throws(ApusError) -> Int {
    switch value {
    case .double(let share):
      guard share > 0, share <= 1 else {
        throw .invalidArgument(name: name, reason: "the share \(share) is not in (0, 1]")
      }
      return max(least, Int((share * Double(rows)).rounded(.up)))
    case .int(let count):
      guard count >= least else { throw .invalidArgument(name: name, reason: "\(count) is below \(least)") }
      return Int(min(count, Int64(rows) + 1))
    default: return least
    }
  }

  /// `max_features` as a count: a count, a share, `sqrt`, `log2`, or all.
  func featureCount(of features: Int) throws(ApusError) -> Int {
    switch maxFeatures {
    case .int(let count):
      guard count >= 1 else { throw .invalidArgument(name: "max_features", reason: "\(count) is below 1") }
      return Int(min(count, Int64(features)))
    case .double(let share):
      guard share > 0, share <= 1 else {
        throw .invalidArgument(name: "max_features", reason: "the share \(share) is not in (0, 1]")
      }
      return max(1, Int(share * Double(features)))
    case .string(let rule):
      if rule == "log2" { return max(1, Int.bitWidth - 1 - features.leadingZeroBitCount) }
      return max(1, Int(Double(features).squareRoot()))
    default: return features
    }
  }

  func monotone(features: Int) throws(ApusError) -> [Int8] {
    guard let monotonicCst else { return [] }
    let numbers = try monotonicCst.converted(to: .float64, name: "monotonic_cst")
    guard numbers.rank == 1, numbers.count == features else {
      throw .shapeMismatch(
        name: "monotonic_cst", reason: "has shape \(numbers.shape), X has \(features) features")
    }
    let pointer = numbers.pointer(Double.self)
    var directions: [Int8] = []
    for feature in 0..<features {
      guard [-1, 0, 1].contains(pointer[feature]) else {
        throw .invalidArgument(
          name: "monotonic_cst", reason: "element \(feature) is \(pointer[feature]), allowed are -1, 0 and 1")
      }
      directions.append(Int8(pointer[feature]))
    }
    return directions.contains { $0 != 0 } ? directions : []
  }
}

extension GrowsTrees {
  /// The schema of ``TreeGrowthParameters``.
  static func growthParameters(_ role: EstimatorRole) -> [Parameter] {
    let isClassifier = role == .classifier
    let criteria: [Criterion] =
      isClassifier ? [.gini, .entropy, .logLoss] : [.squaredError, .friedmanMSE, .absoluteError, .poisson]
    let monotone = isClassifier ? "the probability of the second class" : "the prediction"
    return [
      Parameter(
        "criterion", \Self.growth.criterion, choices: criteria.map(\.rawValue),
        doc: "Impurity that splits reduce: \(criteria.map(\.rawValue).joined(separator: ", "))."),
      Parameter(
        "max_depth", \Self.growth.maxDepth, range: .atLeast(1),
        doc: "Depth of the deepest leaf; larger fits finer, None grows until leaves are pure."),
      Parameter(
        "min_samples_split", \Self.growth.minSamplesSplit, types: [.int, .double], range: .greaterThan(0),
        doc: "Fewest rows a node needs to be split: a count of at least 2, or a share of the rows; larger is smoother."),
      Parameter(
        "min_samples_leaf", \Self.growth.minSamplesLeaf, types: [.int, .double], range: .greaterThan(0),
        doc: "Fewest rows in a leaf: a count, or a share of the rows; larger is smoother."),
      Parameter(
        "min_weight_fraction_leaf", \Self.growth.minWeightFractionLeaf, range: .closed(0, 0.5),
        doc: "Least share of the total sample weight in a leaf."),
      Parameter(
        "max_features", \Self.growth.maxFeatures, types: [.none, .int, .double, .string], choices: ["sqrt", "log2"],
        doc: "Features drawn per split: a count, a share, 'sqrt', 'log2', or None for all; fewer decorrelates trees."),
      Parameter(
        "max_leaf_nodes", \Self.growth.maxLeafNodes, range: .atLeast(2),
        doc: "Grow best-first up to this many leaves; None for no limit."),
      Parameter(
        "min_impurity_decrease", \Self.growth.minImpurityDecrease, range: .atLeast(0),
        doc: "Least decrease of weighted impurity a split must bring."),
      Parameter(
        "ccp_alpha", \Self.growth.ccpAlpha, range: .atLeast(0),
        doc: "Cost-complexity pruning: the price of a leaf in units of impurity; larger prunes more."),
      Parameter(
        "monotonic_cst", \Self.growth.monotonicCst, range: .closed(-1, 1),
        doc: "-1, 0 or 1 per feature: \(monotone) must fall, is free, or must rise with it."),
      Parameter(
        "categorical_features", \Self.growth.categoricalFeatures, types: [.none, .string, .array],
        choices: [CategoricalFeatures.fromType], doc: CategoricalFeatures.doc),
      Parameter(
        "max_bins", \Self.growth.maxBins, range: .atLeast(2),
        doc:
          "Quantile bins per feature for an approximate, faster search in nodes with at least 32 rows a bin; smaller nodes, "
          + "and None, search every threshold."),
      Parameter(
        "random_state", \Self.growth.randomState,
        doc: "Seed, 0 when None; the result does not depend on the number of threads."),
    ]
  }
}
