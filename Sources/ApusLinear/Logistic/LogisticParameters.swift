import ApusModels
import ApusNumerics

/// The parameters that logistic regressions have in common.
public struct LogisticOptions: Sendable {
  public var dual = false
  public var tol = 1e-4
  public var fitIntercept = true
  public var interceptScaling = 1.0
  public var classWeight = ParameterValue.none
  public var randomState: UInt64?
  public var solver = LogisticSolver.lbfgs
  public var penalty: LogisticPenalty? = .deprecated
  public var maxIterations = 100
  public var verbose = ParameterValue.int(0)
  public var jobs: Int?
}

/// scikit-learn's names of solvers. They decide which penalties are permitted; the method follows from penalty and shape.
public enum LogisticSolver: String, CaseIterable, ParameterChoice {
  case lbfgs, liblinear
  case newtonConjugateGradient = "newton-cg"
  case newtonCholesky = "newton-cholesky"
  case sag, saga

  /// Throws unless the solver knows the penalty.
  func requirePenalty(_ l1Ratio: Double) throws(ApusError) {
    let allowed: Bool
    switch self {
    case .saga: allowed = true
    case .liblinear: allowed = l1Ratio == 0 || l1Ratio == 1
    default: allowed = l1Ratio == 0
    }
    guard allowed else {
      throw .invalidArgument(
        name: "solver",
        reason: "Solver \(rawValue) does not support l1_ratio=\(l1Ratio); 'saga' supports all, 'liblinear' 0 and 1")
    }
  }
}

/// scikit-learn's former names of penalties, and Firth's.
public enum LogisticPenalty: String, CaseIterable, ParameterChoice {
  case l1, l2, elasticnet, firth, deprecated
}

/// A logistic regression. The options are its properties too: `LogisticRegression { $0.tol = 1e-6 }`.
@dynamicMemberLookup
public protocol LogisticEstimator: Estimator {
  var options: LogisticOptions { get set }
}

extension LogisticEstimator {
  public subscript<Value>(dynamicMember path: WritableKeyPath<LogisticOptions, Value>) -> Value {
    get { options[keyPath: path] }
    set { options[keyPath: path] = newValue }
  }

  /// The schema of ``LogisticOptions``.
  static func optionParameters(penalties: String) -> [Parameter] {
    [
      Parameter("penalty", \Self.options.penalty, doc: penalties),
      Parameter("dual", \Self.options.dual, doc: "Accepted for compatibility: both problems have the same solution."),
      Parameter(
        "tol", \Self.options.tol, range: .greaterThan(0),
        doc: "Largest component of the (sub)gradient of the mean loss at which to stop."),
      Parameter("fit_intercept", \Self.options.fitIntercept, doc: "Whether to fit a constant term."),
      Parameter(
        "intercept_scaling", \Self.options.interceptScaling,
        doc: "Accepted for compatibility: the intercept is never penalised."),
      Parameter(
        "class_weight", \Self.options.classWeight, types: [.none, .string, .array], range: .atLeast(0),
        choices: ["balanced"], doc: "Weights of the classes in the order of their labels, 'balanced', or None for ones."
      ),
      Parameter(
        "random_state", \Self.options.randomState, doc: "Accepted for compatibility: nothing is drawn at random."),
      Parameter(
        "solver", \Self.options.solver,
        doc:
          "'lbfgs', 'newton-cg', 'newton-cholesky', 'sag': L2 penalty; 'liblinear': L1 or L2, two classes; 'saga': any. "
          + "The method follows from penalty and shape."),
      Parameter("max_iter", \Self.options.maxIterations, range: .atLeast(0), doc: "Most iterations."),
      .verbosity(\Self.options.verbose),
      .jobs(\Self.options.jobs),
    ]
  }

  /// Throws when the solver does not take the classes.
  func requireClasses(_ data: LogisticData) throws(ApusError) {
    if options.solver == .liblinear, data.classCount > 2 {
      throw .invalidArgument(
        name: "solver", reason: "The 'liblinear' solver does not support multiclass classification (n_classes >= 3)")
    }
  }

  func warnOfConvergence(_ outcome: LimitedMemoryBFGS.Outcome, _ context: FitContext) {
    if outcome.converged { return }
    context.warn(
      .convergence,
      "\(options.solver.rawValue) did not converge within \(outcome.iterations) iterations: increase max_iter or scale "
        + "the features")
  }
}

extension LogisticFit.Result {
  /// The fitted model.
  func model(_ data: LogisticData, schema: EstimatorSchema) throws -> LogisticModel {
    let (p, width) = (data.columns, loss.width)
    let coefficients = try NDArray(uninitialized: [loss.scores, p], dtype: .float64)
    let intercepts = try NDArray(uninitialized: [loss.scores], dtype: .float64)
    for score in 0..<loss.scores {
      for j in 0..<p {
        let value = theta[score * width + j]
        guard value.isFinite else {
          throw ApusError.numericalFailure(reason: "X: the coefficients are not finite; scale the features")
        }
        coefficients.pointer(Double.self)[score * p + j] = value
      }
      intercepts.pointer(Double.self)[score] = loss.fitIntercept ? theta[score * width + p] : 0
    }
    return LogisticModel(
      schema: schema, classes: data.labels.classes, coefficients: coefficients, intercepts: intercepts,
      dtype: data.dtype, iterations: outcome.iterations)
  }
}
