import Foundation
import Testing

@testable import ApusStatistics

/// Sums over the points of wide and of degenerate distributions: right, and after a bounded number of terms.
@Suite struct LatticeSumTests {
  @Test func degenerateDistributionsHaveNoEntropy() throws {
    for (name, parameters) in [
      ("poisson", [0]), ("binom", [0, 0.5]), ("binom", [7, 1]), ("nbinom", [3, 1]), ("geom", [1]),
    ]
      as [(String, [Double])]
    {
      #expect(try Distribution(name, parameters).entropy == 0, "\(name)\(parameters)")
    }
  }

  /// Evans & Boersma's expansion for large means.
  @Test(arguments: [1e6, 1.7e7, 9e7, 1.1e8, 1e12, 1e17, 1e300]) func entropyOfPoisson(mean: Double) throws {
    let expected = 0.5 * (1 + log(2 * .pi)) + 0.5 * log(mean) - 1 / (12 * mean) - 1 / (24 * mean * mean)
    #expect(isClose(try Distribution("poisson", [mean]).entropy, expected, 1e-11))
  }

  /// A negative binomial distribution of one success is a geometric one, whose entropy has a closed form.
  @Test(arguments: [0.5, 1e-3, 2e-4, 1e-5, 1e-9, 1e-13]) func entropyWithAnEndAtTheMode(p: Double) throws {
    let expected = (-p * log(p) - (1 - p) * log1p(-p)) / p
    #expect(isClose(try Distribution("nbinom", [1, p]).entropy, expected, 1e-10))
  }

  /// Fewer successes than one pile up at zero, with a tail of 1 / p.
  @Test func entropyBoundedInTime() throws {
    for (name, parameters) in [
      ("nbinom", [0.5, 1e-12]), ("nbinom", [1e-3, 1e-9]), ("nbinom", [1e-300, 1e-300]), ("nbinom", [1e300, 0.5]),
      ("binom", [1e15, 0.5]), ("hypergeom", [1e15, 1e14, 1e13]),
    ] as [(String, [Double])] {
      let entropy = try Distribution(name, parameters).entropy
      #expect(entropy >= 0 && entropy < 800, "\(name)\(parameters): \(entropy)")
    }
  }

  /// Touchard's polynomial.
  @Test(arguments: [0, 3, 1.7e7, 1e10]) func fifthMomentOfPoisson(mean m: Double) throws {
    let expected = m * (1 + m * (15 + m * (25 + m * (10 + m))))
    #expect(isClose(try Distribution("poisson", [m]).rawMoment(5), expected, 1e-10))
  }

  @Test func sumsFollowTheLattice() throws {
    let shifted = try Distribution("binom", [6, 0.5, 0.25])
    let expected = (0...6).reduce(0.0) { $0 + pow(Double($1) + 0.25, 5) * shifted.pdf(Double($1) + 0.25) }
    #expect(isClose(try shifted.rawMoment(5), expected, 1e-14))
  }
}
