import ApusNumerics
import RealModule

/// Correlation coefficients with p-values, and matrices of them.
public enum Correlation {
  /// Pearson's r, robust against overflow and underflow: values near 1e200 and 1e-200 lose nothing.
  ///
  /// - Returns: the statistic is r; p from the exact null distribution for normal data (that of 2B − 1 for a beta variable with both
  ///   shapes n/2 − 1); Fisher's interval for ρ. Constant input gives NaN and a warning.
  public static func pearson(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try HypothesisTests.requireConfidence(confidence)
    let (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    if a.hasMissing { return .undefined }
    return pearson(a.values, b.values, nil, alternative, confidence)
  }

  /// Pearson's r with non-negative weights; p-value and interval with Kish's effective number of observations
  /// (Σw)² / Σw².
  public static func weightedPearson(
    _ x: NDArray, _ y: NDArray, weights: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try HypothesisTests.requireConfidence(confidence)
    let found = try Sample.rows([x, y, weights], names: ["x", "y", "weights"], missing: missing, atLeast: 2)
    let (a, b, w) = (found[0], found[1], found[2])
    if a.hasMissing { return .undefined }
    for (i, value) in w.values.enumerated() where !(value >= 0 && value.isFinite) {
      throw .invalidArgument(name: "weights", reason: "element \(i) is \(value), must be finite and at least 0")
    }
    guard w.values.contains(where: { $0 > 0 }) else {
      throw .invalidArgument(name: "weights", reason: "all are 0")
    }
    return pearson(a.values, b.values, w.values, alternative, confidence)
  }

  /// Pearson's r of a two-valued variable (any two values) and a continuous one.
  public static func pointBiserial(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    let (a, _) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    if !a.hasMissing, let first = a.values.first {
      var second: Double?
      for value in a.values where value != first {
        if let second, value != second {
          throw .invalidArgument(name: "x", reason: "has the values \(first), \(second) and \(value), allowed are two")
        }
        second = value
      }
    }
    return try pearson(x, y, alternative: alternative, confidence: confidence, missing: missing)
  }

  /// Spearman's rank correlation: Pearson's r of the ranks; p-value from the t distribution with n − 2 degrees of freedom.
  public static func spearman(
    _ x: NDArray, _ y: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try HypothesisTests.requireConfidence(confidence)
    let (a, b) = try Sample.pairs(x, y, missing: missing, atLeast: 2)
    if a.hasMissing { return .undefined }
    let (u, v) = (try Ranks(a.values), try Ranks(b.values))
    return pearson(
      UnsafeBufferPointer(u.ranks.elements), UnsafeBufferPointer(v.ranks.elements), nil, alternative, confidence)
  }

  /// Correlation of x and y after both are freed of the linear influence of the columns of `controls` (n × k);
  /// k degrees of freedom are lost.
  public static func partial(
    _ x: NDArray, _ y: NDArray, controls: NDArray, alternative: Alternative = .twoSided, confidence: Double = 0.95,
    missing: MissingPolicy = .propagate
  ) throws(ApusError) -> TestResult {
    try HypothesisTests.requireConfidence(confidence)
    let table = try controls.rank == 1 ? controls.reshaped([controls.count, 1]) : controls
    guard table.rank == 2, x.rank >= 1, table.shape[0] == x.shape[0] else {
      throw .shapeMismatch(name: "controls", reason: "has shape \(controls.shape) beside x of shape \(x.shape)")
    }
    let k = table.shape[1]
    var columns = [x, y]
    for j in 0..<k { columns.append(try table.slice(j..<j + 1, axis: 1).contiguous().reshaped([table.shape[0]])) }
    let found = try Sample.rows(
      columns, names: ["x", "y"] + (0..<k).map { "controls column \($0)" }, missing: missing, atLeast: 3)
    let (a, b) = (found[0], found[1])
    if a.hasMissing { return .undefined }
    let n = a.count
    let z = try NDArray(uninitialized: [n, k], dtype: .float64)
    for j in 0..<k { for i in 0..<n { z.pointer(Double.self)[i * k + j] = found[j + 2].values[i] } }
    try FiniteCheck.requireFinite(z, name: "controls")
    try Sample.require(count: n, k + 3, "x")
    let (u, v) = (try Buffer<Double>(count: n), try Buffer<Double>(count: n))
    let basis = try OrthogonalBasis(controls: z)
    basis.residuals(of: a.values, into: u.pointer)
    basis.residuals(of: b.values, into: v.pointer)
    return pearson(
      UnsafeBufferPointer(u.elements), UnsafeBufferPointer(v.elements), nil, alternative, confidence,
      lost: Double(basis.rank))
  }

  static func pearson(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, _ weights: UnsafeBufferPointer<Double>?,
    _ alternative: Alternative, _ confidence: Double, lost: Double = 0
  ) -> TestResult {
    let (r, effective, constant) = coefficient(x, y, weights)
    guard !r.isNaN else {
      return .undefined(
        constant.map { "\($0): all values are equal, the correlation coefficient is not defined" }
          ?? "x and y: the correlation coefficient is not defined for infinite values")
    }
    let n = effective - lost
    var result = TestResult(r, pValue(r, n, alternative))
    result.degreesOfFreedom = n - 2
    (result.effectName, result.effectSize) = ("r_squared", r * r)
    (result.estimateName, result.estimate) = ("correlation", r)
    result.confidenceInterval = fisherInterval(r, n, alternative, confidence)
    return result
  }

  /// r, the effective number of observations, and which variable is constant.
  static func coefficient(
    _ x: UnsafeBufferPointer<Double>, _ y: UnsafeBufferPointer<Double>, _ weights: UnsafeBufferPointer<Double>?
  ) -> (r: Double, effective: Double, constant: String?) {
    let n = x.count
    var (sx, sy) = (0.0, 0.0)
    for i in 0..<n {
      sx = Swift.max(sx, x[i].magnitude)
      sy = Swift.max(sy, y[i].magnitude)
    }
    if !sx.isFinite || !sy.isFinite { return (.nan, .nan, nil) }
    if sx == 0 || sy == 0 { return (.nan, .nan, sx == 0 ? "x" : "y") }
    let (scaleX, scaleY) = (
      Double(sign: .plus, exponent: sx.exponent, significand: 1),
      Double(sign: .plus, exponent: sy.exponent, significand: 1)
    )
    var (sumX, sumY, total, squares) = (DoubleDouble(0), DoubleDouble(0), 0.0, 0.0)
    for i in 0..<n {
      let w = weights?[i] ?? 1
      total += w
      squares += w * w
      sumX = sumX + DoubleDouble.product(w, x[i] / scaleX)
      sumY = sumY + DoubleDouble.product(w, y[i] / scaleY)
    }
    let (meanX, meanY) = ((sumX / total).value, (sumY / total).value)
    var (xx, yy, xy, dx, dy) = (0.0, 0.0, DoubleDouble(0), 0.0, 0.0)
    for i in 0..<n {
      let w = weights?[i] ?? 1
      let (u, v) = (x[i] / scaleX - meanX, y[i] / scaleY - meanY)
      xx += w * u * u
      yy += w * v * v
      xy = xy + DoubleDouble.product(w * u, v)
      dx += w * u
      dy += w * v
    }
    xx -= dx * dx / total
    yy -= dy * dy / total
    // Deviations of the size of rounding errors: the input is constant.
    let limit = 1e-26 * total
    if xx <= limit * meanX * meanX { return (.nan, .nan, "x") }
    if yy <= limit * meanY * meanY { return (.nan, .nan, "y") }
    let r = (xy - dx * dy / total).value / xx.squareRoot() / yy.squareRoot()
    return (r.atLeast(-1).atMost(1), weights == nil ? Double(n) : total * total / squares, nil)
  }

  /// p-value of r for n observations: (1 − r)/2 is a beta variable with both shapes n/2 − 1.
  static func pValue(_ r: Double, _ n: Double, _ alternative: Alternative) -> PValue {
    if n <= 2 || r.isNaN { return n == 2 && !r.isNaN ? PValue(1) : PValue(.nan) }
    let shape = n / 2 - 1
    let x = DoubleDouble.sum(1, -r) * 0.5
    let y = DoubleDouble.sum(1, r) * 0.5
    if x.high <= 0 { return PValue(TailProbability(upper: 0), alternative) }
    if y.high <= 0 { return PValue(TailProbability(lower: 0), alternative) }
    // P(R ≥ r) is the lower tail of the beta variable at (1 − r)/2.
    return PValue(IncompleteBeta(shape, shape).tails(x, y).complement, alternative)
  }

  /// tanh(artanh r ± z/√(n − 3)).
  static func fisherInterval(
    _ r: Double, _ n: Double, _ alternative: Alternative, _ confidence: Double
  ) -> ConfidenceInterval {
    if n <= 3 { return ConfidenceInterval(lower: -1, upper: 1, level: confidence) }
    if r.magnitude == 1 {
      return ConfidenceInterval(
        lower: alternative == .less ? -1 : r, upper: alternative == .greater ? 1 : r, level: confidence)
    }
    let interval = HypothesisTests.normalInterval(
      Double.atanh(r), 1 / (n - 3).squareRoot(), alternative, confidence)
    return ConfidenceInterval(
      lower: Double.tanh(interval.lower), upper: Double.tanh(interval.upper), level: confidence)
  }
}

/// An orthonormal basis of the constant and the columns of a matrix, by modified Gram–Schmidt applied twice.
struct OrthogonalBasis {
  private let vectors: Buffer<Double>
  private let n: Int
  private(set) var count = 0
  /// Independent directions besides the constant.
  var rank: Int { count - 1 }

  init(controls: NDArray) throws(ApusError) {
    n = controls.shape[0]
    let k = controls.shape[1]
    vectors = try Buffer<Double>(count: try checkedCount([n, k + 1], stride: 1))
    let z = controls.pointer(Double.self)
    for j in -1..<k {
      let v = vectors.pointer + count * n
      for i in 0..<n { v[i] = j < 0 ? 1 : z[i * k + j] }
      let before = OrthogonalBasis.norm(v, n)
      if before == 0 { continue }
      for i in 0..<n { v[i] /= before }
      project(v)
      let after = OrthogonalBasis.norm(v, n)
      if after < 1e-12 { continue }
      for i in 0..<n { v[i] /= after }
      count += 1
    }
  }

  func residuals(of x: UnsafeBufferPointer<Double>, into out: UnsafeMutablePointer<Double>) {
    let scale = Swift.max(x.reduce(0) { Swift.max($0, $1.magnitude) }, Double.leastNormalMagnitude)
    for i in 0..<n { out[i] = x[i] / scale }
    project(out)
  }

  /// Removes the components along the basis, twice.
  private func project(_ v: UnsafeMutablePointer<Double>) {
    for _ in 0..<2 {
      for b in 0..<count {
        let u = vectors.pointer + b * n
        var dot = DoubleDouble(0)
        for i in 0..<n { dot = dot + DoubleDouble.product(u[i], v[i]) }
        let c = dot.value
        for i in 0..<n { v[i] -= c * u[i] }
      }
    }
  }

  private static func norm(_ v: UnsafePointer<Double>, _ n: Int) -> Double {
    var largest = 0.0
    for i in 0..<n { largest = Swift.max(largest, v[i].magnitude) }
    if largest == 0 { return 0 }
    var sum = 0.0
    for i in 0..<n { sum += (v[i] / largest) * (v[i] / largest) }
    return sum.squareRoot() * largest
  }
}
