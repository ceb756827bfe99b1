import ApusNumerics

/// Rows of a dense matrix of any type and strides as contiguous float64 rows.
enum RowUnpacking {
  /// Writes rows `range` of `array` to `target`, row-major, less `shift` and then times `factors` where given (p values).
  static func unpack(
    _ array: NDArray, _ range: Range<Int>, into target: UnsafeMutablePointer<Double>, shift: NDArray? = nil,
    factors: NDArray? = nil
  ) {
    let columns = array.shape[1]
    switch array.dtype {
    case .float32: copy(array.matrixView(Float.self), range, into: target)
    case .float64: copy(array.matrixView(Double.self), range, into: target)
    case .int32: convert(array.matrixView(Int32.self), range, into: target)
    case .int64: convert(array.matrixView(Int64.self), range, into: target)
    case .uint8: convert(array.byteView, range, into: target)
    case .bool:
      convert(array.byteView, range, into: target)
      for index in 0..<(range.count * columns) { target[index] = Swift.min(target[index], array.largestByte) }
    }
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

  @inline(__always)
  private static func convert<Element: WholeNumber>(
    _ view: MatrixView<Element>, _ range: Range<Int>, into target: UnsafeMutablePointer<Double>
  ) {
    for row in range {
      let source = view.base + row &* view.rowStride
      let to = target + (row &- range.lowerBound) &* view.columns
      for column in 0..<view.columns { to[column] = source[column &* view.columnStride].number }
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

/// Integers with their nearest float64.
private protocol WholeNumber: BitwiseCopyable {
  var number: Double { get }
}

extension Int32: WholeNumber {
  fileprivate var number: Double { Double(self) }
}
extension Int64: WholeNumber {
  fileprivate var number: Double { Double(self) }
}
extension UInt8: WholeNumber {
  fileprivate var number: Double { Double(self) }
}

extension NDArray {
  /// The bytes of a uint8 or bool matrix. A bool borrowed from outside may hold any byte; all but 0 mean true.
  var byteView: MatrixView<UInt8> {
    MatrixView(
      base: UnsafePointer(data.assumingMemoryBound(to: UInt8.self)), rows: shape[0], columns: shape[1],
      rowStride: strides[0], columnStride: strides[1])
  }

  /// The largest number a byte of this type stands for.
  var largestByte: Double { dtype == .bool ? 1 : 255 }
}
