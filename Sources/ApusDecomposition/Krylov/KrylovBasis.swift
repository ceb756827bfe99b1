import ApusNumerics

/// An orthonormal basis that grows by blocks; each vector is a contiguous row of float64.
struct KrylovBasis {
  /// (capacity, length); the first `count` rows are the basis.
  let rows: NDArray
  private(set) var count = 0
  private var stream: RandomStream

  var length: Int { rows.shape[1] }
  var capacity: Int { rows.shape[0] }

  init(capacity: Int, length: Int, seed: UInt64) throws(ApusError) {
    rows = try NDArray(zeros: [capacity, length])
    stream = RandomStream(seed: seed)
  }

  /// The basis vectors number `range`, one a column: (length, range.count).
  func columns(_ range: Range<Int>) throws(ApusError) -> NDArray { try rows.slice(range).transposed }

  /// `count` rows of normal variates.
  mutating func randomRows(_ count: Int) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [count, length], dtype: .float64)
    stream.fillNormal(result.pointer(Double.self), count: count * length)
    return result
  }

  /// Subtracts from the rows of `block` their projections on the basis, twice over; returns the coefficients
  /// (block rows, count).
  func project(_ block: inout NDArray) throws(ApusError) -> NDArray {
    let basis = try rows.slice(0..<count)
    let first = try LinearAlgebra.matmul(block, basis.transposed)
    block = try difference(block, LinearAlgebra.matmul(first, basis))
    let second = try LinearAlgebra.matmul(block, basis.transposed)
    block = try difference(block, LinearAlgebra.matmul(second, basis))
    let (sum, correction) = (first.pointer(Double.self), second.pointer(Double.self))
    for i in 0..<first.count { sum[i] += correction[i] }
    return first
  }

  private func difference(_ a: NDArray, _ b: NDArray) throws(ApusError) -> NDArray {
    let result = try a.copied()
    let (target, source) = (result.pointer(Double.self), b.pointer(Double.self))
    for i in 0..<result.count { target[i] -= source[i] }
    return result
  }

  /// Appends an orthonormal basis of what the rows of `block`, already projected, add to the span; directions that add
  /// nothing are replaced by random ones.
  ///
  /// - Parameter scale: the size against which a remainder counts as nothing.
  /// - Returns: R (rows added, block rows) with block = Rᵀ · (rows added) up to rounding, zero for random directions.
  mutating func append(_ block: NDArray, scale: Double) throws(ApusError) -> NDArray {
    let width = Swift.min(block.shape[0], capacity - count, length - count)
    let block = try block.slice(0..<width)
    let first = try LinearAlgebra.qr(block.transposed)
    let r = try first.r.contiguous()
    let diagonal = r.pointer(Double.self)
    var directions = try first.q.transposed.contiguous()
    let threshold = 1e-13 * scale * Double(length).squareRoot()
    for j in 0..<width where !(diagonal[j * (width + 1)] > threshold) {
      for i in 0..<width { diagonal[j * width + i] = 0 }
      let random = try randomRows(1)
      (directions.pointer(Double.self) + j * length).update(from: random.pointer(Double.self), count: length)
    }
    if count > 0 { _ = try project(&directions) }
    let second = try LinearAlgebra.qr(directions.transposed)
    let target = rows.pointer(Double.self) + count * length
    let q = try second.q.transposed.contiguous()
    target.update(from: q.pointer(Double.self), count: width * length)
    withExtendedLifetime(q) {}
    count += width
    return r
  }

  /// Replaces the basis by `coefficients` · basis, an orthonormal (kept, count) matrix.
  mutating func rotate(_ coefficients: NDArray) throws(ApusError) {
    let rotated = try LinearAlgebra.matmul(coefficients, rows.slice(0..<count))
    rows.pointer(Double.self).update(from: rotated.pointer(Double.self), count: rotated.count)
    withExtendedLifetime(rotated) {}
    count = coefficients.shape[0]
  }
}
