import ApusModels
import ApusNumerics

/// Predictions for the training rows by the trees that have not seen them. Breiman 2001, doi:10.1023/A:1010933404324.
enum OutOfBag {
  /// Adds the out-of-bag predictions and their score (over the rows that have one) to `attributes`.
  static func evaluate(
    _ model: FittedTrees, bags: [Buffer<UInt64>], features: FeatureMatrix, targets: NDArray, sampleWeight: NDArray?,
    context: FitContext, into attributes: inout [String: ParameterValue]
  ) throws {
    let trees = model.trees
    let (rows, width) = (features.rows, trees.valueCount)
    let means = try NDArray(zeros: [rows, width])
    let sums = means.pointer(Double.self)
    let counts = try Buffer<Int32>(zeroed: rows)
    try SparseRowBlocks.forEach(features) { block, offset in
      try model.predictor.forEachLeaf(block, range: 0..<trees.treeCount) { tree, start, count, leaves in
        let bag = bags[tree].pointer
        let values = trees.value.pointer + trees.treeOffsets[tree] * width
        for i in 0..<count {
          let row = offset + start + i
          if bag[row >> 6] >> UInt64(row & 63) & 1 != 0 { continue }
          counts[row] += 1
          for k in 0..<width { sums[row * width + k] += values[Int(leaves[i]) * width + k] }
        }
      }
    }
    let weights = try NDArray(zeros: [rows])
    var covered = 0
    for row in 0..<rows {
      let count = Double(counts[row])
      for k in 0..<width { sums[row * width + k] = count > 0 ? sums[row * width + k] / count : .nan }
      weights.pointer(Double.self)[row] = count > 0 ? sampleWeight?.pointer(Double.self)[row] ?? 1 : 0
      covered += count > 0 ? 1 : 0
    }
    if covered < rows {
      context.warn(.data, "oob_score: \(rows - covered) rows were seen by every tree; more trees are needed")
    }
    let isClassifier = !model.classes.isEmpty
    attributes[isClassifier ? "oob_decision_function_" : "oob_prediction_"] = .array(
      width == 1 ? try means.reshaped([rows]) : means)
    guard covered > 0 else { return }
    let scored = try means.copied()
    for i in 0..<scored.count where scored.pointer(Double.self)[i].isNaN { scored.pointer(Double.self)[i] = 0 }
    let score =
      isClassifier
      ? try Scores.accuracy(
        targets: targets, predictions: LabelChoice.labels(scored, classes: model.classes), sampleWeight: weights)
      : try Scores.r2(
        targets: targets, predictions: width == 1 ? scored.reshaped([rows]) : scored, sampleWeight: weights)
    attributes["oob_score_"] = .double(score)
  }
}
