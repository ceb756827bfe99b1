import ApusNumerics
import RealModule

/// How p-values of many tests are adjusted.
public enum MultipleTestingMethod: String, CaseIterable, Sendable {
  /// p · m: controls the family-wise error.
  case bonferroni
  /// Step-down Bonferroni (S. Holm, Scand. J. Stat. 6 (1979) 65–70).
  case holm
  /// False discovery rate under independence (Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995) 289–300).
  case benjaminiHochberg = "fdr_bh"
  /// False discovery rate under any dependence (Y. Benjamini, D. Yekutieli, Ann. Stat. 29 (2001) 1165–1188).
  case benjaminiYekutieli = "fdr_by"
}

extension HypothesisTests {
  /// Adjusted p-values, comparable with the error rate that is wanted.
  ///
  /// - Parameter pValues: in [0, 1], of any shape.
  /// - Returns: float64 of the same shape.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` naming the first value outside [0, 1].
  /// - Complexity: O(m log m).
  public static func adjustPValues(
    _ pValues: NDArray, method: MultipleTestingMethod = .benjaminiHochberg
  ) throws(ApusError) -> NDArray {
    let source = try pValues.converted(to: .float64, name: "ps")
    let p = UnsafeBufferPointer(start: UnsafePointer(source.pointer(Double.self)), count: source.count)
    for (i, value) in p.enumerated() where !(value >= 0 && value <= 1) {
      throw .invalidArgument(name: "ps", reason: "element \(i) is \(value), p-values lie in [0, 1]")
    }
    let result = try NDArray(uninitialized: pValues.shape, dtype: .float64)
    let adjusted = result.pointer(Double.self)
    let count = p.count
    let m = Double(count)
    switch method {
    case .bonferroni:
      for i in 0..<count { adjusted[i] = Swift.min(1, p[i] * m) }
    case .holm:
      let order = try Ranks.order(p)
      var largest = 0.0
      for k in 0..<count {
        largest = Swift.max(largest, Swift.min(1, p[order[k]] * (m - Double(k))))
        adjusted[order[k]] = largest
      }
    case .benjaminiHochberg, .benjaminiYekutieli:
      let order = try Ranks.order(p)
      let factor =
        method == .benjaminiYekutieli ? stride(from: 1, through: count, by: 1).reduce(0.0) { $0 + 1 / Double($1) } : 1
      var smallest = 1.0
      for k in stride(from: count - 1, through: 0, by: -1) {
        smallest = Swift.min(smallest, p[order[k]] * factor * m / Double(k + 1))
        adjusted[order[k]] = smallest
      }
    }
    return result
  }
}
