import ApusNumerics

/// Cholesky factors of the equilibrated normal equations plus penalty, one for every different penalty.
struct PenalisedSystems {
  /// S (G + α U) S = L Lᵀ with unit diagonal: a penalty that dwarfs some columns does not count as ill-conditioning.
  private struct System {
    let factor: Buffer<Double>
    let scales: [Double]
  }

  private var systems: [Double: System] = [:]
  private let penalties: [Double]
  private let columns: Int
  /// 2^(−2 exponent) / length² of every column: the penalty 1 in equilibrated units.
  private let units: [Double]
  /// The smallest of the estimates; 0 when a system is not positive definite.
  private(set) var reciprocalCondition = 1.0

  private static let largestPenalty = 1e150

  init(_ centred: CentredMoments, _ penalties: [Double], exponents: [Int]) throws(ApusError) {
    let p = centred.lengths.count
    columns = p
    self.penalties = penalties
    units = (0..<p).map {
      let length = Double(sign: .plus, exponent: exponents[$0], significand: centred.lengths[$0])
      return Swift.min(PenalisedSystems.largestPenalty, 1 / length / length)
    }
    for penalty in Set(penalties).sorted() {
      let scales = scaled(penalty).map { 1 / (1 + $0).squareRoot() }
      let factor = try Buffer<Double>(count: p * p)
      for j in 0..<p {
        for i in (j + 1)..<Swift.max(p, j + 1) {
          factor[j &* p &+ i] = centred.gram[j &* centred.stride &+ i] * scales[i] * scales[j]
        }
        factor[j * p + j] = 1
      }
      let norm = SymmetricNorm.one(lower: true, n: p, a: factor.pointer, lda: p)
      guard try LAPACK.cholesky(lower: true, n: p, a: factor.pointer, lda: p) == 0 else {
        reciprocalCondition = 0
        return
      }
      let estimate = try LAPACK.choleskyReciprocalCondition(
        lower: true, n: p, factor: UnsafePointer(factor.pointer), lda: p, norm: norm)
      reciprocalCondition = Swift.min(reciprocalCondition, estimate)
      systems[penalty] = System(factor: factor, scales: scales)
    }
  }

  /// The penalty of target k on every column, in equilibrated units.
  func scaledPenalties(_ k: Int) -> [Double] { scaled(penalties[k]) }

  private func scaled(_ penalty: Double) -> [Double] {
    units.map { Swift.min(PenalisedSystems.largestPenalty, penalty * $0) }
  }

  /// x ← solutions for the right-hand sides x, (targets, columns).
  func solve(_ x: UnsafeMutablePointer<Double>) {
    let p = columns
    var first = 0
    while first < penalties.count {
      var last = first + 1
      while last < penalties.count, penalties[last] == penalties[first] { last += 1 }
      if let system = systems[penalties[first]] {
        let block = x + first * p
        let count = last - first
        PenalisedSystems.scale(block, count, system.scales)
        BLAS.trsm(lower: true, m: p, n: count, a: system.factor.pointer, lda: p, b: block, ldb: p)
        BLAS.trsm(lower: true, trans: true, m: p, n: count, a: system.factor.pointer, lda: p, b: block, ldb: p)
        PenalisedSystems.scale(block, count, system.scales)
      }
      first = last
    }
  }

  private static func scale(_ x: UnsafeMutablePointer<Double>, _ count: Int, _ scales: [Double]) {
    for k in 0..<count {
      for (j, scale) in scales.enumerated() { x[k * scales.count + j] *= scale }
    }
  }
}
