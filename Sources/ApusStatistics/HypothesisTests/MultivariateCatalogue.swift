import ApusNumerics

/// The multivariate normal's computations by name, for ``StatisticsCatalogue``.
enum MultivariateCatalogue {
  static let names = [
    "multivariate_normal_logpdf", "multivariate_normal_cdf", "multivariate_normal_sample",
    "multivariate_normal_entropy", "multivariate_normal_fit", "multivariate_normal_kl", "multivariate_normal_marginal",
    "multivariate_normal_conditional",
  ]

  /// - Parameter array: the argument at a position, which must be there.
  static func run(
    _ name: String, _ array: (Int) throws(ApusError) -> NDArray, _ optional: (Int) -> NDArray?,
    _ o: inout StatisticsOptions
  ) throws(ApusError) -> NDArray {
    switch name {
    case "multivariate_normal_logpdf":
      let allowSingular = try o.flag("allow_singular", false)
      try o.finish(name)
      let d = try MultivariateNormal(
        mean: try array(1), covariance: try array(2), allowSingular: allowSingular)
      return try d.logpdf(try array(0))
    case "multivariate_normal_cdf":
      let (tolerance, points) = (try o.number("tolerance", 1e-5), try o.integer("maxpts", 0))
      let seed = try o.seed("seed")
      try o.finish(name)
      let d = try MultivariateNormal(mean: try array(2), covariance: try array(3))
      let result = try d.probability(
        below: try numbers(try array(0), "upper"), above: try numbers(try array(1), "lower"), tolerance: tolerance,
        maximumPoints: points == 0 ? nil : points, seed: seed)
      return try NDArray([result.value, result.error])
    case "multivariate_normal_sample":
      let (count, seed) = (try o.integer("size", 1), try o.seed("seed"))
      try o.finish(name)
      return try MultivariateNormal(mean: try array(0), covariance: try array(1), allowSingular: true)
        .sample(count, seed: seed)
    case "multivariate_normal_entropy":
      try o.finish(name)
      let d = try MultivariateNormal(mean: try array(0), covariance: try array(1), allowSingular: true)
      return try NDArray([d.entropy], shape: [])
    case "multivariate_normal_fit":
      try o.finish(name)
      let fit = try MultivariateNormal.fit(try array(0), mean: optional(1), covariance: optional(2))
      return try joined(fit.mean, fit.covariance)
    case "multivariate_normal_kl":
      try o.finish(name)
      let first = try MultivariateNormal(mean: try array(0), covariance: try array(1), allowSingular: true)
      let second = try MultivariateNormal(mean: try array(2), covariance: try array(3), allowSingular: true)
      return try NDArray([try first.kullbackLeiblerDivergence(to: second)], shape: [])
    default:
      try o.finish(name)
      let d = try MultivariateNormal(mean: try array(0), covariance: try array(1), allowSingular: true)
      let positions: [Int64] = try array(2).converted(to: .int64, name: "variables").elements()
      let result =
        name == "multivariate_normal_marginal"
        ? try d.marginal(positions.map(Int.init))
        : try d.conditional(on: positions.map(Int.init), values: try numbers(try array(3), "values"))
      return try joined(result.mean, result.covariance)
    }
  }

  private static func numbers(_ array: NDArray, _ name: String) throws(ApusError) -> [Double] {
    try array.converted(to: .float64, name: name).elements()
  }

  /// (p + 1, p): the mean above the covariance.
  private static func joined(_ mean: NDArray, _ covariance: NDArray) throws(ApusError) -> NDArray {
    let p = mean.count
    let result = try NDArray(uninitialized: [p + 1, p], dtype: .float64)
    let (m, c) = (try mean.contiguous(), try covariance.contiguous())
    result.pointer(Double.self).update(from: m.pointer(Double.self), count: p)
    (result.pointer(Double.self) + p).update(from: c.pointer(Double.self), count: p * p)
    withExtendedLifetime((m, c)) {}
    return result
  }
}
