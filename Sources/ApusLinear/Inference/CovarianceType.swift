import ApusModels
import ApusNumerics
import RealModule

/// Estimators of the covariance of coefficients.
public enum CovarianceType: String, CaseIterable, ParameterChoice {
  /// Errors independent with equal variances: s² (XᵀX)⁻¹.
  case nonrobust
  /// Errors independent with unequal variances (H. White, Econometrica 48, 1980; J. MacKinnon & H. White, J. Econometrics
  /// 29, 1985).
  case HC0, HC1, HC2, HC3
  /// Errors correlated in time (W. Newey & K. West, Econometrica 55, 1987), rows in the order of time.
  case HAC
  /// Errors correlated within groups (K.-Y. Liang & S. Zeger, Biometrika 73, 1986).
  case cluster
}

/// How the covariance of coefficients is to be estimated.
struct CovarianceOptions {
  var type = CovarianceType.nonrobust
  /// Largest lag of HAC; the rule ⌊4 (n/100)^{2/9}⌋ when nil.
  var maximumLag: Int?
  /// Whether HAC and cluster are multiplied by their small-sample factors; for nil only cluster is.
  var usesCorrection: Bool?
  /// Whether statistics are compared with t; for nil they are when the covariance is nonrobust.
  var usesT: Bool?
  /// (rows,) groups of cluster.
  var groups: NDArray?

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when groups are missing, and when groups or lags are given that
  ///   are not used.
  func checked(rows: Int) throws(ApusError) -> CovarianceOptions {
    guard type == .cluster else {
      if groups != nil {
        throw .invalidArgument(
          name: "groups", reason: "are given, and cov_type is '\(type.rawValue)'; only 'cluster' reads them")
      }
      if maximumLag != nil, type != .HAC {
        throw .invalidArgument(
          name: "maxlags", reason: "is given, and cov_type is '\(type.rawValue)'; only 'HAC' has lags")
      }
      return self
    }
    guard let groups else {
      throw .invalidArgument(name: "groups", reason: "are missing: cov_type='cluster' needs the group of every row")
    }
    guard groups.rank == 1, groups.shape[0] == rows else {
      throw .shapeMismatch(
        name: "groups", reason: "have shape \(InputValidation.tuple(groups.shape)), X has \(rows) rows")
    }
    return self
  }

  func lag(rows: Int) -> Int {
    let rule = Int(4 * Double.pow(Double(rows) / 100, 2.0 / 9))
    return Swift.min(maximumLag ?? rule, rows - 1)
  }
}
