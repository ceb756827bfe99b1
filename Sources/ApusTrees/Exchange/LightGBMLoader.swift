import ApusModels
import ApusNumerics

/// Reads LightGBM's text format, versions 3 and 4 (`Booster.save_model`).
///
/// A line is `name=value`; a tree begins with `Tree=`. Inner nodes are numbered from 0, leaf k is child −k − 1. A value
/// goes left if it is at most the threshold. Bits of `decision_type`: 1 categorical, 2 missing values left, 4 and 8 what
/// counts as missing (0 nothing: NaN stands for zero; 4 zero; 8 NaN).
struct LightGBMLoader {
  private static let subject = "LightGBM model"
  /// Zeros in the sense of LightGBM are at most this large.
  private static let zero = 1e-35

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// Values of the section being read, by name.
  private var fields: [String: Range<Int>] = [:]

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  static func load(_ bytes: UnsafeRawBufferPointer) throws -> ImportedModel {
    var loader = LightGBMLoader(bytes)
    return try loader.model()
  }

  private static func failure(_ reason: String) -> ApusError { .malformedFile(reason: "\(subject): \(reason)") }

  private mutating func model() throws -> ImportedModel {
    guard let first = nextLine(), text(first) == "tree" else { throw Self.failure("does not begin with 'tree'") }
    var ending = readSection()
    guard let version = fields["version"].map(text), ["v3", "v4"].contains(version) else {
      throw ApusError.unsupportedVersion(reason: "\(Self.subject): version is not v3 or v4")
    }
    let outputs = try integer("num_tree_per_iteration", in: 1...100_000)
    let featureCount = try integer("max_feature_idx", in: 0...((1 << 30) &- 2)) &+ 1
    let objective = fields["objective"].map(text) ?? "custom"
    let averages = fields["average_output"] != nil
    var model = ImportedModel(
      trees: [], featureCount: featureCount, baseline: [Double](repeating: 0, count: outputs), link: .identity,
      task: .regression)
    try Self.interpret(objective, outputs: outputs, &model)
    while ending == .tree {
      ending = readSection()
      model.trees.append(try tree(featureCount: featureCount))
    }
    guard ending == .endOfTrees else { throw Self.failure("has no 'end of trees'") }
    guard model.trees.count % outputs == 0 else {
      throw Self.failure("\(model.trees.count) trees are no multiple of \(outputs) a round")
    }
    if averages {
      let rounds = Double(max(model.trees.count / outputs, 1))
      for tree in model.trees { TreeScores.scale(tree, by: 1 / rounds) }
    }
    return model
  }

  private static func interpret(_ objective: String, outputs: Int, _ model: inout ImportedModel) throws {
    let words = objective.split(separator: " ")
    func unsupported() -> ApusError { .unsupported(reason: "\(subject): objective \(MessageText.quoted(objective))") }
    switch words.first.map(String.init) ?? "" {
    case "binary":
      guard outputs == 1, words.contains("sigmoid:1") else { throw unsupported() }
      (model.link, model.task) = (.logit, .classification(classes: 2))
    case "multiclass":
      guard outputs >= 2 else { throw unsupported() }
      (model.link, model.task) = (.softmax, .classification(classes: outputs))
    case "regression", "regression_l2", "regression_l1", "huber", "fair", "quantile", "mape", "custom", "none":
      guard outputs == 1, !words.contains("sqrt") else { throw unsupported() }
    case "poisson", "gamma", "tweedie":
      guard outputs == 1 else { throw unsupported() }
      model.link = .log
    case "lambdarank", "rank_xendcg":
      guard outputs == 1 else { throw unsupported() }
      model.task = .ranking
    default: throw unsupported()
    }
  }

  private enum Ending { case tree, endOfTrees, endOfFile }

  /// Reads lines into `fields` up to the next tree or the end of the trees.
  private mutating func readSection() -> Ending {
    fields.removeAll(keepingCapacity: true)
    while let line = nextLine() {
      if line.isEmpty { continue }
      let equals = line.first { bytes[$0] == 0x3D }
      guard let equals else {
        let word = text(line)
        if word == "end of trees" { return .endOfTrees }
        if word.count <= 64 { fields[word] = line.upperBound..<line.upperBound }
        continue
      }
      let name = text(line.lowerBound..<min(equals, line.lowerBound &+ 64))
      if name == "Tree" { return .tree }
      fields[name] = (equals &+ 1)..<line.upperBound
    }
    return .endOfFile
  }

  private mutating func nextLine() -> Range<Int>? {
    guard position < bytes.count else { return nil }
    let start = position
    while position < bytes.count, bytes[position] != 0x0A { position &+= 1 }
    var end = position
    position &+= 1
    if end > start, bytes[end &- 1] == 0x0D { end &-= 1 }
    return start..<end
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func integer(_ name: String, in allowed: ClosedRange<Int>) throws -> Int {
    guard let range = fields[name], range.count <= 20 else { throw Self.failure("\(name) is missing or out of range") }
    let digits = text(range)
    guard let value = Int(digits, radix: 10), allowed.contains(value) else {
      throw Self.failure("\(name) is missing or out of range")
    }
    return value
  }

  /// `count` numbers separated by spaces.
  private func numbers(_ name: String, count: Int) throws -> Buffer<Double> {
    guard let range = fields[name] else { throw Self.failure("\(name) is missing") }
    // Every number takes a digit and a separator.
    guard count <= range.count / 2 &+ 1 else { throw Self.failure("\(name) has fewer than \(count) numbers") }
    let result = try Buffer<Double>(count: count)
    var next = 0
    var start = range.lowerBound
    while start < range.upperBound {
      var end = start
      while end < range.upperBound, bytes[end] != 0x20 { end &+= 1 }
      if end > start {
        guard next < count, end &- start <= 64, let value = Double(text(start..<end)) else {
          throw Self.failure("\(name) has more than \(count) numbers, or one that is none")
        }
        result[next] = value
        next &+= 1
      }
      start = end &+ 1
    }
    guard next == count else { throw Self.failure("\(name) has \(next) numbers, not \(count)") }
    return result
  }

  /// As ``numbers(_:count:)``, zeros where the field is missing.
  private func optionalNumbers(_ name: String, count: Int) throws -> Buffer<Double> {
    guard let range = fields[name], !range.isEmpty else { return try Buffer(zeroed: count) }
    return try numbers(name, count: count)
  }

  private func whole(_ value: Double, in allowed: ClosedRange<Int>, _ name: String) throws -> Int {
    guard let number = Int(exactly: value), allowed.contains(number) else {
      throw Self.failure("\(name) has \(value), which is not in \(allowed)")
    }
    return number
  }

  private func tree(featureCount: Int) throws -> GrownTree {
    let leaves = try integer("num_leaves", in: 1...(1 << 30))
    if let linear = fields["is_linear"].map(text), linear != "0" {
      throw ApusError.unsupported(reason: "\(Self.subject): trees with linear models in their leaves")
    }
    let inner = leaves &- 1
    let values = try numbers("leaf_value", count: leaves)
    let weights = try optionalNumbers("leaf_count", count: leaves)
    let loader = ImportedTreeLoader(subject: Self.subject, featureCount: featureCount)
    if inner == 0 {
      return try loader.tree(count: 1) { _ in .init(value: values[0], weight: weights[0]) }
    }
    let features = try numbers("split_feature", count: inner)
    let thresholds = try numbers("threshold", count: inner)
    let decisions = try numbers("decision_type", count: inner)
    let (lefts, rights) = (try numbers("left_child", count: inner), try numbers("right_child", count: inner))
    let (gains, counts) = (
      try optionalNumbers("split_gain", count: inner), try optionalNumbers("internal_count", count: inner)
    )
    let sets = try categorySets()
    // Leaf k is node inner + k.
    func child(_ value: Double) throws -> Int {
      let number = try whole(value, in: (0 &- leaves)...(inner &- 1), "left_child or right_child")
      return number >= 0 ? number : inner &- 1 &- number
    }
    return try loader.tree(count: inner &+ leaves) { node in
      guard node < inner else { return .init(value: values[node &- inner], weight: weights[node &- inner]) }
      let feature = try whole(features[node], in: 0...(featureCount &- 1), "split_feature")
      let decision = try whole(decisions[node], in: 0...255, "decision_type")
      var result = ImportedTreeLoader.Node(
        feature: Int32(truncatingIfNeeded: feature), threshold: thresholds[node], left: try child(lefts[node]),
        right: try child(rights[node]), weight: counts[node], gain: gains[node])
      if decision & 1 != 0 {
        result.set = try sets(try whole(thresholds[node], in: 0...(1 << 30), "threshold of a categorical split"))
        result.threshold = 0
        return result
      }
      result.missingLeft = try missingLeft(decision, threshold: thresholds[node])
      return result
    }
  }

  private func missingLeft(_ decision: Int, threshold: Double) throws -> Bool {
    let byDefault = decision & 2 != 0
    switch decision >> 2 & 3 {
    case 0: return threshold >= 0
    case 1:
      // Zeros are missing: fine where they would go the same way by value.
      guard byDefault ? threshold >= Self.zero : threshold < 0 else {
        throw ApusError.unsupported(reason: "\(Self.subject): zeros as missing values that leave their side")
      }
      return byDefault
    case 2: return byDefault
    default: throw Self.failure("decision_type \(decision) is unknown")
    }
  }

  /// The bit sets of the tree, by number.
  private func categorySets() throws -> (Int) throws -> [UInt32] {
    let count = fields["num_cat"] == nil ? 0 : try integer("num_cat", in: 0...(1 << 30))
    guard count > 0 else { return { _ in throw Self.failure("a categorical split has no set") } }
    let boundaries = try numbers("cat_boundaries", count: count &+ 1)
    let total = try whole(boundaries[count], in: 0...(1 << 30), "cat_boundaries")
    let words = try numbers("cat_threshold", count: total)
    return { set in
      guard set < count else { throw Self.failure("a categorical split names set \(set) of \(count)") }
      let start = try whole(boundaries[set], in: 0...total, "cat_boundaries")
      let end = try whole(boundaries[set &+ 1], in: start...total, "cat_boundaries")
      return try (start..<end).map {
        guard let word = UInt32(exactly: words[$0]) else { throw Self.failure("cat_threshold has \(words[$0])") }
        return word
      }
    }
  }
}
