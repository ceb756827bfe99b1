import ApusNumerics

/// Shapley values of one row under the path-dependent expectation: where a feature is unknown, a node passes the row to
/// both children by their shares of the training weight (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
///
/// A leaf's part of the game is a product over the different features on its path: `o_j` (0 or 1: whether the row passes
/// all tests on feature j) where j is known, `z_j` (the product of the shares) where it is not. By Owen's multilinear
/// extension (1972, doi:10.1287/mnsc.18.5.64) its Shapley value is
///
///     φ_i = v (o_i − z_i) ∫₀¹ Π_{j≠i} (z_j + t (o_j − z_j)) dt,
///
/// a polynomial that Gauss–Legendre quadrature with half as many points as features integrates exactly. The products are
/// extended on the way down and the leaves' sums collected on the way up, as in Linear TreeSHAP (Yu et al. 2022,
/// arXiv:2209.08192): O(nodes · points · outputs) a row, and no subtraction of nearly equal numbers.
struct PathShapley {
  private let model: AdditiveTrees
  private let shares: UnsafePointer<Double>
  private let rule: GaussLegendre
  // One entry per level of the current path; level 0 is the root.
  private let nodes: Buffer<Int>
  private let stages: Buffer<UInt8>
  private let features: Buffer<Int32>
  /// The level above at which the same feature was asked last; 0 for none.
  private let earlier: Buffer<Int32>
  private let known: Buffer<Double>
  private let unknown: Buffer<Double>
  // `rule.count` numbers per level.
  /// `z + t (o − z)` of the level's feature.
  private let factors: Buffer<Double>
  /// `w (o − z) / factor`.
  private let slopes: Buffer<Double>
  private let products: Buffer<Double>
  /// Leaves below, `width · rule.count` numbers per level.
  private let sums: Buffer<Double>
  /// The deepest level that asks a feature; 0 for none.
  private let lastLevel: Buffer<Int32>

  /// - Parameter shares: ``AdditiveTrees/coverShares()``; must outlive this.
  init(_ model: AdditiveTrees, shares: UnsafePointer<Double>, rule: GaussLegendre) throws(ApusError) {
    self.model = model
    self.shares = shares
    self.rule = rule
    let levels = model.depthLimit() + 1
    nodes = try Buffer(count: levels)
    stages = try Buffer(count: levels)
    features = try Buffer(count: levels)
    earlier = try Buffer(count: levels)
    known = try Buffer(count: levels)
    unknown = try Buffer(count: levels)
    let points = try checkedCount([levels, rule.count], stride: 1)
    factors = try Buffer(count: points)
    slopes = try Buffer(count: points)
    products = try Buffer(count: points)
    sums = try Buffer(count: try checkedCount([points, model.width], stride: 1))
    lastLevel = try Buffer(zeroed: model.trees.featureCount)
  }

  /// Adds the Shapley values of all trees.
  ///
  /// - Parameters:
  ///   - row: the features as float64.
  ///   - values: (features, outputs), added to.
  ///   - pairs: (features, features, outputs) of interaction values, added to off the diagonal in both triangles; nil when
  ///     not wanted.
  func add(row: UnsafePointer<Double>, to values: UnsafeMutablePointer<Double>, pairs: UnsafeMutablePointer<Double>?) {
    for tree in 0..<model.trees.treeCount { add(tree: tree, row: row, to: values, pairs: pairs) }
  }

  private func add(
    tree: Int, row: UnsafePointer<Double>, to values: UnsafeMutablePointer<Double>,
    pairs: UnsafeMutablePointer<Double>?
  ) {
    let trees = model.trees
    let base = trees.treeOffsets[tree]
    let (points, width) = (rule.count, model.width)
    let target = values + model.firstOutput(tree: tree)
    nodes[0] = base
    stages[0] = 0
    products.pointer.update(repeating: 1, count: points)
    var level = 0
    while true {
      let node = nodes[level]
      let left = Int(trees.left[node])
      let stage = stages[level]
      let sum = sums.pointer + level &* points &* width
      if left < 0 {
        let product = products.pointer + level &* points
        for k in 0..<width {
          let value = trees.value.pointer[node &* width &+ k] * model.factor
          for q in 0..<points { sum[k &* points &+ q] = value * product[q] }
        }
        if let pairs { addPairs(level: level, node: node, to: pairs + model.firstOutput(tree: tree)) }
      } else if stage < 2 {
        if stage == 0 { sum.update(repeating: 0, count: points &* width) }
        stages[level] = stage &+ 1
        let child = base &+ left &+ Int(stage)
        if descend(from: node, to: child, passes: model.goesLeft(node, row) == (stage == 0), level: level) {
          level += 1
        }
        continue
      }
      if level == 0 { return }
      collect(level, to: target)
      level -= 1
    }
  }

  /// Puts a child on the path; false when nothing reaches it whatever is known.
  private func descend(from node: Int, to child: Int, passes: Bool, level parent: Int) -> Bool {
    let feature = model.trees.feature[node]
    let before = Int(lastLevel[Int(feature)])
    var (o, z) = (passes ? 1.0 : 0, shares[child])
    if before > 0 {
      o *= known[before]
      z *= unknown[before]
    }
    if o == 0 && z == 0 { return false }
    let (level, points) = (parent &+ 1, rule.count)
    nodes[level] = child
    stages[level] = 0
    features[level] = feature
    earlier[level] = Int32(truncatingIfNeeded: before)
    known[level] = o
    unknown[level] = z
    lastLevel[Int(feature)] = Int32(truncatingIfNeeded: level)
    let (factor, slope) = (factors.pointer + level &* points, slopes.pointer + level &* points)
    let (product, above) = (products.pointer + level &* points, products.pointer + parent &* points)
    let (t, w) = (rule.nodes.pointer, rule.weights.pointer)
    for q in 0..<points {
      let f = z + t[q] * (o - z)
      factor[q] = f
      slope[q] = w[q] * (o - z) / f
    }
    if before > 0 {
      let old = factors.pointer + before &* points
      for q in 0..<points { product[q] = above[q] * (factor[q] / old[q]) }
    } else {
      for q in 0..<points { product[q] = above[q] * factor[q] }
    }
    return true
  }

  /// Leaves a level: its feature gets its part of the sums, and the level above gets the sums.
  private func collect(_ level: Int, to target: UnsafeMutablePointer<Double>) {
    let (points, width) = (rule.count, model.width)
    let feature = Int(features[level])
    let before = Int(earlier[level])
    let sum = sums.pointer + level &* points &* width
    let parent = sums.pointer + (level &- 1) &* points &* width
    let slope = slopes.pointer + level &* points
    let value = target + feature &* model.outputs
    for k in 0..<width {
      let own = sum + k &* points
      var total = 0.0
      if before > 0 {
        // The earlier test on this feature will count these leaves too, with its own slope.
        let old = slopes.pointer + before &* points
        for q in 0..<points { total += (slope[q] - old[q]) * own[q] }
      } else {
        for q in 0..<points { total += slope[q] * own[q] }
      }
      value[k] += total
      let above = parent + k &* points
      for q in 0..<points { above[q] += own[q] }
    }
    lastLevel[feature] = earlier[level]
  }

  /// A leaf's part of the interaction values: `½ v (o_i − z_i)(o_j − z_j) ∫ Π_{k≠i,j}`, for every pair on its path.
  private func addPairs(level leaf: Int, node: Int, to pairs: UnsafeMutablePointer<Double>) {
    let (points, width, outputs) = (rule.count, model.width, model.outputs)
    let featureCount = model.trees.featureCount
    let (product, w) = (products.pointer + leaf &* points, rule.weights.pointer)
    for a in 1..<max(leaf &+ 1, 1) where Int(lastLevel[Int(features[a])]) == a {
      let first = slopes.pointer + a &* points
      for b in (a &+ 1)..<max(leaf &+ 1, a &+ 1) where Int(lastLevel[Int(features[b])]) == b {
        let second = slopes.pointer + b &* points
        var sum = 0.0
        for q in 0..<points { sum += first[q] * second[q] / w[q] * product[q] }
        let (i, j) = (Int(features[a]), Int(features[b]))
        for k in 0..<width {
          let part = sum * model.trees.value.pointer[node &* width &+ k] * model.factor / 2
          pairs[(i &* featureCount &+ j) &* outputs &+ k] += part
          pairs[(j &* featureCount &+ i) &* outputs &+ k] += part
        }
      }
    }
  }
}
