import ApusNumerics

/// The checks every estimator's door makes, with one set of messages.
///
/// Each returns the array in the form kernels take (float32 or float64, aligned, any strides), so the caller goes on with
/// the result and never with the argument.
public enum InputValidation {
  /// Features as a (rows, columns) matrix of finite numbers.
  ///
  /// Integers and bools become float64; float32 stays only if the estimator's traits include `float32`.
  ///
  /// - Parameters:
  ///   - expectedColumns: columns seen in fit, when this is not fit.
  ///   - minimumRows: least number of rows.
  ///   - keepsIntegers: leave integers and bools as they are, for estimators that convert them block by block.
  ///   - defersFiniteTest: leaves it to the caller to refuse NaN and infinity in dense features.
  public static func features(
    _ input: FeatureMatrix, schema: EstimatorSchema, expectedColumns: Int? = nil, minimumRows: Int = 1,
    keepsIntegers: Bool = false, defersFiniteTest: Bool = false, name: String = "X"
  ) throws(ApusError) -> FeatureMatrix {
    switch input {
    case .dense(let array):
      guard array.rank == 2 else {
        throw .shapeMismatch(
          name: name,
          reason:
            "expected a 2D array, got \(array.rank)D of shape \(tuple(array.shape)). Reshape your data: (-1, 1) for "
            + "one feature, (1, -1) for one sample")
      }
    case .sparse:
      guard schema.traits.contains(.sparseInput) else {
        throw .unsupportedType(
          name: name, reason: "is sparse, and \(schema.pythonName) takes dense data only; convert it with toarray()")
      }
    }
    let (rows, columns) = (input.rows, input.columns)
    guard rows >= minimumRows else {
      throw .shapeMismatch(
        name: name,
        reason:
          "found array with \(rows) sample(s) (shape=(\(rows), \(columns))) while a minimum of \(minimumRows) is required."
      )
    }
    if let expectedColumns, columns != expectedColumns {
      throw .shapeMismatch(
        name: name,
        reason: "X has \(columns) features, but \(schema.pythonName) is expecting \(expectedColumns) features as input")
    }
    guard columns >= 1 else {
      throw .shapeMismatch(
        name: name, reason: "found array with 0 feature(s) (shape=(\(rows), 0)) while a minimum of 1 is required.")
    }
    switch input {
    case .dense(let array):
      if keepsIntegers, !array.dtype.isFloatingPoint { return .dense(array.isAligned ? array : try array.copied()) }
      let numbers = try floating(array, keepsFloat32: schema.traits.contains(.float32), name: name)
      if !schema.traits.contains(.missingValues), !defersFiniteTest { try requireFinite(numbers, name: name) }
      return .dense(numbers)
    case .sparse(let matrix):
      if !schema.traits.contains(.missingValues) { try requireFinite(matrix.values, name: "\(name).data") }
      return input
    }
  }

  /// Refuses arguments of a fit that the kind does not take, which it would leave unread.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` that names the first of them.
  public static func arguments(_ data: TrainingData, schema: EstimatorSchema) throws(ApusError) {
    var given = data.extras.keys.sorted()
    if data.objective != nil { given.append("objective") }
    if let name = given.first(where: { !schema.fitArguments.contains($0) }) {
      let taken = schema.fitArguments.isEmpty ? "" : "; it takes " + schema.fitArguments.joined(separator: ", ")
      throw .invalidArgument(name: name, reason: "is not an argument of \(schema.pythonName)'s fit" + taken)
    }
    guard data.sampleWeight == nil || schema.traits.contains(.sampleWeight) else {
      throw .invalidArgument(name: "sample_weight", reason: "\(schema.pythonName) takes no weights of rows")
    }
  }

  /// Targets: (rows,) or, for estimators with several outputs, (rows, targets); finite numbers.
  public static func targets(
    _ targets: NDArray?, rows: Int, schema: EstimatorSchema, dtype: DType? = nil, name: String = "y"
  ) throws(ApusError) -> NDArray {
    guard let targets else {
      throw .invalidArgument(
        name: name, reason: "is missing: \(schema.pythonName) requires y to be passed, but the target y is None")
    }
    var array = targets
    if array.rank == 2, array.shape[1] == 1, !schema.traits.contains(.multiOutput) {
      array = try array.reshaped([array.shape[0]])
    }
    guard array.rank == 1 || (array.rank == 2 && schema.traits.contains(.multiOutput)) else {
      throw .shapeMismatch(
        name: name, reason: "should be a 1d array, got an array of shape \(tuple(array.shape)) instead")
    }
    try requireSameRows(array.shape[0], rows, name: name)
    guard array.rank == 1 || array.shape[1] >= 1 else {
      throw .shapeMismatch(name: name, reason: "has shape \(tuple(array.shape)); at least one target is required")
    }
    let numbers: NDArray
    if let dtype {
      numbers = try array.converted(to: dtype, name: name)
    } else {
      numbers = try floating(array, keepsFloat32: true, name: name)
    }
    try requireFinite(numbers, name: name)
    return numbers
  }

  /// Weights as contiguous float64 (rows,), all finite, none negative, not all zero; nil stays nil.
  public static func sampleWeight(
    _ weight: NDArray?, rows: Int, name: String = "sample_weight"
  ) throws(ApusError) -> NDArray? {
    guard let weight else { return nil }
    guard weight.rank == 1 else {
      throw .shapeMismatch(name: name, reason: "must be 1D, got shape \(tuple(weight.shape))")
    }
    try requireSameRows(weight.shape[0], rows, name: name)
    let numbers = try weight.converted(to: .float64, name: name)
    try requireFinite(numbers, name: name)
    let pointer = numbers.pointer(Double.self)
    var anyPositive = false
    for row in 0..<rows {
      if pointer[row] < 0 {
        throw .invalidArgument(name: name, reason: "value \(pointer[row]) at row \(row) is negative")
      }
      if pointer[row] > 0 { anyPositive = true }
    }
    guard anyPositive else { throw .invalidArgument(name: name, reason: "all weights are zero") }
    return numbers
  }

  /// float32 or float64, aligned, in any strides.
  public static func floating(_ array: NDArray, keepsFloat32: Bool, name: String) throws(ApusError) -> NDArray {
    if array.dtype == .float64 || (array.dtype == .float32 && keepsFloat32) {
      return array.isAligned ? array : try array.copied()
    }
    return try array.converted(to: .float64, name: name)
  }

  /// Throws an error naming row and column of the first NaN or infinity.
  public static func requireFinite(_ array: NDArray, name: String) throws(ApusError) {
    try FiniteCheck.requireFinite(array, name: name)
  }

  private static func requireSameRows(_ found: Int, _ rows: Int, name: String) throws(ApusError) {
    guard found == rows else {
      throw .shapeMismatch(
        name: name, reason: "has \(found) samples, but X has \(rows) (inconsistent numbers of samples)")
    }
  }

  package static func tuple(_ shape: [Int]) -> String {
    shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map { "\($0)" }.joined(separator: ", ") + ")"
  }
}
