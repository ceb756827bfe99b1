/// Fills from laws other than the uniform and the normal one; see ``Generator/fillUniform(_:dtype:count:from:to:)``'s
/// extension for what they have in common.
extension Generator {
  // MARK: Bernoulli

  /// 1 with `probability`, else 0: `tensor.bernoulli_(p)`.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` outside [0, 1].
  package func fillBernoulli(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, probability: Double
  ) throws(ApusError) {
    try checkProbability(probability)
    switch dtype {
    case .float32: fillBernoulli(elements, of: Float.self, count: count, probability: probability, success: 1)
    case .float64: fillBernoulli(elements, of: Double.self, count: count, probability: probability, success: 1)
    case .int32: fillBernoulli(elements, of: Int32.self, count: count, probability: probability, success: 1)
    case .int64: fillBernoulli(elements, of: Int64.self, count: count, probability: probability, success: 1)
    case .uint8: fillBernoulli(elements, of: UInt8.self, count: count, probability: probability, success: 1)
    case .bool: fillBernoulli(elements, of: Bool.self, count: count, probability: probability, success: true)
    }
  }

  /// What `torch.nn.functional.dropout` multiplies its input by: 0 with `probability`, else 1 / (1 − probability).
  /// Probabilities 0 and 1 draw nothing.
  ///
  /// - Throws: ``ApusError`` outside [0, 1], or for a `dtype` other than float32 and float64.
  package func fillDropoutFactors(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, probability: Double
  ) throws(ApusError) {
    try checkProbability(probability)
    guard dtype.isFloatingPoint else { throw notFloatingPoint(dtype) }
    let keep = 1 - probability
    if dtype == .float32 {
      fillDropoutFactors(elements.assumingMemoryBound(to: Float.self), count: count, keep: keep)
    } else {
      fillDropoutFactors(elements.assumingMemoryBound(to: Double.self), count: count, keep: keep)
    }
  }

  private func fillDropoutFactors<Element: IntegerDrawable & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, keep: Double
  ) {
    if keep == 0 || keep == 1 {
      elements.update(repeating: Element(keep), count: count)
    } else {
      fillBernoulli(elements, of: Element.self, count: count, probability: keep, success: 1 / Element(keep))
    }
  }

  private func fillBernoulli<Element: IntegerDrawable>(
    _ elements: UnsafeMutableRawPointer, of type: Element.Type, count: Int, probability: Double, success: Element
  ) {
    let elements = elements.assumingMemoryBound(to: type)
    withTwister {
      BernoulliFill.fill(&$0, elements, count: count, probability: probability, success: success)
    }
  }

  /// 1 with the probability at the same place in `probabilities`, else 0, in the same type: `torch.bernoulli(p)`.
  ///
  /// - Throws: ``ApusError`` for a probability outside [0, 1], named with its index, or a `dtype` other than float32 and
  ///   float64.
  package func fillBernoulli(
    _ elements: UnsafeMutableRawPointer, probabilities: UnsafeRawPointer, dtype: DType, count: Int
  ) throws(ApusError) {
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      let limits = probabilities.assumingMemoryBound(to: Float.self)
      for index in 0..<count { try checkProbability(Double(limits[index]), index: index) }
      withTwister { BernoulliFill.fill(&$0, elements, count: count, probabilities: limits) }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      let limits = probabilities.assumingMemoryBound(to: Double.self)
      for index in 0..<count { try checkProbability(limits[index], index: index) }
      withTwister { BernoulliFill.fill(&$0, elements, count: count, probabilities: limits) }
    default: throw notFloatingPoint(dtype)
    }
  }

  @inline(__always)
  private func checkProbability(_ probability: Double, index: Int? = nil) throws(ApusError) {
    if probability >= 0 && probability <= 1 { return }
    let place = index.map { " at index \($0)" } ?? ""
    throw .invalidArgument(name: "p", reason: "\(probability)\(place) is not in [0, 1]")
  }

  // MARK: Continuous laws

  /// Exponential variates with mean 1 / `rate`: `tensor.exponential_(lambd)`.
  ///
  /// - Throws: ``ApusError`` unless `rate > 0`, or for a `dtype` other than float32 and float64.
  package func fillExponential(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, rate: Double = 1
  ) throws(ApusError) {
    guard rate > 0 else { throw .invalidArgument(name: "lambd", reason: "\(rate) is not greater than 0") }
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      withTwister { TransformedFill.fillExponential(&$0, elements, count: count, rate: rate) }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      withTwister { TransformedFill.fillExponential(&$0, elements, count: count, rate: rate) }
    default: throw notFloatingPoint(dtype)
    }
  }

  /// Cauchy variates: `tensor.cauchy_(median, sigma)`.
  ///
  /// - Throws: ``ApusError`` unless `scale > 0`, or for a `dtype` other than float32 and float64.
  package func fillCauchy(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, median: Double = 0, scale: Double = 1
  ) throws(ApusError) {
    guard scale > 0 else { throw .invalidArgument(name: "sigma", reason: "\(scale) is not greater than 0") }
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      withTwister { TransformedFill.fillCauchy(&$0, elements, count: count, median: median, scale: scale) }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      withTwister { TransformedFill.fillCauchy(&$0, elements, count: count, median: median, scale: scale) }
    default: throw notFloatingPoint(dtype)
    }
  }

  /// Exponentials of normal variates: `tensor.log_normal_(mean, std)`.
  ///
  /// - Throws: ``ApusError`` unless `standardDeviation > 0`, or for a `dtype` other than float32 and float64.
  package func fillLogNormal(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, mean: Double = 1, standardDeviation: Double = 2
  ) throws(ApusError) {
    guard standardDeviation > 0 else {
      throw .invalidArgument(name: "std", reason: "\(standardDeviation) is not greater than 0")
    }
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      withNormalSource {
        TransformedFill.fillLogNormal(
          &$0, cached: &$1, elements, count: count, mean: mean, standardDeviation: standardDeviation)
      }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      withNormalSource {
        TransformedFill.fillLogNormal(
          &$0, cached: &$1, elements, count: count, mean: mean, standardDeviation: standardDeviation)
      }
    default: throw notFloatingPoint(dtype)
    }
  }

  /// Normal variates conditioned on [low, high]: `torch.nn.init.trunc_normal_(tensor, mean, std, a, b)`.
  ///
  /// When less than 0.3 of the law is inside, a draw is compared with a logarithm, whose last bit may decide otherwise than
  /// PyTorch's once in some 10⁷ elements.
  ///
  /// - Throws: ``ApusError`` for arguments that describe no interval, one that is practically never reached, a `dtype` other
  ///   than float32 and float64, or lack of memory.
  package func fillTruncatedNormal(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, mean: Double = 0, standardDeviation: Double = 1,
    low: Double = -2, high: Double = 2
  ) throws(ApusError) {
    let fill = try TruncatedNormalFill(mean: mean, standardDeviation: standardDeviation, low: low, high: high)
    switch dtype {
    case .float32: try fill.fill(elements.assumingMemoryBound(to: Float.self), count: count, generator: self)
    case .float64: try fill.fill(elements.assumingMemoryBound(to: Double.self), count: count, generator: self)
    default: throw notFloatingPoint(dtype)
    }
  }

  // MARK: Discrete laws

  /// Trials up to and including the first success: `tensor.geometric_(p)`.
  ///
  /// - Throws: ``ApusError`` unless 0 < p < 1, or for a `dtype` of bool.
  package func fillGeometric(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, probability p: Double
  ) throws(ApusError) {
    guard p > 0 && p < 1 else { throw .invalidArgument(name: "p", reason: "\(p) is not in (0, 1)") }
    if dtype == .bool { throw .unsupportedType(name: "dtype", reason: "bool cannot count trials") }
    withTwister { twister in
      switch dtype {
      case .float32:
        let elements = elements.assumingMemoryBound(to: Float.self)
        TransformedFill.fillGeometric(&twister, elements, count: count, probability: p)
      case .float64:
        let elements = elements.assumingMemoryBound(to: Double.self)
        TransformedFill.fillGeometric(&twister, elements, count: count, probability: p)
      case .int32:
        let elements = elements.assumingMemoryBound(to: Int32.self)
        TransformedFill.fillGeometric(&twister, elements, count: count, probability: p)
      case .int64:
        let elements = elements.assumingMemoryBound(to: Int64.self)
        TransformedFill.fillGeometric(&twister, elements, count: count, probability: p)
      case .uint8, .bool:
        let elements = elements.assumingMemoryBound(to: UInt8.self)
        TransformedFill.fillGeometric(&twister, elements, count: count, probability: p)
      }
    }
  }

  /// Categories drawn with the given weights: `torch.multinomial(weights, draws, replacement)`.
  ///
  /// - Parameters:
  ///   - weights: (rows × categories), float32 or float64, row-major; a row needs not sum to 1.
  ///   - output: (rows × draws).
  /// - Throws: ``ApusError`` for `draws < 1`, a weight that is negative or not finite, a row without a positive weight, more
  ///   draws without replacement than categories, another `dtype`, or lack of memory.
  package func fillMultinomial(
    _ output: UnsafeMutablePointer<Int64>, weights: UnsafeRawPointer, dtype: DType, rows: Int, categories: Int,
    draws: Int, replacement: Bool
  ) throws(ApusError) {
    guard draws >= 1 else { throw .invalidArgument(name: "num_samples", reason: "\(draws) is not at least 1") }
    guard replacement || draws <= categories else {
      throw .invalidArgument(
        name: "num_samples", reason: "\(draws) exceeds the \(categories) categories without replacement")
    }
    switch dtype {
    case .float32:
      try fillMultinomial(
        output, weights: weights.assumingMemoryBound(to: Float.self), rows: rows, categories: categories, draws: draws,
        replacement: replacement)
    case .float64:
      try fillMultinomial(
        output, weights: weights.assumingMemoryBound(to: Double.self), rows: rows, categories: categories, draws: draws,
        replacement: replacement)
    default: throw notFloatingPoint(dtype)
    }
  }

  private func fillMultinomial<Weight: BinaryFloatingPoint & BitwiseCopyable>(
    _ output: UnsafeMutablePointer<Int64>, weights: UnsafePointer<Weight>, rows: Int, categories: Int, draws: Int,
    replacement: Bool
  ) throws(ApusError) {
    for row in 0..<rows { try checkWeights(weights + row * categories, row: row, categories: categories) }
    if replacement {
      let cumulative = try Buffer<Weight>(count: categories)
      withTwister { twister in
        for row in 0..<rows {
          MultinomialFill.fillWithReplacement(
            &twister, weights: weights + row &* categories, cumulative: cumulative.pointer, categories: categories,
            output: output + row &* draws, draws: draws)
        }
      }
      return
    }
    let keys = try Buffer<Weight>(count: rows * categories)
    withTwister { TransformedFill.fillExponential(&$0, keys.pointer, count: keys.count, rate: 1) }
    for index in 0..<keys.count { keys.pointer[index] = weights[index] / keys.pointer[index] }
    for row in 0..<rows {
      MultinomialFill.selectLargest(
        keys: keys.pointer + row * categories, categories: categories, output: output + row * draws, draws: draws)
    }
  }

  private func checkWeights<Weight: BinaryFloatingPoint>(
    _ weights: UnsafePointer<Weight>, row: Int, categories: Int
  ) throws(ApusError) {
    var sum: Weight = 0
    for index in 0..<categories {
      let weight = weights[index]
      guard weight >= 0 && weight.isFinite else {
        throw .invalidArgument(
          name: "weights", reason: "\(weight) at row \(row), category \(index) is not finite and nonnegative")
      }
      sum += weight
    }
    guard sum > 0 && sum.isFinite else {
      throw .invalidArgument(name: "weights", reason: "row \(row) sums to \(sum), not to a positive number")
    }
  }
}
