import ApusAutograd
import ApusNumerics

/// The elementwise part of one recurrent step for one register of units of one sequence, and its derivative.
///
/// Pointers lead to the register's first unit; gate g lies `g * gateStride` elements on. `lanes` is the number of units
/// in the register.
protocol RecurrentCellRule {
  associatedtype Scalar: RecurrentScalar
  static var gates: Int { get }
  /// Whether there is a cell state c beside h.
  static var hasCell: Bool { get }
  /// The gate whose hidden part is kept apart from its input part, if any.
  static var apartGate: Int? { get }

  static func forward(_ step: ForwardRegister<Scalar>)
  static func backward(_ step: BackwardRegister<Scalar>)
}

/// Where one register of a forward step reads and writes.
struct ForwardRegister<T: RecurrentScalar> {
  let lanes: Int
  let gateStride: Int
  /// In: W_ih x. Out: the gates' values.
  let gates: UnsafeMutablePointer<T>
  /// W_hh h plus biases, gate g at `recurrent[g * recurrentStride]`, whole registers.
  let recurrent: UnsafePointer<T>
  let recurrentStride: Int
  /// The input bias of the gate kept apart.
  let apartBias: UnsafePointer<T>
  let h: UnsafePointer<T>
  let nextH: UnsafeMutablePointer<T>
  let c: UnsafePointer<T>
  let nextC: UnsafeMutablePointer<T>
  /// Out: the hidden part of the gate kept apart.
  let apart: UnsafeMutablePointer<T>

  @inline(__always)
  func input(_ gate: Int) -> T.Lanes { Registers.load(UnsafePointer(gates + gate &* gateStride), lanes) }

  @inline(__always)
  func hidden(_ gate: Int) -> T.Lanes {
    UnsafeRawPointer(recurrent + gate &* recurrentStride).loadUnaligned(as: T.Lanes.self)
  }

  @inline(__always)
  func set(_ gate: Int, _ value: T.Lanes) { Registers.store(value, gates + gate &* gateStride, lanes) }
}

/// Where one register of a backward step reads and writes.
struct BackwardRegister<T: RecurrentScalar> {
  let lanes: Int
  let gateStride: Int
  /// The gates' values.
  let gates: UnsafePointer<T>
  /// Out: δ of W_ih x.
  let inputDelta: UnsafeMutablePointer<T>
  /// Out: δ of W_hh h; the same memory as `inputDelta` unless a gate is kept apart.
  let hiddenDelta: UnsafeMutablePointer<T>
  let previousH: UnsafePointer<T>
  let h: UnsafePointer<T>
  let previousC: UnsafePointer<T>
  let c: UnsafePointer<T>
  let apart: UnsafePointer<T>
  /// δ of the step's output from above; nil for none.
  let outputDelta: UnsafePointer<T>?
  /// In: δh from the following step. Out: the part of δh of the step before that does not pass W_hh. Whole registers.
  let deltaH: UnsafeMutablePointer<T>
  /// In: δc from the following step. Out: δc of the step before. Whole registers.
  let deltaC: UnsafeMutablePointer<T>

  @inline(__always)
  func gate(_ gate: Int) -> T.Lanes { Registers.load(gates + gate &* gateStride, lanes) }

  @inline(__always)
  func load(_ source: UnsafePointer<T>) -> T.Lanes { Registers.load(source, lanes) }

  /// δh of this step.
  @inline(__always)
  var delta: T.Lanes {
    let carried = UnsafeRawPointer(deltaH).loadUnaligned(as: T.Lanes.self)
    guard let outputDelta else { return carried }
    return carried + load(outputDelta)
  }

  @inline(__always)
  func setInput(_ gate: Int, _ value: T.Lanes) { Registers.store(value, inputDelta + gate &* gateStride, lanes) }

  @inline(__always)
  func setHidden(_ gate: Int, _ value: T.Lanes) { Registers.store(value, hiddenDelta + gate &* gateStride, lanes) }

  @inline(__always)
  func store(_ value: T.Lanes, _ target: UnsafeMutablePointer<T>) {
    UnsafeMutableRawPointer(target).storeBytes(of: value, as: T.Lanes.self)
  }
}

/// h′ = tanh(a). The derivative needs only h′.
enum TanhRule<T: RecurrentScalar>: RecurrentCellRule {
  static var gates: Int { 1 }
  static var hasCell: Bool { false }
  static var apartGate: Int? { nil }

  @inline(__always)
  static func forward(_ s: ForwardRegister<T>) {
    Registers.store(T.tanh(lanes: s.input(0) + s.hidden(0)), s.nextH, s.lanes)
  }

  @inline(__always)
  static func backward(_ s: BackwardRegister<T>) {
    let h = s.load(s.h)
    s.setInput(0, s.delta * (1 - h * h))
    s.store(T.Lanes(repeating: 0), s.deltaH)
  }
}

/// h′ = max(a, 0)
enum ReLURule<T: RecurrentScalar>: RecurrentCellRule {
  static var gates: Int { 1 }
  static var hasCell: Bool { false }
  static var apartGate: Int? { nil }

  @inline(__always)
  static func forward(_ s: ForwardRegister<T>) {
    let a = s.input(0) + s.hidden(0)
    Registers.store(a.replacing(with: 0, where: a .< 0), s.nextH, s.lanes)
  }

  @inline(__always)
  static func backward(_ s: BackwardRegister<T>) {
    let h = s.load(s.h)
    s.setInput(0, T.Lanes(repeating: 0).replacing(with: s.delta, where: h .> 0))
    s.store(T.Lanes(repeating: 0), s.deltaH)
  }
}

/// Gates i, f, g, o: c′ = σ(f)·c + σ(i)·tanh(g), h′ = σ(o)·tanh(c′).
enum LSTMRule<T: RecurrentScalar>: RecurrentCellRule {
  static var gates: Int { 4 }
  static var hasCell: Bool { true }
  static var apartGate: Int? { nil }

  @inline(__always)
  static func forward(_ s: ForwardRegister<T>) {
    let i = T.sigmoid(lanes: s.input(0) + s.hidden(0))
    let f = T.sigmoid(lanes: s.input(1) + s.hidden(1))
    let g = T.tanh(lanes: s.input(2) + s.hidden(2))
    let o = T.sigmoid(lanes: s.input(3) + s.hidden(3))
    s.set(0, i)
    s.set(1, f)
    s.set(2, g)
    s.set(3, o)
    let c = f * Registers.load(s.c, s.lanes) + i * g
    Registers.store(c, s.nextC, s.lanes)
    Registers.store(o * T.tanh(lanes: c), s.nextH, s.lanes)
  }

  @inline(__always)
  static func backward(_ s: BackwardRegister<T>) {
    let (i, f, g, o) = (s.gate(0), s.gate(1), s.gate(2), s.gate(3))
    let tanhC = T.tanh(lanes: s.load(s.c))
    let delta = s.delta
    let carried = UnsafeRawPointer(s.deltaC).loadUnaligned(as: T.Lanes.self)
    let deltaC = carried + delta * o * (1 - tanhC * tanhC)
    s.setInput(0, deltaC * g * i * (1 - i))
    s.setInput(1, deltaC * s.load(s.previousC) * f * (1 - f))
    s.setInput(2, deltaC * i * (1 - g * g))
    s.setInput(3, delta * tanhC * o * (1 - o))
    s.store(deltaC * f, s.deltaC)
    s.store(T.Lanes(repeating: 0), s.deltaH)
  }
}

/// Gates r, z, n: n = tanh(aₙ + σ(r)·bₙ), h′ = (1 − σ(z))·n + σ(z)·h, with bₙ the hidden part of n's argument.
enum GRURule<T: RecurrentScalar>: RecurrentCellRule {
  static var gates: Int { 3 }
  static var hasCell: Bool { false }
  static var apartGate: Int? { 2 }

  @inline(__always)
  static func forward(_ s: ForwardRegister<T>) {
    let r = T.sigmoid(lanes: s.input(0) + s.hidden(0))
    let z = T.sigmoid(lanes: s.input(1) + s.hidden(1))
    let recurrent = s.hidden(2)
    let n = T.tanh(lanes: s.input(2) + Registers.load(s.apartBias, s.lanes) + r * recurrent)
    s.set(0, r)
    s.set(1, z)
    s.set(2, n)
    Registers.store(recurrent, s.apart, s.lanes)
    Registers.store(n + z * (Registers.load(s.h, s.lanes) - n), s.nextH, s.lanes)
  }

  @inline(__always)
  static func backward(_ s: BackwardRegister<T>) {
    let (r, z, n) = (s.gate(0), s.gate(1), s.gate(2))
    let delta = s.delta
    let newDelta = delta * (1 - z) * (1 - n * n)
    let resetDelta = newDelta * s.load(s.apart) * r * (1 - r)
    let updateDelta = delta * (s.load(s.previousH) - n) * z * (1 - z)
    s.setInput(0, resetDelta)
    s.setInput(1, updateDelta)
    s.setInput(2, newDelta)
    s.setHidden(0, resetDelta)
    s.setHidden(1, updateDelta)
    s.setHidden(2, newDelta * r)
    s.store(delta * z, s.deltaH)
  }
}
