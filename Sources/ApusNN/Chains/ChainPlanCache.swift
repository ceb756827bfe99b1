import ApusAutograd
import ApusNumerics

/// The plan of a ``Sequential``, made on first use and again when its modules change.
final class ChainPlanCache: @unchecked Sendable {
  private var plan: ChainPlan?
  private var version = -1

  /// The chain's result as one recorded operation; nil where the modules, the input or the parameters call for the general way.
  func forward(_ sequential: Sequential, _ input: Tensor) throws -> Tensor? {
    guard let plan = current(sequential), input.rank == 2, input.isFloatingPoint, !AnomalyMode.isEnabled,
      input.array.shape[1] == plan.inFeatures, input.array.shape[0] > 0, let parameters = plan.parameters(input.dtype)
    else { return nil }
    return input.dtype == .float32
      ? try run(Float.self, plan, input, parameters) : try run(Double.self, plan, input, parameters)
  }

  func current(_ sequential: Sequential) -> ChainPlan? {
    if version != sequential.structureVersion {
      plan = ChainPlan(sequential.children.map(\.module))
      version = sequential.structureVersion
    }
    return plan
  }

  private func run<T: TensorFloat>(
    _ type: T.Type, _ plan: ChainPlan, _ input: Tensor, _ parameters: [(weight: Tensor, bias: Tensor?)]
  ) throws -> Tensor {
    let source = try input.array.packed()
    let result = Tensor(try TensorMemory.array([source.shape[0], plan.outFeatures], T.dtype))
    let run = try ChainRun<T>(plan, rows: source.shape[0])
    try run.forward(source, run.stages(parameters), output: result.array)
    withExtendedLifetime(parameters) {}
    var inputs = [input]
    inputs.reserveCapacity(2 * parameters.count + 1)
    for (weight, bias) in parameters {
      inputs.append(weight)
      if let bias { inputs.append(bias) }
    }
    guard Tensor.shouldRecord(inputs) else { return result }
    let saved = inputs.map { SavedTensor($0) }
    let savedResult = SavedResult(result)
    return result.recorded(plan.nodeName, inputs) { call in
      let tensors = try saved.map { try $0.unpacked(for: call) }
      if GradMode.isEnabled { return try Self.differentiable(plan, tensors, call) }
      let output = try savedResult.unpacked(for: call).array
      let gradients = try ChainRun<T>.Gradients(plan, parameters, rows: run.rows, wants: call.needs)
      try run.backward(
        try call.gradient.array.packed(), input: try tensors[0].array.packed(), output: output,
        run.stages(parameters, gradients), gradients)
      return gradients.inOrder(parameters)
    }
  }

  /// The gradients through the separate operations, so that they can be differentiated again.
  private static func differentiable(_ plan: ChainPlan, _ tensors: [Tensor], _ call: BackwardCall) throws -> [Tensor?] {
    var value = tensors[0]
    var next = 1
    for layer in plan.layers {
      let bias = layer.linear.bias == nil ? nil : tensors[next + 1]
      value = try Tensor.linear(value, weight: tensors[next], bias: bias)
      next += bias == nil ? 1 : 2
      switch layer.activation {
      case .identity: break
      case .relu: value = try value.relu()
      case .sigmoid: value = try value.sigmoid()
      case .tanh: value = try value.tanh()
      }
    }
    let wanted = tensors.indices.filter(call.needs)
    let found = try Tensor.gradients(
      of: [value], with: wanted.map { tensors[$0] }, gradients: [call.gradient], createGraph: true, allowUnused: true)
    var results = [Tensor?](repeating: nil, count: tensors.count)
    for (index, gradient) in zip(wanted, found) { results[index] = gradient }
    return results
  }
}
