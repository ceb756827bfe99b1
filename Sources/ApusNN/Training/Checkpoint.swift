import ApusAutograd
import ApusModels
import ApusNumerics

/// Checkpoints of a ``Trainer``: one safetensors file with everything that decides how training goes on, bit for bit.
///
/// | Tensor | What |
/// |---|---|
/// | `model.<name>` | parameters and buffers |
/// | `optimizer.<i>.<name>` | what is remembered about parameter i, in the groups' order |
/// | `settings` | (groups, settings) in the order of `settings` in the metadata |
/// | `random` | state of the default generator |
/// | `history` | (epochs, columns) |
/// | `schedule` | numbers in the order of `schedule` in the metadata |
///
/// Checkpoints are written between epochs, so the position in the data is the generator's state: it draws the next order.
extension Trainer {
  func writeCheckpoint(to path: String) throws {
    var tensors: [String: NDArray] = [:]
    for (name, tensor) in module.stateDict() { tensors["model.\(name)"] = try tensor.array.contiguous() }
    for (index, parameter) in optimizer.groups.flatMap(\.parameters).enumerated() {
      for name in optimizer.stateNames(of: parameter) {
        tensors["optimizer.\(index).\(name)"] = try optimizer.stateValue(of: parameter, name).array.contiguous()
      }
    }
    let names = settingNames
    tensors["settings"] = try array(
      optimizer.groups.flatMap { group in names.map { group.settings[$0] ?? .nan } },
      [optimizer.groups.count, names.count])
    let random = Generator.default.state
    let state = try NDArray(random, shape: [random.count])
    tensors["random"] = state
    let rows = history.map {
      [Double($0.epoch), $0.loss, $0.validationLoss, $0.learningRate] + $0.metrics + $0.validationMetrics
    }
    tensors["history"] = try array(rows.flatMap { $0 }, [rows.count, rows.first?.count ?? 0])
    tensors["best"] = try array(best.map { [$0.loss, Double($0.epoch)] } ?? [], [best == nil ? 0 : 2])
    let scheduled = schedule?.state.sorted { $0.key < $1.key } ?? []
    tensors["schedule"] = try array(scheduled.map(\.value), [scheduled.count])
    let metadata = [
      "format": "apus-checkpoint", "version": "1", "optimizer": type(of: optimizer).typeName,
      "settings": names.joined(separator: " "), "schedule": scheduled.map(\.key).joined(separator: " "),
    ]
    try Safetensors.write(Safetensors.Contents(tensors: tensors, metadata: metadata), to: path)
  }

  func readCheckpoint(from path: String) throws { try restore(try Safetensors.read(path: path), path) }

  /// Goes on from the contents of the checkpoint at `path`.
  func restore(_ contents: Safetensors.Contents, _ path: String) throws {
    guard contents.metadata["format"] == "apus-checkpoint" else {
      throw ApusError.malformedFile(reason: "\(path): is no checkpoint of a trainer")
    }
    guard contents.metadata["version"] == "1" else {
      throw ApusError.unsupportedVersion(reason: "\(path): version \(contents.metadata["version"] ?? "?"), this is 1")
    }
    let kind = type(of: optimizer).typeName
    guard contents.metadata["optimizer"] == kind else {
      throw ApusError.malformedFile(
        reason:
          "\(path): was written with \(contents.metadata["optimizer"] ?? "no optimizer"), this trainer has \(kind)")
    }
    let numbers = { (name: String) throws -> [Double] in
      guard let array = contents.tensors[name], array.dtype == .float64 else {
        throw ApusError.malformedFile(reason: "\(path): has no float64 tensor '\(name)'")
      }
      return try Tensor(array).elements(as: Double.self)
    }
    let names = (contents.metadata["settings"] ?? "").split(separator: " ").map(String.init)
    let settings = try numbers("settings")
    guard names == settingNames, settings.count == names.count * optimizer.groups.count else {
      throw ApusError.malformedFile(reason: "\(path): the optimizer's groups have other settings")
    }
    let restored = try epochs(try numbers("history"), contents.tensors["history"]?.shape ?? [], path)
    let watched = try numbers("best")
    guard let random = contents.tensors["random"], random.dtype == .uint8 else {
      throw ApusError.malformedFile(reason: "\(path): has no random state")
    }
    let state = try Tensor(random).elements(as: UInt8.self)
    let scheduled = (contents.metadata["schedule"] ?? "").split(separator: " ").map(String.init)
    let scheduleNumbers = try numbers("schedule")
    var before = TrainingSnapshot(module, optimizer)
    try before.take()
    do {
      try module.loadStateDict(
        contents.tensors.filter { $0.key.hasPrefix("model.") }.sorted { $0.key < $1.key }
          .map { (String($0.key.dropFirst("model.".count)), $0.value) })
      try restoreOptimizer(contents)
      try Generator.default.setState(state)
    } catch {
      try? before.restore()
      throw error
    }
    for (index, group) in optimizer.groups.enumerated() {
      for (place, name) in names.enumerated() where !settings[index * names.count + place].isNaN {
        group.settings[name] = settings[index * names.count + place]
      }
    }
    schedule?.state = Dictionary(zip(scheduled, scheduleNumbers)) { first, _ in first }
    history = restored
    best = watched.count == 2 ? Int(exactly: watched[1]).map { (watched[0], $0) } : nil
  }

  private var settingNames: [String] { Set(optimizer.groups.flatMap(\.settings.keys)).sorted() }

  private func restoreOptimizer(_ contents: Safetensors.Contents) throws {
    for (index, parameter) in optimizer.groups.flatMap(\.parameters).enumerated() {
      let prefix = "optimizer.\(index)."
      for (key, value) in contents.tensors.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
        try optimizer.setStateValue(of: parameter, String(key.dropFirst(prefix.count)), Tensor(value))
      }
    }
  }

  private func epochs(_ values: [Double], _ shape: [Int], _ path: String) throws(ApusError) -> [EpochRecord] {
    let extra = options.metrics.count
    guard shape.count == 2, shape[0] == 0 || shape[1] == 4 + 2 * extra else {
      throw .malformedFile(reason: "\(path): its history has shape \(shape), this trainer has \(extra) metrics")
    }
    var result: [EpochRecord] = []
    for row in 0..<shape[0] {
      let entry = Array(values[row * shape[1]..<(row + 1) * shape[1]])
      guard let epoch = Int(exactly: entry[0]) else {
        throw .malformedFile(reason: "\(path): \(entry[0]) is no epoch")
      }
      result.append(
        EpochRecord(
          epoch: epoch, loss: entry[1], validationLoss: entry[2], metrics: Array(entry[4..<4 + extra]),
          validationMetrics: Array(entry[(4 + extra)...]), learningRate: entry[3]))
    }
    return result
  }

  private func array(_ values: [Double], _ shape: [Int]) throws -> NDArray { try Tensor(values, shape: shape).array }
}
