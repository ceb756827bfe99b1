import ApusNumerics

/// Convolution of a batch as one matrix product per image and group, on windows unfolded image by image: they stay in the
/// cache, and none are kept for the backward pass, which unfolds them again.
///
/// Images are (N, C, H, W), kernels (out, C/groups, window), results (N, out, places), all row-major.
struct ConvolutionPass<T: TensorFloat> {
  let geometry: WindowGeometry
  let images: Int
  let channels: Int
  let outChannels: Int
  let groups: Int

  private var places: Int { geometry.places }
  /// Rows of one image's unfolded windows.
  private var entries: Int { channels * geometry.entries }
  /// Rows that one group's kernels see.
  private var depth: Int { entries / groups }
  private var outPerGroup: Int { outChannels / groups }
  private var imageSize: Int { channels * geometry.height * geometry.width }
  private var outSize: Int { outChannels * places }

  /// Images of one task; by the batch's size only, so that sums over images do not depend on the number of threads.
  private var imagesPerTask: Int { (images + 15) / 16 }
  private var tasks: Int { images == 0 ? 0 : (images + imagesPerTask - 1) / imagesPerTask }

  private func range(_ task: Int) -> Range<Int> {
    task &* imagesPerTask..<min((task &+ 1) &* imagesPerTask, images)
  }

  /// out[n] = W · windows(x[n]) + b
  func forward(
    _ x: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ bias: UnsafePointer<T>?, _ out: UnsafeMutablePointer<T>
  ) throws {
    let scratch = try TensorMemory.array([tasks, entries, places], T.dtype)
    try ThreadPool.parallelForThrowing(tasks: tasks) { task in
      let columns = scratch.raw(T.self) + task &* entries &* places
      for n in range(task) {
        WindowKernels.unfold(x + n &* imageSize, columns, channels: channels, geometry)
        let result = out + n &* outSize
        if let bias {
          for o in 0..<outChannels { (result + o &* places).update(repeating: bias[o], count: places) }
        }
        for group in 0..<groups {
          try BLAS.gemm(
            m: places, n: outPerGroup, k: depth, a: UnsafePointer(columns + group &* depth &* places), lda: places,
            b: weight + group &* outPerGroup &* depth, ldb: depth, beta: bias == nil ? 0 : 1,
            c: result + group &* outPerGroup &* places, ldc: places)
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }

  /// Where gradients are written; nil for those nobody wants.
  struct Gradients {
    let x: UnsafeMutablePointer<T>?
    let weight: UnsafeMutablePointer<T>?
    let bias: UnsafeMutablePointer<T>?
  }

  /// δx[n] = fold(Wᵀ · δ[n]), δW = Σ_n δ[n] · windows(x[n])ᵀ, δb = Σ_n Σ_places δ[n].
  func backward(
    _ delta: UnsafePointer<T>, _ x: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ gradients: Gradients
  ) throws {
    let weightSize = outChannels * depth
    let perTask = entries * places + weightSize + outChannels
    let scratch = try TensorMemory.array([tasks, perTask], T.dtype)
    try ThreadPool.parallelForThrowing(tasks: tasks) { task in
      let columns = scratch.raw(T.self) + task &* perTask
      let weightSum = columns + entries &* places
      let biasSum = weightSum + weightSize
      weightSum.update(repeating: 0, count: weightSize + outChannels)
      for n in range(task) {
        let own = delta + n &* outSize
        if gradients.weight != nil {
          WindowKernels.unfold(x + n &* imageSize, columns, channels: channels, geometry)
          try addWeightGradient(own, UnsafePointer(columns), weightSum)
        }
        if gradients.bias != nil {
          for o in 0..<outChannels { biasSum[o] += ReductionKernels.total(own + o &* places, places) }
        }
        if let target = gradients.x { try inputGradient(own, weight, columns, target + n &* imageSize) }
      }
    }
    gradients.weight.map { sum(scratch, from: entries * places, perTask, into: $0, count: weightSize) }
    gradients.bias.map { sum(scratch, from: entries * places + weightSize, perTask, into: $0, count: outChannels) }
    withExtendedLifetime(scratch) {}
  }

  private func addWeightGradient(
    _ delta: UnsafePointer<T>, _ columns: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>
  ) throws {
    for group in 0..<groups {
      try BLAS.gemm(
        transA: true, m: depth, n: outPerGroup, k: places, a: columns + group &* depth &* places, lda: places,
        b: delta + group &* outPerGroup &* places, ldb: places, beta: 1,
        c: target + group &* outPerGroup &* depth, ldc: depth)
    }
  }

  private func inputGradient(
    _ delta: UnsafePointer<T>, _ weight: UnsafePointer<T>, _ columns: UnsafeMutablePointer<T>,
    _ target: UnsafeMutablePointer<T>
  ) throws {
    for group in 0..<groups {
      try BLAS.gemm(
        transB: true, m: places, n: depth, k: outPerGroup, a: delta + group &* outPerGroup &* places, lda: places,
        b: weight + group &* outPerGroup &* depth, ldb: depth, c: columns + group &* depth &* places, ldc: places)
    }
    target.update(repeating: 0, count: imageSize)
    WindowKernels.fold(UnsafePointer(columns), target, channels: channels, geometry)
  }

  /// The sum of the tasks' parts, in their order.
  private func sum(
    _ scratch: NDArray, from offset: Int, _ perTask: Int, into target: UnsafeMutablePointer<T>, count: Int
  ) {
    target.update(repeating: 0, count: count)
    for task in 0..<tasks {
      let part = scratch.raw(T.self) + (task &* perTask &+ offset)
      for i in 0..<count { target[i] += part[i] }
    }
  }
}
