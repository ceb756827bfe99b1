import ApusNumerics

/// How much a fitted model's score falls when one feature's values are shuffled among the rows, for any model that has a
/// score.
///
/// Breiman 2001, "Random forests", Machine Learning 45:5–32, section 10, doi:10.1023/A:1010933404324; Fisher, Rudin,
/// Dominici 2019, JMLR 20(177), "model reliance".
public enum PermutationImportance {
  /// Shuffles every feature `repeats` times.
  ///
  /// Shuffle r of feature j comes from random stream `j · repeats + r`, so a result does not depend on the others.
  ///
  /// - Parameters:
  ///   - features: (rows, columns); sparse ones are made dense.
  ///   - repeats: at least 1.
  /// - Returns: the score on the data as given, and the falls from it, (columns, repeats).
  /// - Complexity: columns · repeats predictions.
  public static func compute(
    _ model: any FittedModel, _ features: FeatureMatrix, _ targets: NDArray, sampleWeight: NDArray? = nil,
    repeats: Int = 5, seed: UInt64 = 0, context: FitContext = FitContext()
  ) throws -> (baseline: Double, importances: NDArray) {
    guard (1...1_000_000).contains(repeats) else {
      throw ApusError.invalidArgument(name: "n_repeats", reason: "\(repeats) is not in 1...1000000")
    }
    let baseline = try model.score(features, targets, sampleWeight: sampleWeight, context: context)
    let matrix: NDArray
    switch features {
    case .dense(let array): matrix = try array.copied()
    case .sparse(let array): matrix = try array.dense()
    }
    let (rows, columns, size) = (matrix.shape[0], matrix.shape[1], matrix.dtype.stride)
    let result = try NDArray(uninitialized: [columns, repeats], dtype: .float64)
    let order = try Buffer<Int32>(count: rows)
    let original = try Buffer<UInt8>(count: try checkedCount([rows], stride: size))
    let saved = UnsafeMutableRawPointer(original.pointer)
    for column in 0..<columns {
      let start = matrix.data + column * size
      for row in 0..<rows { (saved + row * size).copyMemory(from: start + row * columns * size, byteCount: size) }
      for turn in 0..<repeats {
        let place = column * repeats + turn
        try context.checkpoint("features", Double(place) / Double(columns * repeats))
        for row in 0..<rows { order[row] = Int32(truncatingIfNeeded: row) }
        var random = RandomStream(seed: seed, index: UInt64(place))
        random.shuffle(order.pointer, count: rows)
        for row in 0..<rows {
          (start + row * columns * size).copyMemory(from: saved + Int(order[row]) * size, byteCount: size)
        }
        let score = try model.score(.dense(matrix), targets, sampleWeight: sampleWeight, context: context)
        result.pointer(Double.self)[place] = baseline - score
      }
      for row in 0..<rows { (start + row * columns * size).copyMemory(from: saved + row * size, byteCount: size) }
    }
    return (baseline, result)
  }
}
