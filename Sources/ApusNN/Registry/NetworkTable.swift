import ApusAutograd
import ApusNumerics

/// Operations by name that ``OperationTable`` does not have because they belong to this room: losses and initialisers.
public enum NetworkTable {
  typealias Function = @Sendable ([Tensor], Options) throws -> Tensor

  /// Carries out an operation, or nil for a name that is none.
  public static func apply(_ name: String, _ inputs: [Tensor?], _ options: Options) throws -> [Tensor]? {
    guard let function = table[name] else { return nil }
    let result = try function(inputs.compactMap { $0 }, options)
    try options.finish(name)
    return [result]
  }

  public static var names: [String] { table.keys.sorted() }

  private static let table = losses.merging(initializers) { first, _ in first }

  private static func two(_ body: @escaping @Sendable (Tensor, Tensor, Options) throws -> Tensor) -> Function {
    { inputs, options in
      guard inputs.count == 2 else {
        throw ApusError.invalidArgument(name: "inputs", reason: "2 tensors are needed, got \(inputs.count)")
      }
      return try body(inputs[0], inputs[1], options)
    }
  }

  private static let losses: [String: Function] = [
    "l1_loss": two { try Losses.l1($0, $1, reduction: $2.reduction()) },
    "huber_loss": two { try Losses.huber($0, $1, delta: $2.double("delta", 1), reduction: $2.reduction()) },
    "smooth_l1_loss": two { try Losses.smoothL1($0, $1, beta: $2.double("beta", 1), reduction: $2.reduction()) },
    "binary_cross_entropy": two {
      try Losses.binaryCrossEntropy($0, $1, weight: $2.tensor("weight"), reduction: $2.reduction())
    },
    "binary_cross_entropy_with_logits": two {
      try Losses.binaryCrossEntropyWithLogits(
        $0, $1, weight: $2.tensor("weight"), positiveWeight: $2.tensor("pos_weight"), reduction: $2.reduction())
    },
    "kl_div": two {
      let reduction = try $2.string("reduction", "mean")
      return try Losses.klDivergence(
        $0, $1, reduction: Reduction(rawValue: reduction) ?? .mean, batchMean: reduction == "batchmean",
        logTarget: $2.bool("log_target", false))
    },
    "hinge_embedding_loss": two {
      try Losses.hingeEmbedding($0, $1, margin: $2.double("margin", 1), reduction: $2.reduction())
    },
    "cosine_embedding_loss": { inputs, options in
      guard inputs.count == 3 else { throw ApusError.invalidArgument(name: "inputs", reason: "3 tensors are needed") }
      return try Losses.cosineEmbedding(
        inputs[0], inputs[1], inputs[2], margin: options.double("margin", 0), reduction: options.reduction())
    },
    "margin_ranking_loss": { inputs, options in
      guard inputs.count == 3 else { throw ApusError.invalidArgument(name: "inputs", reason: "3 tensors are needed") }
      return try Losses.marginRanking(
        inputs[0], inputs[1], inputs[2], margin: options.double("margin", 0), reduction: options.reduction())
    },
    "triplet_margin_loss": { inputs, options in
      guard inputs.count == 3 else { throw ApusError.invalidArgument(name: "inputs", reason: "3 tensors are needed") }
      return try Losses.tripletMargin(
        inputs[0], inputs[1], inputs[2], margin: options.double("margin", 1), p: options.double("p", 2),
        reduction: options.reduction())
    },
    "ctc_loss": { inputs, options in
      guard inputs.count == 4 else { throw ApusError.invalidArgument(name: "inputs", reason: "4 tensors are needed") }
      return try Losses.temporalClassification(
        inputs[0], inputs[1], inputLengths: inputs[2].elements(as: Int64.self).map { Int($0) },
        targetLengths: inputs[3].elements(as: Int64.self).map { Int($0) }, blank: options.int("blank", 0),
        reduction: options.reduction(), zeroInfinity: options.bool("zero_infinity", false))
    },
    "masked_token_loss": { inputs, options in
      guard inputs.count == 3 else { throw ApusError.invalidArgument(name: "inputs", reason: "3 tensors are needed") }
      let normalization = try Losses.TokenNormalization.named(options.string("normalization", "batch"))
      return try Losses.maskedToken(inputs[0], inputs[1], mask: inputs[2], normalization: normalization)
    },
  ]
}
