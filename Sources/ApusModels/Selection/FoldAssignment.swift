import ApusNumerics

/// Which rows each fold of a cross-validation learns from and which it is tested on.
package struct FoldAssignment: Sendable {
  package let foldCount: Int
  package let rows: Int
  /// (folds, rows) uint8: 1 for test rows, 0 for training rows, 2 for rows that are left out.
  private let roles: NDArray

  /// As scikit-learn's KFold: consecutive rows, the first `rows % folds` folds one longer.
  package init(rows: Int, folds: Int) throws(ApusError) {
    try FoldAssignment.require(folds, rows)
    let roles = try NDArray(zeros: [folds, rows], dtype: .uint8)
    var start = 0
    for fold in 0..<folds {
      let end = start + rows / folds + (fold < rows % folds ? 1 : 0)
      for row in start..<end { roles.pointer(UInt8.self)[fold * rows + row] = 1 }
      start = end
    }
    (self.foldCount, self.rows, self.roles) = (folds, rows, roles)
  }

  /// As scikit-learn's StratifiedKFold without shuffling: every class is dealt to the folds in equal numbers.
  ///
  /// - Parameter codes: (rows,) int64 class numbers of 0 ..< classCount.
  package init(stratifying codes: NDArray, classCount: Int, folds: Int) throws(ApusError) {
    let rows = codes.count
    try FoldAssignment.require(folds, rows)
    let code = codes.pointer(Int64.self)
    var counts = [Int](repeating: 0, count: classCount)
    // Classes count in the order of their first rows, and rows sorted by class are dealt one after the other.
    var appearance: [Int] = []
    for row in 0..<rows {
      if counts[Int(code[row])] == 0 { appearance.append(Int(code[row])) }
      counts[Int(code[row])] += 1
    }
    guard folds <= counts.max() ?? 0 else {
      throw .invalidArgument(
        name: "cv", reason: "n_splits=\(folds) cannot be greater than the number of members in each class")
    }
    var allocation = [[Int]](repeating: [Int](repeating: 0, count: folds), count: classCount)
    var dealt = 0
    for label in appearance {
      for _ in 0..<counts[label] {
        allocation[label][dealt % folds] += 1
        dealt += 1
      }
    }
    let roles = try NDArray(zeros: [folds, rows], dtype: .uint8)
    var current = [Int](repeating: 0, count: classCount)
    for row in 0..<rows {
      let label = Int(code[row])
      while allocation[label][current[label]] == 0 { current[label] += 1 }
      allocation[label][current[label]] -= 1
      roles.pointer(UInt8.self)[current[label] * rows + row] = 1
    }
    (self.foldCount, self.rows, self.roles) = (folds, rows, roles)
    withExtendedLifetime(codes) {}
  }

  /// Folds given by the caller.
  ///
  /// - Parameter array: (rows,) with the number of the fold that tests each row, −1 for none; or (folds, rows) with 1 for
  ///   test rows, 0 for training rows and −1 for neither.
  package init(_ array: NDArray, rows: Int, name: String = "cv") throws(ApusError) {
    let numbers = try array.converted(to: .float64, name: name)
    guard numbers.rank == 1 || numbers.rank == 2, numbers.shape[numbers.rank - 1] == rows else {
      throw .shapeMismatch(name: name, reason: "has shape \(array.shape) for \(rows) samples")
    }
    let values = numbers.pointer(Double.self)
    var folds = numbers.shape[0]
    if numbers.rank == 1 {
      var largest = -1.0
      for row in 0..<rows {
        guard values[row] == values[row].rounded(), values[row] >= -1, values[row] < Double(rows) else {
          throw .invalidArgument(
            name: name, reason: "element \(row) is \(values[row]), allowed are -1 and numbers of folds")
        }
        largest = Swift.max(largest, values[row])
      }
      folds = Int(largest) + 1
    }
    guard folds >= 1 else { throw .invalidArgument(name: name, reason: "has no fold") }
    _ = try checkedCount([folds, rows], stride: 1)
    let roles = try NDArray(zeros: [folds, rows], dtype: .uint8)
    let target = roles.pointer(UInt8.self)
    for fold in 0..<folds {
      var (training, testing) = (0, 0)
      for row in 0..<rows {
        let index = fold * rows + row
        if numbers.rank == 1 {
          target[index] = values[row] == Double(fold) ? 1 : 0
        } else {
          guard [-1, 0, 1].contains(values[index]) else {
            throw .invalidArgument(name: name, reason: "element \(index) is \(values[index]), allowed are -1, 0 and 1")
          }
          target[index] = values[index] < 0 ? 2 : UInt8(values[index])
        }
        if target[index] == 0 { training += 1 }
        if target[index] == 1 { testing += 1 }
      }
      guard training > 0, testing > 0 else {
        throw .invalidArgument(name: name, reason: "fold \(fold) has \(training) training and \(testing) test rows")
      }
    }
    (self.foldCount, self.rows, self.roles) = (folds, rows, roles)
  }

  private static func require(_ folds: Int, _ rows: Int) throws(ApusError) {
    guard folds >= 2 else {
      throw .invalidArgument(name: "cv", reason: "\(folds) folds; k-fold cross-validation needs at least 2")
    }
    guard folds <= rows else {
      throw .invalidArgument(
        name: "cv",
        reason: "cannot have number of splits n_splits=\(folds) greater than the number of samples: n_samples=\(rows)")
    }
    _ = try checkedCount([folds, rows], stride: 1)
  }

  /// Positions of the rows that `fold` learns from (`testing` false) or is tested on, ascending.
  package func positions(_ fold: Int, testing: Bool) throws(ApusError) -> Buffer<Int> {
    let role = roles.pointer(UInt8.self) + fold * rows
    let wanted: UInt8 = testing ? 1 : 0
    var count = 0
    for row in 0..<rows where role[row] == wanted { count += 1 }
    let result = try Buffer<Int>(count: count)
    count = 0
    for row in 0..<rows where role[row] == wanted {
      result.pointer[count] = row
      count += 1
    }
    withExtendedLifetime(roles) {}
    return result
  }

  /// True when every row is tested once and used for training in all other folds.
  package var isPartition: Bool {
    let role = roles.pointer(UInt8.self)
    for row in 0..<rows {
      var (tests, training) = (0, 0)
      for fold in 0..<foldCount {
        if role[fold * rows + row] == 1 { tests += 1 }
        if role[fold * rows + row] == 0 { training += 1 }
      }
      if tests != 1 || training != foldCount - 1 { return false }
    }
    withExtendedLifetime(roles) {}
    return true
  }
}
