import ApusModels
import ApusNumerics
import RealModule

/// Reads XGBoost's JSON format, versions 1.6 to 3 (`Booster.save_model("model.json")`).
///
/// Values are compared as float32: one goes left if it is below the threshold. The set of a categorical split goes right,
/// everything else left. `base_score` is a prediction; the raw score to start from is its link.
enum XGBoostLoader {
  private static let subject = "XGBoost model"
  private static let keyLimit = 256
  private static let memberLimit = 1024
  private static let countLimit = 1 << 28

  private struct Learner {
    var baseScore: [Double] = []
    var classCount = 0
    var featureCount = 0
    var objective = ""
    var booster = ""
    var trees: [GrownTree] = []
    /// Class of every tree.
    var groups: [Int] = []
    /// Factors of the trees, for dropout.
    var factors: [Double] = []
  }

  static func load(_ bytes: UnsafeRawBufferPointer) throws -> ImportedModel {
    var reader = JSONReader(bytes, subject: subject)
    var learner = Learner()
    // Features are counted before trees are read: members may come in any order, so a first pass looks for the count.
    var scout = JSONReader(bytes, subject: subject)
    try model(&scout, &learner, readsTrees: false)
    try model(&reader, &learner, readsTrees: true)
    return try assemble(learner)
  }

  private static func failure(_ reason: String) -> ApusError { .malformedFile(reason: "\(subject): \(reason)") }

  private static func model(_ reader: inout JSONReader, _ learner: inout Learner, readsTrees: Bool) throws {
    try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
      guard key == "learner" else { return try reader.skipValue() }
      try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
        switch key {
        case "learner_model_param": try parameters(&reader, &learner)
        case "objective":
          try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
            if key == "name" { learner.objective = try reader.string(limit: 256) } else { try reader.skipValue() }
          }
        case "gradient_booster" where readsTrees: try booster(&reader, &learner)
        default: try reader.skipValue()
        }
      }
    }
    try reader.finish()
  }

  private static func parameters(_ reader: inout JSONReader, _ learner: inout Learner) throws {
    try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
      switch key {
      case "base_score":
        let text = try reader.string(limit: 1 << 20)
        learner.baseScore = try text.split { "[], ".contains($0) }.map {
          guard let value = Double($0), value.isFinite else { throw failure("base_score is not a number") }
          return value
        }
      case "num_class": learner.classCount = try integer(&reader, in: 0...100_000)
      case "num_feature": learner.featureCount = try integer(&reader, in: 1...((1 << 30) &- 1))
      case "num_target":
        guard try integer(&reader, in: 0...100_000) <= 1 else {
          throw ApusError.unsupported(reason: "\(subject): several targets")
        }
      default: try reader.skipValue()
      }
    }
  }

  /// A number in quotes.
  private static func integer(_ reader: inout JSONReader, in allowed: ClosedRange<Int>) throws -> Int {
    let digits = try reader.string(limit: 20)
    guard let value = Int(digits, radix: 10), allowed.contains(value) else {
      throw reader.failure("expected a number in \(allowed) in quotes")
    }
    return value
  }

  private static func booster(_ reader: inout JSONReader, _ learner: inout Learner) throws {
    try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
      switch key {
      case "name": learner.booster = try reader.string(limit: 64)
      case "model": try trees(&reader, &learner)
      // The trees of a model with dropout lie one level deeper.
      case "gbtree": try booster(&reader, nested: &learner)
      case "weight_drop":
        try reader.array(countLimit: countLimit) { learner.factors.append(try number(&$0)) }
      default: try reader.skipValue()
      }
    }
  }

  private static func booster(_ reader: inout JSONReader, nested learner: inout Learner) throws {
    try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
      if key == "model" { try trees(&reader, &learner) } else { try reader.skipValue() }
    }
  }

  private static func trees(_ reader: inout JSONReader, _ learner: inout Learner) throws {
    try reader.object(keyLimit: keyLimit, countLimit: memberLimit) { reader, key in
      switch key {
      case "trees":
        try reader.array(countLimit: countLimit) {
          learner.trees.append(try XGBoostTreeLoader.tree(&$0, subject: subject, featureCount: learner.featureCount))
        }
      case "tree_info":
        try reader.array(countLimit: countLimit) { learner.groups.append(try $0.size()) }
      default: try reader.skipValue()
      }
    }
  }

  private static func number(_ reader: inout JSONReader) throws -> Double {
    switch try reader.number() {
    case .int(let value): return Double(value)
    case .double(let value): return value
    }
  }

  private static func assemble(_ learner: Learner) throws -> ImportedModel {
    guard ["gbtree", "dart"].contains(learner.booster) else {
      throw ApusError.unsupported(reason: "\(subject): booster \(MessageText.quoted(learner.booster))")
    }
    guard learner.featureCount >= 1, learner.groups.count == learner.trees.count else {
      throw failure("num_feature is missing, or tree_info does not fit the trees")
    }
    let outputs = max(learner.classCount, 1)
    var model = ImportedModel(
      trees: [], featureCount: learner.featureCount, baseline: try baseline(learner, outputs: outputs),
      link: .identity, task: .regression)
    switch learner.objective {
    case "binary:logistic" where outputs == 1: (model.link, model.task) = (.logit, .classification(classes: 2))
    case "multi:softprob" where outputs >= 2, "multi:softmax" where outputs >= 2:
      (model.link, model.task) = (.softmax, .classification(classes: outputs))
    case let name where linksByLogarithm(name) && outputs == 1: model.link = .log
    case let name where name.hasPrefix("rank:") && outputs == 1: model.task = .ranking
    case let name where isIdentity(name) && outputs == 1: break
    default: throw ApusError.unsupported(reason: "\(subject): objective \(MessageText.quoted(learner.objective))")
    }
    if !learner.factors.isEmpty {
      guard learner.factors.count == learner.trees.count else { throw failure("weight_drop does not fit the trees") }
      for (tree, factor) in zip(learner.trees, learner.factors) { TreeScores.scale(tree, by: factor) }
    }
    // Several trees a round and class come one after the other: put classes in turn, the order within a class stays.
    var byGroup = [[Int]](repeating: [], count: outputs)
    for (tree, group) in learner.groups.enumerated() {
      guard group < outputs else { throw failure("tree_info names class \(group) of \(outputs)") }
      byGroup[group].append(tree)
    }
    let rounds = byGroup[0].count
    guard byGroup.allSatisfy({ $0.count == rounds }) else { throw failure("classes have different numbers of trees") }
    for round in 0..<rounds { for group in byGroup { model.trees.append(learner.trees[group[round]]) } }
    return model
  }

  private static func linksByLogarithm(_ objective: String) -> Bool {
    ["count:poisson", "reg:gamma", "reg:tweedie"].contains(objective)
  }

  private static func isIdentity(_ objective: String) -> Bool {
    [
      "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror", "reg:linear",
      "reg:squaredlogerror", "binary:logitraw",
    ].contains(objective)
  }

  /// The raw scores before the first tree.
  private static func baseline(_ learner: Learner, outputs: Int) throws -> [Double] {
    var scores = learner.baseScore.isEmpty ? [0.5] : learner.baseScore
    if scores.count == 1 { scores = [Double](repeating: scores[0], count: outputs) }
    guard scores.count == outputs else {
      throw failure("base_score has \(scores.count) numbers for \(outputs) outputs")
    }
    return try scores.map { score in
      let raw: Double
      switch learner.objective {
      case "binary:logistic": raw = .log(score) - .log(onePlus: -score)
      case let name where linksByLogarithm(name): raw = .log(score)
      default: raw = score
      }
      guard raw.isFinite else { throw failure("base_score \(score) has no raw score") }
      return raw
    }
  }
}
