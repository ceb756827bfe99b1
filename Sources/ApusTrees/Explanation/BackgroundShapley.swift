import ApusNumerics

/// Shapley values of one row against one background row: an unknown feature takes the background's value
/// (interventional expectation; Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9, algorithm 3).
///
/// A leaf is reached by exactly those coalitions that contain all of the a features on its path where only the row passes
/// and none of the c where only the background does. Its part is `v (a − 1)! c! / (a + c)!` for each of the former and
/// `−v a! (c − 1)! / (a + c)!` for each of the latter.
struct BackgroundShapley {
  private enum Owner {
    static let none: UInt8 = 0
    static let row: UInt8 = 1
    static let background: UInt8 = 2
  }

  private let model: AdditiveTrees
  /// `a! c! / (a + c + 1)! = ∫ t^a (1 − t)^c dt` at `a · stride + c`.
  private let betas: Buffer<Double>
  private let stride: Int
  /// Who decides a feature on the current path.
  private let owners: Buffer<UInt8>
  // One entry per feature on which the path had to choose.
  private let branches: Buffer<Int>
  private let chosen: Buffer<Int32>

  init(_ model: AdditiveTrees) throws(ApusError) {
    self.model = model
    let limit = model.pathLimit()
    stride = limit + 1
    betas = try Buffer(count: try checkedCount([stride, stride], stride: 1))
    for c in 0..<stride {
      betas[c] = 1 / Double(c + 1)
      for a in 1..<max(stride, 1) {
        betas[a * stride + c] = betas[(a - 1) * stride + c] * Double(a) / Double(a + c + 1)
      }
    }
    owners = try Buffer(zeroed: model.trees.featureCount)
    branches = try Buffer(count: limit + 1)
    chosen = try Buffer(count: limit + 1)
  }

  /// Adds `scale` times the Shapley values of all trees; parameters as in ``PathShapley/add(row:to:pairs:)``.
  func add(
    row: UnsafePointer<Double>, background: UnsafePointer<Double>, scale: Double,
    to values: UnsafeMutablePointer<Double>, pairs: UnsafeMutablePointer<Double>?
  ) {
    for tree in 0..<model.trees.treeCount {
      let output = model.firstOutput(tree: tree)
      walk(tree, row, background, scale * model.factor, values + output, pairs.map { $0 + output })
    }
  }

  private func walk(
    _ tree: Int, _ row: UnsafePointer<Double>, _ background: UnsafePointer<Double>, _ scale: Double,
    _ values: UnsafeMutablePointer<Double>, _ pairs: UnsafeMutablePointer<Double>?
  ) {
    let trees = model.trees
    let base = trees.treeOffsets[tree]
    var (node, level, byRow) = (base, 0, 0)
    while true {
      let left = Int(trees.left[node])
      if left >= 0 {
        let feature = Int(trees.feature[node])
        let (x, b) = (model.goesLeft(node, row), model.goesLeft(node, background))
        var goesLeft = x
        if x != b {
          if owners[feature] == Owner.none {
            branches[level] = node
            chosen[level] = Int32(truncatingIfNeeded: feature)
            owners[feature] = Owner.row
            level += 1
            byRow += 1
          } else if owners[feature] == Owner.background {
            goesLeft = b
          }
        }
        node = base &+ left &+ (goesLeft ? 0 : 1)
        continue
      }
      if level > 0 { addLeaf(node, level, byRow, scale, values, pairs) }
      // Back to the last choice made for the row, which the background now makes.
      while level > 0, owners[Int(chosen[level - 1])] == Owner.background {
        level -= 1
        owners[Int(chosen[level])] = Owner.none
      }
      if level == 0 { return }
      owners[Int(chosen[level - 1])] = Owner.background
      byRow -= 1
      node = branches[level - 1]
      node = base &+ Int(trees.left[node]) &+ (model.goesLeft(node, background) ? 0 : 1)
    }
  }

  private func addLeaf(
    _ node: Int, _ level: Int, _ byRow: Int, _ scale: Double, _ values: UnsafeMutablePointer<Double>,
    _ pairs: UnsafeMutablePointer<Double>?
  ) {
    let (width, outputs) = (model.width, model.outputs)
    let (a, c) = (byRow, level - byRow)
    let value = model.trees.value.pointer + node &* width
    for i in 0..<level {
      let feature = Int(chosen[i])
      let isRow = owners[feature] == Owner.row
      let weight = isRow ? betas[(a - 1) * stride + c] : -betas[a * stride + c - 1]
      for k in 0..<width { values[feature &* outputs &+ k] += scale * weight * value[k] }
    }
    guard let pairs, level > 1 else { return }
    let features = model.trees.featureCount
    for i in 0..<level {
      for j in (i + 1)..<max(level, i + 1) {
        let (f, g) = (Int(chosen[i]), Int(chosen[j]))
        let weight =
          switch (owners[f] == Owner.row, owners[g] == Owner.row) {
          case (true, true): betas[(a - 2) * stride + c]
          case (false, false): betas[a * stride + c - 2]
          default: -betas[(a - 1) * stride + c - 1]
          }
        for k in 0..<width {
          let part = scale * weight * value[k] / 2
          pairs[(f &* features &+ g) &* outputs &+ k] += part
          pairs[(g &* features &+ f) &* outputs &+ k] += part
        }
      }
    }
  }
}
