import ApusNumerics

/// The summaries of generalised linear models and of logistic regression.
enum GLMSummary {
  static func text(_ record: InferenceRecord, _ arguments: InferenceArguments) throws -> String {
    let names = try names(record, arguments)
    var table = SummaryTable(
      title: arguments.title ?? "Generalized Linear Model Regression Results", names: names)
    func significant(_ name: String, _ digits: Int) -> String {
      NumberText.general(record.number(name), digits, keepsZeros: true)
    }
    func whole(_ name: String) -> String { NumberText.fixed(record.number(name), 0) }
    table.pairs(
      [
        ("Dep. Variable:", arguments.targetName), ("Model:", record.model),
        ("Model Family:", record.words["family"] ?? ""), ("Link Function:", record.words["link"] ?? ""),
        ("Method:", "IRLS"), ("No. Iterations:", whole("iterations")),
        ("Covariance Type:", record.covarianceType.rawValue),
      ],
      [
        ("No. Observations:", whole("nobs_")), ("Df Residuals:", whole("df_resid_")),
        ("Df Model:", whole("df_model_")), ("Scale:", significant("scale_", 5)),
        ("Log-Likelihood:", significant("llf_", 5)), ("Deviance:", significant("deviance_", 5)),
        ("Pearson chi2:", NumberText.general(record.number("pearson_chi2_"), 3)),
        ("Pseudo R-squ. (CS):", significant("prsquared_cs_", 4)),
      ])
    table.rule("=")
    try table.coefficients(names, record.coefficients, alpha: arguments.alpha)
    table.notes(notes(record))
    return table.text
  }

  /// The table of binary logistic regression, with McFadden's R².
  static func logit(_ record: InferenceRecord, _ arguments: InferenceArguments) throws -> String {
    let names = try names(record, arguments)
    var table = SummaryTable(title: arguments.title ?? "Logit Regression Results", names: names)
    func significant(_ name: String, _ digits: Int) -> String {
      NumberText.general(record.number(name), digits, keepsZeros: true)
    }
    func whole(_ name: String) -> String { NumberText.fixed(record.number(name), 0) }
    table.pairs(
      [
        ("Dep. Variable:", arguments.targetName), ("Model:", "Logit"), ("Method:", record.words["method"] ?? "MLE"),
        ("No. Iterations:", whole("iterations")), ("converged:", record.number("converged") == 1 ? "True" : "False"),
        ("Covariance Type:", record.covarianceType.rawValue), ("Deviance:", significant("deviance_", 5)),
      ],
      [
        ("No. Observations:", whole("nobs_")), ("Df Residuals:", whole("df_resid_")),
        ("Df Model:", whole("df_model_")), ("Pseudo R-squ.:", significant("prsquared_", 4)),
        ("Log-Likelihood:", significant("llf_", 5)), ("LL-Null:", significant("llnull_", 5)),
        ("LLR p-value:", significant("llr_pvalue_", 4)),
      ])
    table.rule("=")
    try table.coefficients(names, record.coefficients, alpha: arguments.alpha)
    table.notes(notes(record))
    return table.text
  }

  private static func names(
    _ record: InferenceRecord, _ arguments: InferenceArguments
  ) throws(ApusError) -> [String] {
    let intercept = record.coefficients.hasIntercept
    return try SummaryTable.names(
      arguments.featureNames, features: record.coefficients.count - (intercept ? 1 : 0), intercept: intercept)
  }

  private static func notes(_ record: InferenceRecord) -> [String] {
    var notes: [String] = []
    if record.covarianceType != .nonrobust { notes.append(LeastSquaresSummary.description(record.covarianceType)) }
    if let note = record.words["note"] { notes.append(note) }
    return notes
  }
}
