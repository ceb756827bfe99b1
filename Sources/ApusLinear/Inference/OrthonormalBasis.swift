import ApusNumerics

/// Coordinates in which the features of a weighted least-squares problem are orthonormal: with Z the centred features,
/// √W Z F has orthonormal columns. Leverages and the variances of predictions follow from them without (XᵀWX)⁻¹.
struct OrthonormalBasis: Sendable {
  let columns: Int
  let rank: Int
  let hasIntercept: Bool
  /// F: (columns, rank) row-major.
  let scores: NDArray
  /// Weighted means of the features, zeros without an intercept: (columns,).
  let centre: NDArray
  /// The coordinate of the constant, 1 / √Σw; 0 without an intercept.
  let interceptScore: Double

  /// Number of coordinates: rank, and one for the intercept.
  var size: Int { rank + (hasIntercept ? 1 : 0) }
}
