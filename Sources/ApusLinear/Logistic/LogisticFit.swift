import ApusModels
import ApusNumerics

/// Fits logistic regressions: the objective Σ w loss + (1 / C) ((1 − ρ) / 2 ‖β‖² + ρ Σ |β|), solved by the method that suits
/// penalty and shape.
struct LogisticFit {
  /// C; infinite for no penalty.
  var inverseStrength: Double
  /// ρ.
  var l1Ratio: Double
  let fitIntercept: Bool
  /// Largest component of the gradient of the mean loss at which to stop.
  let tolerance: Double
  let maximumIterations: Int
  /// Solvers accept features whose number of elements is at least this before they trade precision for time.
  private static let largeProblem = 1 << 22
  /// Most columns for Newton's method.
  private static let newtonColumns = 1024

  /// Adds to the intercepts what features without offsets ask for, or takes it away.
  private static func move(
    _ loss: SoftmaxLoss, _ theta: Buffer<Double>, by offsets: FeatureOffsets, sign: Double
  ) {
    for score in 0..<loss.scores {
      let own = theta.pointer + score * loss.width
      own[loss.data.columns] += sign * offsets.constant(own)
    }
  }

  struct Result {
    /// (scores, columns + 1), intercepts last.
    let theta: Buffer<Double>
    let loss: SoftmaxLoss
    let outcome: LimitedMemoryBFGS.Outcome
    /// Σ w.
    let totalWeight: Double
  }

  /// - Parameters:
  ///   - start: initial (scores, columns + 1) parameters; zeros when nil.
  ///   - checkpoint: called with the fraction done.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when no row has weight.
  func fit(_ data: LogisticData, start: Buffer<Double>?, checkpoint: (Double) throws -> Void) throws -> Result {
    var total = 0.0
    for row in 0..<data.rows { total += data.weights.pointer[row] }
    guard total > 0, total.isFinite else {
      throw ApusError.invalidArgument(name: "class_weight", reason: "all weights are zero, or their sum overflows")
    }
    let strength = inverseStrength.isInfinite ? 0 : 1 / inverseStrength
    // Newton's method for two classes centres by itself.
    let centres = data.classCount == 2 && l1Ratio * strength == 0 && data.columns <= LogisticFit.newtonColumns
    let offsets = fitIntercept && !centres ? try FeatureOffsets(data.design) : nil
    let data =
      try offsets.map { offsets throws(ApusError) in
        data.replacing(try offsets.removed(from: data.design))
      } ?? data
    let loss = SoftmaxLoss(data, fitIntercept: fitIntercept, penalty: strength * (1 - l1Ratio))
    let theta = try Buffer<Double>(zeroed: loss.count)
    if let start, start.count == loss.count { theta.pointer.update(from: start.pointer, count: loss.count) }
    if let offsets { LogisticFit.move(loss, theta, by: offsets, sign: 1) }
    let outcome = try minimise(
      loss, l1: strength * l1Ratio, theta, start: start, tolerance: tolerance * total, checkpoint)
    if let offsets { LogisticFit.move(loss, theta, by: offsets, sign: -1) }
    if loss.scores > 1 { centre(loss, theta, isPenalised: strength > 0) }
    return Result(theta: theta, loss: loss, outcome: outcome, totalWeight: total)
  }

  private func minimise(
    _ loss: SoftmaxLoss, l1: Double, _ theta: Buffer<Double>, start: Buffer<Double>?, tolerance: Double,
    _ checkpoint: (Double) throws -> Void
  ) throws -> LimitedMemoryBFGS.Outcome {
    func tick(_ iteration: Int) throws {
      try checkpoint(Double(iteration) / Double(Swift.max(1, maximumIterations)))
    }
    if l1 > 0 {
      return try ProximalNewtonLogistic(loss: loss, l1: l1).minimise(
        theta.pointer, tolerance: Swift.min(tolerance, 1000 * self.tolerance * l1),
        maximumIterations: maximumIterations,
        checkpoint: tick)
    }
    let isLarge = loss.data.rows * loss.data.columns >= LogisticFit.largeProblem
    var done = 0
    if loss.scores == 1, loss.data.columns <= LogisticFit.newtonColumns, !loss.data.design.isSparse, !loss.isSingle {
      var factor: NewtonFactor?
      if isLarge, start == nil { factor = try startFromSample(loss, theta, checkpoint) }
      // Newton's steps are few and quadratic, so small problems go on until rounding, for little more. Steps with the factor
      // of a sample end nearer to the tolerance than Newton's, so it is a tenth for them.
      let outcome = try NewtonLogistic(loss: loss).minimise(
        theta.pointer, gradientTolerance: isLarge ? tolerance / 10 : tolerance * 1e-6,
        maximumIterations: maximumIterations, factor: &factor, checkpoint: tick)
      if let outcome { return outcome }
      done = 1
    }
    let preconditioner = try LogisticPreconditioner(loss)
    preconditioner.shift(theta.pointer, sign: 1)
    var outcome = try LimitedMemoryBFGS.minimise(
      theta.pointer, count: loss.count, gradientTolerance: tolerance,
      maximumIterations: Swift.max(0, maximumIterations - done), scaling: UnsafePointer(preconditioner.scaling.pointer),
      function: { try preconditioner.evaluate($0, gradient: $1) }, checkpoint: tick)
    preconditioner.shift(theta.pointer, sign: -1)
    outcome.iterations += done
    return outcome
  }

  /// Starts from the minimum for every k-th row, which is near that of all: the distance is about √(columns / rows used).
  ///
  /// - Returns: a factor of the Hessian there, which is off by as much; nil without a sample.
  private func startFromSample(
    _ loss: SoftmaxLoss, _ theta: Buffer<Double>, _ checkpoint: (Double) throws -> Void
  ) throws -> NewtonFactor? {
    let (rows, p) = (loss.data.rows, loss.data.columns)
    let step = Swift.min(16, rows / Swift.max(5000, 40 * p))
    guard step >= 4 else { return nil }
    let positions = try Buffer<Int>(count: rows / step)
    for index in 0..<positions.count { positions[index] = index * step }
    let sample = try loss.data.subset(positions)
    var (all, some) = (0.0, 0.0)
    for row in 0..<rows { all += loss.data.weights.pointer[row] }
    for row in 0..<sample.rows { some += sample.weights.pointer[row] }
    guard some > 0 else { return nil }
    let smaller = SoftmaxLoss(sample, fitIntercept: loss.fitIntercept, penalty: loss.penalty * some / all)
    var factor: NewtonFactor?
    let found = try NewtonLogistic(loss: smaller).minimise(
      theta.pointer, gradientTolerance: 1e-3 * some, maximumIterations: maximumIterations, factor: &factor,
      checkpoint: { _ in try checkpoint(0) })
    guard found != nil else {
      for index in 0..<theta.count { theta[index] = 0 }
      return nil
    }
    factor?.scale(by: all / some)
    return factor
  }

  /// Shifts what is not penalised alike for all classes, which changes no probability, so that it sums to zero.
  private func centre(_ loss: SoftmaxLoss, _ theta: Buffer<Double>, isPenalised: Bool) {
    let (p, width) = (loss.data.columns, loss.width)
    for j in (isPenalised ? p : 0)..<width {
      let mean = (0..<loss.scores).reduce(0.0) { $0 + theta[$1 * width + j] } / Double(loss.scores)
      for score in 0..<loss.scores { theta[score * width + j] -= mean }
    }
  }
}
