import ApusModels
import ApusNumerics

/// Logistic regression with inference, and by Firth's method.
extension LogisticRegression {
  static var inferenceParameters: [Parameter] {
    [
      Parameter(
        "inference", \LogisticRegression.inference,
        doc:
          "Whether to compute standard errors, tests and intervals; penalty None (or C=inf), or for two classes 'firth'."
      ),
      Parameter(
        "cov_type", \LogisticRegression.covarianceType,
        doc:
          "Covariance of the estimates: classical, robust to wrong variances, autocorrelation or correlated groups; "
          + "'HC2' and 'HC3' for two classes only."),
      Parameter(
        "maxlags", \LogisticRegression.maximumLag, range: .atLeast(0),
        doc: "Largest lag of HAC; None: the whole part of 4 (n / 100)^(2/9)."),
      Parameter(
        "use_correction", \LogisticRegression.usesCorrection,
        doc: "Whether HAC and cluster get their small-sample factor; None: only cluster does."),
      Parameter(
        "use_t", \LogisticRegression.usesT, doc: "Whether statistics are compared with t; None: with the normal."),
      Parameter(
        "profile_alpha", \LogisticRegression.profileAlpha,
        range: ValueRange(0, 1, includesMinimum: false, includesMaximum: false),
        doc: "One minus the level of profile-likelihood intervals, with inference; None: not computed."),
    ]
  }

  func fitWithInference(_ data: LogisticData, groups: NDArray?, _ context: FitContext) throws -> LogisticModel {
    let isFirth = self.options.penalty == .firth
    guard isFirth || self.options.penalty == nil || inverseStrength == .infinity else {
      throw ApusError.invalidArgument(
        name: "inference",
        reason: "needs penalty=None, C=inf or penalty='firth'; the penalty has C = \(inverseStrength)")
    }
    let options = try CovarianceOptions(
      type: covarianceType, maximumLag: maximumLag, usesCorrection: usesCorrection, usesT: usesT, groups: groups
    ).checked(rows: data.rows)
    if data.classCount > 2, !isFirth {
      guard profileAlpha == nil else {
        throw ApusError.invalidArgument(
          name: "profile_alpha", reason: "is available for two classes; y holds \(data.classCount)")
      }
      let result = try MultinomialInference(
        data: data, fitIntercept: self.options.fitIntercept, maximumIterations: self.options.maxIterations,
        options: options
      ).fit(context)
      var model = LogisticModel(
        schema: Self.schema, classes: data.labels.classes, coefficients: result.coefficients,
        intercepts: result.intercepts, dtype: data.dtype, iterations: result.iterations)
      model.multinomial = result.record
      return model
    }
    let result = try LogisticInference(
      data: data, fitIntercept: self.options.fitIntercept, isFirth: isFirth,
      maximumIterations: self.options.maxIterations, options: options,
      profileAlpha: inference ? profileAlpha : nil
    ).fit(context)
    for index in 0..<data.columns where !result.coefficients.pointer(Double.self)[index].isFinite {
      throw ApusError.numericalFailure(reason: "X: the coefficients are not finite; scale the features")
    }
    var model = LogisticModel(
      schema: Self.schema, classes: data.labels.classes, coefficients: result.coefficients,
      intercepts: try NDArray([result.intercept]), dtype: data.dtype, iterations: result.iterations)
    model.inference = inference ? result.record : nil
    return model
  }
}

/// Inference about a fitted model.
extension LogisticModel {
  func text(_ name: String, arguments: [String: ParameterValue]) throws -> String {
    guard name == "summary" else {
      throw ApusError.unsupported(reason: "text: '\(name)' is not a report of \(schema.kind); known is 'summary'")
    }
    let arguments = try InferenceArguments(arguments, allowed: ["alpha", "xname", "yname", "title"])
    return try multinomial?.summary(arguments) ?? GLMSummary.logit(fittedInference(), arguments)
  }

  /// The operations on the model alone and the table of predictions; nil for others.
  func inferenceOperation(
    _ operation: Operation, _ input: FeatureMatrix?, _ arguments: [String: ParameterValue]
  ) throws -> NDArray? {
    switch operation {
    case .confidenceIntervals:
      let alpha = try InferenceArguments(arguments, allowed: ["alpha"]).alpha
      return try multinomial?.intervals(alpha) ?? fittedInference().coefficients.intervals(alpha)
    case .oddsRatios:
      let alpha = try InferenceArguments(arguments, allowed: ["alpha"]).alpha
      return try multinomial?.oddsRatios(alpha) ?? fittedInference().coefficients.oddsRatios(alpha)
    case .predictionTable:
      guard multinomial == nil else {
        throw ApusError.unsupported(
          reason: "get_prediction: is available for two classes; predict_proba gives the probabilities of more")
      }
      let record = try fittedInference()
      let table = GLMModel(
        schema: schema, coefficients: coefficients, intercept: intercepts.pointer(Double.self)[0], family: .binomial,
        link: .logit, dtype: dtype, iterations: iterations, converged: true, inference: record)
      return try table.apply(.predictionTable, to: input, arguments: arguments, context: FitContext())
    default: return nil
    }
  }

  private func fittedInference() throws(ApusError) -> InferenceRecord {
    if let inference { return inference }
    throw .unsupported(reason: "inference: \(schema.pythonName) was fitted without inference=True")
  }
}
