import ApusNumerics

/// The summary of a least-squares fit.
enum LeastSquaresSummary {
  static func text(_ record: InferenceRecord, _ arguments: InferenceArguments) throws -> String {
    let inference = record.coefficients
    let names = try SummaryTable.names(
      arguments.featureNames, features: inference.count - (inference.hasIntercept ? 1 : 0),
      intercept: inference.hasIntercept)
    var table = SummaryTable(title: arguments.title ?? "\(record.model) Regression Results", names: names)
    func significant(_ name: String, _ digits: Int) -> String {
      NumberText.general(record.number(name), digits, keepsZeros: true)
    }
    func decimals(_ name: String) -> String { NumberText.fixed(record.number(name), 3) }
    let kind = inference.hasIntercept ? "" : " (uncentered)"
    table.pairs(
      [
        ("Dep. Variable:", arguments.targetName), ("Model:", record.model), ("Method:", "Least Squares"),
        ("No. Observations:", NumberText.fixed(record.number("nobs_"), 0)),
        ("Df Residuals:", NumberText.fixed(record.number("df_resid_"), 0)),
        ("Df Model:", NumberText.fixed(record.number("df_model_"), 0)),
        ("Covariance Type:", record.covarianceType.rawValue),
      ],
      [
        ("R-squared\(kind):", decimals("rsquared_")), ("Adj. R-squared\(kind):", decimals("rsquared_adj_")),
        ("F-statistic:", significant("fvalue_", 4)), ("Prob (F-statistic):", significant("f_pvalue_", 3)),
        ("Log-Likelihood:", NumberText.general(record.number("llf_"), 5, keepsZeros: true)),
        ("AIC:", significant("aic_", 4)), ("BIC:", significant("bic_", 4)),
      ])
    table.rule("=")
    try table.coefficients(names, inference, alpha: arguments.alpha)
    table.pairs(
      [
        ("Omnibus:", decimals("omnibus_")), ("Prob(Omnibus):", decimals("omnibus_pvalue_")),
        ("Skew:", decimals("skew_")), ("Kurtosis:", decimals("kurtosis_")),
      ],
      [
        ("Durbin-Watson:", decimals("durbin_watson_")), ("Jarque-Bera (JB):", decimals("jarque_bera_")),
        ("Prob(JB):", significant("jarque_bera_pvalue_", 3)), ("Cond. No.", significant("condition_number_", 3)),
      ])
    table.rule("=")
    table.notes(notes(record))
    return table.text
  }

  private static func notes(_ record: InferenceRecord) -> [String] {
    var notes: [String] = []
    if !record.coefficients.hasIntercept {
      notes.append("R² is computed about zero, since the model has no constant.")
    }
    notes.append(description(record.covarianceType))
    let condition = record.number("condition_number_")
    if condition.isInfinite {
      notes.append("The features are collinear: the coefficients are those of minimum norm.")
    } else if condition > 1000 {
      notes.append(
        "The condition number is large, \(NumberText.general(condition, 3)): features in very different units, or nearly "
          + "collinear.")
    }
    return notes
  }

  static func description(_ type: CovarianceType) -> String {
    switch type {
    case .nonrobust: return "Standard errors assume that the errors are independent with equal variances."
    case .HC0, .HC1, .HC2, .HC3: return "Standard errors are robust to unequal variances (\(type.rawValue))."
    case .HAC: return "Standard errors are robust to unequal variances and autocorrelation (HAC, Bartlett kernel)."
    case .cluster: return "Standard errors are robust to correlation within the groups."
    }
  }
}
