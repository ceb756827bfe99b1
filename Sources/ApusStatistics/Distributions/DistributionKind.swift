import ApusNumerics

/// The families of univariate distributions, under the names scipy.stats gives them.
public enum DistributionKind: String, CaseIterable, Sendable {
  case norm, t, chi2, f, beta, gamma, expon, uniform, lognorm, logistic, truncnorm
  case weibullMin = "weibull_min"
  case binom, poisson, geom, nbinom, hypergeom

  /// Names of the shape parameters, in the order in which they are given before `loc` and `scale`.
  public var shapeNames: [String] {
    switch self {
    case .norm, .expon, .uniform, .logistic: return []
    case .t, .chi2: return ["df"]
    case .f: return ["dfn", "dfd"]
    case .beta, .truncnorm: return ["a", "b"]
    case .gamma: return ["a"]
    case .lognorm: return ["s"]
    case .weibullMin: return ["c"]
    case .binom, .nbinom: return ["n", "p"]
    case .poisson: return ["mu"]
    case .geom: return ["p"]
    case .hypergeom: return ["M", "n", "N"]
    }
  }

  /// Whether the values are whole numbers; such a family has a location but no scale.
  public var isDiscrete: Bool {
    switch self {
    case .binom, .poisson, .geom, .nbinom, .hypergeom: return true
    default: return false
    }
  }

  /// All parameters in order: the shapes, `loc` and, for a continuous family, `scale`.
  public var parameterNames: [String] { shapeNames + (isDiscrete ? ["loc"] : ["loc", "scale"]) }

  /// The family of this name.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` listing the names.
  public init(name: String) throws(ApusError) {
    guard let kind = DistributionKind(rawValue: name) else {
      let names = DistributionKind.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalidArgument(name: "distribution", reason: "'\(name)' is unknown, allowed are \(names)")
    }
    self = kind
  }

  /// The standard member (location 0, scale 1) with these shapes.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` naming the shape that is out of range.
  package func standard(_ shapes: [Double]) throws(ApusError) -> any StandardDistribution {
    guard shapes.count == shapeNames.count else {
      throw .invalidArgument(
        name: "parameters", reason: "\(shapes.count) shapes given, \(rawValue) needs \(shapeNames.count) \(shapeNames)")
    }
    switch self {
    case .norm: return NormalDistribution()
    case .t: return StudentTDistribution(degreesOfFreedom: try positive(shapes, 0))
    case .chi2: return ChiSquaredDistribution(degreesOfFreedom: try positive(shapes, 0))
    case .f: return FDistribution(numerator: try positive(shapes, 0), denominator: try positive(shapes, 1))
    case .beta: return BetaDistribution(a: try positive(shapes, 0), b: try positive(shapes, 1))
    case .gamma: return GammaDistribution(shape: try positive(shapes, 0))
    case .expon: return ExponentialDistribution()
    case .uniform: return UniformDistribution()
    case .lognorm: return LogNormalDistribution(sigma: try positive(shapes, 0))
    case .logistic: return LogisticDistribution()
    case .weibullMin: return WeibullDistribution(shape: try positive(shapes, 0))
    case .truncnorm:
      guard shapes[0] < shapes[1] else {
        throw .invalidArgument(name: "a", reason: "\(shapes[0]) is not below b = \(shapes[1])")
      }
      return TruncatedNormalDistribution(lower: shapes[0], upper: shapes[1])
    case .binom:
      return BinomialDistribution(trials: try count(shapes, 0), probability: try probability(shapes, 1))
    case .poisson:
      guard shapes[0] >= 0, shapes[0].isFinite else {
        throw .invalidArgument(name: "mu", reason: "\(shapes[0]) is not allowed, must be finite and at least 0")
      }
      return PoissonDistribution(mean: shapes[0])
    case .geom:
      return GeometricDistribution(probability: try probability(shapes, 0, allowsZero: false))
    case .nbinom:
      return NegativeBinomialDistribution(
        successes: try positive(shapes, 0), probability: try probability(shapes, 1, allowsZero: false))
    case .hypergeom:
      let (population, marked, drawn) = (try count(shapes, 0), try count(shapes, 1), try count(shapes, 2))
      for (name, value) in [("n", marked), ("N", drawn)] where value > population {
        throw .invalidArgument(name: name, reason: "\(value) exceeds M = \(population)")
      }
      return HypergeometricDistribution(population: population, marked: marked, drawn: drawn)
    }
  }

  private func positive(_ shapes: [Double], _ index: Int) throws(ApusError) -> Double {
    guard shapes[index] > 0, shapes[index].isFinite else {
      throw .invalidArgument(
        name: shapeNames[index], reason: "\(shapes[index]) is not allowed, must be finite and above 0")
    }
    return shapes[index]
  }

  private func count(_ shapes: [Double], _ index: Int) throws(ApusError) -> Double {
    guard shapes[index] >= 0, shapes[index] < 0x1p53, shapes[index] == shapes[index].rounded() else {
      throw .invalidArgument(
        name: shapeNames[index], reason: "\(shapes[index]) is not allowed, must be a whole number of at least 0")
    }
    return shapes[index]
  }

  private func probability(
    _ shapes: [Double], _ index: Int, allowsZero: Bool = true
  ) throws(ApusError) -> Double {
    guard shapes[index] >= 0, shapes[index] <= 1, allowsZero || shapes[index] > 0 else {
      throw .invalidArgument(
        name: shapeNames[index],
        reason: "\(shapes[index]) is not allowed, must be \(allowsZero ? "in [0, 1]" : "in (0, 1]")")
    }
    return shapes[index]
  }
}
