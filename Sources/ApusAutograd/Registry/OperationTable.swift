import ApusNumerics

/// Operations on tensors by name, for callers outside Swift. Names and options are PyTorch's.
public enum OperationTable {
  /// Carries out an operation. Inputs may be nil where the operation has optional tensors.
  public typealias Operation = @Sendable (_ inputs: Inputs, _ options: Options) throws -> [Tensor]

  /// The tensors an operation was given.
  public struct Inputs {
    public let tensors: [Tensor?]
    let name: String

    public var count: Int { tensors.count }

    /// Input `index`, which must be there.
    public subscript(index: Int) -> Tensor {
      get throws(ApusError) {
        guard let tensor = optional(index) else {
          throw .invalidArgument(name: name, reason: "input \(index) is missing")
        }
        return tensor
      }
    }

    public func optional(_ index: Int) -> Tensor? { tensors.indices.contains(index) ? tensors[index] : nil }

    /// All inputs, none missing.
    public func all() throws(ApusError) -> [Tensor] {
      var result: [Tensor] = []
      for index in tensors.indices { result.append(try self[index]) }
      return result
    }
  }

  /// Carries out the operation called `name`.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown name or option, else what the operation throws.
  public static func apply(_ name: String, _ inputs: [Tensor?], _ options: Options) throws -> [Tensor] {
    guard let operation = table[name] else {
      throw ApusError.invalidArgument(
        name: "operation", reason: "'\(name)' is unknown" + NearestName.suggestion(for: name, in: names))
    }
    let results = try operation(Inputs(tensors: inputs, name: name), options)
    try options.finish(name)
    return results
  }

  /// All names, sorted.
  public static var names: [String] { table.keys.sorted() }

  private static let table: [String: Operation] = {
    var table: [String: Operation] = [:]
    for group in [
      arithmetic, elementwise, reductions, shapes, indexing, products, neural, losses, inPlace, creation,
    ] {
      table.merge(group) { first, _ in first }
    }
    return table
  }()
}
