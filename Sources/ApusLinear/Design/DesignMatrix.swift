import ApusNumerics

/// The features as the solvers of this room read them: rows × columns, dense float32 or float64 in any strides, or CSR.
/// Validated before it is made; keeps the memory alive.
struct DesignMatrix: @unchecked Sendable {
  enum Elements {
    case float(MatrixView<Float>)
    case double(MatrixView<Double>)
    case sparse(SparseRows)
  }

  let elements: Elements
  let rows: Int
  let columns: Int
  private let owner: FeatureStorage

  private enum FeatureStorage {
    case dense(NDArray)
    case sparse(CSRMatrix, NDArray)
  }

  /// - Parameter array: float32 or float64, aligned, rank 2.
  init(dense array: NDArray) {
    rows = array.shape[0]
    columns = array.shape[1]
    owner = .dense(array)
    elements = array.dtype == .float32 ? .float(array.matrixView()) : .double(array.matrixView())
  }

  /// float32 values are widened, which takes memory in proportion to the entries.
  init(sparse matrix: CSRMatrix) throws(ApusError) {
    rows = matrix.rows
    columns = matrix.columns
    let values = try matrix.values.converted(to: .float64)
    owner = .sparse(matrix, values)
    elements = .sparse(
      SparseRows(
        offsets: matrix.rowOffsets.pointer(Int64.self), indices: matrix.columnIndices.pointer(Int64.self),
        values: values.pointer(Double.self)))
  }

  var isSparse: Bool {
    if case .sparse = elements { return true }
    return false
  }

  /// Bytes the elements take.
  var byteCount: Int {
    switch owner {
    case .dense(let array): return array.count * array.dtype.stride
    case .sparse(let matrix, _): return matrix.values.count * 16
    }
  }

  /// The array behind dense elements.
  var array: NDArray? {
    if case .dense(let array) = owner { return array }
    return nil
  }

  /// The first row and the distance between rows where elements are of the given type and rows lie together in memory as
  /// BLAS reads them.
  func rowPointer<Element>(_: Element.Type) -> (base: UnsafePointer<Element>, stride: Int)? {
    switch elements {
    case .float(let view):
      guard let base = view.base as? UnsafePointer<Element> else { return nil }
      return view.columnStride == 1 && view.rowStride >= view.columns ? (base, view.rowStride) : nil
    case .double(let view):
      guard let base = view.base as? UnsafePointer<Element> else { return nil }
      return view.columnStride == 1 && view.rowStride >= view.columns ? (base, view.rowStride) : nil
    case .sparse: return nil
    }
  }

  /// Writes rows `range` as numbers of the given type, row-major with `stride` elements from row to row.
  func unpack<Target: BinaryFloatingPoint>(
    _ range: Range<Int>, into target: UnsafeMutablePointer<Target>, stride: Int
  ) {
    switch elements {
    case .float(let view): DesignMatrix.unpack(view, range, into: target, stride: stride)
    case .double(let view): DesignMatrix.unpack(view, range, into: target, stride: stride)
    case .sparse(let sparse):
      for row in range {
        let to = target + (row &- range.lowerBound) &* stride
        for column in 0..<columns { to[column] = 0 }
        for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
          to[Int(sparse.indices[entry])] = Target(sparse.values[entry])
        }
      }
    }
  }

  /// One element; dense only.
  @inline(__always)
  func element(_ row: Int, _ column: Int) -> Double {
    switch elements {
    case .float(let view): return Double(view[row, column])
    case .double(let view): return view[row, column]
    case .sparse: preconditionFailure("sparse features are read by entry")
    }
  }

  @inline(__always)
  private static func unpack<Element: BinaryFloatingPoint & BitwiseCopyable, Target: BinaryFloatingPoint>(
    _ view: MatrixView<Element>, _ range: Range<Int>, into target: UnsafeMutablePointer<Target>, stride: Int
  ) {
    if view.columnStride == 1 {
      for row in range {
        let source = view.base + row &* view.rowStride
        let to = target + (row &- range.lowerBound) &* stride
        for column in 0..<view.columns { to[column] = Target(source[column]) }
      }
    } else {
      for column in 0..<view.columns {
        let source = view.base + column &* view.columnStride
        var to = target + column
        for row in range {
          to.pointee = Target(source[row &* view.rowStride])
          to += stride
        }
      }
    }
  }
}

/// The arrays of a CSR matrix with float64 values.
struct SparseRows {
  let offsets: UnsafePointer<Int64>
  let indices: UnsafePointer<Int64>
  let values: UnsafePointer<Double>
}
