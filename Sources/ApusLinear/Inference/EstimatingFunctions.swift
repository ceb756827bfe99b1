import ApusNumerics

/// The estimating functions of all rows, of whatever model, and the sums over them that robust covariances are made of.
struct EstimatingFunctions {
  let rows: Int
  let size: Int
  /// (rows, size) row-major.
  let values: Buffer<Double>

  /// Γ₀ + Σₗ (1 − l / (L + 1)) (Γₗ + Γₗᵀ) with Γₗ = Σₜ uₜ uₜ₋ₗᵀ (Bartlett's kernel): (size, size).
  func autocorrelated(lag: Int) throws(ApusError) -> Buffer<Double> {
    let (u, count) = (values, Swift.max(1, size * size))
    let result = try Buffer<Double>(zeroed: count)
    let product = try Buffer<Double>(zeroed: count)
    for l in 0...Swift.max(0, lag) {
      try BLAS.gemm(
        transB: true, m: size, n: size, k: rows - l, a: u.pointer + l * size, lda: size, b: u.pointer, ldb: size,
        c: product.pointer, ldc: size)
      let weight = 1 - Double(l) / Double(lag + 1)
      for i in 0..<size {
        for j in 0..<size {
          let entry = product[i * size + j]
          result[i * size + j] += l == 0 ? entry : weight * (entry + product[j * size + i])
        }
      }
    }
    withExtendedLifetime(u) {}
    return result
  }

  /// Σ over groups of (Σ uᵢ)(Σ uᵢ)ᵀ, (size, size), and the number of groups.
  func clustered(_ groups: NDArray) throws(ApusError) -> (matrix: Buffer<Double>, groupCount: Int) {
    let (codes, count) = try EstimatingFunctions.codes(groups)
    guard count >= 2 else {
      throw .invalidArgument(name: "groups", reason: "hold 1 group; cov_type='cluster' needs at least 2")
    }
    let sums = try Buffer<Double>(zeroed: Swift.max(1, count * size))
    for row in 0..<rows {
      let (target, own) = (sums.pointer + codes[row] * size, values.pointer + row * size)
      for k in 0..<size { target[k] += own[k] }
    }
    let result = try Buffer<Double>(zeroed: Swift.max(1, size * size))
    try BLAS.syrk(
      lower: true, trans: false, n: size, k: count, a: sums.pointer, lda: size, c: result.pointer, ldc: size)
    BLAS.mirror(n: size, lower: true, c: result.pointer, ldc: size)
    withExtendedLifetime(sums) {}
    return (result, count)
  }

  /// For every row the number of its group, groups in ascending order.
  private static func codes(_ groups: NDArray) throws(ApusError) -> (Buffer<Int>, Int) {
    let values = try groups.converted(to: .float64, name: "groups")
    try FiniteCheck.requireFinite(values, name: "groups")
    let (rows, source) = (values.count, values.pointer(Double.self))
    let sorted = try Buffer<Double>(count: rows)
    sorted.pointer.update(from: source, count: rows)
    var elements = sorted.elements
    elements.sort()
    var distinct = 0
    for row in 0..<rows where row == 0 || sorted[row] != sorted[distinct - 1] {
      sorted[distinct] = sorted[row]
      distinct += 1
    }
    let codes = try Buffer<Int>(count: rows)
    for row in 0..<rows {
      var (low, high) = (0, distinct - 1)
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle] < source[row] { low = middle + 1 } else { high = middle }
      }
      codes[row] = low
    }
    withExtendedLifetime(values) {}
    return (codes, distinct)
  }
}
