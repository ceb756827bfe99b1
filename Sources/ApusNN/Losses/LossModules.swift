import ApusAutograd
import ApusNumerics

/// Losses as functions, with the names and defaults of `torch.nn.functional`.
public enum Losses {
  public static func l1(_ x: Tensor, _ y: Tensor, reduction: Reduction = .mean) throws -> Tensor {
    try (x - y).absolute().reduced(reduction)
  }

  /// Quadratic below `delta`, linear above: ½d² or δ(|d| − ½δ).
  public static func huber(_ x: Tensor, _ y: Tensor, delta: Double = 1, reduction: Reduction = .mean) throws -> Tensor {
    guard delta > 0 else { throw ApusError.invalidArgument(name: "delta", reason: "\(delta) is not above 0") }
    let distance = try (x - y).absolute()
    let isSmall = try distance.less(than: Tensor.scalar(delta, dtype: distance.dtype))
    return try Tensor.select(isSmall, distance.square() * 0.5, (distance - 0.5 * delta) * delta).reduced(reduction)
  }

  /// Huber's loss divided by β: ½d²/β or |d| − ½β.
  public static func smoothL1(_ x: Tensor, _ y: Tensor, beta: Double = 1, reduction: Reduction = .mean) throws -> Tensor
  {
    if beta == 0 { return try l1(x, y, reduction: reduction) }
    guard beta > 0 else { throw ApusError.invalidArgument(name: "beta", reason: "\(beta) is negative") }
    let distance = try (x - y).absolute()
    let isSmall = try distance.less(than: Tensor.scalar(beta, dtype: distance.dtype))
    return try Tensor.select(isSmall, distance.square() * (0.5 / beta), distance - 0.5 * beta).reduced(reduction)
  }

  /// −w · (y log p + (1 − y) log(1 − p)), logarithms limited to at least −100 as in PyTorch.
  public static func binaryCrossEntropy(
    _ p: Tensor, _ y: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean
  ) throws -> Tensor {
    let (low, high) = (
      try p.detached().extremum(largest: false).item(), try p.detached().extremum(largest: true).item()
    )
    guard low >= 0, high <= 1 else {
      throw ApusError.invalidArgument(name: "input", reason: "probabilities span \(low)...\(high), allowed is [0, 1]")
    }
    let positive = try p.log().clamped(minimum: -100)
    let negative = try (1 - p).log().clamped(minimum: -100)
    var loss = try -(y * positive + (1 - y) * negative)
    if let weight { loss = try loss * weight }
    return try loss.reduced(reduction)
  }

  /// Binary cross-entropy of logits: (1 − y)x + (1 + (w₊ − 1)y) · log(1 + e⁻ˣ).
  public static func binaryCrossEntropyWithLogits(
    _ x: Tensor, _ y: Tensor, weight: Tensor? = nil, positiveWeight: Tensor? = nil, reduction: Reduction = .mean
  ) throws -> Tensor {
    guard x.shape == y.shape else {
      throw ApusError.shapeMismatch(name: "target", reason: "has shape \(y.shape), the input has \(x.shape)")
    }
    var soft = try (-x).softplus(threshold: .infinity)
    if let positiveWeight { soft = try ((positiveWeight - 1) * y + 1) * soft }
    var loss = try (1 - y) * x + soft
    if let weight { loss = try loss * weight }
    return try loss.reduced(reduction)
  }

  /// y · (log y − x) for log-probabilities x; with `logTarget` y is a logarithm too. `batchMean` divides the sum by the
  /// first extent.
  public static func klDivergence(
    _ x: Tensor, _ y: Tensor, reduction: Reduction = .mean, batchMean: Bool = false, logTarget: Bool = false
  ) throws -> Tensor {
    let pointwise: Tensor
    if logTarget {
      pointwise = try y.exp() * (y - x)
    } else {
      // 0 · log 0 is 0.
      let isPositive = try y.greater(than: Tensor.scalar(0, dtype: y.dtype))
      let safe = try Tensor.select(isPositive, y, Tensor.ones(like: y))
      pointwise = try y * safe.log() - y * x
    }
    if batchMean { return try pointwise.sum() / Double(max(x.shape.first ?? 1, 1)) }
    return try pointwise.reduced(reduction)
  }

  /// x where y = 1, max(0, margin − x) where y = −1.
  public static func hingeEmbedding(
    _ x: Tensor, _ y: Tensor, margin: Double = 1, reduction: Reduction = .mean
  ) throws -> Tensor {
    let one = try Tensor.scalar(1, dtype: y.dtype)
    let zero = try Tensor.zeros(like: x)
    let negative = try Tensor.select(y.notEqual(to: one), (margin - x).clamped(minimum: 0), zero)
    let positive = try Tensor.select(y.notEqual(to: one.multiplied(by: Tensor.scalar(-1, dtype: y.dtype))), x, zero)
    return try (negative + positive).reduced(reduction)
  }

  /// 1 − cos(x₁, x₂) where y = 1, max(0, cos − margin) where y = −1.
  public static func cosineEmbedding(
    _ x1: Tensor, _ x2: Tensor, _ y: Tensor, margin: Double = 0, reduction: Reduction = .mean
  ) throws -> Tensor {
    let dim = x1.rank - 1
    let dot = try (x1 * x2).sum([dim])
    let a = try (x1.square()).sum([dim]) + 1e-12
    let b = try (x2.square()).sum([dim]) + 1e-12
    let cosine = try dot / (a * b).squareRoot()
    let isSimilar = try y.equal(to: Tensor.scalar(1, dtype: y.dtype))
    return try Tensor.select(isSimilar, 1 - cosine, (cosine - margin).clamped(minimum: 0)).reduced(reduction)
  }

  /// max(0, −y · (x₁ − x₂) + margin)
  public static func marginRanking(
    _ x1: Tensor, _ x2: Tensor, _ y: Tensor, margin: Double = 0, reduction: Reduction = .mean
  ) throws -> Tensor {
    try (-(y * (x1 - x2)) + margin).clamped(minimum: 0).reduced(reduction)
  }

  /// max(0, ‖a − p‖ − ‖a − n‖ + margin)
  public static func tripletMargin(
    _ anchor: Tensor, _ positive: Tensor, _ negative: Tensor, margin: Double = 1, p: Double = 2,
    reduction: Reduction = .mean
  ) throws -> Tensor {
    let near = try (anchor - positive + 1e-6).norm(p, [-1])
    let far = try (anchor - negative + 1e-6).norm(p, [-1])
    return try (near - far + margin).clamped(minimum: 0).reduced(reduction)
  }

  /// How the masked-token loss is averaged.
  public enum TokenNormalization: String, Sendable {
    /// Over sequences: −1/|B| Σ_B Σ_M log p.
    case batch
    /// Over masked tokens.
    case token

    static func named(_ name: String) throws(ApusError) -> TokenNormalization {
      guard let found = TokenNormalization(rawValue: name) else {
        throw .invalidArgument(name: "normalization", reason: "'\(name)' is not batch or token")
      }
      return found
    }
  }

  /// The masked-token loss −1/|B| Σ_B Σ_M log p(s_i | S_∖M): cross-entropy at the masked places only.
  ///
  /// - Parameters:
  ///   - logits: (batch, length, vocabulary).
  ///   - tokens: (batch, length) original tokens.
  ///   - mask: (batch, length) true where a token was masked. Nothing masked gives 0.
  public static func maskedToken(
    _ logits: Tensor, _ tokens: Tensor, mask: Tensor, normalization: TokenNormalization = .batch
  ) throws -> Tensor {
    guard logits.rank == 3, tokens.shape == Array(logits.shape.prefix(2)), mask.shape == tokens.shape else {
      throw ApusError.shapeMismatch(
        name: "masked_token_loss",
        reason:
          "logits \(logits.shape), tokens \(tokens.shape) and mask \(mask.shape) do not fit (batch, length, vocabulary)"
      )
    }
    let vocabulary = logits.shape[2]
    let ignored = try Tensor.full([], -100, dtype: .int64)
    let targets = try Tensor.select(mask, tokens.converted(to: .int64), ignored)
    let total = try Tensor.crossEntropy(
      logits.reshaped([-1, vocabulary]), targets.reshaped([-1]), reduction: normalization == .token ? .mean : .sum)
    return normalization == .token ? total : try total / Double(max(logits.shape[0], 1))
  }
}
