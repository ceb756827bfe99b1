import ApusAutograd
import ApusNumerics

/// A part of a network: parameters, buffers and further modules, each by name, and a function from tensors to tensors.
///
/// Names follow PyTorch, so that ``stateDict()`` and PyTorch's `state_dict()` are interchangeable. Subclasses register what
/// they hold in their initialiser and override ``forward(_:)``, or ``forwardAll(_:)`` for several inputs or results.
open class Module: @unchecked Sendable {
  /// A learnable tensor.
  public struct Parameter {
    public let name: String
    public var tensor: Tensor?
  }

  /// A tensor that is part of the state but is not learned.
  public struct RegisteredBuffer {
    public let name: String
    public var tensor: Tensor?
    /// Whether ``Module/stateDict()`` includes it.
    public let isPersistent: Bool
  }

  public struct Child {
    public let name: String
    public var module: Module
  }

  public private(set) var ownParameters: [Parameter] = []
  public private(set) var ownBuffers: [RegisteredBuffer] = []
  public private(set) var children: [Child] = []
  /// Whether dropout drops and batch normalisation uses the batch.
  public private(set) var isTraining = true
  /// Changes whenever a parameter, buffer or child is replaced here; plans made from a module check it.
  private(set) var structureVersion = 0

  public init() {}

  // MARK: Computing

  /// The module's function of one tensor.
  open func forward(_ input: Tensor) throws -> Tensor {
    throw ApusError.unsupported(reason: "\(typeName): has no forward function of one tensor")
  }

  /// The module's function of several tensors.
  open func forwardAll(_ inputs: [Tensor?]) throws -> [Tensor] {
    guard inputs.count == 1 else {
      throw ApusError.invalidArgument(name: typeName, reason: "takes 1 input, got \(inputs.count)")
    }
    guard let input = inputs[0] else { throw ApusError.invalidArgument(name: typeName, reason: "input 0 is missing") }
    return [try forward(input)]
  }

  /// ``forward(_:)`` with the hooks of ``registerForwardHook(_:)``; containers call their modules by it.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    let result = try forward(input)
    return hasForwardHooks ? try observed(input, result) : result
  }

  // MARK: Hooks

  /// Sees a module, its input and its result; what it returns, unless nil, replaces the result.
  public typealias ForwardHook = @Sendable (_ module: Module, _ input: Tensor, _ result: Tensor) throws -> Tensor?

  private var forwardHooks: [(identifier: Int, body: ForwardHook)] = []
  private var hookCount = 0

  var hasForwardHooks: Bool { !forwardHooks.isEmpty }

  /// Calls `body` whenever this module is called, on its own or by a container.
  ///
  /// - Returns: what ``removeForwardHook(_:)`` takes.
  @discardableResult
  public func registerForwardHook(_ body: @escaping ForwardHook) -> Int {
    hookCount += 1
    forwardHooks.append((hookCount, body))
    return hookCount
  }

  /// Removes a hook; unknown identifiers do nothing.
  public func removeForwardHook(_ identifier: Int) { forwardHooks.removeAll { $0.identifier == identifier } }

  private func observed(_ input: Tensor, _ result: Tensor) throws -> Tensor {
    var result = result
    for hook in forwardHooks {
      if let changed = try hook.body(self, input, result) { result = changed }
    }
    return result
  }

  // MARK: Registration

  /// Adds a parameter; nil reserves its name (a layer without bias).
  public func register(parameter name: String, _ tensor: Tensor?) {
    tensor?.isParameter = true
    ownParameters.append(Parameter(name: name, tensor: tensor))
    structureVersion &+= 1
  }

  public func register(buffer name: String, _ tensor: Tensor?, isPersistent: Bool = true) {
    ownBuffers.append(RegisteredBuffer(name: name, tensor: tensor, isPersistent: isPersistent))
    structureVersion &+= 1
  }

  public func register(child name: String, _ module: Module) {
    children.append(Child(name: name, module: module))
    structureVersion &+= 1
  }

  /// Puts another tensor in a registered parameter's or buffer's place.
  public func replace(_ name: String, with tensor: Tensor?) throws {
    if let index = ownParameters.firstIndex(where: { $0.name == name }) {
      tensor?.isParameter = true
      ownParameters[index].tensor = tensor
    } else if let index = ownBuffers.firstIndex(where: { $0.name == name }) {
      ownBuffers[index].tensor = tensor
    } else {
      throw ApusError.invalidArgument(name: "name", reason: "'\(name)' is no parameter or buffer of \(typeName)")
    }
    structureVersion &+= 1
  }

  /// The registered parameter or buffer of this name.
  public func tensor(named name: String) -> Tensor? {
    for parameter in ownParameters where parameter.name == name { return parameter.tensor }
    for buffer in ownBuffers where buffer.name == name { return buffer.tensor }
    return nil
  }

  // MARK: Traversal

  /// This module and all within, each once, with their dotted paths.
  public func namedModules(prefix: String = "") -> [(name: String, module: Module)] {
    var seen = Set<ObjectIdentifier>()
    return collectModules(prefix, &seen)
  }

  private func collectModules(_ prefix: String, _ seen: inout Set<ObjectIdentifier>) -> [(name: String, module: Module)]
  {
    guard seen.insert(ObjectIdentifier(self)).inserted else { return [] }
    var result: [(name: String, module: Module)] = [(prefix, self)]
    for child in children {
      result += child.module.collectModules(prefix.isEmpty ? child.name : "\(prefix).\(child.name)", &seen)
    }
    return result
  }

  /// All parameters, each once, with their dotted names.
  public func namedParameters() -> [(name: String, tensor: Tensor)] {
    var seen = Set<ObjectIdentifier>()
    return namedModules().flatMap { path, module in
      module.ownParameters.compactMap { parameter in
        guard let tensor = parameter.tensor, seen.insert(ObjectIdentifier(tensor)).inserted else { return nil }
        return (path.isEmpty ? parameter.name : "\(path).\(parameter.name)", tensor)
      }
    }
  }

  public func parameters() -> [Tensor] { namedParameters().map(\.tensor) }

  public func namedBuffers() -> [(name: String, tensor: Tensor)] {
    namedModules().flatMap { path, module in
      module.ownBuffers.compactMap { buffer in
        buffer.tensor.map { (path.isEmpty ? buffer.name : "\(path).\(buffer.name)", $0) }
      }
    }
  }

  /// Calls `body` with this module and all within, inner ones first.
  public func apply(_ body: (Module) throws -> Void) rethrows {
    for child in children { try child.module.apply(body) }
    try body(self)
  }

  // MARK: State

  /// Training mode (or, with false, evaluation mode) for this module and all within.
  public func train(_ mode: Bool = true) {
    for (_, module) in namedModules() { module.isTraining = mode }
  }

  public func evaluate() { train(false) }

  /// Switches gradients of all parameters on or off: freezing.
  public func setRequiresGrad(_ value: Bool) throws {
    for parameter in parameters() { try parameter.setRequiresGrad(value) }
  }

  public func zeroGrad() { for parameter in parameters() { parameter.zeroGrad() } }

  /// Converts all floating-point parameters and buffers.
  public func convert(to dtype: DType) throws {
    guard dtype.isFloatingPoint else {
      throw ApusError.unsupportedType(name: "dtype", reason: "\(dtype.name) is not float32 or float64")
    }
    let tensors = namedParameters().map(\.tensor) + namedBuffers().map(\.tensor)
    for tensor in tensors where tensor.isFloatingPoint {
      tensor.set(to: try tensor.detached().converted(to: dtype).array)
      tensor.zeroGrad()
    }
  }

  // MARK: Description

  /// The class name, as PyTorch's.
  open var typeName: String { String(describing: type(of: self)) }

  /// What stands between the parentheses: `in_features=3, out_features=8, bias=True`.
  open var details: String { "" }

  public var description: String {
    if children.isEmpty { return "\(typeName)(\(details))" }
    let lines = children.map { child in
      "  (\(child.name)): " + child.module.description.split(separator: "\n").joined(separator: "\n  ")
    }
    return "\(typeName)(\n\(lines.joined(separator: "\n"))\n)"
  }

  /// A table of the modules with parameters, their shapes and counts, and the total.
  public var summary: String {
    var rows: [(String, String, String)] = [("Layer", "Parameters", "Count")]
    var total = 0
    for (path, module) in namedModules() {
      let own = module.ownParameters.compactMap { parameter in parameter.tensor.map { (parameter.name, $0) } }
      guard !own.isEmpty else { continue }
      let count = own.map(\.1.count).reduce(0, +)
      total += count
      let shapes = own.map { "\($0.0) \($0.1.shape)" }.joined(separator: ", ")
      rows.append(("\(path.isEmpty ? "" : path + " ")\(module.typeName)", shapes, String(count)))
    }
    rows.append(("total", "", String(total)))
    let (first, second) = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0)
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    return rows.map { "\(padded($0.0, first))  \(padded($0.1, second))  \($0.2)" }.joined(separator: "\n")
  }
}
