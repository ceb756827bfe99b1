import ApusNumerics

/// X coefᵀ + intercept, every row in the same order of summation whatever the layout of X and the rows around it.
enum LinearPrediction {
  private static let blockRows = 64

  /// - Parameters:
  ///   - coefficients: (targets, columns) float64.
  ///   - intercepts: (targets,) float64.
  /// - Returns: (rows, targets).
  static func predict(
    _ design: DesignMatrix, coefficients: NDArray, intercepts: NDArray, dtype: DType
  ) throws(ApusError) -> NDArray {
    let (rows, columns, targets) = (design.rows, design.columns, intercepts.count)
    let result = try NDArray(uninitialized: [rows, targets], dtype: dtype)
    let (coefficient, intercept) = (coefficients.pointer(Double.self), intercepts.pointer(Double.self))
    let parts = Swift.max(1, Swift.min(64, rows * columns >> 15))
    let scratch = design.isSparse ? nil : try Buffer<Double>(count: parts * blockRows * columns)
    ThreadPool.parallelFor(tasks: parts) { part in
      let range = (part * rows / parts)..<((part + 1) * rows / parts)
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        let block = start..<Swift.min(range.upperBound, start + blockRows)
        if let scratch {
          design.unpack(block, into: scratch.pointer + part * blockRows * columns, stride: columns)
        }
        for row in block {
          for target in 0..<targets {
            let beta = coefficient + target &* columns
            let sum: Double
            if let scratch {
              let z = scratch.pointer + (part &* blockRows &+ row &- start) &* columns
              sum = RowProducts.dot(z, beta, columns)
            } else {
              sum = sparseDot(design, row, beta)
            }
            let value = sum + intercept[target]
            if dtype == .float32 {
              result.pointer(Float.self)[row &* targets &+ target] = Float(value)
            } else {
              result.pointer(Double.self)[row &* targets &+ target] = value
            }
          }
        }
      }
    }
    return result
  }

  @inline(__always)
  private static func sparseDot(_ design: DesignMatrix, _ row: Int, _ beta: UnsafePointer<Double>) -> Double {
    guard case .sparse(let sparse) = design.elements else { return 0 }
    var sum = 0.0
    for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
      sum += sparse.values[entry] * beta[Int(sparse.indices[entry])]
    }
    return sum
  }
}
