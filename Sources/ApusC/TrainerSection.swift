import ApusAutograd
import ApusModels
import ApusNN
import ApusNumerics
import CApus

extension Trainer: HandleObject {
  static var handleType: HandleType { .trainer }
}

private func trainer(_ handle: OpaquePointer?) throws -> Trainer {
  try HandleTable.object(handle, Trainer.self, argument: "trainer")
}

private func dataset(_ x: OpaquePointer?, _ y: OpaquePointer?, _ prefix: String = "") throws -> TensorDataset {
  try TensorDataset([try tensor(x, "\(prefix)x"), try tensor(y, "\(prefix)y")])
}

@_cdecl("apus_trainer_create") @implementation
public func apus_trainer_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ loss: OpaquePointer?,
  _ optimizerHandle: OpaquePointer?, _ scheduleHandle: OpaquePointer?, _ options: UnsafePointer<apus_option>?,
  _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    guard let loss = try module(loss, "loss") as? LossModule else {
      throw ApusError.invalidArgument(name: "loss", reason: "is no loss module")
    }
    let values = try OptionValues.imported(options, optionCount)
    let settings = try TrainingOptions(values)
    try values.finish("trainer")
    out.pointee = HandleTable.insert(
      try Trainer(
        try module(handle), loss: loss, optimizer: try optimizer(optimizerHandle),
        schedule: try scheduleHandle.map { try schedule($0) }, options: settings))
  }
}

@_cdecl("apus_trainer_fit") @implementation
public func apus_trainer_fit(
  _ handle: OpaquePointer?, _ x: OpaquePointer?, _ y: OpaquePointer?, _ validationX: OpaquePointer?,
  _ validationY: OpaquePointer?, _ cancel: OpaquePointer?, _ progress: apus_progress_callback?,
  _ context: UnsafeMutableRawPointer?
) -> apus_status {
  let target = progress.map { ProgressTarget(callback: $0, context: context) }
  return computing(cancel: cancel, progress: target) { context in
    let trainer = try trainer(handle)
    let data = try dataset(x, y)
    let validation =
      validationX == nil && validationY == nil ? nil : try dataset(validationX, validationY, "validation_")
    try trainer.fit(data, validation: validation, context: context)
  }
}

@_cdecl("apus_trainer_history") @implementation
public func apus_trainer_history(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ names: UnsafeMutablePointer<OpaquePointer?>?,
  _ handle: OpaquePointer?
) -> apus_status {
  boundary {
    clear(out, names)
    let (out, names) = (try output(out), try output(names, "names"))
    let trainer = try trainer(handle)
    let metrics = trainer.options.metrics.map(\.name)
    let columns = ["epoch", "loss", "validation_loss", "lr"] + metrics + metrics.map { "validation_\($0)" }
    let rows = trainer.history.flatMap { record in
      [Double(record.epoch), record.loss, record.validationLoss, record.learningRate] + record.metrics
        + record.validationMetrics
    }
    let table = try NDArray(rows, shape: [trainer.history.count, columns.count])
    out.pointee = HandleTable.insert(ArrayBox(table))
    names.pointee = HandleTable.insert(TextBox(columns.joined(separator: "\n")))
  }
}

@_cdecl("apus_trainer_evaluate") @implementation
public func apus_trainer_evaluate(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ x: OpaquePointer?, _ y: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try NDArray(try trainer(handle).evaluate(try dataset(x, y)))))
  }
}

@_cdecl("apus_trainer_predict") @implementation
public func apus_trainer_predict(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ x: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(try trainer(handle).predict(try tensor(x, "x")))
  }
}

@_cdecl("apus_trainer_save") @implementation
public func apus_trainer_save(_ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> apus_status {
  boundary { try trainer(handle).saveCheckpoint(to: try text(path, "path")) }
}

@_cdecl("apus_trainer_load") @implementation
public func apus_trainer_load(_ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> apus_status {
  boundary { try trainer(handle).loadCheckpoint(from: try text(path, "path")) }
}

@_cdecl("apus_trainer_free") @implementation
public func apus_trainer_free(_ trainer: OpaquePointer?) { HandleTable.remove(trainer, Trainer.self) }
