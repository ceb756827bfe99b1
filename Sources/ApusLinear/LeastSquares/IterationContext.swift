import ApusModels

/// A fit context under the name of one stage, for iterative solvers.
struct IterationContext {
  let context: FitContext
  let stage: String

  func checkpoint(_ fraction: Double) throws { try context.checkpoint(stage, fraction) }

  /// Warns that `count` of `targets` solutions stopped short of the tolerance.
  func warnNotConverged(_ method: String, _ count: Int, of targets: Int) {
    let which = targets == 1 ? "" : " for \(count) of \(targets) targets"
    context.warn(
      .convergence,
      "\(method) did not converge\(which): increase max_iter or tol, or scale the features")
  }
}
