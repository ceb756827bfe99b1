/// The names of the parts of a model in files.
enum ModelField {
  static let kind = "kind"
  static let parameters = "parameters"
  static let scalars = "scalars"
  static let children = "children"
  /// Key of a value that is an array: its tensor's name follows.
  static let array = "array"
  /// Key of a value that is an estimator: kind and parameters follow.
  static let estimator = "estimator"
  /// Key of a value that is no finite number: its bits follow as hexadecimal digits.
  static let double = "double"

  /// The tensor that holds the array parameter `parameter` of the model whose tensors begin with `prefix`.
  static func arrayName(_ prefix: String, parameter: String) -> String { "\(prefix)\(parameters)/\(parameter)" }

  /// What the tensors of child `index` begin with.
  static func childPrefix(_ prefix: String, _ index: Int) -> String { "\(prefix)\(children)/\(index)/" }

  /// True for letters, digits, `_`, `-` and `.` of ASCII, at least one of them. The slash is kept for prefixes.
  static func isTensorName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x2E: return true
        default: return false
        }
      }
  }
}
