import ApusNumerics

extension Distribution {
  /// One function at every element of `x`, each with parameters of its own, under numpy's broadcasting rules.
  ///
  /// - Parameters:
  ///   - parameters: arrays in the order of ``DistributionKind/parameterNames``, trailing ones optional. A single element is the
  ///     same for all.
  /// - Returns: float64 of the common shape; NaN where a parameter is out of range, as in scipy.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` when a parameter that is the same for all is out of range;
  ///   ``ApusError/shapeMismatch(name:reason:)`` when shapes do not broadcast.
  public static func evaluate(
    _ kind: DistributionKind, _ function: DistributionFunction, _ x: NDArray, parameters: [NDArray]
  ) throws(ApusError) -> NDArray {
    var scalars: [Double] = []
    for (index, parameter) in parameters.enumerated() where parameter.count == 1 {
      guard index < kind.parameterNames.count else { break }
      let value = try parameter.converted(to: .float64, name: kind.parameterNames[index])
      scalars.append(value.pointer(Double.self)[0])
      withExtendedLifetime(value) {}
    }
    if scalars.count == parameters.count {
      let shape = try broadcastShape([x.shape] + parameters.map(\.shape))
      let frozen = try Distribution(kind, scalars)
      return try frozen.evaluate(function, x).reshaped(shape)
    }
    let names = kind.parameterNames
    guard parameters.count >= kind.shapeNames.count, parameters.count <= names.count else {
      throw .invalidArgument(
        name: "parameters", reason: "\(parameters.count) given, \(kind.rawValue) takes at most \(names)")
    }
    let shape = try broadcastShape([x.shape] + parameters.map(\.shape))
    var sources: [NDArray] = []
    for (index, array) in ([x] + parameters).enumerated() {
      let name = index == 0 ? "x" : names[index - 1]
      sources.append(try expanded(try array.converted(to: .float64, name: name), to: shape).contiguous())
    }
    let result = try NDArray(uninitialized: shape, dtype: .float64)
    let output = result.pointer(Double.self)
    let inputs = sources.map { UnsafePointer($0.pointer(Double.self)) }
    ThreadPool.parallelBlocks(count: result.count, blockSize: 256) { range in
      var values = [Double](repeating: 0, count: inputs.count - 1)
      var frozen: Distribution?
      for i in range {
        var isSame = frozen != nil
        for j in values.indices where values[j] != inputs[j + 1][i] {
          values[j] = inputs[j + 1][i]
          isSame = false
        }
        if !isSame { frozen = try? Distribution(kind, values) }
        output[i] = frozen?.value(function, inputs[0][i]) ?? .nan
      }
    }
    withExtendedLifetime(sources) {}
    return result
  }

  /// The common shape of numpy's broadcasting.
  static func broadcastShape(_ shapes: [[Int]]) throws(ApusError) -> [Int] {
    var result: [Int] = []
    for shape in shapes {
      let rank = Swift.max(result.count, shape.count)
      let a = [Int](repeating: 1, count: rank - result.count) + result
      let b = [Int](repeating: 1, count: rank - shape.count) + shape
      var joined: [Int] = []
      for (m, n) in zip(a, b) {
        guard m == n || m == 1 || n == 1 else {
          throw .shapeMismatch(name: "x", reason: "shapes \(shapes) do not broadcast together")
        }
        joined.append(m == 1 ? n : m)
      }
      result = joined
    }
    return result
  }

  /// A view of `array` in a shape it broadcasts to.
  static func expanded(_ array: NDArray, to shape: [Int]) -> NDArray {
    let missing = shape.count - array.rank
    var strides = [Int](repeating: 0, count: shape.count)
    for axis in 0..<array.rank where array.shape[axis] != 1 { strides[axis + missing] = array.strides[axis] }
    return NDArray(storage: array.storage, data: array.data, dtype: array.dtype, shape: shape, strides: strides)
  }
}
