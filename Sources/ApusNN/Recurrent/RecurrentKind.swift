import ApusAutograd
import ApusNumerics

/// The step functions of recurrent layers, gates in PyTorch's order.
enum RecurrentKind: Equatable {
  /// h′ = tanh(a) or relu(a).
  case plain(UnaryFunction)
  /// Gates i, f, g, o: c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′).
  case lstm
  /// Gates r, z, n: n = tanh(aₙ + σ(r)·bₙ), h′ = (1 − σ(z))·n + σ(z)·h.
  case gru

  var gateCount: Int {
    switch self {
    case .plain: return 1
    case .lstm: return 4
    case .gru: return 3
    }
  }

  /// The layer's name, as PyTorch's.
  var name: String {
    switch self {
    case .plain: return "RNN"
    case .lstm: return "LSTM"
    case .gru: return "GRU"
    }
  }

  /// The recorded operation's name.
  var nodeName: String {
    switch self {
    case .plain: return "RnnBackward0"
    case .lstm: return "LstmBackward0"
    case .gru: return "GruBackward0"
    }
  }

  /// One step for a batch.
  ///
  /// - Parameters:
  ///   - x: W_ih · x_t + b_ih, (batch, gates · hidden).
  ///   - h: W_hh · h + b_hh, likewise.
  ///   - state: hidden (and cell) state, (batch, hidden) each.
  func step(_ x: Tensor, _ h: Tensor, _ state: [Tensor]) throws -> [Tensor] {
    switch self {
    case .plain(let function): return [try (x + h).apply(function)]
    case .lstm:
      let gates = try (x + h).chunked(4, dim: 1)
      let kept = try gates[1].sigmoid() * state[1]
      let cell = try kept + gates[0].sigmoid() * gates[2].tanh()
      return [try gates[3].sigmoid() * cell.tanh(), cell]
    case .gru:
      let (a, b) = (try x.chunked(3, dim: 1), try h.chunked(3, dim: 1))
      let reset = try (a[0] + b[0]).sigmoid()
      let update = try (a[1] + b[1]).sigmoid()
      let new = try (a[2] + reset * b[2]).tanh()
      return [try new + update * (state[0] - new)]
    }
  }
}
