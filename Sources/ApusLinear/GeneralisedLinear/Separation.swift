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
    guard let direction = fit.lastDirection else { return nil }
    return judge(
      rows: problem.rows, weight: problem.weight,
      predictor: { row in
        let y = problem.target(row)
        return y == 0 || y == 1 ? fit.rows.predictor[row].magnitude : 0
      }
    ) { row in
      let (y, move) = (problem.target(row), direction[row])
      return (y == 1 ? move : y == 0 ? -move : -move.magnitude, move.magnitude)
    }
  }

  /// The verdict on the last step of a fit.
  ///
  /// - Parameters:
  ///   - weight: of a row; rows of weight zero do not count.
  ///   - predictor: the largest magnitude of a row's linear predictors.
  ///   - move: how far the step moves a row towards its own class and away from the next best, and the magnitude of its move.
  static func judge(
    rows: Int, weight: (Int) -> Double, predictor: (Int) -> Double, move: (Int) -> (margin: Double, size: Double)
  ) -> Separation? {
    var (largest, size) = (0.0, 0.0)
    for row in 0..<rows where weight(row) > 0 {
      largest = Swift.max(largest, predictor(row))
      size = Swift.max(size, move(row).size)
    }
    // Without a maximum every step moves the farthest rows by about one.
    guard largest > suspicion, size > 1e-3 else { return nil }
    var (worst, zeros) = (0.0, 0)
    for row in 0..<rows where weight(row) > 0 {
      let (margin, own) = move(row)
      worst = Swift.min(worst, margin / size)
      if own / size <= tolerance { zeros += 1 }
    }
    guard worst >= -tolerance else { return nil }
    return zeros > 0 ? .quasi : .complete
  }
}
