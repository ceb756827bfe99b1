import ApusAutograd
import ApusNumerics
import RealModule

/// Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber, ICML 2006): −log of the probability
/// that a sequence of frames spells a label sequence, summed over all ways to stretch the labels with repeats and blanks.
///
/// Forward variables α and backward variables β run over the labels with blanks between (equations 6–12 there) in the
/// logarithm, in float64. The derivative is taken with respect to the log-probabilities themselves:
/// ∂L/∂x_t(k) = −Σ_{s: l′_s = k} α_t(s) β_t(s) / p, with β not counting frame t. PyTorch's differs by the frame's
/// probability, which vanishes once it has passed log_softmax.
enum TemporalClassification {
  /// −log p of one sequence; with `gradient`, its derivative too.
  ///
  /// - Parameters:
  ///   - x: log-probabilities, frame t and class k at `x[t * frameStride + k]`.
  ///   - labels: `count` classes other than `blank`.
  ///   - scratch: at least 2 · frames · (2 · count + 1) elements.
  ///   - gradient: receives −(posterior of class k at frame t), laid out as `x`.
  static func loss<T: TensorFloat>(
    _ x: UnsafePointer<T>, frames: Int, frameStride: Int, classes: Int, labels: UnsafePointer<Int64>, count: Int,
    blank: Int, scratch: UnsafeMutablePointer<Double>, gradient: UnsafeMutablePointer<T>?
  ) -> Double {
    if frames == 0 { return count == 0 ? 0 : .infinity }
    let states = 2 &* count &+ 1
    let alpha = scratch
    let beta = scratch + frames &* states
    @inline(__always)
    func label(_ s: Int) -> Int { s & 1 == 0 ? blank : Int(labels[s >> 1]) }
    /// Whether state s may follow s − 2: two different labels need no blank between them.
    @inline(__always)
    func skips(_ s: Int) -> Bool { s >= 2 && s & 1 == 1 && label(s) != label(s &- 2) }
    for s in 0..<states { alpha[s] = s < 2 ? Double(x[label(s)]) : -.infinity }
    for t in 1..<max(frames, 1) {
      let (before, now) = (alpha + (t &- 1) &* states, alpha + t &* states)
      let row = x + t &* frameStride
      for s in 0..<states {
        var sum = before[s]
        if s >= 1 { sum = logAdd(sum, before[s &- 1]) }
        if skips(s) { sum = logAdd(sum, before[s &- 2]) }
        now[s] = sum + Double(row[label(s)])
      }
    }
    let last = alpha + (frames &- 1) &* states
    let total = states == 1 ? last[0] : logAdd(last[states &- 1], last[states &- 2])
    guard let gradient else { return -total }
    // β without the frame's own probability, so that α · β needs no division by it.
    for s in 0..<states { (beta + (frames &- 1) &* states)[s] = s >= states &- 2 ? 0 : -.infinity }
    for t in (0..<frames &- 1).reversed() {
      let (after, now) = (beta + (t &+ 1) &* states, beta + t &* states)
      let row = x + (t &+ 1) &* frameStride
      for s in 0..<states {
        var sum = after[s] + Double(row[label(s)])
        if s &+ 1 < states { sum = logAdd(sum, after[s &+ 1] + Double(row[label(s &+ 1)])) }
        if s &+ 2 < states, skips(s &+ 2) { sum = logAdd(sum, after[s &+ 2] + Double(row[label(s &+ 2)])) }
        now[s] = sum
      }
    }
    guard total > -.infinity else { return -total }
    for t in 0..<frames {
      let row = gradient + t &* frameStride
      for s in 0..<states {
        let posterior = Double.exp(alpha[t &* states &+ s] + beta[t &* states &+ s] - total)
        row[label(s)] -= T(posterior)
      }
    }
    return -total
  }

  @inline(__always)
  private static func logAdd(_ a: Double, _ b: Double) -> Double {
    let (high, low) = a > b ? (a, b) : (b, a)
    if low == -.infinity { return high }
    return high + Double.log(onePlus: Double.exp(low - high))
  }
}

extension Losses {
  /// The CTC loss of log-probabilities (frames, batch, classes) or (frames, classes) against label sequences.
  ///
  /// - Parameters:
  ///   - targets: (batch, longest) padded labels, or all labels one after the other.
  ///   - inputLengths: frames of each sequence.
  ///   - targetLengths: labels of each sequence; 0 is allowed.
  ///   - reduction: `mean` divides each loss by its target length (at least 1) and averages over the batch.
  ///   - zeroInfinity: losses of impossible alignments (too few frames) become 0, with gradient 0.
  public static func temporalClassification(
    _ logProbabilities: Tensor, _ targets: Tensor, inputLengths: [Int], targetLengths: [Int], blank: Int = 0,
    reduction: Reduction = .mean, zeroInfinity: Bool = false
  ) throws -> Tensor {
    let isBatch = logProbabilities.rank == 3
    guard isBatch || logProbabilities.rank == 2, logProbabilities.isFloatingPoint else {
      throw ApusError.shapeMismatch(
        name: "log_probs",
        reason: "\(logProbabilities.dtype.name)\(logProbabilities.shape) is not (frames, batch, classes)")
    }
    let x = isBatch ? logProbabilities : try logProbabilities.unsqueezed(1)
    let (batch, classes) = (x.shape[1], x.shape[2])
    guard inputLengths.count == batch, targetLengths.count == batch else {
      throw ApusError.shapeMismatch(
        name: "lengths",
        reason: "\(inputLengths.count) input and \(targetLengths.count) target lengths for a batch of \(batch)")
    }
    guard (0..<max(classes, 1)).contains(blank) else {
      throw ApusError.invalidArgument(name: "blank", reason: "\(blank) is not in 0..<\(classes)")
    }
    for length in inputLengths where !(0...x.shape[0]).contains(length) {
      throw ApusError.invalidArgument(name: "input_lengths", reason: "\(length) is not in 0...\(x.shape[0])")
    }
    let labels = try Labels(targets, targetLengths, classes: classes, blank: blank)
    let work = TemporalBatch(
      inputLengths: inputLengths, labels: labels, blank: blank, classes: classes, zeroInfinity: zeroInfinity)
    let losses =
      x.dtype == .float32 ? try work.losses(x, Float.self) : try work.losses(x, Double.self)
    let each = isBatch ? losses : try losses.squeezed(0)
    switch reduction {
    case .none: return each
    case .sum: return try each.sum()
    case .mean:
      let divisors = try Tensor(targetLengths.map { Double(max($0, 1)) }, shape: [batch]).converted(to: x.dtype)
      return try (losses / divisors).mean()
    }
  }

  /// Checked label sequences, one after the other.
  struct Labels {
    let values: [Int64]
    let starts: [Int]
    let lengths: [Int]

    init(_ targets: Tensor, _ lengths: [Int], classes: Int, blank: Int) throws {
      guard !targets.isFloatingPoint else {
        throw ApusError.unsupportedType(
          name: "targets", reason: "labels must be integers, got \(targets.dtype.name)")
      }
      let all = try targets.converted(to: .int64).elements(as: Int64.self)
      var starts: [Int] = []
      var next = 0
      for (index, length) in lengths.enumerated() {
        guard length >= 0 else {
          throw ApusError.invalidArgument(name: "target_lengths", reason: "\(length) is negative")
        }
        let start = targets.rank == 2 ? index * targets.shape[1] : next
        let limit = targets.rank == 2 ? min(targets.shape[1], all.count - start) : all.count - next
        guard length <= limit else {
          throw ApusError.shapeMismatch(
            name: "targets", reason: "shape \(targets.shape) holds fewer than the \(length) labels of sequence \(index)"
          )
        }
        for place in start..<start + length {
          let label = all[place]
          guard label >= 0, label < Int64(classes), label != Int64(blank) else {
            throw ApusError.invalidArgument(
              name: "targets", reason: "\(label) at index \(place) is blank or out of range for \(classes) classes")
          }
        }
        starts.append(start)
        next += length
      }
      values = all
      self.starts = starts
      self.lengths = lengths
    }
  }
}

/// The losses of a batch as one recorded operation.
private struct TemporalBatch {
  let inputLengths: [Int]
  let labels: Losses.Labels
  let blank: Int
  let classes: Int
  let zeroInfinity: Bool

  func losses<T: TensorFloat>(_ x: Tensor, _ type: T.Type) throws -> Tensor {
    let batch = inputLengths.count
    let source = try x.array.packed()
    let result = try TensorMemory.array([batch], T.dtype)
    let wantsGradient = Tensor.shouldRecord([x])
    let gradient = wantsGradient ? try TensorMemory.array(x.shape, T.dtype) : nil
    gradient?.raw(T.self).update(repeating: 0, count: x.count)
    try ThreadPool.parallelForThrowing(tasks: batch) { index in
      let (frames, count) = (inputLengths[index], labels.lengths[index])
      let states = try checkedCount([2, Swift.max(frames, 1), 2 * count + 1], stride: 1)
      let scratch = try Buffer<Double>(count: states)
      let offset = index * classes
      let loss = labels.values.withUnsafeBufferPointer { values in
        TemporalClassification.loss(
          UnsafePointer(source.raw(T.self)) + offset, frames: frames, frameStride: batch * classes, classes: classes,
          labels: values.baseAddress.map { $0 + labels.starts[index] } ?? UnsafePointer(Self.noLabels), count: count,
          blank: blank, scratch: scratch.pointer, gradient: gradient.map { $0.raw(T.self) + offset })
      }
      result.raw(T.self)[index] = zeroInfinity && loss == .infinity ? 0 : T(loss)
      withExtendedLifetime(scratch) {}
    }
    withExtendedLifetime(source) {}
    let output = Tensor(result)
    guard let gradient else { return output }
    return output.recorded("CtcLossBackward0", [x]) { call in
      guard !GradMode.isEnabled else {
        throw ApusError.unsupported(reason: "ctc_loss: has first derivatives only")
      }
      return [try Tensor(gradient) * call.gradient.reshaped([1, batch, 1])]
    }
  }

  /// Somewhere to point to where there are no labels at all.
  nonisolated(unsafe) private static let noLabels: UnsafeMutablePointer<Int64> = {
    let place = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    place.initialize(to: 0)
    return place
  }()
}
