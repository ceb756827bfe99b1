import ApusNumerics

/// New tensors.
extension Tensor {
  /// A tensor filled with one value.
  ///
  /// - Throws: for a shape that does not fit, or a value an integer type cannot hold.
  public static func full(_ shape: [Int], _ value: Double, dtype: DType = .float32) throws -> Tensor {
    let array = try TensorMemory.array(shape, dtype)
    let n = array.count
    switch dtype {
    case .float32: array.raw(Float.self).update(repeating: Float(value), count: n)
    case .float64: array.raw(Double.self).update(repeating: value, count: n)
    case .int32: array.raw(Int32.self).update(repeating: try integer(value), count: n)
    case .int64: array.raw(Int64.self).update(repeating: try integer(value), count: n)
    case .uint8: array.raw(UInt8.self).update(repeating: try integer(value), count: n)
    case .bool: array.raw(Bool.self).update(repeating: value != 0, count: n)
    }
    return Tensor(array)
  }

  private static func integer<T: FixedWidthInteger & NDElement>(_ value: Double) throws(ApusError) -> T {
    guard let result = T(exactly: value.rounded(.towardZero)) else {
      throw .invalidArgument(name: "value", reason: "\(value) is not in the range of \(T.dtype.name)")
    }
    return result
  }

  public static func zeros(_ shape: [Int], dtype: DType = .float32) throws -> Tensor {
    try full(shape, 0, dtype: dtype)
  }
  public static func ones(_ shape: [Int], dtype: DType = .float32) throws -> Tensor { try full(shape, 1, dtype: dtype) }
  public static func zeros(like other: Tensor) throws -> Tensor { try full(other.shape, 0, dtype: other.dtype) }
  public static func ones(like other: Tensor) throws -> Tensor { try full(other.shape, 1, dtype: other.dtype) }

  /// A tensor of unspecified content.
  package static func empty(_ shape: [Int], dtype: DType = .float32) throws -> Tensor {
    Tensor(try TensorMemory.array(shape, dtype))
  }

  /// start, start + step, … below `end`.
  public static func arange(_ start: Double = 0, _ end: Double, step: Double = 1, dtype: DType = .int64) throws
    -> Tensor
  {
    guard step != 0, step.isFinite, start.isFinite, end.isFinite else {
      throw ApusError.invalidArgument(name: "step", reason: "\(step) from \(start) to \(end) is no finite sequence")
    }
    let length = ((end - start) / step).rounded(.up)
    guard length < 0x1p53 else { throw ApusError.sizeOverflow(reason: "arange: \(length) elements") }
    let count = Swift.max(0, Int(length))
    let values = try TensorMemory.array([count], .float64)
    let out = values.raw(Double.self)
    for i in 0..<count { out[i] = start + Double(i) * step }
    return Tensor(try Casting.cast(values, to: dtype))
  }

  /// `count` evenly spaced values from `start` to `end`, both included.
  public static func linspace(_ start: Double, _ end: Double, count: Int, dtype: DType = .float32) throws -> Tensor {
    let values = try TensorMemory.array([count], .float64)
    let out = values.raw(Double.self)
    let step = count > 1 ? (end - start) / Double(count - 1) : 0
    for i in 0..<count { out[i] = i < count / 2 ? start + Double(i) * step : end - Double(count - 1 - i) * step }
    return Tensor(try Casting.cast(values, to: dtype))
  }

  /// The identity matrix.
  public static func eye(_ rows: Int, _ columns: Int? = nil, dtype: DType = .float32) throws -> Tensor {
    let n = columns ?? rows
    let flags = try zeros([rows, n], dtype: .uint8)
    let out = flags.array.raw(UInt8.self)
    for i in 0..<Swift.min(rows, n) { out[i * n + i] = 1 }
    return try flags.converted(to: dtype)
  }

  /// A tensor of the elements given, row by row.
  public convenience init<Element: NDElement>(
    _ elements: [Element], shape: [Int]? = nil, requiresGrad: Bool = false
  ) throws {
    self.init(try NDArray(elements, shape: shape ?? [elements.count]))
    if requiresGrad { try setRequiresGrad(true) }
  }

  /// A scalar.
  public static func scalar(_ value: Double, dtype: DType = .float32) throws -> Tensor {
    try full([], value, dtype: dtype)
  }

  // MARK: Random

  /// `torch.randn`: the same bits from the same seed.
  public static func randn(_ shape: [Int], dtype: DType = .float32, generator: Generator = .default) throws -> Tensor {
    let result = try empty(shape, dtype: dtype)
    try generator.fillNormal(result.array.data, dtype: dtype, count: result.count)
    return result
  }

  /// `torch.rand`.
  public static func rand(_ shape: [Int], dtype: DType = .float32, generator: Generator = .default) throws -> Tensor {
    let result = try empty(shape, dtype: dtype)
    try generator.fillUniform(result.array.data, dtype: dtype, count: result.count)
    return result
  }

  /// `torch.randint(from, to, shape)`.
  public static func randint(
    _ from: Int64 = 0, _ to: Int64, _ shape: [Int], dtype: DType = .int64, generator: Generator = .default
  ) throws -> Tensor {
    let result = try empty(shape, dtype: dtype)
    try generator.fillIntegers(result.array.data, dtype: dtype, count: result.count, from: from, to: to)
    return result
  }

  /// `torch.randperm(count)`.
  public static func randperm(_ count: Int, dtype: DType = .int64, generator: Generator = .default) throws -> Tensor {
    let result = try empty([count], dtype: dtype)
    try generator.fillPermutation(result.array.data, dtype: dtype, count: count)
    return result
  }

  /// `torch.bernoulli(p)`: 1 with the probability each element gives.
  public func bernoulli(generator: Generator = .default) throws -> Tensor {
    let probabilities = try array.packed()
    let result = try Tensor.empty(shape, dtype: dtype)
    try generator.fillBernoulli(
      result.array.data, probabilities: probabilities.data, dtype: dtype, count: result.count)
    return result
  }

  /// `torch.multinomial(self, draws, replacement)`: categories drawn with the weights of each row, int64 (draws) for one row
  /// of weights, (rows, draws) for several.
  ///
  /// - Throws: ``ApusError`` for a weight that is negative or not finite, a row without a positive weight, `draws < 1`, or
  ///   more draws without replacement than categories.
  public func multinomial(_ draws: Int, replacement: Bool = false, generator: Generator = .default) throws -> Tensor {
    guard rank == 1 || rank == 2, isFloatingPoint else {
      throw ApusError.shapeMismatch(
        name: "multinomial", reason: "\(dtype.name)\(shape) is not (categories) or (rows, categories) of weights")
    }
    guard draws >= 1 else {
      throw ApusError.invalidArgument(name: "num_samples", reason: "\(draws) is not at least 1")
    }
    let weights = try array.packed()
    let result = try Tensor.empty(Array(shape.dropLast()) + [draws], dtype: .int64)
    try generator.fillMultinomial(
      result.array.raw(Int64.self), weights: weights.data, dtype: dtype, rows: rank == 2 ? shape[0] : 1,
      categories: shape[rank - 1], draws: draws, replacement: replacement)
    withExtendedLifetime(weights) {}
    return result
  }

  // MARK: Copies and access

  /// A copy with its own memory; the derivative passes through.
  public func cloned() throws -> Tensor {
    let copy = try TensorMemory.array(shape, dtype)
    try copy.assign(from: array)
    return Tensor(copy).recorded("CloneBackward0", [self]) { call in [call.gradient] }
  }

  /// This tensor, copied only if its elements are not in row-major order.
  public func contiguous() throws -> Tensor { array.isContiguous ? self : try cloned() }

  /// The only element.
  public func item() throws -> Double {
    guard count == 1 else {
      throw ApusError.invalidArgument(
        name: "item", reason: "a tensor of shape \(shape) cannot be converted to a scalar")
    }
    let element = try array.packed()
    switch dtype {
    case .float32: return Double(element.raw(Float.self)[0])
    case .float64: return element.raw(Double.self)[0]
    case .int32: return Double(element.raw(Int32.self)[0])
    case .int64: return Double(element.raw(Int64.self)[0])
    case .uint8: return Double(element.raw(UInt8.self)[0])
    case .bool: return element.raw(UInt8.self)[0] != 0 ? 1 : 0
    }
  }

  /// The elements row by row, converted to `Element`'s type.
  public func elements<Element: NDElement>(as type: Element.Type = Element.self) throws -> [Element] {
    try Casting.cast(array, to: Element.dtype).elements(as: type)
  }
}
