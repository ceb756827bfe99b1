import ApusNumerics
import RealModule

/// The log-likelihood of a multinomial logistic model with its first and second derivatives, in one pass over the rows.
///
/// Rows are cut into parts fixed by the problem, and the sums of the parts are added in order.
final class MultinomialDerivatives {
  private let data: LogisticData
  private let scores: OrthonormalScores
  private let equations: Int
  private let size: Int
  private let parts: Int
  /// Of every part: log-likelihood, gradient, information.
  private let sums: Buffer<Double>
  /// Of every part: probabilities, and weighted coordinates, of a block of rows.
  private let scratch: Buffer<Double>
  private(set) var logLikelihood = 0.0
  /// (equations, coordinates).
  let gradient: Buffer<Double>
  /// Minus the second derivatives, (equations · coordinates)², symmetric.
  let information: Buffer<Double>

  /// Most numbers in the sums of all parts.
  private static let largestSums = 1 << 23

  private var count: Int { equations * size }
  private var sumCount: Int { 1 + count + count * count }
  private var scratchCount: Int { OrthonormalScores.blockRows * (equations + size) }

  init(_ newton: MultinomialNewton) throws(ApusError) {
    (data, scores) = (newton.data, newton.scores)
    (equations, size) = (newton.equations, newton.scores.basis.size)
    let count = newton.count
    let room = 1 + count + count * count
    parts = Swift.max(
      1, Swift.min(16, newton.data.rows * count * count >> 18, MultinomialDerivatives.largestSums / room))
    sums = try Buffer<Double>(count: parts * room)
    scratch = try Buffer<Double>(
      count: parts * OrthonormalScores.blockRows * (newton.equations + newton.scores.basis.size))
    gradient = try Buffer<Double>(count: count)
    information = try Buffer<Double>(count: count * count)
  }

  /// Computes them at `coordinates`, (equations, coordinates).
  func evaluate(_ coordinates: UnsafePointer<Double>) throws(ApusError) {
    let (count, sumCount, base, scratchBase) = (count, sumCount, sums.pointer, scratch.pointer)
    for index in 0..<parts * sumCount { base[index] = 0 }
    try scores.forEachBlock(parts: parts) { part, rows, q in
      let own = base + part * sumCount
      let probabilities = scratchBase + part * scratchCount
      own[0] += addGradient(rows, q, coordinates, probabilities, own + 1)
      addInformation(
        rows, q, probabilities, probabilities + OrthonormalScores.blockRows * equations, own + 1 + count)
    }
    logLikelihood = 0
    for index in 0..<count { gradient[index] = 0 }
    for index in 0..<count * count { information[index] = 0 }
    for part in 0..<parts {
      let own = base + part * sumCount
      logLikelihood += own[0]
      for index in 0..<count { gradient.pointer[index] += own[1 + index] }
      for index in 0..<count * count { information.pointer[index] += own[1 + count + index] }
    }
    BLAS.mirror(n: count, lower: true, c: information.pointer, ldc: count)
  }

  /// Adds Σ w (y − p) qᵀ over a block; writes its probabilities, (rows, equations), and returns its log-likelihood.
  private func addGradient(
    _ rows: Range<Int>, _ q: UnsafePointer<Double>, _ coordinates: UnsafePointer<Double>,
    _ probabilities: UnsafeMutablePointer<Double>, _ gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    let (codes, weights) = (data.codes, data.weights.pointer)
    var sum = 0.0
    for row in rows {
      let index = row &- rows.lowerBound
      let (own, p, weight) = (q + index &* size, probabilities + index &* equations, weights[row])
      let label = Int(codes[row]) &- 1
      let likelihood = MultinomialDerivatives.probabilities(own, size, coordinates, equations, label: label, into: p)
      if weight > 0 { sum += weight * likelihood }
      for k in 0..<equations {
        let residual = weight * ((k == label ? 1 : 0) - p[k])
        let target = gradient + k &* size
        for j in 0..<size { target[j] += residual * own[j] }
      }
    }
    return sum
  }

  /// Writes the probabilities of the classes but the first for the row with coordinates `q`; returns the logarithm of that
  /// of class `label`, −1 being the first.
  @inline(__always)
  static func probabilities(
    _ q: UnsafePointer<Double>, _ size: Int, _ coordinates: UnsafePointer<Double>, _ equations: Int, label: Int,
    into p: UnsafeMutablePointer<Double>
  ) -> Double {
    var largest = 0.0
    for k in 0..<equations {
      p[k] = RowProducts.dot(coordinates + k &* size, q, size)
      largest = Swift.max(largest, p[k])
    }
    let chosen = label < 0 ? 0 : p[label]
    var total = Double.exp(-largest)
    for k in 0..<equations {
      p[k] = Double.exp(p[k] - largest)
      total += p[k]
    }
    for k in 0..<equations { p[k] /= total }
    return chosen - largest - Double.log(total)
  }

  /// Adds Σ w p_a (δ_ab − p_b) q qᵀ over a block for all pairs a ≤ b of equations.
  private func addInformation(
    _ rows: Range<Int>, _ q: UnsafePointer<Double>, _ probabilities: UnsafePointer<Double>,
    _ weighted: UnsafeMutablePointer<Double>, _ information: UnsafeMutablePointer<Double>
  ) {
    let weights = data.weights.pointer
    for a in 0..<equations {
      for b in a..<equations {
        for row in rows {
          let index = row &- rows.lowerBound
          let p = probabilities + index &* equations
          let factor = weights[row] * p[a] * ((a == b ? 1 : 0) - p[b])
          let (source, target) = (q + index &* size, weighted + index &* size)
          for j in 0..<size { target[j] = factor * source[j] }
        }
        // Column-major, Q is (coordinates, rows): the block is Q · weightedᵀ, which is symmetric.
        Double.gemm(
          transA: false, transB: true, m: size, n: size, k: rows.count, alpha: 1, a: q, lda: size, b: weighted,
          ldb: size, beta: 1, c: information + (a &* size &* count &+ b &* size), ldc: count)
      }
    }
  }

  /// The rows' scores u = w (y − p) ⊗ q at `coordinates`.
  func estimatingFunctions(_ coordinates: UnsafePointer<Double>) throws(ApusError) -> EstimatingFunctions {
    let (count, scratchBase, equations, size) = (count, scratch.pointer, equations, size)
    let (codes, weights) = (data.codes, data.weights.pointer)
    let functions = try Buffer<Double>(count: try checkedCount([data.rows, count], stride: 8) / 8)
    let base = functions.pointer
    try scores.forEachBlock(parts: parts) { part, rows, q in
      let p = scratchBase + part * scratchCount
      for row in rows {
        let (own, u, label) = (q + (row &- rows.lowerBound) &* size, base + row &* count, Int(codes[row]) &- 1)
        _ = MultinomialDerivatives.probabilities(own, size, coordinates, equations, label: label, into: p)
        for k in 0..<equations {
          let residual = weights[row] * ((k == label ? 1 : 0) - p[k])
          for j in 0..<size { u[k &* size &+ j] = residual * own[j] }
        }
      }
    }
    return EstimatingFunctions(rows: data.rows, size: count, values: functions)
  }
}
