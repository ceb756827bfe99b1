import Glibc

/// An n-dimensional array of one element type: the currency between the rooms of the library.
///
/// A value is a *view* of memory: copying it copies no elements, and a slice or transpose shares storage with its origin.
/// The memory is either owned (from the library's allocator, 64-byte aligned) or borrowed from a caller. Arrays that reach
/// the public interface are never changed after they are made, so sharing is safe across threads.
///
/// Strides are in bytes, as in numpy and in `apus_view`, and may be zero or negative.
public struct NDArray: @unchecked Sendable {
  package private(set) var storage: Storage
  /// Address of the element with all indices zero.
  package let data: UnsafeMutableRawPointer
  public let dtype: DType
  /// Extent of every axis; empty for a scalar.
  public let shape: [Int]
  /// Bytes between neighbours along every axis.
  public let strides: [Int]

  package init(storage: Storage, data: UnsafeMutableRawPointer, dtype: DType, shape: [Int], strides: [Int]) {
    self.storage = storage
    self.data = data
    self.dtype = dtype
    self.shape = shape
    self.strides = strides
  }

  /// An uninitialised row-major array.
  package init(uninitialized shape: [Int], dtype: DType) throws(ApusError) {
    let storage = try Storage(byteCount: try checkedCount(shape, stride: dtype.stride))
    self.init(
      storage: storage, data: storage.base, dtype: dtype, shape: shape,
      strides: NDArray.rowMajorStrides(shape, stride: dtype.stride))
  }

  /// A row-major array of zeros.
  public init(zeros shape: [Int], dtype: DType = .float64) throws(ApusError) {
    try self.init(uninitialized: shape, dtype: dtype)
    memset(data, 0, storage.byteCount)
  }

  /// A row-major copy of `elements` with the given shape.
  ///
  /// - Throws: ``ApusError/shapeMismatch(name:reason:)`` when the shape does not hold exactly `elements.count` elements.
  public init<Element: NDElement>(_ elements: [Element], shape: [Int]) throws(ApusError) {
    let bytes = try checkedCount(shape, stride: MemoryLayout<Element>.stride)
    guard bytes == elements.count * MemoryLayout<Element>.stride else {
      throw .shapeMismatch(name: "shape", reason: "\(shape) does not hold \(elements.count) elements")
    }
    try self.init(uninitialized: shape, dtype: Element.dtype)
    elements.withUnsafeBytes { source in
      if let address = source.baseAddress { memcpy(data, address, bytes) }
    }
  }

  /// A one-dimensional copy of `elements`.
  public init<Element: NDElement>(_ elements: [Element]) throws(ApusError) {
    try self.init(elements, shape: [elements.count])
  }

  /// A matrix from rows of equal length.
  public init<Element: NDElement>(rows: [[Element]]) throws(ApusError) {
    let columns = rows.first?.count ?? 0
    for (index, row) in rows.enumerated() where row.count != columns {
      throw .shapeMismatch(name: "rows", reason: "row \(index) has \(row.count) elements, row 0 has \(columns)")
    }
    try self.init(rows.flatMap { $0 }, shape: [rows.count, columns])
  }

  /// A view of memory that belongs to somebody else.
  ///
  /// - Parameters:
  ///   - data: address of the element with all indices zero; must stay valid while this array or a slice of it lives,
  ///     which `lender`, retained, can ensure.
  ///   - strides: in bytes; row-major when nil.
  ///   - isWritable: false makes every attempt to write into it an error.
  public init(
    borrowing data: UnsafeMutableRawPointer, dtype: DType, shape: [Int], strides: [Int]? = nil,
    isWritable: Bool = false,
    lender: AnyObject? = nil
  ) throws(ApusError) {
    let bytes = try checkedCount(shape, stride: dtype.stride)
    if let strides, strides.count != shape.count {
      throw .shapeMismatch(name: "strides", reason: "\(strides.count) strides for \(shape.count) dimensions")
    }
    self.init(
      storage: Storage(borrowing: data, byteCount: bytes, isWritable: isWritable, lender: lender), data: data,
      dtype: dtype, shape: shape, strides: strides ?? NDArray.rowMajorStrides(shape, stride: dtype.stride))
  }

  package static func rowMajorStrides(_ shape: [Int], stride: Int) -> [Int] {
    var strides = [Int](repeating: stride, count: shape.count)
    var step = stride
    for axis in shape.indices.reversed() {
      strides[axis] = step
      step = step &* Swift.max(shape[axis], 1)
    }
    return strides
  }

  /// Whether no other array, slice or view shares this array's memory.
  package mutating func isUniquelyReferenced() -> Bool { isKnownUniquelyReferenced(&storage) }

  /// The number of dimensions.
  public var rank: Int { shape.count }
  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  public var isEmpty: Bool { shape.contains(0) }

  /// True when the elements lie in row-major order without gaps.
  public var isContiguous: Bool {
    if isEmpty { return true }
    var step = dtype.stride
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if strides[axis] != step { return false }
      step *= shape[axis]
    }
    return true
  }

  /// True when `data` and all strides are multiples of the element size, so typed loads are permitted.
  package var isAligned: Bool {
    let mask = dtype.stride - 1
    return Int(bitPattern: data) & mask == 0 && strides.allSatisfy { $0 & mask == 0 }
  }
}
