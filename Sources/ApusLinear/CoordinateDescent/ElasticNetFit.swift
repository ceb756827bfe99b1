import ApusModels
import ApusNumerics

/// What Lasso and ElasticNet share: the objective 1/(2 Σw) Σ w (y − X β − c)² + α ρ Σ|β| + ½ α (1 − ρ) Σ β², one target
/// at a time on a common Gram matrix.
struct ElasticNetFit {
  var alpha: Double
  var l1Ratio: Double
  var fitIntercept: Bool
  var maxIterations: Int
  var tolerance: Double
  var positive: Bool
  /// Nil for cyclic passes.
  var shuffleSeed: UInt64?

  func fit(
    _ data: RegressionData, schema: EstimatorSchema, start: LinearModel?, context: FitContext
  ) throws -> LinearModel {
    let (p, t) = (data.columns, data.targetCount)
    let system = try GramSystem(data, fitIntercept: fitIntercept, context: context)
    let coefficients = try Buffer<Double>(zeroed: p * t)
    var (intercepts, sums, iterations, gaps) = ([Double](), [Double](), [Int](), [Double]())
    for k in 0..<t {
      let descent = GramCoordinateDescent(
        gram: UnsafePointer(system.gram.pointer), stride: p, columns: p, l1: alpha * l1Ratio,
        l2: alpha * (1 - l1Ratio), positive: positive)
      let w = coefficients.pointer + k * p
      let gradient = try Buffer<Double>(count: p)
      gradient.pointer.update(from: system.cross.pointer + k * p, count: p)
      if let start, start.featureCount == p, start.targetCount == t {
        for j in 0..<p {
          w[j] = start.coefficients.pointer(Double.self)[k * p + j]
          for i in 0..<p { gradient[i] -= w[j] * system.gram[j * p + i] }
        }
      }
      var shuffle = shuffleSeed.map { PassOrder(seed: $0) }
      let outcome = try descent.minimise(
        w, gradient: gradient.pointer, crossProducts: system.cross.pointer + k * p,
        targetSquare: system.targetSquares[k], tolerance: tolerance, maximumIterations: maxIterations,
        order: { shuffle?.next(p) ?? Array(0..<p) },
        checkpoint: { try context.checkpoint("coordinate descent", $0) })
      if !outcome.converged {
        context.warn(
          .convergence,
          "coordinate descent did not converge: the duality gap is \(outcome.gap), tolerance "
            + "\(tolerance * system.targetSquares[k]); increase max_iter or alpha, or scale the features")
      }
      var intercept = system.targetMeans[k]
      var fitted = 0.0
      for j in 0..<p {
        intercept -= system.means[j] * w[j]
        fitted += w[j] * (system.cross[k * p + j] + gradient[j])
      }
      intercepts.append(fitIntercept ? intercept : 0)
      sums.append(Swift.max(0, (system.targetSquares[k] - fitted) * system.totalWeight))
      iterations.append(outcome.iterations)
      gaps.append(outcome.gap)
    }
    let solution = LinearSolution(
      coefficients: coefficients, intercepts: intercepts, rank: nil, residualSums: sums, factor: nil,
      iterations: iterations)
    try solution.requireFinite()
    var model = try LinearModel(
      LeastSquares.Result(solution: solution, moments: nil), data, schema: schema, fitIntercept: fitIntercept)
    model.dualGaps = gaps
    return model
  }
}

/// Moments about the means divided by the total weight, in float64.
struct GramSystem {
  let gram: Buffer<Double>
  /// (targets, columns).
  let cross: Buffer<Double>
  let targetSquares: [Double]
  let means: [Double]
  let targetMeans: [Double]
  let totalWeight: Double

  init(_ data: RegressionData, fitIntercept: Bool, context: FitContext) throws {
    let (p, t) = (data.columns, data.targetCount)
    gram = try Buffer<Double>(count: p * p)
    cross = try Buffer<Double>(count: p * t)
    try context.checkpoint("moments", 0)
    if let array = data.design.array {
      let moments = try CentredGram(array, y: data.targets, weights: data.weights, centred: fitIntercept)
      totalWeight = moments.totalWeight
      let view = moments.gram.matrixView(Double.self)
      for i in 0..<p { for j in 0..<p { gram[i * p + j] = view[i, j] / totalWeight } }
      let products = moments.cross.matrixView(Double.self)
      for k in 0..<t { for j in 0..<p { cross[k * p + j] = products[j, k] / totalWeight } }
      let squares = moments.targetGram.matrixView(Double.self)
      targetSquares = (0..<t).map { [totalWeight] in squares[$0, $0] / totalWeight }
      means = try moments.means.elements(as: Double.self)
      targetMeans = try moments.targetMeans.elements(as: Double.self)
    } else {
      let moments = try LinearFitting.moments(of: data, context)
      let solver = try MomentSolver(moments, fitIntercept: fitIntercept) { try context.checkpoint("moments", $0) }
      let total = moments.totalWeight
      totalWeight = total.value
      let e = moments.exponents
      func entry(_ i: Int, _ j: Int) -> Double {
        let value = i <= j ? solver.centred[i, j] : solver.centred[j, i]
        return (value / total).scaled(byPowerOfTwo: e[i] + e[j]).value
      }
      for i in 0..<p { for j in 0..<p { gram[i * p + j] = entry(i, j) } }
      for k in 0..<t { for j in 0..<p { cross[k * p + j] = entry(j, p + k) } }
      targetSquares = (0..<t).map { entry(p + $0, p + $0) }
      let all = (0..<(p + t)).map { column in
        fitIntercept
          ? (moments.moment(column, moments.onesIndex) / total).scaled(byPowerOfTwo: e[column]).value : 0
      }
      means = Array(all.prefix(p))
      targetMeans = Array(all.suffix(t))
    }
    for index in 0..<(p * p) where !gram[index].isFinite {
      throw ApusError.numericalFailure(reason: "X: squares of the features overflow float64; scale the features")
    }
    for square in targetSquares where !square.isFinite {
      throw ApusError.numericalFailure(reason: "y: squares of the targets overflow float64; scale the targets")
    }
  }
}

/// Random orders of the coordinates.
struct PassOrder {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// A permutation of 0..<count (Fisher–Yates on the SplitMix64 sequence).
  mutating func next(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      order.swapAt(i, Int((z ^ (z >> 31)) % UInt64(i + 1)))
    }
    return order
  }
}
