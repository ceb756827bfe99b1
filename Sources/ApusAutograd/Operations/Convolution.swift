import ApusNumerics

/// Convolution and pooling as sliding windows: unfolding copies every window into a column, folding adds columns back. Each is
/// the other's derivative, so derivatives of every order follow.
extension Tensor {
  /// Columns (N, C · window, places) of images (N, C, H, W).
  func unfolded(_ geometry: WindowGeometry) throws -> Tensor {
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
          geometry)
      } else {
        WindowKernels.unfold(
          source.raw(Double.self) + i * imageSize, target.raw(Double.self) + i * columnSize, channels: channels,
          geometry)
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
    let result = try images.convolved(geometry, weight, bias, groups)
    return try Self.fromImages(result, isBatch: isBatch, dimensions: dimensions)
  }

  /// The convolution of images (N, C, H, W) as one recorded operation.
  private func convolved(
    _ geometry: WindowGeometry, _ weight: Tensor, _ bias: Tensor?, _ groups: Int
  ) throws -> Tensor {
    if let bias, bias.dtype != dtype {
      throw ApusError.unsupportedType(name: "bias", reason: "holds \(bias.dtype.name), the input \(dtype.name)")
    }
    return dtype == .float32
      ? try convolved(geometry, weight, bias, groups, Float.self)
      : try convolved(geometry, weight, bias, groups, Double.self)
  }

  private func convolved<T: TensorFloat>(
    _ geometry: WindowGeometry, _ weight: Tensor, _ bias: Tensor?, _ groups: Int, _ type: T.Type
  ) throws -> Tensor {
    let (x, w, b) = (try array.packed(), try weight.array.packed(), try bias?.array.packed())
    let pass = ConvolutionPass<T>(
      geometry: geometry, images: shape[0], channels: shape[1], outChannels: weight.shape[0], groups: groups)
    let result = try TensorMemory.array([shape[0], weight.shape[0], geometry.outHeight, geometry.outWidth], T.dtype)
    try pass.forward(
      UnsafePointer(x.raw(T.self)), UnsafePointer(w.raw(T.self)), b.map { UnsafePointer($0.raw(T.self)) },
      result.raw(T.self))
    withExtendedLifetime((x, w, b)) {}
    let inputs = [self, weight] + (bias.map { [$0] } ?? [])
    guard Tensor.shouldRecord(inputs) else { return Tensor(result) }
    let saved = inputs.prefix(2).map { SavedTensor($0) }
    return Tensor(result).recorded("ConvolutionBackward0", inputs) { call in
      let (images, kernels) = (try saved[0].unpacked(for: call), try saved[1].unpacked(for: call))
      if GradMode.isEnabled { return try images.convolutionDerivatives(geometry, kernels, groups, call) }
      let (delta, x, w) = (
        try call.gradient.array.packed(), try images.array.packed(), try kernels.array.packed()
      )
      let gradients = try [images.shape, kernels.shape, [kernels.shape[0]]].enumerated().map { index, shape in
        index < inputs.count && call.needs(index) ? try TensorMemory.array(shape, T.dtype) : nil
      }
      try pass.backward(
        UnsafePointer(delta.raw(T.self)), UnsafePointer(x.raw(T.self)), UnsafePointer(w.raw(T.self)),
        ConvolutionPass<T>.Gradients(
          x: gradients[0]?.raw(T.self), weight: gradients[1]?.raw(T.self), bias: gradients[2]?.raw(T.self)))
      withExtendedLifetime((delta, x, w, gradients)) {}
      return gradients.prefix(inputs.count).map { gradient in gradient.map { Tensor($0) } }
    }
  }

  /// The gradients out of separate operations on unfolded windows, so that they can be differentiated again.
  private func convolutionDerivatives(
    _ geometry: WindowGeometry, _ weight: Tensor, _ groups: Int, _ call: BackwardCall
  ) throws -> [Tensor?] {
    let (n, channels, out) = (shape[0], shape[1], weight.shape[0])
    let depth = weight.count / Swift.max(out, 1)
    let kernels = try weight.reshaped([1, groups, out / groups, depth])
    let delta = try call.gradient.reshaped([n, groups, out / groups, geometry.places])
    var gradients: [Tensor?] = [nil, nil]
    if call.needs(0) {
      gradients[0] = try kernels.transposed(2, 3).matmul(delta)
        .reshaped([n, groups * depth, geometry.places]).folded(geometry, channels: channels)
    }
    if call.needs(1) {
      let columns = try unfolded(geometry).reshaped([n, groups, depth, geometry.places])
      gradients[1] = try delta.matmul(columns.transposed(2, 3)).sum([0]).reshaped(weight.shape)
    }
    if call.node.inputCount > 2 { gradients.append(call.needs(2) ? try call.gradient.sum([0, 2, 3]) : nil) }
    return gradients
  }

  /// The largest element of every window.
  public func maxPool(
    _ kernel: [Int], stride: [Int], padding: [Int] = [0], dilation: [Int] = [1], ceilMode: Bool = false, dimensions: Int
  ) throws -> Tensor {
    try pool(
      kernel, stride: stride, padding: padding, dilation: dilation, ceilMode: ceilMode, dimensions: dimensions,
      name: "max_pool\(dimensions)d"
    ) { planes, geometry in try MaxPooling(geometry: geometry).forward(planes) }
  }

  /// The mean of every window; `countsPadding` divides by the whole window at the edges too.
  public func averagePool(
    _ kernel: [Int], stride: [Int], padding: [Int] = [0], ceilMode: Bool = false, countsPadding: Bool = true,
    dimensions: Int
  ) throws -> Tensor {
    try pool(
      kernel, stride: stride, padding: padding, dilation: [1], ceilMode: ceilMode, dimensions: dimensions,
      name: "avg_pool\(dimensions)d"
    ) { planes, geometry in
      let weights = try Tensor.windowWeights(geometry, countsPadding: countsPadding, dtype: planes.dtype)
      return try planes.unsqueezed(1).unfolded(geometry).sum([1]) * weights
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
    _ body: (_ planes: Tensor, WindowGeometry) throws -> Tensor
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
    let result = try body(images.reshaped([n * channels, images.shape[2], images.shape[3]]), geometry)
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
