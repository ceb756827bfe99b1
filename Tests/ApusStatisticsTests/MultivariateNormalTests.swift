import ApusNumerics
import ApusStatistics
import Testing

@Suite(.serialized) struct MultivariateNormalTests {
  private func example() throws -> MultivariateNormal {
    try MultivariateNormal(
      mean: try NDArray([1.0, -2, 0.5]),
      covariance: try NDArray(rows: [[4.0, 1.2, -0.4], [1.2, 2, 0.3], [-0.4, 0.3, 1]]))
  }

  /// For a diagonal covariance everything is a sum or product over the variables.
  @Test func independentVariables() throws {
    let deviations = [2.0, 0.5, 3]
    let d = try MultivariateNormal(
      mean: try NDArray([1.0, -1, 0]), covariance: try NDArray(rows: [[4.0, 0, 0], [0, 0.25, 0], [0, 0, 9]]))
    let parts = try zip([1.0, -1, 0], deviations).map { try Distribution(.norm, [$0, $1]) }
    let x = [0.3, -1.4, 5.0]
    let density: [Double] = try d.logpdf(try NDArray(rows: [x])).elements()
    #expect(isClose(density[0], zip(parts, x).reduce(0) { $0 + $1.0.logpdf($1.1) }, 1e-14))
    #expect(isClose(d.entropy, parts.reduce(0) { $0 + $1.entropy }, 1e-14))
    let probability = try d.probability(below: x)
    #expect(abs(probability.value - zip(parts, x).reduce(1) { $0 * $1.0.cdf($1.1) }) < 1e-5)
  }

  @Test func divergenceOfEqualsIsZero() throws {
    let d = try example()
    #expect(abs(try d.kullbackLeiblerDivergence(to: d)) < 1e-13)
    let shifted = try MultivariateNormal(mean: try NDArray([2.0, -2, 0.5]), covariance: d.covariance)
    #expect(try d.kullbackLeiblerDivergence(to: shifted) > 0)
  }

  @Test func variatesHaveMeanAndCovariance() throws {
    let d = try example()
    let n = 100_000
    let fit = try MultivariateNormal.fit(try d.sample(n, seed: 1))
    let (mean, covariance): ([Double], [Double]) = (try fit.mean.elements(), try fit.covariance.elements())
    let (m, s): ([Double], [Double]) = (try d.mean.elements(), try d.covariance.elements())
    for i in 0..<3 {
      #expect(abs(mean[i] - m[i]) < 5 * (s[i * 3 + i] / Double(n)).squareRoot())
      for j in 0..<3 { #expect(abs(covariance[i * 3 + j] - s[i * 3 + j]) < 0.05) }
    }
  }

  @Test func threadsDoNotMatter() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let d = try example()
    try ThreadPool.setThreadCount(1)
    let sample = try d.sample(3000, seed: 4)
    let (first, density): ([Double], [Double]) = (try sample.elements(), try d.logpdf(sample).elements())
    let probability = try d.probability(below: [1, -1, 1]).value
    for threads in [2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      #expect(try d.sample(3000, seed: 4).elements() == first)
      #expect(try d.logpdf(sample).elements() == density)
      #expect(try d.probability(below: [1, -1, 1]).value == probability)
    }
  }

  /// Density of the whole is that of a part times that of the rest given the part.
  @Test func conditionalTimesMarginal() throws {
    let d = try example()
    let x = [0.7, -1.1, 0.2]
    let whole: [Double] = try d.logpdf(try NDArray(rows: [x])).elements()
    let part: [Double] = try d.marginal([1]).logpdf(try NDArray(rows: [[x[1]]])).elements()
    let rest: [Double] = try d.conditional(on: [1], values: [x[1]]).logpdf(try NDArray(rows: [[x[0], x[2]]])).elements()
    #expect(isClose(whole[0], part[0] + rest[0], 1e-12))
  }

  @Test func badInput() throws {
    #expect(throws: ApusError.self) { try MultivariateNormal(covariance: try NDArray(rows: [[1.0, 2], [2, 1]])) }
    #expect(throws: ApusError.self) { try MultivariateNormal(covariance: try NDArray(rows: [[1.0, 1], [1, 1]])) }
    #expect(throws: ApusError.self) { try MultivariateNormal(covariance: try NDArray(rows: [[1.0, 2, 3]])) }
    #expect(throws: ApusError.self) { try MultivariateNormal(covariance: try NDArray(rows: [[Double.nan]])) }
    #expect(throws: ApusError.self) { try example().sample(-1, seed: 0) }
    #expect(throws: ApusError.self) { try example().marginal([0, 0]) }
    #expect(throws: ApusError.self) { try example().probability(below: [0, 0]) }
  }
}
