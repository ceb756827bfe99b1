import ApusModels
import ApusNumerics

/// Which features are categories.
enum CategoricalFeatures {
  /// The largest value a category may have.
  static let largest = 65535

  /// Stands for the columns of categories of a data frame, which Python turns into indices; no array has such columns.
  static let fromType = "from_dtype"

  static let doc =
    "Indices of categorical features, or a mask; their values are whole numbers in 0...65535. In Python names of columns too, "
    + "and 'from_dtype' for the columns of a data frame that hold categories."

  /// A flag per feature from a mask or a list of indices; empty for none.
  static func flags(_ parameter: ParameterValue, features: Int) throws(ApusError) -> [Bool] {
    guard case .array(let given) = parameter else { return [] }
    let numbers = try given.converted(to: .float64, name: "categorical_features")
    guard numbers.rank == 1 else {
      throw .shapeMismatch(name: "categorical_features", reason: "has shape \(numbers.shape), needs one dimension")
    }
    let pointer = numbers.pointer(Double.self)
    if given.dtype == .bool {
      guard numbers.count == features else {
        throw .shapeMismatch(
          name: "categorical_features", reason: "the mask has \(numbers.count) entries, X has \(features) features")
      }
      return (0..<features).map { pointer[$0] != 0 }
    }
    var flags = [Bool](repeating: false, count: features)
    for i in 0..<numbers.count {
      guard let index = Int(exactly: pointer[i]), flags.indices.contains(index) else {
        throw .invalidArgument(
          name: "categorical_features", reason: "element \(i) is \(pointer[i]), allowed are 0..<\(features)")
      }
      flags[index] = true
    }
    return flags.contains(true) ? flags : []
  }

  /// Refuses ranked columns that hold anything but whole numbers in 0...``largest``.
  static func require(_ table: RankedFeatures, flags: [Bool]) throws(ApusError) {
    for feature in flags.indices where flags[feature] {
      for rank in 0..<table.rankCount(feature) {
        let value = table.values[table.offsets[feature] + rank]
        guard value >= 0, value <= Double(largest), value == value.rounded() else {
          throw .invalidArgument(
            name: "X", reason: "column \(feature) is categorical and holds \(value), allowed are 0...\(largest)")
        }
      }
    }
  }
}
