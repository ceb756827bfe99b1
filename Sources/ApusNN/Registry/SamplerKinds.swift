import ApusAutograd
import ApusNumerics

/// Samplers by kind, for callers outside Swift. Kinds are PyTorch's class names, options its parameter names; `population` is
/// the length of what PyTorch calls data_source, and `seed` gives a generator of its own.
public enum SamplerKinds {
  public static func make(_ kind: String, _ options: Options) throws -> any Sampler {
    let sampler = try made(kind, options)
    try options.finish(kind)
    return sampler
  }

  private static func made(_ kind: String, _ o: Options) throws -> any Sampler {
    switch kind {
    case "SequentialSampler": return try SequentialSampler(count: try o.int("population"))
    case "RandomSampler":
      return try RandomSampler(
        population: try o.int("population"), replacement: try o.bool("replacement", false),
        samples: try o.optionalInt("num_samples"), source: try RandomSource(o))
    case "WeightedRandomSampler":
      return try WeightedRandomSampler(
        weights: try required(o, "weights"), samples: try o.int("num_samples"),
        replacement: try o.bool("replacement", true), source: try RandomSource(o) ?? .generator(.default))
    case "SubsetRandomSampler":
      return try SubsetRandomSampler(
        try required(o, "indices"), source: try RandomSource(o) ?? .generator(.default))
    default:
      let names = ["RandomSampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler"]
      throw ApusError.invalidArgument(
        name: "kind", reason: "'\(kind)' is no kind of sampler" + NearestName.suggestion(for: kind, in: names))
    }
  }

  private static func required(_ o: Options, _ name: String) throws -> Tensor {
    guard let tensor = try o.tensor(name) else { throw ApusError.invalidArgument(name: name, reason: "is required") }
    return tensor
  }
}
