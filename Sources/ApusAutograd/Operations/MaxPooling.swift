import ApusNumerics

/// The largest elements of the windows of planes (planes, H, W). The derivative scatters to where they came from; its own
/// derivative gathers from there, and so on.
struct MaxPooling {
  let geometry: WindowGeometry

  private var planeSize: Int { geometry.height * geometry.width }

  /// (planes, outHeight · outWidth)
  func forward(_ planes: Tensor) throws -> Tensor {
    guard planeSize <= Int(Int32.max) else {
      throw ApusError.sizeOverflow(reason: "max_pool: \(planeSize) elements in an image")
    }
    let source = try planes.array.packed()
    let shape = [planes.shape[0], geometry.places]
    let result = try TensorMemory.array(shape, planes.dtype)
    let places = try TensorMemory.array(shape, .int32)
    if planes.dtype == .float32 {
      largest(source, result, places, Float.self)
    } else {
      largest(source, result, places, Double.self)
    }
    return Tensor(result).recorded("MaxPool2DWithIndicesBackward0", [planes]) { call in
      [try scattered(call.gradient, places)]
    }
  }

  private func largest<T: TensorFloat>(_ source: NDArray, _ result: NDArray, _ places: NDArray, _ type: T.Type) {
    let (count, size) = (geometry.places, planeSize)
    ReductionKernels.forOuter(source.shape[0], work: count * geometry.entries) { plane in
      PoolingKernels.largest(
        UnsafePointer(source.raw(T.self)) + plane &* size, result.raw(T.self) + plane &* count,
        places.raw(Int32.self) + plane &* count, geometry)
    }
  }

  /// Planes (planes, H, W) with δ added where each largest element came from.
  private func scattered(_ delta: Tensor, _ places: NDArray) throws -> Tensor {
    let source = try delta.array.packed()
    let planes = delta.shape[0]
    let result = try Tensor.zeros([planes, geometry.height, geometry.width], dtype: delta.dtype)
    if delta.dtype == .float32 {
      scatter(source, places, result.array, Float.self)
    } else {
      scatter(source, places, result.array, Double.self)
    }
    return result.recorded("MaxPool2DScatterBackward0", [delta]) { call in [try gathered(call.gradient, places)] }
  }

  private func scatter<T: TensorFloat>(_ delta: NDArray, _ places: NDArray, _ target: NDArray, _ type: T.Type) {
    let (count, size) = (geometry.places, planeSize)
    ReductionKernels.forOuter(target.shape[0], work: count) { plane in
      PoolingKernels.scatter(
        UnsafePointer(delta.raw(T.self)) + plane &* count, UnsafePointer(places.raw(Int32.self)) + plane &* count,
        target.raw(T.self) + plane &* size, count: count)
    }
  }

  /// (planes, outHeight · outWidth): the elements of `planes` where the largest ones were.
  private func gathered(_ planes: Tensor, _ places: NDArray) throws -> Tensor {
    let source = try planes.array.packed()
    let result = try TensorMemory.array([planes.shape[0], geometry.places], planes.dtype)
    if planes.dtype == .float32 {
      gather(source, places, result, Float.self)
    } else {
      gather(source, places, result, Double.self)
    }
    return Tensor(result).recorded("MaxPool2DGatherBackward0", [planes]) { call in
      [try scattered(call.gradient, places)]
    }
  }

  private func gather<T: TensorFloat>(_ planes: NDArray, _ places: NDArray, _ target: NDArray, _ type: T.Type) {
    let (count, size) = (geometry.places, planeSize)
    ReductionKernels.forOuter(target.shape[0], work: count) { plane in
      PoolingKernels.gather(
        UnsafePointer(planes.raw(T.self)) + plane &* size, UnsafePointer(places.raw(Int32.self)) + plane &* count,
        target.raw(T.self) + plane &* count, count: count)
    }
  }
}
