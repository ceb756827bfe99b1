import ApusAutograd
import ApusModels
import ApusNumerics

extension Module {
  /// Parameters and persistent buffers by dotted name, in PyTorch's names and order. The tensors share memory with the
  /// module's.
  public func stateDict() -> [(name: String, tensor: Tensor)] {
    namedModulesWithRepetition("").flatMap { path, module -> [(name: String, tensor: Tensor)] in
      func qualified(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
      return module.ownParameters.compactMap { entry in entry.tensor.map { (qualified(entry.name), $0) } }
        + module.ownBuffers.filter(\.isPersistent).compactMap { entry in
          entry.tensor.map { (qualified(entry.name), $0) }
        }
    }
  }

  private func namedModulesWithRepetition(_ prefix: String) -> [(String, Module)] {
    [(prefix, self)]
      + children.flatMap { $0.module.namedModulesWithRepetition(prefix.isEmpty ? $0.name : "\(prefix).\($0.name)") }
  }

  /// Copies values into the parameters and buffers of the same names.
  ///
  /// - Parameter strict: false leaves out what is missing on either side.
  /// - Returns: the names missing from `state` and those that nothing here has.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` that lists all missing, unexpected and misshapen keys at once;
  ///   nothing is changed then.
  @discardableResult
  public func loadStateDict(
    _ state: [(name: String, array: NDArray)], strict: Bool = true
  ) throws -> (missing: [String], unexpected: [String]) {
    let own = stateDict()
    let given = Dictionary(state.map { ($0.name, $0.array) }) { _, last in last }
    let known = Set(own.map(\.name))
    let missing = own.map(\.name).filter { given[$0] == nil }
    let unexpected = state.map(\.name).filter { !known.contains($0) }
    let misshapen = own.compactMap { name, tensor -> String? in
      guard let array = given[name], array.shape != tensor.shape else { return nil }
      return "\(name): shape \(array.shape) for \(tensor.shape)"
    }
    var complaints: [String] = []
    if strict, !missing.isEmpty { complaints.append("missing keys: \(missing.joined(separator: ", "))") }
    if strict, !unexpected.isEmpty { complaints.append("unexpected keys: \(unexpected.joined(separator: ", "))") }
    if !misshapen.isEmpty { complaints.append("size mismatch: \(misshapen.joined(separator: "; "))") }
    guard complaints.isEmpty else {
      throw ApusError.invalidArgument(
        name: "state_dict", reason: "does not fit \(typeName): " + complaints.joined(separator: ". "))
    }
    let values = try own.map { name, tensor in try given[name].map { try Tensor($0).converted(to: tensor.dtype) } }
    try withoutGrad {
      for ((_, tensor), value) in zip(own, values) { if let value { try tensor.copy(from: value) } }
    }
    return (missing, unexpected)
  }

  /// Writes ``stateDict()`` as a safetensors file, which PyTorch's and Hugging Face's tools read.
  public func saveSafetensors(to path: String) throws {
    var tensors: [String: NDArray] = [:]
    for (name, tensor) in stateDict() { tensors[name] = try tensor.array.contiguous() }
    try Safetensors.write(Safetensors.Contents(tensors: tensors, metadata: ["format": "pt"]), to: path)
  }

  /// Reads a file of ``saveSafetensors(to:)`` or of PyTorch.
  @discardableResult
  public func loadSafetensors(from path: String, strict: Bool = true) throws -> (
    missing: [String], unexpected: [String]
  ) {
    let contents = try Safetensors.read(path: path)
    return try loadStateDict(contents.tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, strict: strict)
  }
}
