import ApusModels
import ApusNumerics
import RealModule

/// Whether a binomial likelihood has no maximum because a combination of the features separates the outcomes
/// (A. Albert & J. Anderson, Biometrika 71, 1984).
///
/// Fisher scoring then moves along a direction d with (2y − 1) xᵀd ≥ 0 for every row, not all zero: such a d, found in the
/// last step, proves it. The test is made only when some fitted probability is nearly 0 or 1.
enum Separation {
  case complete
  case quasi
  /// Of counts: some combination of the features occurs with zeros only.
  case emptyCounts

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
    case .emptyCounts:
      return
        "y: separation: a combination of the features occurs with counts of zero only; its coefficients fall without bound "
        + "and are where the likelihood no longer rises. Their standard errors mean nothing; leave out those features or "
        + "samples, or use a penalty"
    }
  }

  private static let suspicion = 10.0
  /// Share of the largest |xᵀd| that counts as zero.
  private static let tolerance = 1e-4

  static func find(_ fit: GLMSolver.Fit) -> Separation? {
    let problem = fit.rows.problem
    guard problem.penalty == 0 else { return nil }
    if problem.family.countsFromZero, problem.link == .log { return findEmptyCounts(fit) }
    guard problem.family == .binomial, problem.link.isProbability else { return nil }
    if tellsApart(fit) { return .complete }
    guard let direction = fit.lastDirection else { return nil }
    return judge(
      rows: problem.rows, weight: problem.weight,
      predictor: { row in
        let (y, eta) = (problem.target(row), fit.rows.predictor[row])
        // The complementary log-log of a success is as good as certain from exp(η) = 10 on.
        if y == 1, problem.link == .cloglog { return Double.exp(Swift.min(eta, 100)) }
        // −ln of the normal tail at η is about η² / 2.
        if problem.link == .probit { return y == 0 || y == 1 ? eta * eta / 2 : 0 }
        return y == 0 || y == 1 ? eta.magnitude : 0
      }
    ) { row in
      let (y, move) = (problem.target(row), direction[row])
      return (y == 1 ? move : y == 0 ? -move : -move.magnitude, move.magnitude)
    }
  }

  /// Whether the coefficients themselves separate the outcomes: xᵀβ is larger for every success than for every failure, or
  /// without an intercept positive for one and negative for the other.
  private static func tellsApart(_ fit: GLMSolver.Fit) -> Bool {
    let problem = fit.rows.problem
    var (failures, successes) = (-Double.infinity, Double.infinity)
    for row in 0..<problem.rows where problem.weight(row) > 0 {
      let (y, score) = (problem.target(row), fit.rows.predictor[row] - problem.shift(row))
      if y > 0 { successes = Swift.min(successes, score) }
      if y < 1 { failures = Swift.max(failures, score) }
    }
    guard successes.isFinite, failures.isFinite, successes > failures else { return false }
    return problem.fitIntercept || (successes > 0 && failures < 0)
  }

  /// Counts with a log link: a direction that lowers the means of rows without counts and leaves those of all others alone.
  private static func findEmptyCounts(_ fit: GLMSolver.Fit) -> Separation? {
    guard let direction = fit.lastDirection else { return nil }
    let problem = fit.rows.problem
    let found = judge(
      rows: problem.rows, weight: problem.weight,
      predictor: { problem.target($0) == 0 ? Swift.max(0, problem.shift($0) - fit.rows.predictor[$0]) : 0 }
    ) { row in
      let move = direction[row]
      return (problem.target(row) == 0 ? -move : -move.magnitude, move.magnitude)
    }
    return found == nil ? nil : .emptyCounts
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
      let margin = move(row).margin
      worst = Swift.min(worst, margin / size)
      if margin / size <= tolerance { zeros += 1 }
    }
    guard worst >= -tolerance else { return nil }
    return zeros > 0 ? .quasi : .complete
  }
}
