import ApusNumerics

/// The interior point method of Portnoy & Koenker, "The Gaussian hare and the Laplacian tortoise", Statistical Science 12(4),
/// 1997, §4, with Mehrotra's predictor and corrector, for the dual of a ``QuantileProgramme``:
/// max bᵀx subject to Aᵀx = Aᵀl and 0 ≤ x ≤ u + l.
///
/// x = l is feasible from the start. At the end the rows whose x lies between its bounds are those with residual zero; the
/// coefficients they determine replace the interior ones when the objective does not grow, which gives exact zeros.
struct QuantileInteriorPoint {
  let programme: QuantileProgramme
  private static let iterationLimit = 200
  /// Gap relative to the objective at which to stop.
  private static let precision = 1e-12
  /// Share of the way to the boundary a step takes.
  private static let stepShare = 0.99995

  struct Solution {
    let beta: Buffer<Double>
    let objective: Double
    let iterations: Int
    let gap: Double
    let converged: Bool
  }

  init(_ programme: QuantileProgramme) { self.programme = programme }

  func solve(checkpoint: (Double) throws -> Void) throws -> Solution {
    let (m, p) = (programme.count, programme.order)
    let storage = try Buffer<Double>(zeroed: try checkedCount([m, 13], stride: 8) / 8)
    func vector(_ index: Int) -> UnsafeMutablePointer<Double> { storage.pointer + index * m }
    let (x, s, z, w) = (vector(0), vector(1), vector(2), vector(3))
    let (dx, dz, dw, q) = (vector(4), vector(5), vector(6), vector(7))
    let (r, image, xi, cross, step) = (vector(8), vector(9), vector(10), vector(11), vector(12))
    let matrix = try Buffer<Double>(count: p * p)
    let (beta, direction, right) = (
      try Buffer<Double>(zeroed: p), try Buffer<Double>(count: p), try Buffer<Double>(count: p)
    )
    let (widths, lower, b) = (programme.widths.pointer, programme.lower.pointer, programme.targets.pointer)
    // Rows of width zero take no part: they stay at x = 0 with weight q = 0.
    for i in 0..<m {
      x[i] = lower[i]
      s[i] = widths[i] - lower[i]
      q[i] = widths[i] > 0 ? 1 : 0
      r[i] = q[i] * b[i]
    }
    try programme.normal(q, r, matrix: matrix.pointer, vector: right.pointer)
    let first = try QuantileNormalFactor(matrix, order: p)
    first.solve(right, into: beta)
    try programme.apply(beta.pointer, into: image)
    var spread = 0.0
    for i in 0..<m where widths[i] > 0 { spread = Swift.max(spread, (b[i] - image[i]).magnitude) }
    let floor = spread > 0 ? 1e-3 * spread : 1
    for i in 0..<m where widths[i] > 0 {
      // The dual slacks: residuals split into their two signs.
      let residual = b[i] - image[i]
      w[i] = Swift.max(residual, 0) + floor
      z[i] = Swift.max(-residual, 0) + floor
    }
    var (iterations, gap) = (0, Double.infinity)
    var best = try Buffer<Double>(count: p)
    best.pointer.update(from: beta.pointer, count: p)
    var bestObjective = programme.objective(image)
    while iterations < QuantileInteriorPoint.iterationLimit {
      var complementarity = 0.0
      for i in 0..<m where widths[i] > 0 { complementarity += z[i] * x[i] + w[i] * s[i] }
      gap = complementarity / Swift.max(bestObjective.magnitude, 1e-300)
      if complementarity <= QuantileInteriorPoint.precision * bestObjective || bestObjective == 0 { break }
      iterations += 1
      try checkpoint(Double(iterations) / Double(QuantileInteriorPoint.iterationLimit))
      for i in 0..<m {
        q[i] = widths[i] > 0 ? 1 / (z[i] / x[i] + w[i] / s[i]) : 0
        r[i] = w[i] - z[i]
        image[i] = q[i] * r[i]
      }
      // With β as the multiplier, residuals are w − z, and a step δ of β changes them by −A δ.
      try programme.normal(q, image, matrix: matrix.pointer, vector: right.pointer)
      let factor = try QuantileNormalFactor(matrix, order: p)
      factor.solve(right, into: direction)
      try programme.apply(direction.pointer, into: step)
      for i in 0..<m where widths[i] > 0 {
        dx[i] = q[i] * (r[i] - step[i])
        dz[i] = -z[i] * (1 + dx[i] / x[i])
        dw[i] = -w[i] * (1 - dx[i] / s[i])
      }
      var (primal, dual) = lengths(m, widths, x, s, z, w, dx, dz, dw)
      if Swift.min(primal, dual) < 1 {
        var (now, then) = (0.0, 0.0)
        for i in 0..<m where widths[i] > 0 {
          now += z[i] * x[i] + w[i] * s[i]
          then += (z[i] + dual * dz[i]) * (x[i] + primal * dx[i]) + (w[i] + dual * dw[i]) * (s[i] - primal * dx[i])
        }
        let ratio = then / now
        let centre = now * ratio * ratio * ratio / (2 * Double(m))
        for i in 0..<m where widths[i] > 0 {
          xi[i] = centre * (1 / x[i] - 1 / s[i])
          cross[i] = dx[i] * dz[i] / x[i] + dx[i] * dw[i] / s[i]
          image[i] = q[i] * (r[i] + xi[i] - cross[i])
        }
        try programme.normal(q, image, matrix: nil, vector: right.pointer)
        factor.solve(right, into: direction)
        try programme.apply(direction.pointer, into: step)
        for i in 0..<m where widths[i] > 0 {
          let (zz, ww) = (dx[i] * dz[i], -dx[i] * dw[i])
          dx[i] = q[i] * (r[i] + xi[i] - cross[i] - step[i])
          dz[i] = -z[i] + (centre - z[i] * dx[i] - zz) / x[i]
          dw[i] = -w[i] + (centre + w[i] * dx[i] - ww) / s[i]
        }
        (primal, dual) = lengths(m, widths, x, s, z, w, dx, dz, dw)
      }
      for i in 0..<m where widths[i] > 0 {
        x[i] += primal * dx[i]
        s[i] -= primal * dx[i]
        z[i] += dual * dz[i]
        w[i] += dual * dw[i]
      }
      for j in 0..<p { beta[j] += dual * direction[j] }
      try programme.apply(beta.pointer, into: image)
      let objective = programme.objective(image)
      guard objective.isFinite else { break }
      if objective < bestObjective {
        bestObjective = objective
        best.pointer.update(from: beta.pointer, count: p)
      }
    }
    if let vertex = try vertex(near: best, x, s, matrix, q, image), vertex.objective <= bestObjective * (1 + 1e-14) {
      (best, bestObjective) = (vertex.beta, vertex.objective)
    }
    return Solution(
      beta: best, objective: bestObjective, iterations: iterations, gap: gap, converged: gap <= 1e-8)
  }

  /// Steps that keep all variables positive.
  private func lengths(
    _ m: Int, _ widths: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ s: UnsafePointer<Double>,
    _ z: UnsafePointer<Double>, _ w: UnsafePointer<Double>, _ dx: UnsafePointer<Double>, _ dz: UnsafePointer<Double>,
    _ dw: UnsafePointer<Double>
  ) -> (primal: Double, dual: Double) {
    var (primal, dual) = (Double.infinity, Double.infinity)
    for i in 0..<m where widths[i] > 0 {
      if dx[i] < 0 { primal = Swift.min(primal, -x[i] / dx[i]) }
      if dx[i] > 0 { primal = Swift.min(primal, s[i] / dx[i]) }
      if dz[i] < 0 { dual = Swift.min(dual, -z[i] / dz[i]) }
      if dw[i] < 0 { dual = Swift.min(dual, -w[i] / dw[i]) }
    }
    let share = QuantileInteriorPoint.stepShare
    return (Swift.min(1, share * primal), Swift.min(1, share * dual))
  }

  /// The coefficients that the rows between their bounds determine; nil when there are none.
  private func vertex(
    near beta: Buffer<Double>, _ x: UnsafePointer<Double>, _ s: UnsafePointer<Double>, _ matrix: Buffer<Double>,
    _ weights: UnsafeMutablePointer<Double>, _ image: UnsafeMutablePointer<Double>
  ) throws -> (beta: Buffer<Double>, objective: Double)? {
    let (m, p) = (programme.count, programme.order)
    let result = try Buffer<Double>(count: p)
    let (right, step) = (try Buffer<Double>(count: p), try Buffer<Double>(count: p))
    result.pointer.update(from: beta.pointer, count: p)
    var active = 0
    for i in 0..<m {
      let width = programme.widths[i]
      let isBetween = width > 0 && Swift.min(x[i], s[i]) > 1e-6 * width
      weights[i] = isBetween ? 1 : 0
      if isBetween { active += 1 }
    }
    guard active > 0, active <= 4 * p else { return nil }
    // Steps of least squares to the rows that hold with equality, repeated against rounding.
    for _ in 0..<3 {
      try programme.apply(result.pointer, into: image)
      for i in 0..<m { image[i] = weights[i] * (programme.targets[i] - image[i]) }
      try programme.normal(weights, image, matrix: matrix.pointer, vector: right.pointer)
      try QuantileNormalFactor(matrix, order: p).solve(right, into: step)
      for j in 0..<p { result[j] += step[j] }
    }
    for j in 0..<(m - programme.rows) where weights[programme.rows + j] > 0 { result[j] = 0 }
    for j in 0..<p where !result[j].isFinite { return nil }
    try programme.apply(result.pointer, into: image)
    return (result, programme.objective(image))
  }
}

/// A Cholesky factor of scaled normal equations, with as much added to the diagonal as it takes.
struct QuantileNormalFactor {
  private let order: Int
  private let factor: Buffer<Double>
  private let scales: Buffer<Double>

  init(_ matrix: Buffer<Double>, order: Int) throws(ApusError) {
    self.order = order
    factor = try Buffer<Double>(count: order * order)
    scales = try Buffer<Double>(count: order)
    for j in 0..<order {
      let diagonal = matrix[j * order + j]
      guard diagonal.isFinite else {
        throw .numericalFailure(reason: "X: squares of the features overflow float64; scale the features")
      }
      scales[j] = diagonal > 0 ? 1 / diagonal.squareRoot() : 0
    }
    var shift = 1e-15
    while true {
      for j in 0..<order {
        for i in 0..<order {
          factor.pointer[j * order + i] = matrix.pointer[j * order + i] * scales.pointer[i] * scales.pointer[j]
        }
        factor[j * order + j] = scales[j] > 0 ? 1 + shift : 1
      }
      if try LAPACK.cholesky(lower: true, n: order, a: factor.pointer, lda: order) == 0 { return }
      guard shift < 1e-2 else {
        throw .numericalFailure(reason: "X: the normal equations of the interior point method are not definite")
      }
      shift *= 10
    }
  }

  func solve(_ right: Buffer<Double>, into result: Buffer<Double>) {
    for j in 0..<order { result[j] = right[j] * scales[j] }
    BLAS.trsm(lower: true, m: order, n: 1, a: factor.pointer, lda: order, b: result.pointer, ldb: order)
    BLAS.trsm(lower: true, trans: true, m: order, n: 1, a: factor.pointer, lda: order, b: result.pointer, ldb: order)
    for j in 0..<order { result[j] *= scales[j] }
  }
}
