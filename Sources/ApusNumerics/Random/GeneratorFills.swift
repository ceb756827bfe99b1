import Glibc

/// Fills of contiguous memory, each one call of the PyTorch method named in its comment.
///
/// Every fill validates its arguments, then dispatches on the element type once. `count` must be the number of elements the
/// memory holds; 0 draws nothing.
extension Generator {
  /// Uniform variates of [from, to): `tensor.uniform_(from, to)`, and so `xavier_uniform_` and `kaiming_uniform_`.
  ///
  /// - Throws: ``ApusError`` unless `from <= to`, both and their difference are finite in `dtype`, and `dtype` is float32 or
  ///   float64.
  package func fillUniform(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, from: Double = 0, to: Double = 1
  ) throws(ApusError) {
    guard from <= to else {
      throw .invalidArgument(name: "from", reason: "\(from) is not at most to = \(to)")
    }
    let largest = dtype == .float32 ? Double(Float.greatestFiniteMagnitude) : .greatestFiniteMagnitude
    guard abs(from) <= largest, abs(to) <= largest, to - from <= largest else {
      throw .invalidArgument(name: "to", reason: "\(to) - from = \(from) exceeds the range of \(dtype.name)")
    }
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      withTwister { UniformFill.fill(&$0, elements, count: count, from: Float(from), to: Float(to)) }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      withTwister { UniformFill.fill(&$0, elements, count: count, from: from, to: to) }
    default: throw notFloatingPoint(dtype)
    }
  }

  /// Normal variates: `tensor.normal_(mean, std)`, `torch.randn`, `kaiming_normal_`.
  ///
  /// - Parameter isContiguous: false takes the path PyTorch takes for a strided tensor of any size, whose elements the caller
  ///   passes gathered.
  /// - Throws: ``ApusError`` for a negative or NaN standard deviation, or a `dtype` other than float32 and float64.
  package func fillNormal(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, mean: Double = 0, standardDeviation: Double = 1,
    isContiguous: Bool = true
  ) throws(ApusError) {
    guard standardDeviation >= 0 else {
      throw .invalidArgument(name: "std", reason: "\(standardDeviation) is not at least 0")
    }
    let inBlocks = isContiguous && count >= NormalFill.blockSize
    switch dtype {
    case .float32:
      let elements = elements.assumingMemoryBound(to: Float.self)
      if inBlocks {
        withTwister {
          NormalFill.fillBlocks(
            &$0, elements, count: count, mean: Float(mean), standardDeviation: Float(standardDeviation))
        }
      } else {
        withNormalSource {
          NormalFill.fillSingly(
            &$0, cached: &$1, elements, count: count, mean: mean, standardDeviation: standardDeviation)
        }
      }
    case .float64:
      let elements = elements.assumingMemoryBound(to: Double.self)
      if inBlocks {
        withTwister {
          NormalFill.fillBlocks(&$0, elements, count: count, mean: mean, standardDeviation: standardDeviation)
        }
      } else {
        withNormalSource {
          NormalFill.fillSingly(
            &$0, cached: &$1, elements, count: count, mean: mean, standardDeviation: standardDeviation)
        }
      }
    default: throw notFloatingPoint(dtype)
    }
  }

  /// Integers of `from ..< to`, or up to the type's largest when `to` is nil: `tensor.random_(from, to)`, `torch.randint`.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an empty range or bounds outside the type's.
  package func fillIntegers(
    _ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, from: Int64, to: Int64?
  ) throws(ApusError) {
    fill(elements, dtype: dtype, count: count, draw: try IntegerDraw(from: from, to: to, dtype: dtype))
  }

  /// All nonnegative integers of the type alike, up to 2²⁴ for float32 and 2⁵³ for float64: `tensor.random_()`.
  package func fillIntegers(_ elements: UnsafeMutableRawPointer, dtype: DType, count: Int) {
    fill(elements, dtype: dtype, count: count, draw: IntegerDraw(nonnegative: dtype))
  }

  private func fill(_ elements: UnsafeMutableRawPointer, dtype: DType, count: Int, draw: IntegerDraw) {
    withTwister { twister in
      switch dtype {
      case .float32:
        IntegerFill.fill(&twister, elements.assumingMemoryBound(to: Float.self), count: count, draw: draw)
      case .float64:
        IntegerFill.fill(&twister, elements.assumingMemoryBound(to: Double.self), count: count, draw: draw)
      case .int32: IntegerFill.fill(&twister, elements.assumingMemoryBound(to: Int32.self), count: count, draw: draw)
      case .int64: IntegerFill.fill(&twister, elements.assumingMemoryBound(to: Int64.self), count: count, draw: draw)
      case .uint8: IntegerFill.fill(&twister, elements.assumingMemoryBound(to: UInt8.self), count: count, draw: draw)
      case .bool: IntegerFill.fill(&twister, elements.assumingMemoryBound(to: Bool.self), count: count, draw: draw)
      }
    }
  }

  /// A permutation of 0..<count as int64 or int32: `torch.randperm(count)`.
  ///
  /// - Throws: ``ApusError`` for another `dtype`, or a `count` beyond int32's range in int32.
  package func fillPermutation(_ elements: UnsafeMutableRawPointer, dtype: DType, count: Int) throws(ApusError) {
    switch dtype {
    case .int64:
      let elements = elements.assumingMemoryBound(to: Int64.self)
      withTwister { PermutationFill.fill(&$0, elements, count: count) }
    case .int32:
      guard count <= Int(Int32.max) else {
        throw .invalidArgument(name: "n", reason: "\(count) exceeds the range of int32")
      }
      let elements = elements.assumingMemoryBound(to: Int32.self)
      withTwister { PermutationFill.fill(&$0, elements, count: count) }
    default:
      throw .unsupportedType(name: "dtype", reason: "\(dtype.name) is not int32 or int64")
    }
  }

  func notFloatingPoint(_ dtype: DType) -> ApusError {
    .unsupportedType(name: "dtype", reason: "\(dtype.name) is not float32 or float64")
  }
}

/// The same for memory whose element type is known statically.
extension Generator {
  /// See ``fillUniform(_:dtype:count:from:to:)``.
  package func fillUniform<Element: NDElement & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, from: Double = 0, to: Double = 1
  ) throws(ApusError) {
    try fillUniform(UnsafeMutableRawPointer(elements), dtype: Element.dtype, count: count, from: from, to: to)
  }

  /// See ``fillNormal(_:dtype:count:mean:standardDeviation:isContiguous:)``.
  package func fillNormal<Element: NDElement & BinaryFloatingPoint>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, mean: Double = 0, standardDeviation: Double = 1,
    isContiguous: Bool = true
  ) throws(ApusError) {
    try fillNormal(
      UnsafeMutableRawPointer(elements), dtype: Element.dtype, count: count, mean: mean,
      standardDeviation: standardDeviation, isContiguous: isContiguous)
  }

  /// See ``fillIntegers(_:dtype:count:from:to:)``.
  package func fillIntegers<Element: NDElement>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, from: Int64, to: Int64?
  ) throws(ApusError) {
    try fillIntegers(UnsafeMutableRawPointer(elements), dtype: Element.dtype, count: count, from: from, to: to)
  }

  /// See ``fillIntegers(_:dtype:count:)``.
  package func fillIntegers<Element: NDElement>(_ elements: UnsafeMutablePointer<Element>, count: Int) {
    fillIntegers(UnsafeMutableRawPointer(elements), dtype: Element.dtype, count: count)
  }

  /// See ``fillPermutation(_:dtype:count:)``.
  package func fillPermutation<Element: NDElement & FixedWidthInteger>(
    _ elements: UnsafeMutablePointer<Element>, count: Int
  ) throws(ApusError) {
    try fillPermutation(UnsafeMutableRawPointer(elements), dtype: Element.dtype, count: count)
  }
}
