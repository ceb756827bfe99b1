import ApusModels
import ApusNumerics

/// One tree of an XGBoost model.
enum XGBoostTreeLoader {
  private struct Arrays {
    var left: GrowableBuffer<Double>
    var right: GrowableBuffer<Double>
    var feature: GrowableBuffer<Double>
    var condition: GrowableBuffer<Double>
    var defaultLeft: GrowableBuffer<Double>
    var splitType: GrowableBuffer<Double>
    var hessian: GrowableBuffer<Double>
    var gain: GrowableBuffer<Double>
    var categories: GrowableBuffer<Double>
    var categoryNodes: GrowableBuffer<Double>
    var categorySegments: GrowableBuffer<Double>
    var categorySizes: GrowableBuffer<Double>

    init() throws(ApusError) {
      left = try GrowableBuffer(capacity: 8)
      right = try GrowableBuffer(capacity: 8)
      feature = try GrowableBuffer(capacity: 8)
      condition = try GrowableBuffer(capacity: 8)
      defaultLeft = try GrowableBuffer(capacity: 8)
      splitType = try GrowableBuffer(capacity: 8)
      hessian = try GrowableBuffer(capacity: 8)
      gain = try GrowableBuffer(capacity: 8)
      categories = try GrowableBuffer(capacity: 1)
      categoryNodes = try GrowableBuffer(capacity: 1)
      categorySegments = try GrowableBuffer(capacity: 1)
      categorySizes = try GrowableBuffer(capacity: 1)
    }
  }

  static func tree(_ reader: inout JSONReader, subject: String, featureCount: Int) throws -> GrownTree {
    var arrays = try Arrays()
    try reader.object(keyLimit: 256, countLimit: 1024) { reader, key in
      switch key {
      case "left_children": try numbers(&reader, into: &arrays.left)
      case "right_children": try numbers(&reader, into: &arrays.right)
      case "split_indices": try numbers(&reader, into: &arrays.feature)
      case "split_conditions": try numbers(&reader, into: &arrays.condition)
      case "default_left": try numbers(&reader, into: &arrays.defaultLeft)
      case "split_type": try numbers(&reader, into: &arrays.splitType)
      case "sum_hessian": try numbers(&reader, into: &arrays.hessian)
      case "loss_changes": try numbers(&reader, into: &arrays.gain)
      case "categories": try numbers(&reader, into: &arrays.categories)
      case "categories_nodes": try numbers(&reader, into: &arrays.categoryNodes)
      case "categories_segments": try numbers(&reader, into: &arrays.categorySegments)
      case "categories_sizes": try numbers(&reader, into: &arrays.categorySizes)
      default: try reader.skipValue()
      }
    }
    return try tree(arrays, ImportedTreeLoader(subject: subject, featureCount: featureCount))
  }

  /// Numbers; true and false, as some versions write flags, are 1 and 0.
  private static func numbers(_ reader: inout JSONReader, into target: inout GrowableBuffer<Double>) throws {
    try reader.array(countLimit: 1 << 28) { reader in
      switch reader.peek() {
      case 0x74, 0x66: try target.append(try reader.bool() ? 1 : 0)
      default:
        switch try reader.number() {
        case .int(let value): try target.append(Double(value))
        case .double(let value): try target.append(value)
        }
      }
    }
  }

  private static func tree(_ arrays: Arrays, _ loader: ImportedTreeLoader) throws -> GrownTree {
    let count = arrays.left.count
    guard arrays.right.count == count, arrays.feature.count == count, arrays.condition.count == count,
      arrays.defaultLeft.count == count, arrays.splitType.count == count || arrays.splitType.count == 0
    else { throw loader.failure("arrays of a tree have different lengths") }
    let segments = try categorySegments(arrays, loader)
    return try loader.tree(count: count) { node in
      let weight = node < arrays.hessian.count ? arrays.hessian[node] : 0
      if arrays.left[node] == -1 { return .init(value: arrays.condition[node], weight: weight) }
      guard let left = Int(exactly: arrays.left[node]), let right = Int(exactly: arrays.right[node]),
        let feature = Int32(exactly: arrays.feature[node])
      else { throw loader.failure("children or features are not whole numbers") }
      let defaultLeft = arrays.defaultLeft[node] != 0
      var result = ImportedTreeLoader.Node(
        feature: feature, left: left, right: right, missingLeft: defaultLeft, weight: weight,
        gain: node < arrays.gain.count ? arrays.gain[node] : 0)
      if node < arrays.splitType.count, arrays.splitType[node] == 1 {
        // Here sets go left: the sides change places.
        guard let segment = segments[node] else { throw loader.failure("node \(node) has no categories") }
        (result.left, result.right, result.missingLeft) = (right, left, !defaultLeft)
        result.set = try words(arrays, segment, loader)
      } else {
        result.threshold = threshold(below: Float(arrays.condition[node]))
      }
      return result
    }
  }

  /// The largest number whose rounding to float32 is below `limit`.
  static func threshold(below limit: Float) -> Double {
    let previous = limit.nextDown
    guard previous.isFinite, limit.isFinite else { return limit > 0 ? .greatestFiniteMagnitude : -.infinity }
    // Numbers up to the middle round down; the middle itself rounds to the even neighbour.
    let middle = (Double(previous) / 2).advanced(by: Double(limit) / 2)
    return Float(middle) < limit ? middle : middle.nextDown
  }

  private static func categorySegments(_ arrays: Arrays, _ loader: ImportedTreeLoader) throws -> [Int: Range<Int>] {
    let count = arrays.categoryNodes.count
    guard arrays.categorySegments.count == count, arrays.categorySizes.count == count else {
      throw loader.failure("arrays of categories have different lengths")
    }
    var result: [Int: Range<Int>] = [:]
    for i in 0..<count {
      guard let node = Int(exactly: arrays.categoryNodes[i]), let start = Int(exactly: arrays.categorySegments[i]),
        let size = Int(exactly: arrays.categorySizes[i]), start >= 0, size >= 0, start <= arrays.categories.count,
        size <= arrays.categories.count &- start
      else { throw loader.failure("categories are out of range") }
      result[node] = start..<(start &+ size)
    }
    return result
  }

  private static func words(_ arrays: Arrays, _ segment: Range<Int>, _ loader: ImportedTreeLoader) throws -> [UInt32] {
    var words: [UInt32] = []
    for i in segment {
      guard let category = UInt16(exactly: arrays.categories[i]) else {
        throw loader.failure("category \(arrays.categories[i]) is not in 0...65535")
      }
      let word = Int(truncatingIfNeeded: category >> 5)
      while words.count <= word { words.append(0) }
      words[word] |= 1 << UInt32(truncatingIfNeeded: category & 31)
    }
    return words
  }
}
