import ApusAutograd
import ApusNumerics

/// Parameters that share settings such as the learning rate.
public final class ParameterGroup: @unchecked Sendable {
  public internal(set) var parameters: [Tensor]
  /// Settings by PyTorch's names (`lr`, `weight_decay`); truth values are 0 and 1.
  public internal(set) var settings: [String: Double] { didSet { revision &+= 1 } }
  /// Changes whenever a setting does: what was computed from the settings holds while it stays.
  private(set) var revision = 0
  /// What is remembered about each parameter.
  fileprivate(set) var states: [ParameterState] = []

  init(parameters: [Tensor], settings: [String: Double]) {
    self.parameters = parameters
    self.settings = settings
  }

  func number(_ name: String) -> Double { settings[name] ?? 0 }
  /// A setting that counts something, without its fraction; beyond 2^53 and below zero the nearest that is possible.
  func count(_ name: String) -> Int {
    let value = number(name)
    return value > 0 ? Int(Swift.min(value, 0x1p53)) : 0
  }
  func flag(_ name: String) -> Bool { number(name) != 0 }
}

/// What an optimiser remembers about one parameter.
public final class ParameterState: @unchecked Sendable {
  /// Steps taken.
  public internal(set) var step = 0
  /// Running numbers by PyTorch's names, such as `mu_product`.
  public internal(set) var numbers: [String: Double] = [:]
  /// Running tensors by PyTorch's names, such as `exp_avg`, in the order they were made.
  public internal(set) var tensors: [(name: String, tensor: Tensor)] = []

  /// The tensor of this name, made on first use with every element `initial`.
  func tensor(_ name: String, like parameter: Tensor, initial: Double = 0) throws -> Tensor {
    if let found = tensors.first(where: { $0.name == name }) { return found.tensor }
    let new = try Tensor.full(parameter.shape, initial, dtype: parameter.dtype)
    tensors.append((name, new))
    return new
  }

  func find(_ name: String) -> Tensor? { tensors.first { $0.name == name }?.tensor }
}

/// Changes parameters against their gradients. Subclasses implement ``update(_:gradient:state:group:)`` with the arithmetic
/// of PyTorch's single-tensor implementations, in one pass over each parameter.
open class Optimizer: @unchecked Sendable {
  public internal(set) var groups: [ParameterGroup] = []
  private var states: [ObjectIdentifier: ParameterState] = [:]

  /// The class name, as PyTorch's.
  open class var typeName: String { "Optimizer" }
  /// Settings and their defaults; a missing `lr` must be given.
  open class var defaults: [String: Double] { [:] }
  private let defaultSettings: [String: Double]

  /// - Parameter settings: replace the defaults of every group that does not set them itself.
  /// - Throws: for unknown settings, values out of range, and no parameters.
  public init(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    defaultSettings = Self.defaults.merging(settings) { _, given in given }
    try Self.check(settings)
    guard !parameters.isEmpty else {
      throw ApusError.invalidArgument(name: "params", reason: "the optimizer got an empty parameter list")
    }
    try addGroup(parameters)
  }

  /// Adds parameters with settings of their own.
  public func addGroup(_ parameters: [Tensor], _ settings: [String: Double] = [:]) throws {
    try Self.check(settings)
    let known = Set(groups.flatMap(\.parameters).map { ObjectIdentifier($0) })
    var seen = known
    for (index, parameter) in parameters.enumerated() {
      guard parameter.isLeaf, parameter.isFloatingPoint else {
        throw ApusError.invalidArgument(name: "params[\(index)]", reason: "is not a floating-point leaf tensor")
      }
      guard seen.insert(ObjectIdentifier(parameter)).inserted else {
        throw ApusError.invalidArgument(name: "params[\(index)]", reason: "appears in more than one place")
      }
    }
    let group = ParameterGroup(
      parameters: parameters, settings: defaultSettings.merging(settings) { _, own in own })
    group.states = parameters.map { state(of: $0) }
    groups.append(group)
  }

  /// Changes a setting of one group.
  public func set(_ name: String, _ value: Double, group: Int) throws {
    guard groups.indices.contains(group) else {
      throw ApusError.invalidArgument(name: "group", reason: "\(group) is not in 0..<\(groups.count)")
    }
    guard groups[group].settings[name] != nil || Self.extraSettings.contains(name) else {
      throw ApusError.invalidArgument(name: name, reason: "is not a setting of \(Self.typeName)")
    }
    groups[group].settings[name] = value
  }

  /// Settings schedulers add to groups.
  private static let extraSettings: Set<String> = ["initial_lr", "max_lr", "min_lr"]

  private static func check(_ settings: [String: Double]) throws(ApusError) {
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      guard defaults[name] != nil || extraSettings.contains(name) else {
        throw .invalidArgument(name: name, reason: "is not a setting of \(typeName); it has \(defaults.keys.sorted())")
      }
      guard !value.isNaN else { throw .invalidArgument(name: name, reason: "is NaN") }
      let isNonNegative = ["lr", "weight_decay", "eps", "momentum", "alpha", "lambd", "rho", "lr_decay"].contains(name)
      guard !isNonNegative || value >= 0 else { throw .invalidArgument(name: name, reason: "\(value) is negative") }
      if name.hasPrefix("beta") {
        guard value >= 0, value < 1 else { throw .invalidArgument(name: name, reason: "\(value) is not in [0, 1)") }
      }
    }
  }

  /// Forgets (or with `setToNone` false zeroes) the gradients of all parameters.
  public func zeroGrad(setToNone: Bool = true) throws {
    for group in groups {
      for parameter in group.parameters {
        if setToNone {
          parameter.grad = nil
        } else if let gradient = parameter.grad {
          parameter.grad = try Tensor.zeros(like: gradient)
        }
      }
    }
  }

  /// One step with the gradients the parameters have; parameters without gradient stay.
  open func step() throws {
    let mode = GradMode.isEnabled
    GradMode.setEnabled(false)
    defer { GradMode.setEnabled(mode) }
    for group in groups {
      for (index, parameter) in group.parameters.enumerated() {
        guard let gradient = parameter.grad else { continue }
        try update(parameter, gradient: gradient, state: group.states[index], group: group)
        parameter.didChangeInPlace()
      }
    }
  }

  /// One step after evaluating the loss with `closure`, which may be called several times.
  @discardableResult
  open func step(_ closure: () throws -> Tensor) throws -> Tensor {
    let loss = try GradMode.with(enabled: true) { try closure() }
    try step()
    return loss
  }

  /// Changes one parameter in place.
  open func update(_ parameter: Tensor, gradient: Tensor, state: ParameterState, group: ParameterGroup) throws {
    throw ApusError.unsupported(reason: "\(Self.typeName): has no update")
  }

  /// What is remembered about a parameter.
  public func state(of parameter: Tensor) -> ParameterState {
    let key = ObjectIdentifier(parameter)
    if let known = states[key] { return known }
    let new = ParameterState()
    states[key] = new
    return new
  }

  /// Runs `body` with the elements of parameter, gradient and state tensors as typed, contiguous memory.
  ///
  /// - Throws: when the gradient does not fit.
  final func withElements(
    _ parameter: Tensor, _ gradient: Tensor, _ states: [Tensor],
    float: (UpdateElements<Float>) -> Void, double: (UpdateElements<Double>) -> Void
  ) throws {
    guard gradient.shape == parameter.shape, gradient.dtype == parameter.dtype else {
      throw ApusError.shapeMismatch(
        name: "grad",
        reason: "is \(gradient.dtype.name)\(gradient.shape) for a parameter \(parameter.dtype.name)"
          + "\(parameter.shape)")
    }
    let contiguous = try gradient.array.packed()
    let own = try parameter.array.packed()
    let isSame = parameter.array.isContiguous && parameter.array.isAligned
    if parameter.dtype == .float32 {
      float(UpdateElements(own, contiguous, states))
    } else {
      double(UpdateElements(own, contiguous, states))
    }
    if !isSame { try parameter.array.assign(from: own) }
  }
}

/// Typed memory of one update.
struct UpdateElements<T: TensorFloat> {
  let count: Int
  let parameter: UnsafeMutablePointer<T>
  let gradient: UnsafePointer<T>
  private let arrays: [NDArray]

  init(_ parameter: NDArray, _ gradient: NDArray, _ states: [Tensor]) {
    count = parameter.count
    self.parameter = parameter.raw(T.self)
    self.gradient = UnsafePointer(gradient.raw(T.self))
    arrays = states.map(\.array)
  }

  /// The elements of state tensor `index`.
  func state(_ index: Int) -> UnsafeMutablePointer<T> { arrays[index].raw(T.self) }

  /// Calls `body` for every index, in parallel blocks when there are many.
  @inline(__always)
  func forEach(_ body: (Int) -> Void) {
    let blockSize = 32_768
    if count <= blockSize {
      for i in 0..<count { body(i) }
    } else {
      ThreadPool.parallelBlocks(count: count, blockSize: blockSize) { range in
        for i in range { body(i) }
      }
    }
  }
}

/// Access to what is remembered, for checkpoints.
extension Optimizer {
  /// Names of everything remembered about a parameter, `step` first.
  public func stateNames(of parameter: Tensor) -> [String] {
    let state = state(of: parameter)
    if state.step == 0 && state.tensors.isEmpty { return [] }
    return ["step"] + state.numbers.keys.sorted() + state.tensors.map(\.name)
  }

  /// A remembered tensor (shared) or number (as a float64 scalar).
  public func stateValue(of parameter: Tensor, _ name: String) throws -> Tensor {
    let state = state(of: parameter)
    if name == "step" { return try Tensor.scalar(Double(state.step), dtype: .float64) }
    if let number = state.numbers[name] { return try Tensor.scalar(number, dtype: .float64) }
    if let tensor = state.find(name) { return tensor }
    throw ApusError.invalidArgument(name: "name", reason: "'\(name)' is not remembered about this parameter")
  }

  /// Sets a remembered value, copied. Scalars other than for scalar parameters become numbers.
  public func setStateValue(of parameter: Tensor, _ name: String, _ value: Tensor) throws {
    let state = state(of: parameter)
    if name == "step" {
      guard let step = Int(exactly: try value.item()), step >= 0 else {
        throw ApusError.invalidArgument(name: "step", reason: "\(try value.item()) is not a number of steps")
      }
      state.step = step
    } else if value.rank == 0, parameter.rank > 0 || value.dtype != parameter.dtype {
      state.numbers[name] = try value.item()
    } else {
      guard value.shape == parameter.shape else {
        throw ApusError.shapeMismatch(
          name: name, reason: "has shape \(value.shape), the parameter has \(parameter.shape)")
      }
      let copy = try value.detached().converted(to: parameter.dtype).cloned()
      if let index = state.tensors.firstIndex(where: { $0.name == name }) {
        state.tensors[index].tensor = copy
      } else {
        state.tensors.append((name, copy))
      }
    }
  }
}
