import ApusAutograd
import ApusNN
import ApusNumerics
import CApus

extension LearningRateSchedule: HandleObject {
  static var handleType: HandleType { .schedule }
}

/// The schedule behind a handle.
func schedule(_ handle: OpaquePointer?) throws -> LearningRateSchedule {
  try HandleTable.object(handle, LearningRateSchedule.self, argument: "schedule")
}

@_cdecl("apus_schedule_create") @implementation
public func apus_schedule_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?, _ handle: OpaquePointer?,
  _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(
      try ScheduleKinds.make(
        try text(kind, "kind"), try optimizer(handle), try OptionValues.imported(options, optionCount)))
  }
}

@_cdecl("apus_schedule_step") @implementation
public func apus_schedule_step(_ handle: OpaquePointer?, _ metric: Double) -> apus_status {
  boundary { try schedule(handle).step(metric: metric) }
}

@_cdecl("apus_schedule_free") @implementation
public func apus_schedule_free(_ schedule: OpaquePointer?) { HandleTable.remove(schedule, LearningRateSchedule.self) }

@_cdecl("apus_clip_gradient_norm") @implementation
public func apus_clip_gradient_norm(
  _ out: UnsafeMutablePointer<Double>?, _ parameters: UnsafePointer<OpaquePointer?>?, _ count: Int64,
  _ maximum: Double, _ p: Double
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    out.pointee = try GradientClipping.norm(
      try requiredTensors(parameters, count, "parameters"), maximum: maximum, p: p)
  }
}

@_cdecl("apus_clip_gradient_value") @implementation
public func apus_clip_gradient_value(
  _ parameters: UnsafePointer<OpaquePointer?>?, _ count: Int64, _ maximum: Double
) -> apus_status {
  boundary { try GradientClipping.value(try requiredTensors(parameters, count, "parameters"), maximum: maximum) }
}

@_cdecl("apus_optimizer_step_closure") @implementation
public func apus_optimizer_step_closure(
  _ out: UnsafeMutablePointer<Double>?, _ handle: OpaquePointer?, _ closure: apus_closure_callback?,
  _ context: UnsafeMutableRawPointer?
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    guard let closure else { throw BoundaryError.null("closure") }
    let loss = try optimizer(handle).step {
      var value = 0.0
      var status = Int32(APUS_ERROR_CALLBACK.rawValue)
      closure(context, &value, &status)
      guard status == Int32(APUS_OK.rawValue) else {
        if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
        throw ApusError.callbackFailed(reason: "closure: the callback reported status \(status)")
      }
      return try Tensor.scalar(value, dtype: .float64)
    }
    out.pointee = try loss.item()
  }
}
