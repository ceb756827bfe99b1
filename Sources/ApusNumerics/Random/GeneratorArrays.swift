/// New arrays of random numbers. Each draws exactly what the PyTorch function named in its comment draws.
extension Generator {
  /// Uniform variates of [from, to): `torch.empty(shape).uniform_(from, to)`, for the defaults `torch.rand(shape)`.
  ///
  /// - Throws: ``ApusError`` for a shape that does not fit, bounds out of order or beyond the type's range, a `dtype` other
  ///   than float32 and float64, or lack of memory.
  public func uniform(
    _ shape: [Int], from: Double = 0, to: Double = 1, dtype: DType = .float32
  ) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: shape, dtype: dtype)
    try fillUniform(array.data, dtype: dtype, count: array.count, from: from, to: to)
    return array
  }

  /// Normal variates: `torch.empty(shape).normal_(mean, std)`, for the defaults `torch.randn(shape)`.
  ///
  /// - Throws: ``ApusError`` for a shape that does not fit, a negative standard deviation, a `dtype` other than float32 and
  ///   float64, or lack of memory.
  public func normal(
    _ shape: [Int], mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32
  ) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: shape, dtype: dtype)
    try fillNormal(
      array.data, dtype: dtype, count: array.count, mean: mean, standardDeviation: standardDeviation)
    return array
  }

  /// Integers of `from ..< to`: `torch.randint(from, to, shape)`.
  ///
  /// - Throws: ``ApusError`` for a shape that does not fit, an empty range, bounds outside the type's, or lack of memory.
  public func integers(
    _ shape: [Int], from: Int64 = 0, to: Int64, dtype: DType = .int64
  ) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: shape, dtype: dtype)
    try fillIntegers(array.data, dtype: dtype, count: array.count, from: from, to: to)
    return array
  }

  /// A random order of 0..<count: `torch.randperm(count)`.
  ///
  /// - Throws: ``ApusError`` for a negative count, a `dtype` other than int32 and int64, or lack of memory.
  public func permutation(_ count: Int, dtype: DType = .int64) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: [count], dtype: dtype)
    try fillPermutation(array.data, dtype: dtype, count: count)
    return array
  }

  /// 1 with `probability`, else 0: `torch.empty(shape).bernoulli_(p)`.
  ///
  /// - Throws: ``ApusError`` for a shape that does not fit, a probability outside [0, 1], or lack of memory.
  public func bernoulli(
    _ shape: [Int], probability: Double, dtype: DType = .float32
  ) throws(ApusError) -> NDArray {
    let array = try NDArray(uninitialized: shape, dtype: dtype)
    try fillBernoulli(array.data, dtype: dtype, count: array.count, probability: probability)
    return array
  }
}
