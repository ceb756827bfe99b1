import ApusModels
import ApusNumerics
import ApusStatistics
import RealModule

/// The dispersion α of the negative binomial (variance μ + α μ²) by maximum likelihood, alternating with the coefficients
/// (J. Lawless, Can. J. Stat. 15, 1987; W. Venables & B. Ripley, Modern Applied Statistics with S, 4th ed., §7.4).
enum NegativeBinomialDispersion {
  /// Below this the likelihood is that of the Poisson to all digits.
  private static let least = 1e-8
  private static let most = 1e8

  /// The fit at the dispersion that maximises the likelihood.
  static func fit(
    _ problem: GLMProblem, tolerance: Double, maximumIterations: Int, context: FitContext
  ) throws -> GLMSolver.Fit {
    var problem = problem
    problem.family = .negativeBinomial(alpha: 1)
    var fit = try GLMSolver(
      problem: problem, tolerance: tolerance, maximumIterations: maximumIterations, context: context
    ).solve()
    var alpha = 1.0
    for _ in 0..<200 {
      let next = maximum(fit.rows, near: alpha)
      let change = (next / alpha - 1).magnitude
      alpha = next
      problem.family = .negativeBinomial(alpha: alpha)
      fit = try GLMSolver(
        problem: problem, tolerance: tolerance, maximumIterations: maximumIterations, context: context
      ).solve(from: (fit.coefficients, fit.intercept))
      if alpha <= least {
        context.warn(
          .data,
          "y: is not overdispersed; the dispersion of the negative binomial goes to zero, where it is the Poisson")
        break
      }
      if change < 1e-9 { break }
    }
    return fit
  }

  /// The α at which the derivative of the log-likelihood by ln α vanishes for given means: Newton's method kept within a
  /// bracket.
  private static func maximum(_ rows: GLMRows, near start: Double) -> Double {
    var (low, high) = (Double.log(least), Double.log(most))
    if slope(rows, low).0 <= 0 { return least }
    if slope(rows, high).0 >= 0 { return most }
    var x = Double.log(start)
    for _ in 0..<200 {
      let (first, second) = slope(rows, x)
      if first > 0 { low = x } else { high = x }
      var next = x - first / second
      if !(second < 0) || next <= low || next >= high { next = (low + high) / 2 }
      if (next - x).magnitude < 1e-13 * Swift.max(1, x.magnitude) { return Double.exp(next) }
      x = next
    }
    return Double.exp(x)
  }

  /// First and second derivative of the log-likelihood by x = ln α.
  private static func slope(_ rows: GLMRows, _ x: Double) -> (Double, Double) {
    let problem = rows.problem
    let alpha = Double.exp(x)
    let size = 1 / alpha
    var (first, second) = (0.0, 0.0)
    // With r = 1 / α: ∂ℓ/∂r = ψ(y + r) − ψ(r) + ln r − ln(r + μ) + 1 − (y + r)/(r + μ).
    for row in 0..<problem.rows {
      let weight = problem.weight(row)
      if weight == 0 { continue }
      let (y, mu) = (problem.target(row), rows.mean[row])
      let (digammas, trigammas) = differences(y, size)
      let g = digammas - Double.log(onePlus: alpha * mu) + (mu - y) / (size + mu)
      let h = trigammas + alpha - 1 / (size + mu) - (mu - y) / ((size + mu) * (size + mu))
      // dr/dx = −r: derivatives by x are −r g and r² h + r g.
      first -= weight * size * g
      second += weight * (size * size * h + size * g)
    }
    return (first, second)
  }

  /// ψ(y + r) − ψ(r) and ψ′(y + r) − ψ′(r); sums of reciprocals for small whole y, which lose no digits for large r.
  private static func differences(_ y: Double, _ r: Double) -> (Double, Double) {
    if y == y.rounded(), y <= 128 {
      var (first, second, k) = (0.0, 0.0, 0.0)
      while k < y {
        let reciprocal = 1 / (r + k)
        first += reciprocal
        second -= reciprocal * reciprocal
        k += 1
      }
      return (first, second)
    }
    return (
      SpecialFunctions.digamma(y + r) - SpecialFunctions.digamma(r),
      SpecialFunctions.trigamma(y + r) - SpecialFunctions.trigamma(r)
    )
  }
}
