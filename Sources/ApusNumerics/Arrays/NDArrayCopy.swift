import Glibc

/// Copies and conversions.
extension NDArray {
  /// This array in row-major order without gaps, in owned memory unless it already is contiguous and aligned.
  public func contiguous() throws(ApusError) -> NDArray {
    if isContiguous && isAligned { return self }
    return try copied()
  }

  /// A row-major copy in owned memory.
  public func copied() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: shape, dtype: dtype)
    try result.assign(from: self)
    return result
  }

  /// A row-major array of another element type, or `self` when nothing needs to change.
  ///
  /// Conversions between numbers follow C except that nothing is lost in silence: a finite float64 that overflows
  /// float32, a fraction or NaN to an integer, and an integer out of range are errors.
  ///
  /// - Throws: ``ApusError/nonFiniteValue(name:reason:)`` or ``ApusError/invalidArgument(name:reason:)`` naming the value.
  public func converted(to target: DType, name: String = "array") throws(ApusError) -> NDArray {
    if target == dtype { return try contiguous() }
    let source = try contiguous()
    let result = try NDArray(uninitialized: shape, dtype: target)
    let n = count
    switch target {
    case .float64: source.forEachTyped { $0.convert(into: result.data.assumingMemoryBound(to: Double.self), count: n) }
    case .float32:
      let into = result.data.assumingMemoryBound(to: Float.self)
      source.forEachTyped { $0.convert(into: into, count: n) }
      if dtype == .float64 {
        let from = source.data.assumingMemoryBound(to: Double.self)
        for i in 0..<n where into[i].isInfinite && from[i].isFinite {
          throw .nonFiniteValue(name: name, reason: "value \(from[i]) at element \(i) overflows float32")
        }
      }
    case .int64: try source.convertToInteger(Int64.self, into: result, name: name)
    case .int32: try source.convertToInteger(Int32.self, into: result, name: name)
    case .uint8: try source.convertToInteger(UInt8.self, into: result, name: name)
    case .bool:
      let into = result.data.assumingMemoryBound(to: Bool.self)
      let wide = try source.converted(to: .float64, name: name)
      let from = wide.data.assumingMemoryBound(to: Double.self)
      for i in 0..<n { into[i] = from[i] != 0 }
    }
    return result
  }

  /// The elements as a Swift array, row by row.
  ///
  /// - Throws: ``ApusError/unsupportedType(name:reason:)`` when `Element` is not this array's element type.
  public func elements<Element: NDElement>(as type: Element.Type = Element.self) throws(ApusError) -> [Element] {
    guard dtype == Element.dtype else {
      throw .unsupportedType(name: "array", reason: "holds \(dtype.name), not \(Element.dtype.name)")
    }
    let source = try contiguous()
    return Array(UnsafeBufferPointer(start: source.pointer(type), count: source.count))
  }

  /// Writes the elements of `source`, which has the same shape and element type, into this array's memory.
  package func assign(from source: NDArray) throws(ApusError) {
    guard source.shape == shape, source.dtype == dtype else {
      throw .shapeMismatch(
        name: "out", reason: "\(dtype.name)\(shape) cannot take \(source.dtype.name)\(source.shape)")
    }
    guard storage.isWritable else { throw .invalidArgument(name: "out", reason: "the memory is read-only") }
    if isEmpty { return }
    if isContiguous && source.isContiguous {
      memmove(data, source.data, count * dtype.stride)
      return
    }
    NDArray.copyStrided(
      from: source.data, sourceStrides: source.strides, to: data, targetStrides: strides, shape: shape,
      stride: dtype.stride)
  }

  /// Byte-wise strided copy; safe for misaligned data.
  private static func copyStrided(
    from source: UnsafeRawPointer, sourceStrides: [Int], to target: UnsafeMutableRawPointer, targetStrides: [Int],
    shape: [Int], stride: Int
  ) {
    guard let inner = shape.last else {
      memcpy(target, source, stride)
      return
    }
    let last = shape.count - 1
    let (from, to) = (sourceStrides[last], targetStrides[last])
    let outer = shape.dropLast().reduce(1, *)
    var index = [Int](repeating: 0, count: last)
    var sourceOffset = 0
    var targetOffset = 0
    for _ in 0..<outer {
      switch stride {
      case 8:
        for i in 0..<inner {
          let value = (source + sourceOffset + i &* from).loadUnaligned(as: UInt64.self)
          (target + targetOffset + i &* to).storeBytes(of: value, as: UInt64.self)
        }
      case 4:
        for i in 0..<inner {
          let value = (source + sourceOffset + i &* from).loadUnaligned(as: UInt32.self)
          (target + targetOffset + i &* to).storeBytes(of: value, as: UInt32.self)
        }
      default:
        for i in 0..<inner { memcpy(target + targetOffset + i &* to, source + sourceOffset + i &* from, stride) }
      }
      var axis = last - 1
      while axis >= 0 {
        index[axis] += 1
        sourceOffset += sourceStrides[axis]
        targetOffset += targetStrides[axis]
        if index[axis] < shape[axis] { break }
        sourceOffset -= sourceStrides[axis] * shape[axis]
        targetOffset -= targetStrides[axis] * shape[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }

  private func convertToInteger<Target: NDElement & FixedWidthInteger>(
    _ type: Target.Type, into result: NDArray, name: String
  ) throws(ApusError) {
    let into = result.data.assumingMemoryBound(to: Target.self)
    let n = count
    func fill<Source: NDElement>(
      _ pointer: UnsafePointer<Source>, _ exact: (Source) -> Target?
    ) throws(ApusError) {
      for i in 0..<n {
        guard let value = exact(pointer[i]) else {
          throw .invalidArgument(
            name: name, reason: "value \(pointer[i]) at element \(i) is not an exact \(Target.dtype.name)")
        }
        into[i] = value
      }
    }
    switch dtype {
    case .float32: try fill(UnsafePointer(pointer(Float.self))) { Target(exactly: $0) }
    case .float64: try fill(UnsafePointer(pointer(Double.self))) { Target(exactly: $0) }
    case .int32: try fill(UnsafePointer(pointer(Int32.self))) { Target(exactly: $0) }
    case .int64: try fill(UnsafePointer(pointer(Int64.self))) { Target(exactly: $0) }
    case .uint8: try fill(UnsafePointer(pointer(UInt8.self))) { Target(exactly: $0) }
    case .bool: try fill(UnsafePointer(data.assumingMemoryBound(to: UInt8.self))) { $0 != 0 ? 1 : 0 }
    }
  }

  /// Calls `body` with the contiguous elements under their own type.
  private func forEachTyped(_ body: (any ConvertibleElements) -> Void) {
    switch dtype {
    case .float32: body(ElementPointer(pointer: UnsafePointer(pointer(Float.self))))
    case .float64: body(ElementPointer(pointer: UnsafePointer(pointer(Double.self))))
    case .int32: body(ElementPointer(pointer: UnsafePointer(pointer(Int32.self))))
    case .int64: body(ElementPointer(pointer: UnsafePointer(pointer(Int64.self))))
    case .uint8: body(ElementPointer(pointer: UnsafePointer(pointer(UInt8.self))))
    // A bool byte borrowed from outside may hold any value, so it is read as a number.
    case .bool: body(BoolPointer(pointer: data.assumingMemoryBound(to: UInt8.self)))
    }
  }
}

private protocol ConvertibleElements {
  func convert(into target: UnsafeMutablePointer<Double>, count: Int)
  func convert(into target: UnsafeMutablePointer<Float>, count: Int)
}

private protocol ConvertibleNumber {
  var asDouble: Double { get }
  var asFloat: Float { get }
}

extension Float: ConvertibleNumber {
  fileprivate var asDouble: Double { Double(self) }
  fileprivate var asFloat: Float { self }
}
extension Double: ConvertibleNumber {
  fileprivate var asDouble: Double { self }
  fileprivate var asFloat: Float { Float(self) }
}
extension Int32: ConvertibleNumber {
  fileprivate var asDouble: Double { Double(self) }
  fileprivate var asFloat: Float { Float(self) }
}
extension Int64: ConvertibleNumber {
  fileprivate var asDouble: Double { Double(self) }
  fileprivate var asFloat: Float { Float(self) }
}
extension UInt8: ConvertibleNumber {
  fileprivate var asDouble: Double { Double(self) }
  fileprivate var asFloat: Float { Float(self) }
}

private struct ElementPointer<Element: ConvertibleNumber>: ConvertibleElements {
  let pointer: UnsafePointer<Element>
  func convert(into target: UnsafeMutablePointer<Double>, count: Int) {
    for i in 0..<count { target[i] = pointer[i].asDouble }
  }
  func convert(into target: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { target[i] = pointer[i].asFloat }
  }
}

private struct BoolPointer: ConvertibleElements {
  let pointer: UnsafePointer<UInt8>
  func convert(into target: UnsafeMutablePointer<Double>, count: Int) {
    for i in 0..<count { target[i] = pointer[i] != 0 ? 1 : 0 }
  }
  func convert(into target: UnsafeMutablePointer<Float>, count: Int) {
    for i in 0..<count { target[i] = pointer[i] != 0 ? 1 : 0 }
  }
}
