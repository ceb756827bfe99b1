import ApusNumerics

/// Convolution and pooling as sliding windows: unfolding copies every window into a column, folding adds columns back. Each is
/// the other's derivative, so derivatives of every order follow.
extension Tensor {
  /// Columns (N, C · window, places) of images (N, C, H, W).
  func unfolded(_ geometry: WindowGeometry, outside: Double = 0) throws -> Tensor {
    let (n, channels) = (shape[0], shape[1])
    let source = try array.packed()
    let result = Tensor(try TensorMemory.array([n, channels * geometry.entries, geometry.places], dtype))
    let (imageSize, columnSize) = (
      channels * geometry.height * geometry.width, channels * geometry.entries * geometry.places
    )
    let target = result.array
    ReductionKernels.forOuter(n, work: columnSize) { i in
      if source.dtype == .float32 {
        WindowKernels.unfold(
          source.raw(Float.self) + i * imageSize, target.raw(Float.self) + i * columnSize, channels: channels,
          geometry, outside: Float(outside))
      } else {
        WindowKernels.unfold(
          source.raw(Double.self) + i * imageSize, target.raw(Double.self) + i * columnSize, channels: channels,
          geometry, outside: outside)
      }
    }
    return result.recorded("Im2ColBackward0", [self]) { call in
      [try call.gradient.folded(geometry, channels: channels)]
    }
  }

  /// Images (N, C, H, W) that columns (N, C · window, places) add up to.
  func folded(_ geometry: WindowGeometry, channels: Int) throws -> Tensor {
    let n = shape[0]
    let source = try array.packed()
    let result = try Tensor.zeros([n, channels, geometry.height, geometry.width], dtype: dtype)
    let (imageSize, columnSize) = (
      channels * geometry.height * geometry.width, channels * geometry.entries * geometry.places
    )
    let target = result.array
    ReductionKernels.forOuter(n, work: columnSize) { i in
      if source.dtype == .float32 {
        WindowKernels.fold(
          source.raw(Float.self) + i * columnSize, target.raw(Float.self) + i * imageSize, channels: channels, geometry)
      } else {
        WindowKernels.fold(
          source.raw(Double.self) + i * columnSize, target.raw(Double.self) + i * imageSize, channels: channels,
          geometry)
      }
    }
    return result.recorded("Col2ImBackward0", [self]) { call in [try call.gradient.unfolded(geometry)] }
  }

  /// Images of (C, L), (N, C, L), (C, H, W) or (N, C, H, W) as (N, C, H, W), and how to put a result back.
  private func asImages(dimensions: Int, name: String) throws -> (images: Tensor, isBatch: Bool) {
    guard rank == dimensions + 1 || rank == dimensions + 2, isFloatingPoint else {
      throw ApusError.shapeMismatch(
        name: name,
        reason: "takes \(dimensions + 1) or \(dimensions + 2) dimensions of floats, got \(dtype.name)\(shape)")
    }
    let isBatch = rank == dimensions + 2
    var images = isBatch ? self : try unsqueezed(0)
    if dimensions == 1 { images = try images.unsqueezed(2) }
    return (images, isBatch)
  }

  private static func fromImages(_ images: Tensor, isBatch: Bool, dimensions: Int) throws -> Tensor {
    let flat = dimensions == 1 ? try images.squeezed(2) : images
    return isBatch ? flat : try flat.squeezed(0)
  }

  private static func pair(
    _ values: [Int], dimensions: Int, one: Int, name: String
  ) throws(ApusError) -> (Int, Int) {
    if values.count == 1 { return dimensions == 1 ? (one, values[0]) : (values[0], values[0]) }
    guard values.count == 2, dimensions == 2 else {
      throw .invalidArgument(name: name, reason: "\(values) is not 1 number or \(dimensions)")
    }
    return (values[0], values[1])
  }

  /// Cross-correlation of images with kernels (out, in/groups, …), as `conv1d` and `conv2d`.
  ///
  /// - Parameter padding: nil keeps the extents, with stride 1: dilation · (kernel − 1) places in all, an odd one behind.
  public func convolution(
    weight: Tensor, bias: Tensor? = nil, dimensions: Int, stride: [Int] = [1], padding: [Int]? = [0],
    dilation: [Int] = [1], groups: Int = 1
  ) throws -> Tensor {
    let name = "conv\(dimensions)d"
    guard let padding else {
      guard stride.allSatisfy({ $0 == 1 }) else {
        throw ApusError.invalidArgument(name: "padding", reason: "'same' needs stride 1, got \(stride)")
      }
      guard weight.rank == dimensions + 2, dilation.count == 1 || dilation.count == dimensions,
        dilation.allSatisfy({ (1...1 << 20).contains($0) }), rank >= dimensions
      else {
        throw ApusError.shapeMismatch(
          name: name, reason: "input of shape \(shape), weight of shape \(weight.shape), dilation \(dilation)")
      }
      let places = (0..<dimensions).map { dilation[$0 % dilation.count] * Swift.max(weight.shape[2 + $0] - 1, 0) }
      let extended = try padded(places.reversed().flatMap { [0, $0 % 2] })
      return try extended.convolution(
        weight: weight, bias: bias, dimensions: dimensions, stride: stride, padding: places.map { $0 / 2 },
        dilation: dilation, groups: groups)
    }
    let (images, isBatch) = try asImages(dimensions: dimensions, name: name)
    guard weight.rank == dimensions + 2, groups >= 1, weight.shape[0] % groups == 0,
      images.shape[1] == weight.shape[1] * groups, weight.dtype == dtype
    else {
      throw ApusError.shapeMismatch(
        name: name, reason: "input of shape \(shape) and weight of shape \(weight.shape) do not fit \(groups) groups")
    }
    if let bias, bias.shape != [weight.shape[0]] {
      throw ApusError.shapeMismatch(name: name, reason: "bias has shape \(bias.shape), expected [\(weight.shape[0])]")
    }
    let (kernelHeight, kernelWidth) = dimensions == 1 ? (1, weight.shape[2]) : (weight.shape[2], weight.shape[3])
    let geometry = try WindowGeometry(
      height: images.shape[2], width: images.shape[3], kernel: (kernelHeight, kernelWidth),
      stride: Self.pair(stride, dimensions: dimensions, one: 1, name: "stride"),
      padding: Self.pair(padding, dimensions: dimensions, one: 0, name: "padding"),
      dilation: Self.pair(dilation, dimensions: dimensions, one: 1, name: "dilation"), name: name)
    let (n, out) = (images.shape[0], weight.shape[0])
    let columns = try images.unfolded(geometry)
    let depth = weight.shape[1] * geometry.entries
    var result: Tensor
    if groups == 1 {
      result = try weight.reshaped([out, depth]).matmul(columns)
    } else {
      result = try weight.reshaped([1, groups, out / groups, depth])
        .matmul(columns.reshaped([n, groups, depth, geometry.places])).reshaped([n, out, geometry.places])
    }
    if let bias { result = try result + bias.reshaped([out, 1]) }
    return try Self.fromImages(
      result.reshaped([n, out, geometry.outHeight, geometry.outWidth]), isBatch: isBatch, dimensions: dimensions)
  }

  /// The largest element of every window.
  public func maxPool(
    _ kernel: [Int], stride: [Int], padding: [Int] = [0], dilation: [Int] = [1], ceilMode: Bool = false, dimensions: Int
  ) throws -> Tensor {
    try pool(
      kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode, dimensions: dimensions,
      name: "max_pool\(dimensions)d", outside: -.infinity
    ) { columns, _ in try columns.extremum(1, largest: true).values }
  }

  /// The mean of every window; `countsPadding` divides by the whole window at the edges too.
  public func averagePool(
    _ kernel: [Int], stride: [Int], padding: [Int] = [0], ceilMode: Bool = false, countsPadding: Bool = true,
    dimensions: Int
  ) throws -> Tensor {
    try pool(
      kernel, stride: stride, padding: padding, dilation: [1], ceilMode: ceilMode, dimensions: dimensions,
      name: "avg_pool\(dimensions)d", outside: 0
    ) { columns, geometry in
      try columns.sum([1]) * Tensor.windowWeights(geometry, countsPadding: countsPadding, dtype: columns.dtype)
    }
  }

  /// One over the number of entries that each window's mean divides by.
  private static func windowWeights(_ g: WindowGeometry, countsPadding: Bool, dtype: DType) throws -> Tensor {
    let weights = try TensorMemory.array([g.places], .float64)
    let out = weights.raw(Double.self)
    func entries(_ o: Int, _ s: Int, _ p: Int, _ k: Int, _ n: Int) -> Int {
      let start = o * s - p
      if countsPadding { return min(start + k, n + p) - start }
      return min(start + k, n) - max(start, 0)
    }
    for y in 0..<g.outHeight {
      for x in 0..<g.outWidth {
        let count =
          entries(y, g.strideY, g.padY, g.kernelHeight, g.height)
          * entries(x, g.strideX, g.padX, g.kernelWidth, g.width)
        out[y * g.outWidth + x] = 1 / Double(count)
      }
    }
    return try Tensor(weights).converted(to: dtype)
  }

  private func pool(
    _ kernel: [Int], stride: [Int], padding: [Int], dilation: [Int], ceilMode: Bool, dimensions: Int, name: String,
    outside: Double, _ body: (Tensor, WindowGeometry) throws -> Tensor
  ) throws -> Tensor {
    let (images, isBatch) = try asImages(dimensions: dimensions, name: name)
    let (n, channels) = (images.shape[0], images.shape[1])
    let window = try Self.pair(kernel, dimensions: dimensions, one: 1, name: "kernel_size")
    let pads = try Self.pair(padding, dimensions: dimensions, one: 0, name: "padding")
    guard pads.0 <= window.0 / 2, pads.1 <= window.1 / 2 else {
      throw ApusError.invalidArgument(name: "padding", reason: "\(padding) exceeds half of the window \(kernel)")
    }
    let geometry = try WindowGeometry(
      height: images.shape[2], width: images.shape[3], kernel: window,
      stride: Self.pair(stride, dimensions: dimensions, one: 1, name: "stride"), padding: pads,
      dilation: Self.pair(dilation, dimensions: dimensions, one: 1, name: "dilation"), ceilMode: ceilMode, name: name)
    let planes = try images.reshaped([n * channels, 1, images.shape[2], images.shape[3]])
    let result = try body(planes.unfolded(geometry, outside: outside), geometry)
    return try Self.fromImages(
      result.reshaped([n, channels, geometry.outHeight, geometry.outWidth]), isBatch: isBatch, dimensions: dimensions)
  }

  /// Means over windows chosen so that the result has the given extents.
  public func adaptiveAveragePool(_ size: [Int], dimensions: Int) throws -> Tensor {
    let (images, isBatch) = try asImages(dimensions: dimensions, name: "adaptive_avg_pool\(dimensions)d")
    let (rows, columns) = try Self.pair(size, dimensions: dimensions, one: 1, name: "output_size")
    guard rows > 0, columns > 0 else {
      throw ApusError.invalidArgument(name: "output_size", reason: "\(size) is not positive")
    }
    let vertical = try Self.averagingMatrix(rows, images.shape[2], dtype: dtype)
    let horizontal = try Self.averagingMatrix(columns, images.shape[3], dtype: dtype)
    return try Self.fromImages(
      vertical.matmul(images.matmul(horizontal.transposed())), isBatch: isBatch, dimensions: dimensions)
  }

  /// (out, in): row i averages the entries ⌊i·in/out⌋ … ⌈(i+1)·in/out⌉ − 1.
  private static func averagingMatrix(_ out: Int, _ entries: Int, dtype: DType) throws -> Tensor {
    let matrix = try zeros([out, entries], dtype: .float64)
    let values = matrix.array.raw(Double.self)
    for i in 0..<out {
      let (start, end) = (i * entries / out, ((i + 1) * entries + out - 1) / out)
      for j in start..<end { values[i * entries + j] = 1 / Double(end - start) }
    }
    return try matrix.converted(to: dtype)
  }
}
