import ApusNumerics

/// The distinct labels of a classification target, and the target as class numbers.
public struct ClassLabels: Sendable {
  /// Distinct labels in ascending order, in the element type the target had (bool as uint8's 0 and 1 stay bool).
  public let classes: NDArray
  /// For every row the position of its label in ``classes``, int64.
  public let codes: NDArray

  public var classCount: Int { classes.count }

  /// Labels whose codes are known.
  package init(classes: NDArray, codes: NDArray) { (self.classes, self.codes) = (classes, codes) }

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
    let sorted = try ClassLabels.distinct(values, rows)
    let distinct = sorted.count
    let labels = try NDArray(uninitialized: [distinct], dtype: .float64)
    labels.pointer(Double.self).update(from: sorted.pointer, count: distinct)
    let codes = try NDArray(uninitialized: [rows], dtype: .int64)
    let target = codes.pointer(Int64.self)
    for row in 0..<rows {
      var (low, high) = (0, distinct - 1)
      if distinct == 2 {
        target[row] = values[row] > sorted.pointer[0] ? 1 : 0
        continue
      }
      while low < high {
        let middle = (low + high) / 2
        if sorted.pointer[middle] < values[row] { low = middle + 1 } else { high = middle }
      }
      target[row] = Int64(low)
    }
    self.classes = try labels.converted(to: targets.dtype)
    self.codes = codes
  }

  /// The distinct values, ascending: by insertion while they are few, else by sorting all.
  private static func distinct(_ values: UnsafePointer<Double>, _ rows: Int) throws(ApusError) -> Buffer<Double> {
    let few = 64
    let found = try Buffer<Double>(count: few)
    var count = 0
    var row = 0
    while row < rows {
      let value = values[row]
      var place = 0
      while place < count, found.pointer[place] < value { place &+= 1 }
      if place == count || found.pointer[place] != value {
        if count == few { break }
        for index in stride(from: count, to: place, by: -1) { found.pointer[index] = found.pointer[index &- 1] }
        found.pointer[place] = value
        count &+= 1
      }
      row &+= 1
    }
    let sorted = row == rows ? found : try Buffer<Double>(count: rows)
    if row < rows {
      sorted.pointer.update(from: values, count: rows)
      var elements = sorted.elements
      elements.sort()
      count = 0
      for index in 0..<rows where index == 0 || sorted.pointer[index] != sorted.pointer[count - 1] {
        sorted.pointer[count] = sorted.pointer[index]
        count += 1
      }
    }
    let result = try Buffer<Double>(count: count)
    result.pointer.update(from: sorted.pointer, count: count)
    return result
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
