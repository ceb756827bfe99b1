import ApusAutograd
import ApusNumerics

/// Passes of a ``ChainPlan`` over batches of one size: the activations of all layers in one block, from which gradients follow.
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

  /// Memory for batches of `rows` rows.
  init(_ plan: ChainPlan, rows: Int) throws {
    self.plan = plan
    self.rows = rows
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
  }

  /// One layer as the passes see it: numbers and addresses, no objects.
  struct Stage {
    let inputs: Int
    let outputs: Int
    let activation: ChainKernels.FusedActivation
    /// Where the layer's outputs begin in the block.
    let offset: Int
    let weight: UnsafePointer<T>
    let bias: UnsafePointer<T>?
    let weightGradient: UnsafeMutablePointer<T>?
    let biasGradient: UnsafeMutablePointer<T>?
  }

  /// The layers with the addresses of their parameters and, for the backward pass, of where the gradients go. Valid while the
  /// tensors live and keep their memory.
  func stages(_ parameters: [(weight: Tensor, bias: Tensor?)], _ gradients: Gradients? = nil) -> [Stage] {
    plan.layers.indices.map { index in
      let layer = plan.layers[index]
      return Stage(
        inputs: layer.linear.inFeatures, outputs: layer.linear.outFeatures, activation: layer.activation,
        offset: offsets[index], weight: UnsafePointer(parameters[index].weight.array.raw(T.self)),
        bias: parameters[index].bias.map { UnsafePointer($0.array.raw(T.self)) },
        weightGradient: gradients?.weights[index]?.array.raw(T.self),
        biasGradient: gradients?.biases[index]?.array.raw(T.self))
    }
  }

  /// Computes all layers.
  ///
  /// - Parameters:
  ///   - input: contiguous (rows, inFeatures).
  ///   - output: receives (rows, outFeatures).
  func forward(_ input: NDArray, _ stages: [Stage], output: NDArray) throws {
    if isSmall {
      runSmall(input, stages, output)
    } else {
      try runWide(input, stages, output)
    }
  }

  /// Where a backward pass puts its results, with its scratch memory.
  struct Gradients {
    var weights: [Tensor?] = []
    var biases: [Tensor?] = []
    var input: Tensor?
    fileprivate let scratch: NDArray

    /// - Parameter wants: for input, weights and biases in the order input, W₀, b₀, W₁, b₁, …; absent biases are left out.
    init(
      _ plan: ChainPlan, _ parameters: [(weight: Tensor, bias: Tensor?)], rows: Int, wants: (Int) -> Bool = { $0 > 0 }
    ) throws {
      var index = 1
      for (weight, bias) in parameters {
        weights.append(wants(index) ? Tensor(try TensorMemory.array(weight.shape, T.dtype)) : nil)
        index += 1
        guard let bias else {
          biases.append(nil)
          continue
        }
        biases.append(wants(index) ? Tensor(try TensorMemory.array(bias.shape, T.dtype)) : nil)
        index += 1
      }
      input = wants(0) ? Tensor(try TensorMemory.array([rows, plan.inFeatures], T.dtype)) : nil
      let width = T.Lanes.scalarCount
      let stride = plan.isSmall(rows: rows) ? (rows + width - 1) / width * width : rows
      scratch = try TensorMemory.array([2 * plan.widest * stride], T.dtype)
    }

    /// Parameters with their gradients.
    func byParameter(_ parameters: [(weight: Tensor, bias: Tensor?)]) -> [(Tensor, Tensor?)] {
      parameters.indices.flatMap { index in
        [(parameters[index].weight, weights[index])]
          + (parameters[index].bias.map { [($0, biases[index])] } ?? [])
      }
    }

    /// In the order input, W₀, b₀, W₁, b₁, …; absent biases are left out.
    func inOrder(_ parameters: [(weight: Tensor, bias: Tensor?)]) -> [Tensor?] {
      [input] + byParameter(parameters).map(\.1)
    }
  }

  private func runSmall(_ input: NDArray, _ stages: [Stage], _ output: NDArray) {
    let base = block.raw(T.self)
    ChainKernels.toFeatures(input.raw(T.self), base, rows: rows, features: plan.inFeatures, stride: stride)
    var source = base
    for stage in stages {
      let target = base + stage.offset
      ChainKernels.forward(
        UnsafePointer(source), stage.weight, stage.bias, target, inputs: stage.inputs, outputs: stage.outputs,
        stride: stride, stage.activation)
      source = target
    }
    ChainKernels.toRows(
      UnsafePointer(source), output.raw(T.self), rows: rows, features: plan.outFeatures, stride: stride)
  }

  private func runWide(_ input: NDArray, _ stages: [Stage], _ output: NDArray) throws {
    var source = input.raw(T.self)
    for (index, stage) in stages.enumerated() {
      let target = result(index, output)
      try BLAS.gemm(
        transA: true, m: stage.outputs, n: rows, k: stage.inputs, a: stage.weight, lda: stage.inputs,
        b: UnsafePointer(source), ldb: stage.inputs, c: target, ldc: stage.outputs)
      WideChainKernels.addBias(target, stage.bias, rows: rows, width: stage.outputs, stage.activation)
      source = target
    }
  }

  private func result(_ index: Int, _ output: NDArray) -> UnsafeMutablePointer<T> {
    index == plan.layers.count - 1 && !isSmall ? output.raw(T.self) : block.raw(T.self) + offsets[index]
  }

  /// The gradients that `stages` have addresses for, and that of the input if `gradients` has room for it, from δ of the
  /// output.
  ///
  /// - Parameter output: the result of the forward pass.
  func backward(
    _ gradient: NDArray, input: NDArray, output: NDArray, _ stages: [Stage], _ gradients: Gradients
  ) throws {
    if isSmall {
      backwardSmall(gradient, stages, gradients)
    } else {
      try backwardWide(gradient, input, output, stages, gradients)
    }
  }

  private func backwardSmall(_ gradient: NDArray, _ stages: [Stage], _ gradients: Gradients) {
    let scratch = gradients.scratch.raw(T.self)
    var (delta, next) = (scratch, scratch + plan.widest * stride)
    let inputGradient = gradients.input?.array
    ChainKernels.toFeatures(gradient.raw(T.self), delta, rows: rows, features: plan.outFeatures, stride: stride)
    let base = block.raw(T.self)
    for index in stages.indices.reversed() {
      let stage = stages[index]
      ChainKernels.activationBackward(
        delta, UnsafePointer(base + stage.offset), count: stage.outputs * stride, stage.activation)
      ChainKernels.weightGradient(
        UnsafePointer(delta), UnsafePointer(index == 0 ? base : base + stages[index - 1].offset), stage.weightGradient,
        stage.biasGradient, inputs: stage.inputs, outputs: stage.outputs, stride: stride)
      if index == 0, inputGradient == nil { break }
      ChainKernels.inputGradient(
        UnsafePointer(delta), stage.weight, next, inputs: stage.inputs, outputs: stage.outputs, stride: stride)
      swap(&delta, &next)
    }
    if let inputGradient {
      ChainKernels.toRows(
        UnsafePointer(delta), inputGradient.raw(T.self), rows: rows, features: plan.inFeatures, stride: stride)
    }
  }

  private func backwardWide(
    _ gradient: NDArray, _ input: NDArray, _ output: NDArray, _ stages: [Stage], _ gradients: Gradients
  ) throws {
    let scratch = gradients.scratch.raw(T.self)
    var (delta, next) = (scratch, scratch + plan.widest * rows)
    let inputGradient = gradients.input?.array
    delta.update(from: gradient.raw(T.self), count: rows * plan.outFeatures)
    for index in stages.indices.reversed() {
      let stage = stages[index]
      let (inputs, outputs) = (stage.inputs, stage.outputs)
      WideChainKernels.activationBackward(
        delta, UnsafePointer(result(index, output)), count: rows * outputs, stage.activation)
      let source = index == 0 ? input.raw(T.self) : result(index - 1, output)
      if let target = stage.weightGradient {
        try BLAS.gemm(
          transB: true, m: inputs, n: outputs, k: rows, a: UnsafePointer(source), lda: inputs,
          b: UnsafePointer(delta), ldb: outputs, c: target, ldc: inputs)
      }
      if let target = stage.biasGradient {
        WideChainKernels.columnSums(UnsafePointer(delta), target, rows: rows, width: outputs)
      }
      let target = index == 0 ? inputGradient?.raw(T.self) : next
      guard let target else { break }
      try BLAS.gemm(
        m: inputs, n: rows, k: outputs, a: stage.weight, lda: inputs, b: UnsafePointer(delta), ldb: outputs, c: target,
        ldc: inputs)
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
