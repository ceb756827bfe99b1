import ApusNumerics
import ApusStatistics
import Testing

@Suite(.serialized) struct SamplingTests {
  static let members: [(String, [Double])] = [
    ("norm", [1, 2]), ("t", [0.5]), ("t", [4, 1, 2]), ("chi2", [0.3]), ("chi2", [7]), ("f", [0.6, 3]), ("f", [5, 12]),
    ("beta", [0.05, 0.4]), ("beta", [0.5, 3]), ("beta", [4, 2, 1, 3]), ("gamma", [0.05]), ("gamma", [1]),
    ("gamma", [3.3, 1, 2]), ("gamma", [1e6]), ("expon", [2, 3]), ("uniform", [-1, 4]), ("lognorm", [0.7]),
    ("logistic", [1, 0.5]), ("weibull_min", [0.6]), ("weibull_min", [3, 0, 2]), ("truncnorm", [-1, 2]),
    ("truncnorm", [-0.4, 0.3]), ("truncnorm", [0, .infinity]), ("truncnorm", [2, 8]), ("truncnorm", [5, 5.01]),
    ("truncnorm", [-40, -38]), ("truncnorm", [-9, 0.5]),
    ("binom", [0, 0.3]), ("binom", [10, 0.3]), ("binom", [40, 0.9]), ("binom", [100, 0.5]), ("binom", [1e6, 1e-3]),
    ("binom", [1e12, 0.4]), ("poisson", [0]), ("poisson", [0.3]), ("poisson", [9.9]), ("poisson", [10]),
    ("poisson", [250.5]), ("poisson", [1e10]), ("geom", [0.9]), ("geom", [1]), ("geom", [1e-6]),
    ("nbinom", [0.2, 0.3]),
    ("nbinom", [40, 0.05]), ("nbinom", [3, 1]), ("hypergeom", [60, 25, 18]), ("hypergeom", [5000, 2000, 1500]),
    ("hypergeom", [1e9, 3e8, 1e5]), ("hypergeom", [20, 20, 7]),
  ]

  /// The probability transform of the variates, randomised within the mass of a discrete one, is uniform.
  @Test(arguments: members)
  func variatesFollowTheirDistribution(name: String, parameters: [Double]) throws {
    let d = try Distribution(name, parameters)
    let n = 20_000
    let sample: [Double] = try d.sample([n], seed: 7).elements()
    var stream = RandomStream(seed: 99)
    let uniform = try NDArray(
      sample.map { x in
        guard d.kind.isDiscrete else { return d.cdf(x) }
        #expect(x == x.rounded())
        return d.cdf(x - 1) + stream.uniform() * d.pdf(x)
      })
    let test = try HypothesisTests.kolmogorovSmirnov(uniform, try Distribution(.uniform))
    #expect(test.pValue > 1e-4, "\(name) \(parameters): D = \(test.statistic), p = \(test.pValue)")
    #expect(sample.allSatisfy { $0 >= d.support.lower && $0 <= d.support.upper })
  }

  @Test func threadsDoNotMatter() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    for (name, parameters) in [("norm", [0.0, 1]), ("gamma", [0.5]), ("poisson", [30]), ("beta", [2, 3])] {
      let d = try Distribution(name, parameters)
      let locations = try NDArray((0..<3000).map { Double($0) })
      let arrays = try parameters.prefix(d.kind.shapeNames.count).map { try NDArray([$0]) } + [locations]
      try ThreadPool.setThreadCount(1)
      let first: [Double] = try d.sample([3, 1500], seed: .max).elements()
      let broadcast: [Double] = try Distribution.sample(d.kind, parameters: arrays, shape: nil, seed: 0).elements()
      #expect(broadcast.count == 3000)
      for threads in [2, 3, 8] {
        try ThreadPool.setThreadCount(threads)
        #expect(try d.sample([3, 1500], seed: .max).elements() == first)
        #expect(try Distribution.sample(d.kind, parameters: arrays, shape: nil, seed: 0).elements() == broadcast)
      }
      // A longer sample begins with the complete blocks of a shorter one.
      let longer: [Double] = try d.sample([6000], seed: .max).elements()
      #expect(Array(longer.prefix(4096)) == Array(first.prefix(4096)))
    }
  }

  @Test func shapesAndBadInput() throws {
    let d = try Distribution(.norm)
    #expect(try d.sample([], seed: 1).shape == [])
    #expect(try d.sample([0, 4], seed: 1).shape == [0, 4])
    #expect(throws: ApusError.self) { try d.sample([-1], seed: 1) }
    #expect(throws: ApusError.self) { try d.sample([1 << 40, 1 << 40], seed: 1) }
    let two = try NDArray([1.0, 2])
    #expect(try Distribution.sample(.norm, parameters: [two], shape: [3, 2], seed: 1).shape == [3, 2])
    #expect(throws: ApusError.self) { try Distribution.sample(.norm, parameters: [two], shape: [2, 3], seed: 1) }
    #expect(throws: ApusError.self) {
      try Distribution.sample(.norm, parameters: [two, try NDArray([1.0, -1])], shape: nil, seed: 1)
    }
    #expect(throws: ApusError.self) { try Distribution.sample(.gamma, parameters: [], shape: [2], seed: 1) }
  }
}
