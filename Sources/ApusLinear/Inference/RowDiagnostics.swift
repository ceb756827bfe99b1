import ApusNumerics

/// Influence of single rows on a least-squares fit, from residuals and leverages
/// (R. D. Cook & S. Weisberg, Residuals and Influence in Regression, 1982, §2.2 and §3.5).
///
/// With e the weighted residual √w (y − ŷ), h the leverage, s² the residual variance, n rows and p parameters:
/// internally studentised r = e / (s √(1 − h)); externally, with the row left out of s, t = r √((n − p − 1) / (n − p − r²));
/// Cook's distance r² h / ((1 − h) p); DFFITS t √(h / (1 − h)). A row with h = 1 gives NaN. For generalised linear models
/// e is Pearson's residual and s² the dispersion, which gives the usual one-step approximations.
struct RowDiagnostics {
  private let residuals: NDArray
  private let leverages: NDArray
  private let scale: Double
  private let freedom: Double
  private let parameters: Double

  /// Nil for models without leverages.
  init?(_ record: InferenceRecord) {
    guard let leverages = record.arrays["leverage_"],
      let residuals = record.arrays["wresid_"] ?? record.arrays["resid_"] ?? record.arrays["resid_pearson_"]
    else { return nil }
    self.residuals = residuals
    self.leverages = leverages
    scale = record.number("scale_")
    freedom = record.number("df_resid_")
    parameters = Double(record.basis.size)
  }

  /// (rows,), or nil for another name.
  func attribute(_ name: String) throws(ApusError) -> NDArray? {
    switch name {
    case "resid_studentized_internal_": return try map { r, _ in r }
    case "resid_studentized_external_": return try map { r, _ in external(r) }
    case "cooks_distance_": return try map { r, h in r * r * h / ((1 - h) * parameters) }
    case "dffits_": return try map { r, h in external(r) * (h / (1 - h)).squareRoot() }
    default: return nil
    }
  }

  private func external(_ r: Double) -> Double {
    let left = freedom - r * r
    guard freedom > 1 else { return .nan }
    return left > 0 ? r * ((freedom - 1) / left).squareRoot() : (r < 0 ? -.infinity : .infinity)
  }

  private func map(_ value: (_ internal: Double, _ leverage: Double) -> Double) throws(ApusError) -> NDArray {
    let rows = residuals.count
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    let (e, h, target) = (
      residuals.pointer(Double.self), leverages.pointer(Double.self), result.pointer(Double.self)
    )
    for row in 0..<rows {
      let left = 1 - h[row]
      // Within rounding of 1 the fit passes through the row, and its residual is rounding only.
      target[row] = left > 1e-13 ? value(e[row] / (scale * left).squareRoot(), h[row]) : .nan
    }
    return result
  }
}
