import ApusNumerics

/// The distinct labels of a classification target, and the target as class numbers.
public struct ClassLabels: Sendable {
  /// Distinct labels in ascending order, in the element type the target had (bool as uint8's 0 and 1 stay bool).
  public let classes: NDArray
  /// For every row the position of its label in ``classes``, int64.
  public let codes: NDArray

  public var classCount: Int { classes.count }

  /// - Parameter targets: (rows,) of any element type; floating-point labels must be finite whole numbers.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for fractional labels (a regression target).
  /// - Complexity: O(rows log classes) after one sort.
  public init(_ targets: NDArray, rows: Int, schema: EstimatorSchema, name: String = "y") throws(ApusError) {
    let checked = try InputValidation.targets(targets, rows: rows, schema: schema, dtype: .float64, name: name)
    guard checked.rank == 1 else {
      throw .shapeMismatch(
        name: name,
        reason: "should be a 1d array, got an array of shape \(InputValidation.tuple(checked.shape)) instead")
    }
    let values = checked.pointer(Double.self)
    if targets.dtype.isFloatingPoint {
      for row in 0..<rows where values[row] != values[row].rounded() {
        throw .invalidArgument(
          name: name,
          reason:
            "Unknown label type: continuous value \(values[row]) at row \(row); classification needs discrete labels")
      }
    }
    let sorted = try Buffer<Double>(count: rows)
    sorted.pointer.update(from: values, count: rows)
    var elements = sorted.elements
    elements.sort()
    var distinct = 0
    for row in 0..<rows where row == 0 || sorted.pointer[row] != sorted.pointer[distinct - 1] {
      sorted.pointer[distinct] = sorted.pointer[row]
      distinct += 1
    }
    let labels = try NDArray(uninitialized: [distinct], dtype: .float64)
    labels.pointer(Double.self).update(from: sorted.pointer, count: distinct)
    let codes = try NDArray(uninitialized: [rows], dtype: .int64)
    let target = codes.pointer(Int64.self)
    for row in 0..<rows {
      var (low, high) = (0, distinct - 1)
      while low < high {
        let middle = (low + high) / 2
        if sorted.pointer[middle] < values[row] { low = middle + 1 } else { high = middle }
      }
      target[row] = Int64(low)
    }
    self.classes = try labels.converted(to: targets.dtype)
    self.codes = codes
  }

  /// Labels for class numbers: the inverse of encoding.
  public static func decode(_ codes: NDArray, classes: NDArray) throws(ApusError) -> NDArray {
    let positions = try codes.converted(to: .int64)
    let labels = try classes.contiguous()
    let result = try NDArray(uninitialized: positions.shape, dtype: classes.dtype)
    let (source, stride) = (positions.pointer(Int64.self), labels.dtype.stride)
    for index in 0..<positions.count {
      precondition(source[index] >= 0 && Int(source[index]) < labels.count)
      (result.data + index * stride).copyMemory(from: labels.data + Int(source[index]) * stride, byteCount: stride)
    }
    return result
  }
}
