/// Running statistics of the two sides of a split while samples move, one by one, from the right side to the left.
///
/// Every implementation gives the same numbers whatever the order in which samples moved: its sums are exact, because
/// weights and targets lie on a binary grid (see ``BinaryGrid``). Hence a sample of weight 2 counts exactly like two
/// equal samples, and a tree does not depend on the order of the rows.
protocol SplitStatistic {
  /// All samples of the node on the right.
  mutating func reset()
  /// Moves one sample, named by its payload (see ``NodeModel/payload``), to the left.
  mutating func moveLeft(_ payload: UInt32)
  /// Whether samples can be moved together, by the sum of two numbers each.
  static var addsUp: Bool { get }
  /// What a sample adds to such a sum.
  func summand(_ payload: UInt32) -> SIMD2<Double>
  /// Moves samples to the left, named by their sum.
  mutating func moveLeft(sum: SIMD2<Double>)
  var leftWeight: Double { get }
  var rightWeight: Double { get }
  /// What a good split makes large: minus the weighted impurity of both sides, up to a constant of the node.
  /// −∞ when the criterion forbids the split.
  var score: Double { get }
  /// The values both sides would predict, for monotone constraints.
  var sideValues: (left: Double, right: Double) { get }
  /// In how many ways categories can be ordered by what they predict: one for two classes or one output, else one for each.
  var orderCount: Int { get }
  /// What the left side predicts, for ordering categories in one of these ways.
  func leftValue(_ order: Int) -> Double
}

extension SplitStatistic {
  static var addsUp: Bool { false }
  func summand(_ payload: UInt32) -> SIMD2<Double> { SIMD2() }
  mutating func moveLeft(sum: SIMD2<Double>) {}
  var orderCount: Int { 1 }
  func leftValue(_ order: Int) -> Double { sideValues.left }
}

/// The targets of a fit under one criterion: loads nodes, measures them and starts split statistics.
protocol NodeModel {
  associatedtype Statistic: SplitStatistic
  /// Numbers per node in the tree: the classes of all outputs, or the outputs.
  var valueCount: Int { get }
  /// Makes the given samples the current node. O(count · outputs).
  mutating func load(samples: UnsafePointer<UInt32>, count: Int)
  /// One word for each sample of the current node, in the order they were loaded.
  var payload: UnsafePointer<UInt32> { get }
  /// Statistics of the current node, all samples on the right.
  var statistic: Statistic { get }
  /// Weight of the current node.
  var weight: Double { get }
  /// Impurity of the current node, per unit of weight.
  var impurity: Double { get }
  /// ``SplitStatistic/score`` of the node left whole: a split improves on it by the difference.
  var score: Double { get }
  /// Turns a difference of scores into a decrease of weight · impurity.
  var scoreUnit: Double { get }
  /// Writes the node's values.
  mutating func writeValue(to target: UnsafeMutablePointer<Double>)
  /// Clips the written value to the bounds of a monotone constraint.
  func clipValue(_ target: UnsafeMutablePointer<Double>, to bounds: ClosedRange<Double>)
}
