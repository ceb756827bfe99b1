import ApusModels
import ApusNumerics

/// The fit that both baggings share.
enum BaggingFit {
  static func fit<Bagging: Bags>(
    _ estimator: Bagging, _ data: TrainingData, previous: FittedBagging?, context: FitContext
  ) throws -> FittedBagging {
    try estimator.validateParameters()
    let (parameters, schema) = (estimator.bagging, Bagging.schema)
    let base = try base(of: parameters, role: schema.role)
    let input = try ForestInput(data, schema: schema)
    try BaggedMember.requireWhatItTakes(base, input.features)
    var classes: NDArray?
    let targets: NDArray
    if schema.role == .classifier {
      let found = try ClassTargets(data.targets, rows: input.rows, schema: schema)
      classes = found.classes[0]
      targets = try NDArray(uninitialized: [input.rows], dtype: .int64)
      for row in 0..<input.rows { targets.pointer(Int64.self)[row] = Int64(found.labels[row]) }
    } else {
      targets = try InputValidation.targets(data.targets, rows: input.rows, schema: schema, dtype: .float64)
    }
    if parameters.oobScore, !parameters.bootstrap {
      throw ApusError.invalidArgument(name: "oob_score", reason: "True needs bootstrap=True")
    }
    let column = try targets.converted(to: .float64)
    let rows = try input.bootstrap([UnsafePointer(column.pointer(Double.self))])
    withExtendedLifetime(column) {}
    let draws = try count(parameters.maxSamples, of: rows.fullDrawCount, name: "max_samples")
    let features = try count(parameters.maxFeatures, of: input.columns, name: "max_features")
    let kept = parameters.warmStart ? previous : nil
    try checkContinuation(kept, input: input, features: features, classes: classes, parameters: parameters)
    var samples: DrawnSamples? = DrawnSamples(seed: parameters.randomState ?? 0, count: draws)
    if let kept, kept.samples != samples {
      if parameters.oobScore { DrawnSamples.warnOfOtherDraws(context) }
      samples = nil
    }
    var outOfBag = try parameters.oobScore && samples != nil ? BaggingOutOfBag(input, classes: classes) : nil
    var members = kept?.members ?? []
    let first = outOfBag == nil ? members.count : 0
    for index in first..<parameters.nEstimators {
      try context.checkpoint("members", Double(index) / Double(parameters.nEstimators))
      var random = RandomStream(seed: parameters.randomState ?? 0, index: UInt64(index))
      let sample = try rows.sample(draws, replacing: parameters.bootstrap, random: &random)
      if index < members.count {
        try outOfBag?.add(members[index], sample: sample)
        continue
      }
      let chosen = try drawFeatures(features, of: input.columns, parameters.bootstrapFeatures, &random)
      let seeded = try seeded(base, with: random.next() >> 1)
      let drawn = UnsafeBufferPointer(sample.elements)
      let model = try seeded.fit(
        TrainingData(
          TakenColumns.take(chosen, of: TakenRows.take(input.features, drawn)), TakenRows.take(targets, drawn)),
        context: context.nested())
      let member = BaggedMember(
        features: chosen, model: model, hasProbabilities: BaggedMember.hasProbabilities(base))
      try outOfBag?.add(member, sample: sample)
      members.append(member)
    }
    var extras: [String: ParameterValue] = [:]
    try outOfBag?.finish(targets: targets, context: context, into: &extras)
    return try FittedBagging(
      members, base: base, featureCount: input.columns, classes: classes, schema: schema, extras: extras,
      samples: samples)
  }

  /// The estimator to average: it must do what the ensemble does.
  private static func base(of parameters: BaggingParameters, role: EstimatorRole) throws(ApusError) -> any Estimator {
    guard case .estimator(let base) = parameters.estimator else {
      return role == .classifier ? DecisionTreeClassifier() : DecisionTreeRegressor()
    }
    let schema = type(of: base).schema
    guard schema.role == role else {
      throw .invalidArgument(
        name: "estimator",
        reason: "\(schema.pythonName) is not a \(role == .classifier ? "classifier" : "regressor")")
    }
    return base
  }

  /// The base with a seed of its own, where it takes one.
  private static func seeded(_ base: any Estimator, with seed: UInt64) throws -> any Estimator {
    guard type(of: base).schema.parameters.contains(where: { $0.name == "random_state" }) else { return base }
    return try base.setting("random_state", to: .int(Int64(bitPattern: seed)))
  }

  private static func count(_ value: ParameterValue, of full: Int, name: String) throws(ApusError) -> Int {
    switch value {
    case .int(let count):
      guard count >= 1, count <= Int64(full) else {
        throw .invalidArgument(name: name, reason: "\(count) is not in 1...\(full)")
      }
      return Int(count)
    case .double(let share):
      guard share <= 1 else { throw .invalidArgument(name: name, reason: "the share \(share) exceeds 1") }
      return max(Int(share * Double(full)), 1)
    default: return full
    }
  }

  private static func drawFeatures(
    _ wanted: Int, of count: Int, _ replacing: Bool, _ random: inout RandomStream
  ) throws -> [Int] {
    if replacing { return (0..<wanted).map { _ in random.below(count) } }
    if wanted == count { return Array(0..<count) }
    let drawn = try Buffer<Int>(count: wanted)
    try random.sample(drawn.pointer, count: wanted, population: count)
    return drawn.elements.sorted()
  }

  private static func checkContinuation(
    _ previous: FittedBagging?, input: ForestInput, features: Int, classes: NDArray?, parameters: BaggingParameters
  ) throws(ApusError) {
    guard let previous else { return }
    guard previous.featureCount == input.columns, previous.members.allSatisfy({ $0.features.count == features }) else {
      throw .shapeMismatch(name: "X", reason: "warm start: features differ from the earlier fit")
    }
    if let earlier = previous.classes, let classes { try ClassTargets.requireSame(earlier, classes) }
    guard previous.members.count <= parameters.nEstimators else {
      throw .invalidArgument(
        name: "n_estimators",
        reason: "\(parameters.nEstimators) is less than the \(previous.members.count) members of the warm start")
    }
  }
}

/// Predictions for the training rows by the members that have not seen them.
private struct BaggingOutOfBag {
  private let input: ForestInput
  private let classes: NDArray?
  private let sums: NDArray
  private let counts: Buffer<Int32>

  init(_ input: ForestInput, classes: NDArray?) throws(ApusError) {
    self.input = input
    self.classes = classes
    sums = try NDArray(zeros: [input.rows, classes?.count ?? 1])
    counts = try Buffer(zeroed: input.rows)
  }

  mutating func add(_ member: BaggedMember, sample: Buffer<UInt32>) throws {
    let isSeen = try Buffer<UInt8>(zeroed: input.rows)
    for row in sample.elements { isSeen[Int(row)] = 1 }
    let others = try Buffer<UInt32>(count: input.rows)
    var count = 0
    for row in 0..<input.rows where isSeen[row] == 0 {
      others[count] = UInt32(truncatingIfNeeded: row)
      count += 1
    }
    guard count > 0 else { return }
    let rows = UnsafeBufferPointer(start: others.pointer, count: count)
    let width = sums.shape[1]
    let predicted = try NDArray(zeros: [count, width])
    try SparseRowBlocks.forEach(try TakenRows.take(input.features, rows)) { block, start in
      try member.add(block, classCount: classes?.count, to: predicted.pointer(Double.self) + start * width)
    }
    for (i, row) in rows.enumerated() {
      counts[Int(row)] += 1
      for k in 0..<width {
        sums.pointer(Double.self)[Int(row) * width + k] += predicted.pointer(Double.self)[i * width + k]
      }
    }
    withExtendedLifetime((others, predicted)) {}
  }

  func finish(targets: NDArray, context: FitContext, into attributes: inout [String: ParameterValue]) throws {
    let (rows, width) = (input.rows, sums.shape[1])
    let means = try sums.copied()
    let scored = try NDArray(zeros: [rows, width])
    let weights = try NDArray(zeros: [rows])
    var covered = 0
    for row in 0..<rows {
      let count = Double(counts[row])
      for k in 0..<width {
        means.pointer(Double.self)[row * width + k] /= count
        scored.pointer(Double.self)[row * width + k] = count > 0 ? means.pointer(Double.self)[row * width + k] : 0
      }
      weights.pointer(Double.self)[row] = count > 0 ? input.sampleWeight?.pointer(Double.self)[row] ?? 1 : 0
      covered += count > 0 ? 1 : 0
    }
    if covered < rows {
      context.warn(.data, "oob_score: \(rows - covered) rows were seen by every member; more members are needed")
    }
    attributes[classes == nil ? "oob_prediction_" : "oob_decision_function_"] = .array(
      classes == nil ? try means.reshaped([rows]) : means)
    guard covered > 0 else { return }
    let codes = try NDArray((0..<width).map { Int64($0) })
    let score =
      classes == nil
      ? try Scores.r2(targets: targets, predictions: scored.reshaped([rows]), sampleWeight: weights)
      : try Scores.accuracy(
        targets: targets, predictions: LabelChoice.labels(scored, classes: [codes]), sampleWeight: weights)
    attributes["oob_score_"] = .double(score)
  }
}
