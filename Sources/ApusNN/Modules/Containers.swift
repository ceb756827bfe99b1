import ApusAutograd
import ApusNumerics

/// Modules one after the other, each taking the result of the one before.
public final class Sequential: Module, @unchecked Sendable {
  public convenience init(_ modules: [Module]) {
    self.init(named: modules.enumerated().map { (String($0.offset), $0.element) })
  }

  public init(named modules: [(name: String, module: Module)]) {
    super.init()
    for (name, module) in modules { register(child: name, module) }
  }

  /// `Sequential { Linear(3, 8); ReLU(); Linear(8, 1) }`
  public convenience init(@ModuleListBuilder _ modules: () throws -> [Module]) rethrows { self.init(try modules()) }

  private let plan = ChainPlanCache()

  public override func forward(_ input: Tensor) throws -> Tensor {
    if let result = try plan.forward(self, input) { return result }
    var value = input
    for child in children { value = try child.module(value) }
    return value
  }
}

/// Collects modules written one after the other.
@resultBuilder
public enum ModuleListBuilder {
  public static func buildExpression(_ module: Module) -> [Module] { [module] }
  public static func buildBlock(_ parts: [Module]...) -> [Module] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [Module]?) -> [Module] { part ?? [] }
  public static func buildEither(first part: [Module]) -> [Module] { part }
  public static func buildEither(second part: [Module]) -> [Module] { part }
  public static func buildArray(_ parts: [[Module]]) -> [Module] { parts.flatMap { $0 } }
}

/// A list of modules, for subclasses of ``Module`` that use them in their own way.
public final class ModuleList: Module, @unchecked Sendable {
  public init(_ modules: [Module] = []) {
    super.init()
    for module in modules { append(module) }
  }

  public func append(_ module: Module) { register(child: String(children.count), module) }
  public subscript(index: Int) -> Module { children[index].module }
}

/// Modules by name, for subclasses of ``Module`` that use them in their own way.
public final class ModuleDict: Module, @unchecked Sendable {
  public init(_ modules: [(name: String, module: Module)] = []) {
    super.init()
    for (name, module) in modules { register(child: name, module) }
  }

  public subscript(name: String) -> Module? { children.first { $0.name == name }?.module }
}

/// Passes its input on.
public final class Identity: Module, @unchecked Sendable {
  public override func forward(_ input: Tensor) throws -> Tensor { input }
}

/// Merges the axes `startDim`…`endDim`.
public final class Flatten: Module, @unchecked Sendable {
  let startDim: Int
  let endDim: Int

  public init(startDim: Int = 1, endDim: Int = -1) {
    self.startDim = startDim
    self.endDim = endDim
  }

  public override func forward(_ input: Tensor) throws -> Tensor { try input.flattened(from: startDim, to: endDim) }
  public override var details: String { "start_dim=\(startDim), end_dim=\(endDim)" }
}

/// Splits one axis into several.
public final class Unflatten: Module, @unchecked Sendable {
  let dim: Int
  let sizes: [Int]

  public init(dim: Int, sizes: [Int]) {
    self.dim = dim
    self.sizes = sizes
  }

  public override func forward(_ input: Tensor) throws -> Tensor {
    let axis = try Shapes.axis(dim, rank: input.rank)
    guard input.rank > 0 else { throw ApusError.shapeMismatch(name: "unflatten", reason: "a scalar has no axes") }
    let resolved = try Shapes.resolved(sizes, count: input.shape[axis])
    return try input.reshaped(Array(input.shape[..<axis]) + resolved + Array(input.shape[(axis + 1)...]))
  }
  public override var details: String { "dim=\(dim), unflattened_size=\(PythonText.tuple(sizes))" }
}
