import ApusModels
import ApusNumerics

/// Whether a binomial likelihood has no maximum because a combination of the features separates the outcomes
/// (A. Albert & J. Anderson, Biometrika 71, 1984).
///
/// Fisher scoring then moves along a direction d with (2y − 1) xᵀd ≥ 0 for every row, not all zero: such a d, found in the
/// last step, proves it. The test is made only when some fitted probability is nearly 0 or 1.
enum Separation {
  case complete
  case quasi

  var message: String {
    switch self {
    case .complete:
      return
        "y: perfect separation: the features tell the outcomes apart exactly, the likelihood has no maximum, and the "
        + "coefficients grow without bound; they are where it no longer rises. Standard errors mean nothing; consider "
        + "a penalty or Firth's method"
    case .quasi:
      return
        "y: quasi-complete separation: some coefficients grow without bound and are where the likelihood no longer "
        + "rises. Their standard errors mean nothing; consider a penalty or Firth's method"
    }
  }

  private static let suspicion = 10.0
  /// Share of the largest |xᵀd| that counts as zero.
  private static let tolerance = 1e-4

  static func find(_ fit: GLMSolver.Fit) -> Separation? {
    let problem = fit.rows.problem
    guard problem.family == .binomial, problem.link.isProbability, problem.penalty == 0 else { return nil }
    var largest = 0.0
    for row in 0..<problem.rows where problem.weight(row) > 0 {
      let y = problem.target(row)
      guard y == 0 || y == 1 else { continue }
      largest = Swift.max(largest, fit.rows.predictor[row].magnitude)
    }
    guard largest > suspicion, let direction = fit.lastDirection else { return nil }
    var (size, worst, zeros) = (0.0, 0.0, 0)
    for row in 0..<problem.rows where problem.weight(row) > 0 { size = Swift.max(size, direction[row].magnitude) }
    // Without a maximum every step moves the farthest rows by about one.
    guard size > 1e-3 else { return nil }
    for row in 0..<problem.rows where problem.weight(row) > 0 {
      let (y, move) = (problem.target(row), direction[row] / size)
      if y == 1 {
        worst = Swift.min(worst, move)
      } else if y == 0 {
        worst = Swift.min(worst, -move)
      } else {
        worst = Swift.min(worst, -move.magnitude)
      }
      if move.magnitude <= tolerance { zeros += 1 }
    }
    guard worst >= -tolerance else { return nil }
    return zeros > 0 ? .quasi : .complete
  }
}
