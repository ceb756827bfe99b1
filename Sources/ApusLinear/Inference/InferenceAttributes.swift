import ApusModels

/// The fitted attributes of inference, declared once for the estimators that have them.
enum InferenceAttributes {
  static let coefficients = [
    FittedAttribute("params_", doc: "Estimates, the intercept first: (n_parameters,); with inference."),
    FittedAttribute("bse_", doc: "Standard errors, the intercept first: (n_parameters,); with inference."),
    FittedAttribute("tvalues_", doc: "Estimates over standard errors: (n_parameters,); with inference."),
    FittedAttribute("pvalues_", doc: "Two-sided p-values of t or z: (n_parameters,); with inference."),
    FittedAttribute("cov_params_", doc: "Covariance of the estimates: (n_parameters, n_parameters); with inference."),
    FittedAttribute("nobs_", .double, doc: "Number of samples with positive weight; with inference."),
    FittedAttribute("df_model_", .double, doc: "Degrees of freedom of the model without constant; with inference."),
    FittedAttribute("df_resid_", .double, doc: "Residual degrees of freedom; with inference."),
    FittedAttribute("scale_", .double, doc: "Residual variance or dispersion; with inference."),
    FittedAttribute("llf_", .double, doc: "Log-likelihood; with inference."),
    FittedAttribute("aic_", .double, doc: "Akaike's information criterion; with inference."),
    FittedAttribute("bic_", .double, doc: "Bayesian information criterion; with inference."),
  ]

  static let leastSquares = [
    FittedAttribute("rsquared_", .double, doc: "R2, about zero without intercept; with inference."),
    FittedAttribute("rsquared_adj_", .double, doc: "R2 adjusted for degrees of freedom; with inference."),
    FittedAttribute("ssr_", .double, doc: "Weighted sum of squared residuals; with inference."),
    FittedAttribute("ess_", .double, doc: "Explained sum of squares, tss_ - ssr_; with inference."),
    FittedAttribute(
      "tss_", .double, doc: "Weighted sum of squares of y about its mean, about zero without intercept; with inference."
    ),
    FittedAttribute("mse_model_", .double, doc: "ess_ / df_model_; with inference."),
    FittedAttribute("mse_resid_", .double, doc: "ssr_ / df_resid_; with inference."),
    FittedAttribute("mse_total_", .double, doc: "tss_ over its degrees of freedom; with inference."),
    FittedAttribute(
      "fvalue_", .double, doc: "F of all coefficients but the intercept; Wald's if robust; with inference."),
    FittedAttribute("f_pvalue_", .double, doc: "p-value of F; with inference."),
    FittedAttribute("condition_number_", .double, doc: "Condition number of [1, X], weighted; with inference."),
    FittedAttribute("durbin_watson_", .double, doc: "Durbin and Watson's statistic; with inference."),
    FittedAttribute("jarque_bera_", .double, doc: "Jarque and Bera's statistic of the residuals; with inference."),
    FittedAttribute("jarque_bera_pvalue_", .double, doc: "p-value of Jarque and Bera's statistic; with inference."),
    FittedAttribute("omnibus_", .double, doc: "D'Agostino and Pearson's statistic of the residuals; with inference."),
    FittedAttribute("omnibus_pvalue_", .double, doc: "p-value of the omnibus statistic; with inference."),
    FittedAttribute("skew_", .double, doc: "Skewness of the residuals; with inference."),
    FittedAttribute("kurtosis_", .double, doc: "Kurtosis of the residuals, 3 for a normal; with inference."),
    FittedAttribute("vif_", doc: "Variance inflation factors: (n_features,); with inference, not for a full sigma."),
    FittedAttribute("resid_", doc: "y minus prediction: (n_samples,); with inference."),
    FittedAttribute("wresid_", doc: "Weighted or whitened residuals: (n_samples,); with inference and weights."),
    FittedAttribute("resid_pearson_", doc: "Weighted residuals over the root of scale_: (n_samples,); with inference."),
    FittedAttribute("leverage_", doc: "Diagonal of the hat matrix: (n_samples,); with inference."),
    FittedAttribute("cooks_distance_", doc: "Cook's distances: (n_samples,); with inference."),
    FittedAttribute(
      "resid_studentized_internal_", doc: "Internally studentised residuals: (n_samples,); with inference."),
    FittedAttribute(
      "resid_studentized_external_", doc: "Externally studentised residuals: (n_samples,); with inference."),
    FittedAttribute("dffits_", doc: "DFFITS of the rows: (n_samples,); with inference."),
  ]

  /// Statistics of a likelihood.
  static let likelihood = [
    FittedAttribute("llnull_", .double, doc: "Log-likelihood of the constant alone; with inference."),
    FittedAttribute("llr_", .double, doc: "Twice the log-likelihood gained over the constant alone; with inference."),
    FittedAttribute("llr_pvalue_", .double, doc: "p-value of llr_ against chi-squared; with inference."),
    FittedAttribute("prsquared_", .double, doc: "McFadden's R2, 1 - llf / llnull; with inference."),
    FittedAttribute("prsquared_cs_", .double, doc: "Cox and Snell's R2; with inference."),
    FittedAttribute("deviance_", .double, doc: "Deviance; with inference."),
    FittedAttribute("null_deviance_", .double, doc: "Deviance of the constant alone; with inference."),
    FittedAttribute("pearson_chi2_", .double, doc: "Sum of squared Pearson residuals; with inference."),
    FittedAttribute("fittedvalues_", doc: "Fitted means: (n_samples,); with inference."),
    FittedAttribute("resid_response_", doc: "y minus mean: (n_samples,); with inference."),
    FittedAttribute("resid_pearson_", doc: "Pearson's residuals: (n_samples,); with inference."),
    FittedAttribute("resid_deviance_", doc: "Signed roots of the rows' deviances: (n_samples,); with inference."),
    FittedAttribute("leverage_", doc: "Diagonal of the weighted hat matrix: (n_samples,); with inference."),
    FittedAttribute("resid_studentized_internal_", doc: "Studentised Pearson residuals: (n_samples,); with inference."),
    FittedAttribute("cooks_distance_", doc: "Cook's distances, one-step: (n_samples,); with inference."),
  ]

  static let generalised = [
    FittedAttribute("bic_deviance_", .double, doc: "Deviance minus df_resid_ ln n; with inference."),
    FittedAttribute("resid_working_", doc: "Residuals on the scale of the predictor: (n_samples,); with inference."),
  ]

  static let logistic = [
    FittedAttribute("penalised_llf_", .double, doc: "Log-likelihood with Firth's penalty; with penalty='firth'."),
    FittedAttribute(
      "profile_conf_int_", doc: "Ends of profile-likelihood intervals: (n_parameters, 2); with profile_alpha."),
    FittedAttribute(
      "profile_pvalues_", doc: "p-values of likelihood-ratio tests of zero: (n_parameters,); with profile_alpha."),
  ]
}
