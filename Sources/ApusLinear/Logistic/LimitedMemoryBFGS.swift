import ApusNumerics

/// Minimisation of a smooth function by L-BFGS with a line search that ensures the Wolfe conditions by bisection.
///
/// J. Nocedal & S. J. Wright, Numerical Optimization, 2nd ed., 2006, algorithms 7.4 and 7.5; the search of Lewis & Overton,
/// Math. Program. 141, 2013, algorithm 2.6.
enum LimitedMemoryBFGS {
  struct Outcome {
    var iterations = 0
    var converged = false
    var value = 0.0
  }

  private static let memory = 10
  private static let searchSteps = 30

  /// - Parameters:
  ///   - x: starting point and result.
  ///   - gradientTolerance: largest component of the gradient at which to stop.
  ///   - scaling: estimates of the inverse curvature of every variable, from which the first approximation of the inverse
  ///     Hessian is made; nil for ones.
  ///   - function: value and gradient (written to the second argument).
  static func minimise(
    _ x: UnsafeMutablePointer<Double>, count: Int, gradientTolerance: Double, maximumIterations: Int,
    scaling: UnsafePointer<Double>? = nil,
    function: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) throws -> Double,
    checkpoint: (Int) throws -> Void
  ) throws -> Outcome {
    let storage = try Buffer<Double>(zeroed: count * (2 * memory + 4))
    let (g, trial, newGradient, direction) = (
      storage.pointer, storage.pointer + count, storage.pointer + 2 * count, storage.pointer + 3 * count
    )
    func step(_ k: Int) -> UnsafeMutablePointer<Double> { storage.pointer + (4 + k % memory) * count }
    func change(_ k: Int) -> UnsafeMutablePointer<Double> { storage.pointer + (4 + memory + k % memory) * count }
    func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double { RowProducts.dot(a, b, count) }
    var outcome = Outcome()
    outcome.value = try function(x, g)
    var curvatures = [Double](repeating: 0, count: memory)
    var (stored, first) = (0, 0)
    while true {
      var largest = 0.0
      for i in 0..<count { largest = Swift.max(largest, g[i].magnitude) }
      if largest <= gradientTolerance {
        outcome.converged = true
        return outcome
      }
      if outcome.iterations >= maximumIterations { return outcome }
      try checkpoint(outcome.iterations)
      // Two-loop recursion.
      for i in 0..<count { direction[i] = -g[i] }
      var alphas = [Double](repeating: 0, count: memory)
      for k in stride(from: stored - 1, through: first, by: -1) {
        let alpha = dot(step(k), direction) / curvatures[k % memory]
        alphas[k % memory] = alpha
        for i in 0..<count { direction[i] -= alpha * change(k)[i] }
      }
      if stored > first {
        let last = stored - 1
        // Newton's step along the last one, in the metric of the scaling: sᵀy / yᵀ D y.
        var metric = 0.0
        for i in 0..<count { metric += change(last)[i] * change(last)[i] * (scaling?[i] ?? 1) }
        let scale = curvatures[last % memory] / metric
        for i in 0..<count { direction[i] *= scale * (scaling?[i] ?? 1) }
      } else if let scaling {
        for i in 0..<count { direction[i] *= scaling[i] }
      }
      for k in first..<stored {
        let beta = dot(change(k), direction) / curvatures[k % memory]
        for i in 0..<count { direction[i] += (alphas[k % memory] - beta) * step(k)[i] }
      }
      var slope = dot(g, direction)
      if slope >= 0 {
        for i in 0..<count { direction[i] = -g[i] }
        slope = -dot(g, g)
        first = stored
      }
      var (low, high) = (0.0, Double.infinity)
      var length = stored == first && scaling == nil ? Swift.min(1, 1 / (-slope).squareRoot()) : 1
      var value = 0.0
      var found = false
      for _ in 0..<searchSteps {
        for i in 0..<count { trial[i] = x[i] + length * direction[i] }
        value = try function(trial, newGradient)
        if !(value <= outcome.value + 1e-4 * length * slope) {
          high = length
        } else if dot(newGradient, direction) < 0.9 * slope {
          low = length
        } else {
          found = true
          break
        }
        length = high < .infinity ? (low + high) / 2 : 2 * low
      }
      // Rounding hides further progress: this is the minimum in float64.
      if !found && !(value < outcome.value) {
        outcome.converged = largest <= 1e3 * gradientTolerance
        return outcome
      }
      outcome.iterations += 1
      let (s, y) = (step(stored), change(stored))
      for i in 0..<count {
        s[i] = trial[i] - x[i]
        y[i] = newGradient[i] - g[i]
        x[i] = trial[i]
        g[i] = newGradient[i]
      }
      outcome.value = value
      let curvature = dot(s, y)
      if curvature > 0 {
        curvatures[stored % memory] = curvature
        stored += 1
        first = Swift.max(first, stored - memory)
      }
    }
  }
}
