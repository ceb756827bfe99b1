import Foundation

/// Matrices of known difficulty.
extension Matrix {
  /// hᵢⱼ = 1 / (i + j + 1): condition about e^(3.5 n).
  static func hilbert(_ n: Int) -> Matrix { Matrix(n, n) { 1 / Double($0 + $1 + 1) } }

  /// Läuchli's (n + 1) × n matrix: a row of ones over ε I. AᵀA loses ε entirely when ε² is below the machine epsilon.
  static func lauchli(_ n: Int, epsilon: Double) -> Matrix {
    Matrix(n + 1, n) { $0 == 0 ? 1 : $0 == $1 + 1 ? epsilon : 0 }
  }

  /// Kahan's upper triangular matrix with angle θ: nearly singular without a small diagonal element.
  static func kahan(_ n: Int, theta: Double = 1.2) -> Matrix {
    Matrix(n, n) { i, j in j < i ? 0 : pow(sin(theta), Double(i)) * (i == j ? 1 : -cos(theta)) }
  }

  /// Rank r: the product of random m × r and r × n matrices.
  static func lowRank(_ m: Int, _ n: Int, rank: Int, seed: UInt64) -> Matrix {
    Matrix(random: m, rank, seed: seed) * Matrix(random: rank, n, seed: seed + 1)
  }

  /// Columns from 10^−decades to 10^decades.
  static func badlyScaled(_ m: Int, _ n: Int, decades: Double, seed: UInt64) -> Matrix {
    let random = Matrix(random: m, n, seed: seed)
    return Matrix(m, n) { random[$0, $1] * pow(10, decades * (2 * Double($1) / Double(Swift.max(n - 1, 1)) - 1)) }
  }

  /// The matrices every factorisation is tried on, with names.
  static func zoo() -> [(name: String, matrix: Matrix)] {
    var result: [(String, Matrix)] = []
    for (m, n) in [(1, 1), (1, 4), (4, 1), (5, 5), (7, 3), (3, 7), (40, 40), (90, 20), (20, 90), (300, 6), (6, 300)] {
      result.append(("random \(m) x \(n)", Matrix(random: m, n, seed: UInt64(m * 1000 + n))))
    }
    result.append(("zero", Matrix(6, 4) { _, _ in 0 }))
    result.append(("zero wide", Matrix(4, 6) { _, _ in 0 }))
    result.append(("identity", identity(8)))
    result.append(("Hilbert 12", hilbert(12)))
    result.append(("Läuchli", lauchli(6, epsilon: 1e-9)))
    result.append(("Kahan 40", kahan(40)))
    result.append(("rank 3", lowRank(30, 12, rank: 3, seed: 5)))
    result.append(("rank 3 tall", lowRank(400, 10, rank: 3, seed: 5)))
    result.append(("equal columns", Matrix(300, 3) { i, _ in Double(i % 7) }))
    result.append(("one column zero", Matrix(300, 3) { i, j in j == 1 ? 0 : Double((i * (j + 2)) % 11) }))
    for scale in [1e200, 1e-200, 1e300, 1e-300, 0x1p-1060] {
      result.append(("\(scale)", Matrix(random: 9, 6, seed: 9) * scale))
      result.append(("tall \(scale)", Matrix(random: 280, 5, seed: 9) * scale))
    }
    return result
  }
}
