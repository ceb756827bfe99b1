import ApusModels
import ApusNumerics
import CApus

/// The element type with this number, or an error that names the argument.
func elementType(_ number: Int32, _ argument: String) throws -> DType {
  guard let dtype = DType(rawValue: number) else {
    throw BoundaryError.unknownValue("\(argument): dtype \(number) is unknown, allowed are 1...6 (apus_dtype)")
  }
  return dtype
}

/// Something with an address for arrays without elements.
private let emptyAddress = SharedAddress(UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64))

private struct SharedAddress: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }
}

/// The array a view describes, borrowed; nil for a NULL view.
func borrowed(_ view: UnsafePointer<apus_view>?, _ argument: String, isWritable: Bool = false) throws -> NDArray? {
  guard let view = view?.pointee else { return nil }
  let dtype = try elementType(view.dtype, argument)
  guard (0...APUS_MAX_DIMENSIONS).contains(view.ndim) else {
    throw ApusError.shapeMismatch(
      name: argument, reason: "has \(view.ndim) dimensions, allowed are 0...\(APUS_MAX_DIMENSIONS)")
  }
  let rank = Int(view.ndim)
  var shape: [Int] = []
  var strides: [Int]?
  if rank > 0 {
    guard let extents = view.shape else { throw BoundaryError.null("\(argument).shape") }
    shape = (0..<rank).map { Int(extents[$0]) }
    if let steps = view.strides { strides = (0..<rank).map { Int(steps[$0]) } }
  }
  _ = try checkedCount(shape, stride: dtype.stride)
  let isEmpty = shape.contains(0)
  if !isEmpty, let strides { try requireReachable(shape, strides, argument) }
  guard let data = view.data ?? (isEmpty ? emptyAddress.pointer : nil) else {
    throw BoundaryError.null("\(argument).data")
  }
  return try NDArray(borrowing: data, dtype: dtype, shape: shape, strides: strides, isWritable: isWritable)
}

/// The array a required view describes.
func required(_ view: UnsafePointer<apus_view>?, _ argument: String) throws -> NDArray {
  guard let array = try borrowed(view, argument) else { throw BoundaryError.null(argument) }
  return array
}

/// The array an output view describes: writable, and no two indices share an address.
func writable(_ view: UnsafePointer<apus_view>?, _ argument: String, apartFrom input: NDArray?) throws -> NDArray {
  guard let array = try borrowed(view, argument, isWritable: true) else { throw BoundaryError.null(argument) }
  if array.rank > 1 || !array.isContiguous { try requireApart(array, argument) }
  if let input, !array.isEmpty, !input.isEmpty {
    let (output, source) = (addresses(of: array), addresses(of: input))
    guard output.upperBound < source.lowerBound || source.upperBound < output.lowerBound else {
      throw ApusError.invalidArgument(name: argument, reason: "overlaps an input in memory")
    }
  }
  return array
}

/// Refuses strides by which elements share memory.
private func requireApart(_ array: NDArray, _ argument: String) throws {
  let axes = array.shape.indices.filter { array.shape[$0] > 1 }.sorted {
    abs(array.strides[$0]) < abs(array.strides[$1])
  }
  var span = array.dtype.stride
  for axis in axes {
    guard abs(array.strides[axis]) >= span else {
      throw ApusError.invalidArgument(
        name: argument, reason: "stride \(array.strides[axis]) of axis \(axis) makes elements overlap")
    }
    span = abs(array.strides[axis]) * (array.shape[axis] - 1) + span
  }
}

private func requireReachable(_ shape: [Int], _ strides: [Int], _ argument: String) throws {
  var reach = 0
  for (extent, stride) in zip(shape, strides) {
    let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
    let (sum, sumOverflow) = reach.addingReportingOverflow(distance == Int.min ? Int.max : abs(distance))
    guard !overflow, !sumOverflow else {
      throw ApusError.sizeOverflow(reason: "\(argument): strides \(strides) of shape \(shape) exceed the address space")
    }
    reach = sum
  }
}

/// The first and last byte an array touches. Strides were checked not to overflow.
private func addresses(of array: NDArray) -> ClosedRange<UInt> {
  let start = UInt(bitPattern: array.data)
  var (low, high) = (start, start &+ UInt(array.dtype.stride - 1))
  for (extent, stride) in zip(array.shape, array.strides) {
    let distance = (extent - 1) * stride
    if distance < 0 { low &-= UInt(-distance) } else { high &+= UInt(distance) }
  }
  return low <= high ? low...high : 0...UInt.max
}

/// The sparse matrix a required description points to, checked; values are borrowed, indices copied when they are int32.
func sparse(_ matrix: UnsafePointer<apus_csr>?, _ argument: String) throws -> FeatureMatrix {
  guard let csr = matrix?.pointee else { throw BoundaryError.null(argument) }
  let index = try elementType(csr.index_dtype, "\(argument).index_dtype")
  let dtype = try elementType(csr.dtype, argument)
  guard index == .int32 || index == .int64 else {
    throw BoundaryError.unknownValue("\(argument): index_dtype \(index.name) is not int32 or int64")
  }
  let (offsetCount, overflow) = csr.rows.addingReportingOverflow(1)
  guard csr.rows >= 0, csr.columns >= 0, csr.count >= 0, !overflow else {
    throw ApusError.shapeMismatch(
      name: argument, reason: "rows \(csr.rows), columns \(csr.columns), count \(csr.count): none may be negative")
  }
  func array(_ address: UnsafeRawPointer?, _ dtype: DType, _ count: Int64, _ name: String) throws -> NDArray {
    guard let address = address ?? (count == 0 ? UnsafeRawPointer(emptyAddress.pointer) : nil) else {
      throw BoundaryError.null("\(argument).\(name)")
    }
    return try NDArray(borrowing: UnsafeMutableRawPointer(mutating: address), dtype: dtype, shape: [Int(count)])
  }
  return .sparse(
    try CSRMatrix(
      rows: Int(csr.rows), columns: Int(csr.columns), rowOffsets: try array(csr.indptr, index, offsetCount, "indptr"),
      columnIndices: try array(csr.indices, index, csr.count, "indices"),
      values: try array(csr.data, dtype, csr.count, "data")))
}

/// An array with the shape and strides C programs read.
final class ArrayBox: HandleObject, @unchecked Sendable {
  static var handleType: HandleType { .array }
  let array: NDArray
  private let extents: UnsafeMutablePointer<Int64>

  init(_ array: NDArray) {
    self.array = array
    extents = .allocate(capacity: 2 * array.rank + 1)
    for axis in 0..<array.rank {
      extents[axis] = Int64(array.shape[axis])
      extents[array.rank + axis] = Int64(array.strides[axis])
    }
  }

  deinit { extents.deallocate() }

  var view: apus_view {
    apus_view(
      data: array.data, dtype: array.dtype.rawValue, ndim: Int32(array.rank), shape: extents,
      strides: extents + array.rank)
  }
}
