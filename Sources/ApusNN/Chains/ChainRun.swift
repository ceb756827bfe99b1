import ApusAutograd
import ApusNumerics

/// One pass of a ``ChainPlan`` over a batch: the activations of all layers in one block, from which gradients follow.
///
/// Small chains keep features apart (`stride` elements each), wide ones keep rows apart.
struct ChainRun<T: TensorFloat> {
  let plan: ChainPlan
  let rows: Int
  let isSmall: Bool
  /// Elements of one feature of a small chain: rows rounded up to whole registers.
  let stride: Int
  /// The input of a small chain feature by feature, then the outputs of all layers.
  private let block: NDArray
  private let offsets: [Int]

  /// Computes all layers.
  ///
  /// - Parameter input: contiguous (rows, inFeatures).
  init(
    _ plan: ChainPlan, _ input: NDArray, _ parameters: [(weight: Tensor, bias: Tensor?)], output: NDArray
  ) throws {
    self.plan = plan
    rows = input.shape[0]
    isSmall = plan.isSmall(rows: rows)
    let width = T.Lanes.scalarCount
    stride = isSmall ? (rows + width - 1) / width * width : rows
    let inputs = isSmall ? plan.inFeatures : 0
    var offsets: [Int] = []
    offsets.reserveCapacity(plan.layers.count + 1)
    var total = inputs * stride
    for (index, layer) in plan.layers.enumerated() {
      offsets.append(total)
      // The last layer of a wide chain is the result itself.
      if isSmall || index < plan.layers.count - 1 { total += layer.linear.outFeatures * stride }
    }
    self.offsets = offsets
    block = try TensorMemory.array([total], T.dtype)
    if isSmall {
      runSmall(input, parameters, output)
    } else {
      try runWide(input, parameters, output)
    }
  }

  private func runSmall(
    _ input: NDArray, _ parameters: [(weight: Tensor, bias: Tensor?)], _ output: NDArray
  ) {
    let base = block.raw(T.self)
    ChainKernels.toFeatures(
      input.raw(T.self), base, rows: rows, features: plan.inFeatures, stride: stride)
    var source = base
    for (index, layer) in plan.layers.enumerated() {
      let target = base + offsets[index]
      ChainKernels.forward(
        UnsafePointer(source), parameters[index].weight.array.raw(T.self),
        parameters[index].bias.map { UnsafePointer($0.array.raw(T.self)) }, target, inputs: layer.linear.inFeatures,
        outputs: layer.linear.outFeatures, stride: stride, layer.activation)
      source = target
    }
    ChainKernels.toRows(
      UnsafePointer(source), output.raw(T.self), rows: rows, features: plan.outFeatures, stride: stride)
  }

  private func runWide(
    _ input: NDArray, _ parameters: [(weight: Tensor, bias: Tensor?)], _ output: NDArray
  ) throws {
    var source = input.raw(T.self)
    for (index, layer) in plan.layers.enumerated() {
      let (inputs, outputs) = (layer.linear.inFeatures, layer.linear.outFeatures)
      let target = result(index, output)
      try BLAS.gemm(
        transA: true, m: outputs, n: rows, k: inputs, a: UnsafePointer(parameters[index].weight.array.raw(T.self)),
        lda: inputs, b: UnsafePointer(source), ldb: inputs, c: target, ldc: outputs)
      WideChainKernels.addBias(
        target, parameters[index].bias.map { UnsafePointer($0.array.raw(T.self)) }, rows: rows, width: outputs,
        layer.activation)
      source = target
    }
  }

  private func result(_ index: Int, _ output: NDArray) -> UnsafeMutablePointer<T> {
    index == plan.layers.count - 1 && !isSmall ? output.raw(T.self) : block.raw(T.self) + offsets[index]
  }

  /// Gradients of all parameters and, if wanted, of the input, from δ of the output.
  ///
  /// - Parameters:
  ///   - output: the result of the forward pass.
  ///   - wants: for input, weights and biases in the order input, W₀, b₀, W₁, b₁, …
  /// - Returns: in the same order; absent biases are left out.
  func backward(
    _ gradient: NDArray, input: NDArray, output: NDArray, parameters: [(weight: Tensor, bias: Tensor?)],
    wants: (Int) -> Bool
  ) throws -> [Tensor?] {
    var results: [Tensor?] = [nil]
    var weights: [NDArray?] = []
    var biases: [NDArray?] = []
    for (weight, bias) in parameters {
      let gradient = wants(results.count) ? try TensorMemory.array(weight.shape, T.dtype) : nil
      weights.append(gradient)
      results.append(gradient.map { Tensor($0) })
      if let bias {
        let gradient = wants(results.count) ? try TensorMemory.array(bias.shape, T.dtype) : nil
        biases.append(gradient)
        results.append(gradient.map { Tensor($0) })
      } else {
        biases.append(nil)
      }
    }
    let inputGradient = wants(0) ? try TensorMemory.array(input.shape, T.dtype) : nil
    results[0] = inputGradient.map { Tensor($0) }
    if isSmall {
      try backwardSmall(gradient, parameters, weights, biases, inputGradient)
    } else {
      try backwardWide(gradient, input, output, parameters, weights, biases, inputGradient)
    }
    return results
  }

  private func backwardSmall(
    _ gradient: NDArray, _ parameters: [(weight: Tensor, bias: Tensor?)], _ weights: [NDArray?], _ biases: [NDArray?],
    _ inputGradient: NDArray?
  ) throws {
    let widest = Swift.max(plan.inFeatures, plan.outputWidths.max() ?? 0)
    let scratch = try TensorMemory.array([2 * widest * stride], T.dtype)
    var (delta, next) = (scratch.raw(T.self), scratch.raw(T.self) + widest * stride)
    ChainKernels.toFeatures(
      gradient.raw(T.self), delta, rows: rows, features: plan.outFeatures, stride: stride)
    let base = block.raw(T.self)
    for index in plan.layers.indices.reversed() {
      let layer = plan.layers[index]
      let (inputs, outputs) = (layer.linear.inFeatures, layer.linear.outFeatures)
      ChainKernels.activationBackward(
        delta, UnsafePointer(base + offsets[index]), count: outputs * stride, layer.activation)
      ChainKernels.weightGradient(
        UnsafePointer(delta), UnsafePointer(index == 0 ? base : base + offsets[index - 1]),
        weights[index]?.raw(T.self), biases[index]?.raw(T.self), inputs: inputs, outputs: outputs, stride: stride)
      if index == 0, inputGradient == nil { break }
      ChainKernels.inputGradient(
        UnsafePointer(delta), parameters[index].weight.array.raw(T.self), next, inputs: inputs, outputs: outputs,
        stride: stride)
      swap(&delta, &next)
    }
    if let inputGradient {
      ChainKernels.toRows(
        UnsafePointer(delta), inputGradient.raw(T.self), rows: rows, features: plan.inFeatures, stride: stride)
    }
  }

  private func backwardWide(
    _ gradient: NDArray, _ input: NDArray, _ output: NDArray, _ parameters: [(weight: Tensor, bias: Tensor?)],
    _ weights: [NDArray?], _ biases: [NDArray?], _ inputGradient: NDArray?
  ) throws {
    let widest = Swift.max(plan.inFeatures, plan.outputWidths.max() ?? 0)
    let scratch = try TensorMemory.array([2 * widest * rows], T.dtype)
    var (delta, next) = (scratch.raw(T.self), scratch.raw(T.self) + widest * rows)
    delta.update(from: gradient.raw(T.self), count: rows * plan.outFeatures)
    for index in plan.layers.indices.reversed() {
      let layer = plan.layers[index]
      let (inputs, outputs) = (layer.linear.inFeatures, layer.linear.outFeatures)
      WideChainKernels.activationBackward(
        delta, UnsafePointer(result(index, output)), count: rows * outputs, layer.activation)
      let source = index == 0 ? input.raw(T.self) : result(index - 1, output)
      if let weight = weights[index] {
        try BLAS.gemm(
          transB: true, m: inputs, n: outputs, k: rows, a: UnsafePointer(source), lda: inputs,
          b: UnsafePointer(delta), ldb: outputs, c: weight.raw(T.self), ldc: inputs)
      }
      if let bias = biases[index] {
        WideChainKernels.columnSums(UnsafePointer(delta), bias.raw(T.self), rows: rows, width: outputs)
      }
      let target = index == 0 ? inputGradient?.raw(T.self) : next
      guard let target else { break }
      try BLAS.gemm(
        m: inputs, n: rows, k: outputs, a: UnsafePointer(parameters[index].weight.array.raw(T.self)), lda: inputs,
        b: UnsafePointer(delta), ldb: outputs, c: target, ldc: inputs)
      swap(&delta, &next)
    }
  }
}

/// Passes over row-major (rows, width) activations.
enum WideChainKernels {
  private static let elementsPerTask = 32_768

  /// x ← f(x + b), row by row.
  static func addBias<T: TensorFloat>(
    _ x: UnsafeMutablePointer<T>, _ bias: UnsafePointer<T>?, rows: Int, width: Int,
    _ activation: ChainKernels.FusedActivation
  ) {
    ThreadPool.parallelBlocks(count: rows, blockSize: Swift.max(1, elementsPerTask / width)) { range in
      for r in range {
        let row = x + r &* width
        if let bias {
          if activation == .relu {
            for i in 0..<width {
              let sum = row[i] + bias[i]
              row[i] = sum < 0 ? 0 : sum
            }
            continue
          }
          for i in 0..<width { row[i] += bias[i] }
        }
        switch activation {
        case .identity: break
        case .relu: for i in 0..<width { row[i] = row[i] < 0 ? 0 : row[i] }
        case .sigmoid: VectorMath.sigmoid(UnsafePointer(row), row, count: width, parallel: false)
        case .tanh: VectorMath.tanh(UnsafePointer(row), row, count: width, parallel: false)
        }
      }
    }
  }

  static func activationBackward<T: TensorFloat>(
    _ delta: UnsafeMutablePointer<T>, _ y: UnsafePointer<T>, count: Int, _ activation: ChainKernels.FusedActivation
  ) {
    if activation == .identity { return }
    ThreadPool.parallelBlocks(count: count, blockSize: elementsPerTask) { range in
      ChainKernels.activationBackward(
        delta + range.lowerBound, y + range.lowerBound, count: range.count, activation)
    }
  }

  /// target[i] = Σ_r x[r, i]
  static func columnSums<T: TensorFloat>(
    _ x: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, rows: Int, width: Int
  ) {
    target.update(repeating: 0, count: width)
    for r in 0..<rows {
      let row = x + r &* width
      for i in 0..<width { target[i] += row[i] }
    }
  }
}
