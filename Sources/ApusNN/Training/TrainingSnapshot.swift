import ApusAutograd
import ApusNumerics

/// Parameters, buffers and what the optimiser remembers at one moment, in memory of its own that is used again for the next.
struct TrainingSnapshot {
  private var tensors: [(source: Tensor, copy: NDArray)] = []
  private var states: [(parameter: Tensor, state: StoredState)] = []

  private struct StoredState {
    let step: Int
    let numbers: [String: Double]
    let tensors: [(name: String, copy: NDArray)]
  }

  /// Copies what there is now.
  mutating func take(_ module: Module, _ optimizer: Optimizer?) throws {
    let sources = module.namedParameters().map(\.tensor) + module.namedBuffers().map(\.tensor)
    let isSame = sources.count == tensors.count && zip(sources, tensors).allSatisfy { $0 === $1.source }
    if !isSame {
      tensors = try sources.map { ($0, try TensorMemory.array($0.shape, $0.dtype)) }
    }
    for (source, copy) in tensors { try copy.assign(from: source.array) }
    guard let optimizer else { return }
    states = try optimizer.groups.flatMap(\.parameters).map { parameter in
      let state = optimizer.state(of: parameter)
      return (
        parameter,
        StoredState(
          step: state.step, numbers: state.numbers,
          tensors: try state.tensors.map { name, tensor in
            let copy = try TensorMemory.array(tensor.shape, tensor.dtype)
            try copy.assign(from: tensor.array)
            return (name, copy)
          })
      )
    }
  }

  /// Puts everything back.
  func restore(_ optimizer: Optimizer?) throws {
    for (source, copy) in tensors {
      try source.array.assign(from: copy)
      source.didChangeInPlace()
    }
    guard let optimizer else { return }
    for (parameter, stored) in states {
      let state = optimizer.state(of: parameter)
      state.step = stored.step
      state.numbers = stored.numbers
      state.tensors = stored.tensors.map { ($0.name, Tensor($0.copy)) }
    }
  }
}
