import ApusNumerics

/// Rows of a dense matrix of either type and any strides as contiguous float64 rows.
enum RowUnpacking {
  /// Writes rows `range` of `array` to `target`, row-major, less `shift` and then times `factors` where given (p values).
  static func unpack(
    _ array: NDArray, _ range: Range<Int>, into target: UnsafeMutablePointer<Double>, shift: NDArray? = nil,
    factors: NDArray? = nil
  ) {
    if array.dtype == .float32 {
      copy(array.matrixView(Float.self), range, into: target)
    } else {
      copy(array.matrixView(Double.self), range, into: target)
    }
    let columns = array.shape[1]
    if let shift {
      let mean = shift.pointer(Double.self)
      for row in 0..<range.count {
        let z = target + row &* columns
        for j in 0..<columns { z[j] -= mean[j] }
      }
    }
    if let factors {
      let factor = factors.pointer(Double.self)
      for row in 0..<range.count {
        let z = target + row &* columns
        for j in 0..<columns { z[j] *= factor[j] }
      }
    }
  }

  /// As rows of `Target`, without shift.
  @inline(__always)
  static func copy<Element: LinearAlgebraScalar, Target: LinearAlgebraScalar>(
    _ view: MatrixView<Element>, _ range: Range<Int>, into target: UnsafeMutablePointer<Target>
  ) {
    if view.columnStride == 1 {
      for row in range {
        let source = view.base + row &* view.rowStride
        let to = target + (row &- range.lowerBound) &* view.columns
        for column in 0..<view.columns { to[column] = Target(source[column]) }
      }
    } else {
      for column in 0..<view.columns {
        let source = view.base + column &* view.columnStride
        var to = target + column
        for row in range {
          to.pointee = Target(source[row &* view.rowStride])
          to += view.columns
        }
      }
    }
  }
}
