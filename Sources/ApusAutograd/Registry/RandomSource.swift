import ApusNumerics

/// Where random numbers come from when callers outside Swift name a generator.
package enum RandomSource: Sendable {
  case generator(Generator)
  /// The state of a generator in a uint8 tensor, which every draw moves on.
  case state(Tensor)

  /// The source that the options name: `generator`, a state of ``Generator/state`` as a tensor, or `seed`; nil for neither.
  package init?(_ options: Options) throws {
    if let state = try options.tensor("generator") {
      guard state.dtype == .uint8, state.rank == 1, state.array.isContiguous else {
        throw ApusError.unsupportedType(
          name: "generator", reason: "is \(state.dtype.name)\(state.shape), no state of a generator")
      }
      self = .state(state)
    } else if let seed = try options.optionalInt("seed") {
      self = .generator(Generator(seed: UInt64(bitPattern: Int64(seed))))
    } else {
      return nil
    }
  }

  /// What `body` makes of the generator. A state is as it was when `body` throws.
  package func draw<Result>(_ body: (Generator) throws -> Result) throws -> Result {
    switch self {
    case .generator(let generator): return try body(generator)
    case .state(let state):
      let generator = Generator()
      try generator.setState(try state.elements(as: UInt8.self))
      let result = try body(generator)
      try state.copy(from: try Tensor(generator.state))
      return result
    }
  }
}
