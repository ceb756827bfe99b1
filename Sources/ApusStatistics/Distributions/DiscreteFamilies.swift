import ApusNumerics
import RealModule

/// Number of successes in n trials of probability p: C(n, k) pᵏ qⁿ⁻ᵏ.
package struct BinomialDistribution: DiscreteDistribution {
  private let n: Double
  private let p: Double
  private let q: DoubleDouble

  package init(trials: Double, probability: Double) {
    n = trials
    p = probability
    q = IncompleteBeta.complement(probability)
  }

  package var support: (lower: Double, upper: Double) { (0, n) }
  package func density(_ k: Double) -> FactoredValue {
    if p == 0 { return FactoredValue(k == 0 ? 1 : 0) }
    if p == 1 { return FactoredValue(k == n ? 1 : 0) }
    if k == n { return FactoredValue(exponent: DoubleDouble.log(p) * n, factor: 1) }
    // p^(k+1) q^(n−k) / B(k+1, n−k) = p (n−k) · mass.
    return IncompleteBeta(k + 1, n - k).leading(DoubleDouble(p), q) * (1 / (p * (n - k)))
  }
  package func tails(_ k: Double) -> TailProbability {
    if p == 0 { return TailProbability(upper: 0) }
    if p == 1 { return TailProbability(lower: 0) }
    return IncompleteBeta(k + 1, n - k).tails(DoubleDouble(p), q).complement
  }
  package var moments: Moments {
    let v = n * p * q.value
    return Moments(
      mean: n * p, variance: v, skewness: (1 - 2 * p) / v.squareRoot(), kurtosis: (1 - 6 * p * q.value) / v)
  }
}

/// e^(−μ) μᵏ / k!.
package struct PoissonDistribution: DiscreteDistribution {
  private let mu: Double

  package init(mean: Double) { mu = mean }

  package var support: (lower: Double, upper: Double) { (0, .infinity) }
  package func density(_ k: Double) -> FactoredValue {
    if mu == 0 { return FactoredValue(k == 0 ? 1 : 0) }
    // μ^(k+1) e^(−μ) / Γ(k+1) = μ · mass.
    return IncompleteGamma(shape: k + 1).leading(mu) * (1 / mu)
  }
  package func tails(_ k: Double) -> TailProbability {
    mu == 0 ? TailProbability(upper: 0) : IncompleteGamma(shape: k + 1).tails(mu).complement
  }
  package var moments: Moments {
    Moments(mean: mu, variance: mu, skewness: 1 / mu.squareRoot(), kurtosis: 1 / mu)
  }
}

/// Trials up to and including the first success: p qᵏ⁻¹, k ≥ 1.
package struct GeometricDistribution: DiscreteDistribution {
  private let p: Double
  private let logQ: DoubleDouble

  package init(probability: Double) {
    p = probability
    logQ = probability == 1 ? DoubleDouble(0) : DoubleDouble.log1p(DoubleDouble(-probability))
  }

  package var support: (lower: Double, upper: Double) { (1, p == 1 ? 1 : .infinity) }
  package func density(_ k: Double) -> FactoredValue {
    if p == 1 { return FactoredValue(1) }
    return FactoredValue(exponent: logQ * (k - 1), factor: p)
  }
  package func tails(_ k: Double) -> TailProbability {
    let exponent = logQ * k
    if exponent.high > -0.6931471805599453 { return TailProbability(lower: -Double.expMinusOne(exponent.value)) }
    return TailProbability(exponent: exponent, factor: 1, isLower: false)
  }
  package var moments: Moments {
    let q = 1 - p
    return Moments(
      mean: 1 / p, variance: q / (p * p), skewness: (2 - p) / q.squareRoot(), kurtosis: 6 + p * p / q)
  }
  package var entropy: Double { p == 1 ? 0 : -(logQ.value * (1 - p) + p * Double.log(p)) / p }
}

/// Failures before the n-th success: Γ(k+n)/(Γ(n) k!) pⁿ qᵏ; n need not be whole.
package struct NegativeBinomialDistribution: DiscreteDistribution {
  private let n: Double
  private let p: Double
  private let q: DoubleDouble

  package init(successes: Double, probability: Double) {
    n = successes
    p = probability
    q = IncompleteBeta.complement(probability)
  }

  package var support: (lower: Double, upper: Double) { (0, p == 1 ? 0 : .infinity) }
  package func density(_ k: Double) -> FactoredValue {
    if p == 1 { return FactoredValue(k == 0 ? 1 : 0) }
    // pⁿ q^(k+1) / B(n, k+1) = q (n+k) · mass.
    return IncompleteBeta(n, k + 1).leading(DoubleDouble(p), q) * (1 / (q.value * (n + k)))
  }
  package func tails(_ k: Double) -> TailProbability { IncompleteBeta(n, k + 1).tails(DoubleDouble(p), q) }
  package var moments: Moments {
    let failure = q.value
    let mean = n * failure / p
    return Moments(
      mean: mean, variance: mean / p, skewness: (2 - p) / (n * failure).squareRoot(),
      kurtosis: 6 / n + p * p / (n * failure))
  }
}

/// Marked items among N drawn without replacement from M, n of them marked: C(n, k) C(M−n, N−k) / C(M, N).
package struct HypergeometricDistribution: DiscreteDistribution {
  private let population: Double
  private let marked: Double
  private let drawn: Double

  package init(population: Double, marked: Double, drawn: Double) {
    self.population = population
    self.marked = marked
    self.drawn = drawn
  }

  package var support: (lower: Double, upper: Double) {
    (Swift.max(0, drawn - (population - marked)), Swift.min(marked, drawn))
  }

  /// As the quotient of three binomial masses of equal probability, which are all evaluated without cancellation.
  package func density(_ k: Double) -> FactoredValue {
    if drawn == 0 || drawn == population { return FactoredValue(k == support.lower ? 1 : 0) }
    let p = drawn / population
    let first = BinomialDistribution(trials: marked, probability: p).density(k)
    let second = BinomialDistribution(trials: population - marked, probability: p).density(drawn - k)
    let all = BinomialDistribution(trials: population, probability: p).density(drawn)
    return FactoredValue(
      exponent: first.exponent + second.exponent - all.exponent, factor: first.factor * second.factor / all.factor)
  }

  /// Mass at the point times the sum of ratios to it, away from the mode, where the terms fall.
  package func tails(_ k: Double) -> TailProbability {
    let (least, most) = support
    if k < drawn * (marked / population) {
      var (sum, term, i) = (1.0, 1.0, k)
      while i > least {
        // mass(i − 1) / mass(i)
        term *= i / (marked - i + 1) * ((population - marked - drawn + i) / (drawn - i + 1))
        sum += term
        i -= 1
        if term < 1e-17 * sum { break }
      }
      return TailProbability(density(k) * sum, isLower: true)
    }
    if k + 1 > most { return TailProbability(upper: 0) }
    var (sum, term, i) = (1.0, 1.0, k + 1)
    while i < most {
      // mass(i + 1) / mass(i)
      term *= (marked - i) / (i + 1) * ((drawn - i) / (population - marked - drawn + i + 1))
      sum += term
      i += 1
      if term < 1e-17 * sum { break }
    }
    return TailProbability(density(k + 1) * sum, isLower: false)
  }

  package var moments: Moments {
    let (m, n, d) = (population, marked, drawn)
    let mean = m == 0 ? 0 : d * (n / m)
    let variance = m > 1 ? mean * ((m - n) / m) * ((m - d) / (m - 1)) : 0
    let skewness =
      (m - 2 * n) * (m - 1).squareRoot() * (m - 2 * d) / ((n * d * (m - n) * (m - d)).squareRoot() * (m - 2))
    let a = m * (m + 1) - 6 * n * (m - n) - 6 * d * (m - d)
    let b = (m - 1) * m * m
    let kurtosis =
      (b * a + 6 * n * d * (m - n) * (m - d) * (5 * m - 6))
      / (n * d * (m - n) * (m - d) * (m - 2) * (m - 3))
    return Moments(mean: mean, variance: variance, skewness: skewness, kurtosis: kurtosis)
  }
}
