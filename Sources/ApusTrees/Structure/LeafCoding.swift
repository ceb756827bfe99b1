import ApusModels
import ApusNumerics

/// The values of leaves in model files.
///
/// With few classes a leaf is mostly one of few vectors: all weight on one class, or one vote of AdaBoost. Such leaves take
/// a byte; of the others those that are shares of whole weights are stored as whole numbers. Reading gives the same bits.
///
/// - `tree.leaf_code`, for 2 to 16 values: k for a one in place k and zeros else, K + k for a one in place k and
///   −1 / (K − 1) else, 255 for a leaf with values of its own. Without it all leaves have their own. The limit bounds the
///   memory that a short file can ask for.
/// - `tree.leaf_count`: whole weights by class of the leaves with values of their own, or
/// - `tree.leaf_value`: their values.
enum LeafCoding {
  private static let coded = 2...16
  private static let ownCode = 255

  static func write(_ trees: TreeEnsemble, leaves: GrowableBuffer<Int32>, to state: inout ModelState) throws {
    let width = trees.valueCount
    var own = leaves
    if coded.contains(width) {
      let codes = try NDArray(uninitialized: [leaves.count], dtype: .uint8)
      own = try GrowableBuffer()
      for place in 0..<leaves.count {
        let leaf = leaves[place]
        let code = code(trees.value.pointer + Int(leaf) * width, width)
        codes.pointer(UInt8.self)[place] = UInt8(code ?? ownCode)
        if code == nil { try own.append(leaf) }
      }
      state.tensors["tree.leaf_code"] = codes
    }
    if width > 1, let counts = try counts(trees, own) {
      state.tensors["tree.leaf_count"] = try SmallIntegers.array(counts).reshaped([own.count, width])
    } else {
      state.tensors["tree.leaf_value"] = try values(trees, own)
    }
  }

  /// The code of a leaf's values; nil when they are none of the known vectors.
  private static func code(_ value: UnsafePointer<Double>, _ width: Int) -> Int? {
    guard let place = (0..<width).first(where: { value[$0] == 1 }) else { return nil }
    for (offset, other) in [(0, 0.0), (width, -1 / Double(width - 1))] {
      if (0..<width).allSatisfy({ $0 == place || value[$0].bitPattern == other.bitPattern }) { return offset + place }
    }
    return nil
  }

  private static func values(_ trees: TreeEnsemble, _ leaves: GrowableBuffer<Int32>) throws -> NDArray {
    let width = trees.valueCount
    let result = try NDArray(uninitialized: [leaves.count, width], dtype: .float64)
    let target = result.pointer(Double.self)
    for place in 0..<leaves.count {
      let leaf = leaves[place]
      (target + place * width).update(from: trees.value.pointer + Int(leaf) * width, count: width)
    }
    return result
  }

  /// Whole weights by class from which the values follow exactly; nil when there are none.
  private static func counts(_ trees: TreeEnsemble, _ leaves: GrowableBuffer<Int32>) throws -> Buffer<Int32>? {
    let width = trees.valueCount
    let result = try Buffer<Int32>(count: try checkedCount([leaves.count, width], stride: 1))
    for place in 0..<leaves.count {
      let leaf = leaves[place]
      let (value, weight) = (trees.value.pointer + Int(leaf) * width, trees.weight[Int(leaf)])
      var total = 0.0
      for k in 0..<width {
        let count = (value[k] * weight).rounded()
        guard count >= 0, count <= Double(Int32.max / 2) else { return nil }
        result[place * width + k] = Int32(count)
        total += count
      }
      guard total > 0, (0..<width).allSatisfy({ Double(result[place * width + $0]) / total == value[$0] }) else {
        return nil
      }
    }
    return result
  }

  /// Values per leaf: the columns of the leaves' own values.
  static func width(_ state: ModelState, leaves: Int) throws -> Int {
    let own = try ownValues(state)
    let width = own.shape[1]
    guard width >= 1, coded.contains(width) || own.shape[0] == leaves else {
      throw ApusError.malformedFile(reason: "model file: trees: \(own.shape[0]) values for \(leaves) leaves")
    }
    return width
  }

  private static func ownValues(_ state: ModelState) throws(ApusError) -> NDArray {
    state.tensors["tree.leaf_count"] == nil
      ? try state.tensor("tree.leaf_value", .float64, rank: 2)
      : try SmallIntegers.read(state, "tree.leaf_count", rank: 2)
  }

  /// Fills in the values of leaves, the inverse of ``write(_:leaves:to:)``.
  ///
  /// - Parameter leaves: the ensemble's leaves in order.
  static func read(_ state: ModelState, into trees: TreeEnsemble, leaves: GrowableBuffer<Int32>) throws {
    func refuse(_ reason: String) -> ApusError { .malformedFile(reason: "model file: trees: \(reason)") }
    let width = trees.valueCount
    let codes = coded.contains(width) ? try state.tensor("tree.leaf_code", .uint8, rank: 1) : nil
    guard codes.map({ $0.count == leaves.count }) ?? true else {
      throw refuse("leaves and their codes differ in number")
    }
    let own = try ownValues(state)
    let hasCounts = own.dtype == .int32
    var next = 0
    for place in 0..<leaves.count {
      let leaf = leaves[place]
      let target = trees.value.pointer + Int(leaf) * width
      let code = codes.map { Int($0.pointer(UInt8.self)[place]) } ?? ownCode
      if code == ownCode {
        guard next < own.shape[0] else { throw refuse("more leaves than values") }
        if hasCounts {
          try divide(own.pointer(Int32.self) + next * width, into: target, width, refuse)
        } else {
          target.update(from: own.pointer(Double.self) + next * width, count: width)
        }
        next += 1
        continue
      }
      guard code < 2 * width else { throw refuse("leaf code \(code) is unknown") }
      for k in 0..<width { target[k] = code < width ? 0 : -1 / Double(width - 1) }
      target[code % width] = 1
    }
    guard next == own.shape[0] else { throw refuse("more values than leaves") }
    withExtendedLifetime((codes, own)) {}
  }

  private static func divide(
    _ counts: UnsafePointer<Int32>, into target: UnsafeMutablePointer<Double>, _ width: Int,
    _ refuse: (String) -> ApusError
  ) throws {
    var total = 0.0
    for k in 0..<width {
      guard counts[k] >= 0 else { throw refuse("a leaf has a negative count") }
      total += Double(counts[k])
    }
    guard total > 0 else { throw refuse("a leaf without weight") }
    for k in 0..<width { target[k] = Double(counts[k]) / total }
  }
}

/// Integers in the smallest element type that holds them: uint8 or int32.
enum SmallIntegers {
  static func array(_ values: Buffer<Int32>) throws(ApusError) -> NDArray {
    guard values.elements.allSatisfy({ $0 >= 0 && $0 <= 255 }) else { return try values.array() }
    let result = try NDArray(uninitialized: [values.count], dtype: .uint8)
    let target = result.pointer(UInt8.self)
    for i in 0..<values.count { target[i] = UInt8(truncatingIfNeeded: values[i]) }
    return result
  }

  /// A stored tensor of either type as int32.
  static func read(_ state: ModelState, _ name: String, rank: Int = 1) throws(ApusError) -> NDArray {
    let stored = try state.tensor(name, rank: rank)
    guard stored.dtype == .uint8 || stored.dtype == .int32 else {
      throw .malformedFile(reason: "model file: tensor '\(name)' holds \(stored.dtype.name)")
    }
    return try stored.converted(to: .int32)
  }
}
