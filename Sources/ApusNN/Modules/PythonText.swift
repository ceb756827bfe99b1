/// Values as Python prints them, for the descriptions of modules.
enum PythonText {
  static func truth(_ value: Bool) -> String { value ? "True" : "False" }
  static func tuple(_ values: [Int]) -> String {
    values.count == 1 ? "(\(values[0]),)" : "(" + values.map(String.init).joined(separator: ", ") + ")"
  }
  static func number(_ value: Double) -> String {
    let text = "\(value)"
    // Swift writes 1e-05 as 1e-05 as Python does.
    return text
  }
}
