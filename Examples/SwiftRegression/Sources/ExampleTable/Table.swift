import Apus
import Foundation

/// A table whose first column is the target or the class, the others features.
public struct Table {
  /// Name of the first column.
  public let target: String
  /// Names of the features.
  public let names: [String]
  /// Rows of features; NaN where the field is empty. Words are numbered column by column, as they come.
  public let rows: [[Double]]
  /// The first column.
  public let targets: [Double]
  /// For every feature its words, none where it is a number.
  public let words: [[String]]
  /// The words of the first column.
  public let classNames: [String]

  /// Reads fields between commas: the names first, then one row a line; lines that start with '#' are comments.
  public init(path: String) throws {
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
    let header = lines[0].split(separator: ",").map(String.init)
    var words = [[String]](repeating: [], count: header.count)
    func number(_ field: Substring, column: Int) -> Double {
      if field.isEmpty { return .nan }
      if let value = Double(field) { return value }
      if let known = words[column].firstIndex(of: String(field)) { return Double(known) }
      words[column].append(String(field))
      return Double(words[column].count - 1)
    }
    let table = lines.dropFirst().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).enumerated().map { number($1, column: $0) }
    }
    target = header[0]
    names = Array(header.dropFirst())
    rows = table.map { Array($0.dropFirst()) }
    targets = table.map { $0[0] }
    self.words = Array(words.dropFirst())
    classNames = words[0]
  }

  /// The table named by the program's only argument.
  public init(arguments: [String]) throws {
    guard arguments.count == 2 else {
      print("usage: \(arguments.first ?? "program") TABLE.csv")
      exit(2)
    }
    try self.init(path: arguments[1])
  }

  /// The features, (rows, columns).
  public func x() throws -> NDArray { try NDArray(rows: rows) }

  /// The targets, (rows).
  public func y() throws -> NDArray { try NDArray(targets) }
}
