import ApusModels
import ApusNumerics
import RealModule
import Testing

@testable import ApusLinear

/// Generalised linear models and logistic inference; statsmodels' numbers are tested through Python.
@Suite struct GeneralisedLinearTests {
  private func counts(_ rows: Int, seed: UInt64 = 3) throws -> (x: NDArray, y: NDArray) {
    var numbers = TestNumbers(seed)
    let x = (0..<rows * 3).map { _ in numbers.next() }
    let y = (0..<rows).map { row -> Double in
      (Double.exp(0.5 + x[3 * row] - 0.5 * x[3 * row + 1]) * (1 + 0.5 * numbers.next())).rounded()
    }
    return (try NDArray(x, shape: [rows, 3]), try NDArray(y))
  }

  /// At the maximum of a canonical model the residuals are orthogonal to the features.
  @Test func scoreEquations() throws {
    for rows in [80, 60_000] {
      let (x, y) = try counts(rows)
      let model = try GLM { $0.family = .poisson }.fit(x, y)
      let residuals = try model.numbers("resid_response_")
      let values = try x.elements(as: Double.self)
      for column in 0..<3 {
        let product = (0..<rows).reduce(0.0) { $0 + residuals[$1] * values[3 * $1 + column] }
        #expect(abs(product) < 1e-9 * Double(rows))
      }
      #expect(abs(residuals.reduce(0, +)) < 1e-9 * Double(rows))
    }
  }

  /// A Gaussian model with identity link is least squares.
  @Test func gaussianIsLeastSquares() throws {
    let (x, y) = try sampleRegression(rows: 40, columns: 3)
    let model = try GLM { $0.usesT = true }.fit(x, y)
    let line = try LinearRegression { $0.inference = true }.fit(x, y)
    for name in ["params_", "bse_", "pvalues_", "scale_", "llf_"] {
      #expect(relativeDistance(try model.numbers(name), try line.numbers(name)) < 1e-11)
    }
  }

  /// A row of frequency two is two rows; shares with trials are counts.
  @Test func repeatedRows() throws {
    let (x, y) = try counts(30)
    let (values, targets) = (try x.elements(as: Double.self), try y.elements(as: Double.self))
    var (repeated, long) = ([[Double]](), [Double]())
    for row in 0..<30 {
      for _ in 0...(row % 3) {
        repeated.append(Array(values[3 * row..<3 * row + 3]))
        long.append(targets[row])
      }
    }
    let frequencies = try NDArray((0..<30).map { Double($0 % 3 + 1) })
    let estimator = GLM {
      $0.family = .poisson
      $0.weights = .frequency
    }
    let (first, second) = (
      try estimator.fit(x, y, sampleWeight: frequencies), try estimator.fit(NDArray(rows: repeated), NDArray(long))
    )
    for name in ["params_", "bse_", "llf_", "deviance_", "aic_", "bic_", "df_resid_", "null_deviance_"] {
      #expect(relativeDistance(try first.numbers(name), try second.numbers(name)) < 1e-10, "\(name)")
    }
  }

  /// The unit deviance is twice the difference of the log-likelihoods of saturated model and model.
  @Test func devianceIsTwiceTheLikelihoodRatio() {
    let families: [(GLMFamily, Double, Double)] = [
      (.gaussian, 1.5, 0.7), (.poisson, 3, 1.7), (.negativeBinomial(alpha: 0.4), 3, 1.7), (.gamma, 2.5, 1.2),
      (.inverseGaussian, 2.5, 1.2), (.tweedie(power: 1.5), 2.5, 1.2), (.binomial, 0.25, 0.6),
    ]
    for (family, y, mu) in families {
      let difference =
        family.logLikelihood(y, y, weight: 1, scale: 1) - family.logLikelihood(y, mu, weight: 1, scale: 1)
      #expect(abs(family.deviance(y, mu) - 2 * difference) < 1e-12, "\(family)")
    }
  }

  /// The compound Poisson density integrates to one, with its mass at zero.
  @Test func tweedieDensity() {
    let (mu, phi, power) = (1.3, 0.8, 1.6)
    var sum = Double.exp(TweedieDensity.logDensity(0, mu: mu, dispersion: phi, power: power))
    // Trapezoidal rule on y = e^u, u in [−40, 4.5], which is spectrally accurate.
    let step = 0.01
    for index in 0...4450 {
      let y = Double.exp(-40 + Double(index) * step)
      sum += Double.exp(TweedieDensity.logDensity(y, mu: mu, dispersion: phi, power: power)) * y * step
    }
    #expect(abs(sum - 1) < 1e-9)
  }

  @Test func linksAreInverses() {
    let links: [GLMLink] = [
      .identity, .log, .logit, .probit, .cloglog, .inverse, .inverseSquared, .sqrt, .power(0.3),
    ]
    for link in links {
      for mu in [0.02, 0.3, 0.5, 0.97] {
        let eta = link.predictor(mu)
        let (back, complement, slope) = link.mean(eta)
        #expect(abs(back - mu) < 1e-13 && abs(complement - (1 - mu)) < 1e-13)
        let h = 1e-5 * Swift.max(1, abs(eta))
        let difference = (link.mean(eta + h).mu - link.mean(eta - h).mu) / (2 * h)
        #expect(abs(difference / slope - 1) < 1e-6, "\(link) at \(mu)")
      }
    }
  }

  @Test func sameBitsForAnyThreadCount() throws {
    let (x, y) = try counts(20_000)
    defer { try? ThreadPool.setThreadCount(2) }
    var first: [UInt64]?
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      let model = try GLM {
        $0.family = .poisson
        $0.covarianceType = .HC0
      }.fit(x, y)
      let bits = try ["params_", "bse_", "llf_", "leverage_"].flatMap { try model.numbers($0) }.map(\.bitPattern)
      if let first { #expect(bits == first) } else { first = bits }
    }
  }

  /// Wide sparse features are never multiplied with themselves; the coefficients are those of the dense ones.
  @Test(arguments: [true, false]) func wideSparseFeatures(fitsIntercept: Bool) throws {
    defer { try? ThreadPool.setThreadCount(2) }
    let (rows, columns) = (150, 90)
    var random = RandomStream(seed: 21)
    var cells = [Double](repeating: 0, count: rows * columns)
    for i in cells.indices where random.uniform() < 0.1 { cells[i] = 1000 * random.normal() }
    let x = try NDArray(cells, shape: [rows, columns])
    let y = try NDArray((0..<rows).map { Double($0 % 5) + (cells[$0 * columns] > 0 ? 3 : 0.5) })
    let weights = try NDArray((0..<rows).map { _ in 0.5 + random.uniform() })
    var regressors: [any Estimator] = []
    for alpha in [1.0, 1e-3] {
      regressors.append(PoissonRegressor { ($0.alpha, $0.fitIntercept) = (alpha, fitsIntercept) })
      regressors.append(GammaRegressor { ($0.alpha, $0.fitIntercept) = (alpha, fitsIntercept) })
    }
    for estimator in regressors {
      let dense = try estimator.fit(TrainingData(.dense(x), y, sampleWeight: weights), context: FitContext())
      var bits: [UInt64]?
      for threads in [1, 3] {
        try ThreadPool.setThreadCount(threads)
        let wide = try estimator.fit(TrainingData(.sparse(sparse(x)), y, sampleWeight: weights), context: FitContext())
        #expect(relativeDistance(try wide.numbers("coef_"), try dense.numbers("coef_")) < 1e-8)
        #expect(abs(try wide.number("intercept_") - dense.number("intercept_")) < 1e-8)
        let found = try wide.numbers("coef_").map(\.bitPattern)
        #expect(bits == nil || bits == found)
        bits = found
      }
    }
    let glm = GLM { $0.family = .poisson }
    let tooWide = try CSRMatrix(
      rows: 2, columns: 2000, rowOffsets: NDArray([0, 1, 2] as [Int64]), columnIndices: NDArray([0, 1] as [Int64]),
      values: NDArray([1.0, 2.0]))
    #expect(throws: ApusError.self) {
      try glm.fit(TrainingData(.sparse(tooWide), NDArray([1.0, 2.0])), context: FitContext())
    }
  }

  @Test func sparseFeatures() throws {
    let (x, y) = try counts(60)
    for kind in CovarianceType.allCases where kind != .cluster {
      let estimator = GLM {
        $0.family = .poisson
        $0.covarianceType = kind
      }
      let (dense, sparse) = (
        try estimator.fit(x, y), try estimator.fit(TrainingData(.sparse(sparse(x)), y), context: FitContext())
      )
      for name in ["params_", "bse_", "deviance_"] {
        #expect(relativeDistance(try sparse.numbers(name), try dense.numbers(name)) < 1e-10)
      }
    }
  }

  /// Collinear features: the fitted means are those of the independent ones.
  @Test func collinearFeatures() throws {
    let (x, y) = try counts(50)
    let values = try x.elements(as: Double.self)
    let wide = try NDArray(rows: (0..<50).map { row in Array(values[3 * row..<3 * row + 3]) + [values[3 * row] * 2] })
    let estimator = GLM { $0.family = .poisson }
    let (narrow, other) = (try estimator.fit(x, y), try estimator.fit(wide, y))
    #expect(relativeDistance(try other.numbers("fittedvalues_"), try narrow.numbers("fittedvalues_")) < 1e-9)
    #expect(try other.numbers("df_resid_") == narrow.numbers("df_resid_"))
  }

  /// Firth's estimate for one parameter and a sample of zeros and ones: ln((s + ½) / (f + ½)).
  @Test func firthOfAConstant() throws {
    let x = try NDArray([Double](repeating: 1, count: 9), shape: [9, 1])
    let estimator = LogisticRegression {
      $0.penalty = .firth
      $0.fitIntercept = false
      $0.inference = true
    }
    let model = try estimator.fit(x, try NDArray([1.0, 1, 1, 1, 1, 1, 0, 0, 0]))
    #expect(abs(try model.numbers("params_")[0] - Double.log(6.5 / 3.5)) < 1e-12)
  }

  @Test func cancelled() throws {
    let (x, y) = try counts(1000)
    let token = CancelToken()
    token.trip()
    #expect(throws: ApusError.cancelled) {
      try GLM { $0.family = .poisson }.fit(TrainingData(.dense(x), y), context: FitContext(cancel: token))
    }
  }
}
