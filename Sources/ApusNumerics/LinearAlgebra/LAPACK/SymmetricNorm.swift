/// Norms of symmetric matrices of which one triangle is stored.
package enum SymmetricNorm {
  /// ‖A‖₁ = max over columns of Σ |aᵢⱼ|, from one triangle of the n × n column-major `a`.
  ///
  /// - Complexity: O(n²), each stored element read once for its own column and once for its mirror image.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func one<T: LinearAlgebraScalar>(lower: Bool, n: Int, a: UnsafePointer<T>, lda: Int) -> T {
    var norm: T = 0
    for j in 0..<n {
      var sum: T = 0
      for i in 0..<n {
        let isStored = lower ? i >= j : i <= j
        sum += (isStored ? a[i &+ j &* lda] : a[j &+ i &* lda]).magnitude
      }
      norm = Swift.max(norm, sum)
    }
    return norm
  }
}
