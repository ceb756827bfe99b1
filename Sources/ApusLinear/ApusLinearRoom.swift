import ApusModels

/// The estimators of this room.
public enum ApusLinearRoom {
  public static let estimators: [any Estimator.Type] = [
    LinearRegression.self, Ridge.self, Lasso.self, ElasticNet.self, LassoCV.self, ElasticNetCV.self,
    MultiTaskLasso.self, MultiTaskElasticNet.self, MultiTaskLassoCV.self, MultiTaskElasticNetCV.self,
    LogisticRegression.self, LogisticRegressionCV.self, RidgeCV.self, RidgeClassifier.self,
    RidgeClassifierCV.self, HuberRegressor.self, QuantileRegressor.self,
    GLM.self, PoissonRegressor.self, GammaRegressor.self, TweedieRegressor.self,
  ]
}
