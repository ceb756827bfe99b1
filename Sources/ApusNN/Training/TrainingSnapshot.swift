import ApusAutograd
import ApusNumerics

/// Parameters, buffers and what the optimiser remembers at one moment, in memory of its own that is used again for the next.
struct TrainingSnapshot {
  private var tensors: [(source: Tensor, copy: NDArray)] = []
  private var states: [(source: ParameterState, state: StoredState)] = []

  private struct StoredState {
    var step = 0
    var numbers: [String: Double] = [:]
    var tensors: [(name: String, copy: NDArray)] = []

    /// Copies what is remembered about one parameter, into the memory of the time before where it fits.
    mutating func take(_ state: ParameterState) throws {
      step = state.step
      numbers = state.numbers
      if tensors.count != state.tensors.count {
        tensors = try state.tensors.map { ($0.name, try TensorMemory.array($0.tensor.shape, $0.tensor.dtype)) }
      }
      for (entry, stored) in zip(state.tensors, tensors) { try stored.copy.assign(from: entry.tensor.array) }
    }
  }

  private let module: Module
  private let optimizer: Optimizer?

  /// - Parameter optimizer: nil leaves out what the optimiser remembers.
  init(_ module: Module, _ optimizer: Optimizer?) {
    self.module = module
    self.optimizer = optimizer
  }

  /// Copies what there is now. The modules may not change between two calls.
  mutating func take() throws {
    if tensors.isEmpty {
      let sources = module.namedParameters().map(\.tensor) + module.namedBuffers().map(\.tensor)
      tensors = try sources.map { ($0, try TensorMemory.array($0.shape, $0.dtype)) }
    }
    for (source, copy) in tensors { try copy.assign(from: source.array) }
    guard let optimizer else { return }
    if states.isEmpty { states = optimizer.groups.flatMap(\.states).map { ($0, StoredState()) } }
    for index in states.indices { try states[index].state.take(states[index].source) }
  }

  /// Puts everything back.
  func restore() throws {
    for (source, copy) in tensors {
      try source.array.assign(from: copy)
      source.didChangeInPlace()
    }
    for (state, stored) in states {
      state.step = stored.step
      state.numbers = stored.numbers
      state.tensors = try stored.tensors.map { ($0.name, try Tensor(copying: $0.copy)) }
    }
  }
}
