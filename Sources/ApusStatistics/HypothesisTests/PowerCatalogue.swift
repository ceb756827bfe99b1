import ApusNumerics
import RealModule

/// Power analysis by name, for ``StatisticsCatalogue``: `power_…` gives the power of a design, `solve_…` the one of effect_size, nobs,
/// alpha and power that the option `solve` names.
enum PowerCatalogue {
  static let names = ["power_ttest", "power_ztest", "power_anova", "solve_ttest", "solve_ztest", "solve_anova"]

  static func run(_ name: String, _ o: inout StatisticsOptions) throws(ApusError) -> NDArray {
    let isForward = name.hasPrefix("power_")
    let unknown = isForward ? "power" : try o.text("solve", "nobs")
    guard ["effect_size", "nobs", "alpha", "power"].contains(unknown) else {
      throw .invalidArgument(name: "solve", reason: "'\(unknown)' is not one of effect_size, nobs, alpha, power")
    }
    let effect = unknown == "effect_size" ? .nan : try o.number("effect_size", .nan)
    let n = unknown == "nobs" ? .nan : try o.number("nobs", .nan)
    let alpha = unknown == "alpha" ? .nan : try o.number("alpha", 0.05)
    let power = unknown == "power" ? .nan : try o.number("power", 0.8)
    let design = try Design(String(name.drop { $0 != "_" }.dropFirst()), &o)
    try o.finish(name)
    let value: Double
    switch unknown {
    case "power": value = try design.power(effect, n, alpha)
    case "nobs":
      // Doubled until the power is reached: far beyond, noncentral distributions lose digits.
      var (low, high) = (design.leastObservations, 2 * design.leastObservations + 2)
      while try design.power(effect, high, alpha) < power && high < 1e10 { (low, high) = (high, 2 * high) }
      value = try PowerAnalysis.solve(power: power, between: low, and: high) { n throws(ApusError) in
        try design.power(effect, n, alpha)
      }
    case "alpha":
      value = try PowerAnalysis.solve(power: power, between: 1e-15, and: 1 - 1e-15) { alpha throws(ApusError) in
        try design.power(effect, n, alpha)
      }
    default: value = try design.effectSize(power: power, n, alpha)
    }
    return try NDArray([value], shape: [])
  }

  /// A kind of test with its settings.
  private struct Design {
    private enum Test { case t, z, anova }

    private let test: Test
    private let kind: PowerAnalysis.TTestKind
    private let ratio: Double
    private let alternative: Alternative
    private let groups: Int

    init(_ name: String, _ o: inout StatisticsOptions) throws(ApusError) {
      test = name == "ttest" ? .t : name == "ztest" ? .z : .anova
      kind = test == .t ? try o.choice("kind", .twoSample) : .twoSample
      ratio = test == .anova ? 1 : try o.number("ratio", 1)
      alternative = test == .anova ? .twoSided : try o.choice("alternative", .twoSided)
      groups = test == .anova ? try o.integer("k_groups", 2) : 2
    }

    var leastObservations: Double {
      switch test {
      case .t: return kind == .oneSample ? 2 : Swift.max(2, 2 / Swift.max(ratio, 1e-9))
      case .z: return 1e-9
      case .anova: return Double(groups) + 1
      }
    }

    func power(_ effect: Double, _ n: Double, _ alpha: Double) throws(ApusError) -> Double {
      switch test {
      case .t:
        return try PowerAnalysis.tTest(
          effectSize: effect, observations: n, alpha: alpha, kind: kind, ratio: ratio, alternative: alternative)
      case .z:
        return try PowerAnalysis.zTest(
          effectSize: effect, observations: n, alpha: alpha, ratio: ratio, alternative: alternative)
      case .anova: return try PowerAnalysis.anova(effectSize: effect, observations: n, groups: groups, alpha: alpha)
      }
    }

    /// Positive, but for the alternative "less".
    func effectSize(power wanted: Double, _ n: Double, _ alpha: Double) throws(ApusError) -> Double {
      let sign: Double = alternative == .less ? -1 : 1
      // Doubled until the power is reached, as far out the noncentral distributions lose meaning.
      var high = 1e-3
      while try power(sign * high, n, alpha) < wanted && high < 1e6 { high *= 2 }
      return sign
        * (try PowerAnalysis.solve(power: wanted, between: 0, and: high) { effect throws(ApusError) in
          try power(sign * effect, n, alpha)
        })
    }
  }
}
