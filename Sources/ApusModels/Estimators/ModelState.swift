import ApusNumerics

/// What a fitted model is made of, in the form model files hold: named arrays, named scalars, and models inside models.
public struct ModelState: Sendable {
  /// Arrays by name. Names are letters, digits, `_` and `.`.
  public var tensors: [String: NDArray]
  /// Scalars by name; never arrays or estimators.
  public var scalars: [String: ParameterValue]
  /// Models within this one, such as the members of an ensemble, in order.
  public var children: [SavedModel]

  public init(
    tensors: [String: NDArray] = [:], scalars: [String: ParameterValue] = [:], children: [SavedModel] = []
  ) {
    self.tensors = tensors
    self.scalars = scalars
    self.children = children
  }

  /// The array called `name` with the given element type and rank.
  ///
  /// - Throws: ``ApusError/malformedFile(reason:)`` when it is missing or different.
  public func tensor(_ name: String, _ dtype: DType? = nil, rank: Int? = nil) throws(ApusError) -> NDArray {
    guard let tensor = tensors[name] else { throw .malformedFile(reason: "model file: tensor '\(name)' is missing") }
    if let dtype, tensor.dtype != dtype {
      throw .malformedFile(
        reason: "model file: tensor '\(name)' holds \(tensor.dtype.name), expected \(dtype.name)")
    }
    if let rank, tensor.rank != rank {
      throw .malformedFile(reason: "model file: tensor '\(name)' has shape \(tensor.shape), expected rank \(rank)")
    }
    return tensor
  }

  /// The integer called `name` within `range`.
  public func integer(_ name: String, in range: ClosedRange<Int> = 0...Int.max) throws(ApusError) -> Int {
    guard case .int(let value)? = scalars[name], let number = Int(exactly: value), range.contains(number) else {
      throw .malformedFile(reason: "model file: integer '\(name)' is missing or out of range")
    }
    return number
  }

  /// The number called `name`.
  public func double(_ name: String) throws(ApusError) -> Double {
    switch scalars[name] {
    case .double(let value)?: return value
    case .int(let value)?: return Double(value)
    default: throw .malformedFile(reason: "model file: number '\(name)' is missing")
    }
  }

  /// The truth value called `name`.
  public func bool(_ name: String) throws(ApusError) -> Bool {
    guard case .bool(let value)? = scalars[name] else {
      throw .malformedFile(reason: "model file: truth value '\(name)' is missing")
    }
    return value
  }

  /// The string called `name`.
  public func string(_ name: String) throws(ApusError) -> String {
    guard case .string(let value)? = scalars[name] else {
      throw .malformedFile(reason: "model file: string '\(name)' is missing")
    }
    return value
  }
}

/// An estimator with its parameters and, when it was fitted, the state of its model.
public struct SavedModel: Sendable {
  public var estimator: any Estimator
  public var state: ModelState?
  /// What a program wants to remember with the model, by name, such as the names of features; not kept for models within
  /// models. Names are letters, digits, `_`, `-` and `.`.
  public var notes: [String: String]

  public init(estimator: any Estimator, state: ModelState?, notes: [String: String] = [:]) {
    self.estimator = estimator
    self.state = state
    self.notes = notes
  }
}
