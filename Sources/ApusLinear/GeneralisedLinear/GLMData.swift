import ApusModels
import ApusNumerics
import RealModule

/// Validated responses of a generalised linear model, with their weights.
struct GLMResponse {
  /// (rows,) float64; for the binomial shares of successes.
  let values: NDArray
  /// Prior weights, times the number of trials where counts were given; nil for ones: (rows,).
  let weights: NDArray?

  /// - Parameter targets: (rows,), or for the binomial (rows, 2) counts of successes and failures.
  init(
    _ targets: NDArray?, sampleWeight: NDArray?, rows: Int, schema: EstimatorSchema, family: GLMFamily
  ) throws(ApusError) {
    let checkedWeights = try InputValidation.sampleWeight(sampleWeight, rows: rows)
    if family == .binomial, let targets, targets.rank == 2, targets.shape[1] == 2 {
      (values, weights) = try GLMResponse.shares(targets, rows: rows, weights: checkedWeights)
      return
    }
    let checked = try InputValidation.targets(targets, rows: rows, schema: schema, dtype: .float64)
    values = try checked.contiguous()
    weights = checkedWeights
    let y = values.pointer(Double.self)
    for row in 0..<rows {
      if let allowed = family.refusal(of: y[row]) {
        throw .invalidArgument(
          name: "y",
          reason:
            "some value(s) of y are out of the valid range of the loss: \(y[row]) at row \(row) is not in \(allowed)")
      }
    }
  }

  private static func shares(
    _ targets: NDArray, rows: Int, weights: NDArray?
  ) throws(ApusError) -> (NDArray, NDArray) {
    guard targets.shape[0] == rows else {
      throw .shapeMismatch(
        name: "y", reason: "has \(targets.shape[0]) samples, but X has \(rows) (inconsistent numbers of samples)")
    }
    let counts = try targets.converted(to: .float64, name: "y")
    try FiniteCheck.requireFinite(counts, name: "y")
    let (values, trials) = (
      try NDArray(uninitialized: [rows], dtype: .float64), try NDArray(uninitialized: [rows], dtype: .float64)
    )
    let (c, y, n) = (counts.pointer(Double.self), values.pointer(Double.self), trials.pointer(Double.self))
    var any = false
    for row in 0..<rows {
      let (successes, failures) = (c[2 * row], c[2 * row + 1])
      guard successes >= 0, failures >= 0 else {
        throw .invalidArgument(name: "y", reason: "count \(Swift.min(successes, failures)) at row \(row) is negative")
      }
      let total = successes + failures
      y[row] = total > 0 ? successes / total : 0
      n[row] = total * (weights.map { $0.pointer(Double.self)[row] } ?? 1)
      if n[row] > 0 { any = true }
    }
    withExtendedLifetime((counts, weights)) {}
    guard any else { throw .invalidArgument(name: "y", reason: "all counts are zero") }
    return (values, trials)
  }
}

/// Offsets and exposures.
enum GLMOffset {
  /// offset + ln exposure: (rows,) float64, or nil when neither is given.
  static func shift(
    offset: NDArray?, exposure: NDArray?, rows: Int, link: GLMLink
  ) throws(ApusError) -> NDArray? {
    if offset == nil && exposure == nil { return nil }
    let result = try NDArray(zeros: [rows])
    let target = result.pointer(Double.self)
    if let offset {
      let values = try checked(offset, "offset", rows)
      for row in 0..<rows { target[row] = values.pointer(Double.self)[row] }
      withExtendedLifetime(values) {}
    }
    if let exposure {
      guard link == .log else {
        throw .invalidArgument(name: "exposure", reason: "needs the log link; the link is \(link.title)")
      }
      let values = try checked(exposure, "exposure", rows)
      for row in 0..<rows {
        let value = values.pointer(Double.self)[row]
        guard value > 0 else {
          throw .invalidArgument(name: "exposure", reason: "value \(value) at row \(row) is not in (0, inf)")
        }
        target[row] += Double.log(value)
      }
      withExtendedLifetime(values) {}
    }
    return result
  }

  private static func checked(_ array: NDArray, _ name: String, _ rows: Int) throws(ApusError) -> NDArray {
    guard array.rank == 1, array.shape[0] == rows else {
      throw .shapeMismatch(
        name: name, reason: "has shape \(InputValidation.tuple(array.shape)), X has \(rows) rows")
    }
    let values = try array.converted(to: .float64, name: name)
    try FiniteCheck.requireFinite(values, name: name)
    return values
  }
}
