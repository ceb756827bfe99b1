import ApusModels
import ApusNumerics
import CApus

/// A progress callback with its context, called on the thread of the call only.
struct ProgressTarget: @unchecked Sendable {
  let callback:
    @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, Double, UnsafeMutablePointer<Int32>?) -> Void
  let context: UnsafeMutableRawPointer?

  func report(_ stage: String, _ fraction: Double) throws {
    var status = Int32(APUS_ERROR_CALLBACK.rawValue)
    stage.withCString { callback(context, $0, fraction, &status) }
    if status == Int32(APUS_OK.rawValue) { return }
    if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
    throw ApusError.callbackFailed(reason: "progress: the callback reported status \(status) in stage '\(stage)'")
  }
}

/// A user's loss with its context, called on the thread of the call only.
private struct ObjectiveTarget: @unchecked Sendable {
  let callback:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<Double>?, UnsafePointer<Double>?, UnsafeMutablePointer<Float>?,
      UnsafeMutablePointer<Float>?, Int64, Int64, UnsafeMutablePointer<Int32>?
    ) -> Void
  let context: UnsafeMutableRawPointer?

  func fill(_ call: TrainingObjective.Call) throws {
    var status = Int32(APUS_ERROR_CALLBACK.rawValue)
    callback(
      context, call.y, call.raw, call.gradients, call.hessians, Int64(call.rows), Int64(call.outputs), &status)
    if status == Int32(APUS_OK.rawValue) { return }
    if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
    throw ApusError.callbackFailed(reason: "objective: the callback reported status \(status)")
  }
}

/// The options a caller gave, in this version's layout: what a smaller structure of an earlier version lacks is absent, and
/// a larger one must be zero where this version ends.
private func options(_ pointer: UnsafePointer<apus_fit_options>?) throws -> apus_fit_options {
  var result = apus_fit_options()
  guard let pointer else { return result }
  let known = MemoryLayout<apus_fit_options>.size
  let size = UnsafeRawPointer(pointer).load(as: Int.self)
  let first = MemoryLayout<apus_fit_options>.offset(of: \.validation_group) ?? known
  guard (first...65536).contains(size) else {
    throw BoundaryError.unknownValue("options: struct_size \(size) is unknown, this version has \(known)")
  }
  for offset in known..<Swift.max(size, known)
  where UnsafeRawPointer(pointer).load(fromByteOffset: offset, as: UInt8.self) != 0 {
    throw BoundaryError.unknownValue("options: byte \(offset) is set, which only a newer version understands")
  }
  withUnsafeMutableBytes(of: &result) {
    $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Swift.min(size, known)))
  }
  return result
}

/// What the two kinds of features have in common for the four fitting calls.
private func fit(
  _ estimator: OpaquePointer?, _ features: () throws -> FeatureMatrix, _ y: UnsafePointer<apus_view>?,
  _ optionsPointer: UnsafePointer<apus_fit_options>?, isPartial: Bool
) -> apus_status {
  var given = apus_fit_options()
  let status = boundary { given = try options(optionsPointer) }
  guard status == APUS_OK else { return status }
  let progress = given.progress.map { ProgressTarget(callback: $0, context: given.progress_context) }
  return computing(cancel: given.cancel, argument: "options.cancel", progress: progress) { context in
    let box = try box(estimator)
    var data = TrainingData(try features(), try borrowed(y, "y"))
    data.sampleWeight = try borrowed(given.sample_weight, "sample_weight")
    data.extras["group"] = try borrowed(given.group, "group")
    data.extras["validation_x"] = try borrowed(given.validation_x, "validation_x")
    data.extras["validation_y"] = try borrowed(given.validation_y, "validation_y")
    data.extras["validation_sample_weight"] = try borrowed(given.validation_sample_weight, "validation_sample_weight")
    data.extras["validation_group"] = try borrowed(given.validation_group, "validation_group")
    if let callback = given.objective {
      let objective = ObjectiveTarget(callback: callback, context: given.objective_context)
      data.objective = TrainingObjective { try objective.fill($0) }
    }
    data.extras["initial_score"] = try borrowed(given.initial_score, "initial_score")
    data.extras["groups"] = try borrowed(given.groups, "groups")
    data.extras["sigma"] = try borrowed(given.sigma, "sigma")
    data.extras["offset"] = try borrowed(given.offset, "offset")
    data.extras["exposure"] = try borrowed(given.exposure, "exposure")
    try box.change { content in
      if context.isCancelled { throw ApusError.cancelled }
      var content = content
      content.model = try fitted(content, data, context, isPartial: isPartial)
      return content
    }
  }
}

private func fitted(
  _ content: EstimatorBox.Content, _ data: TrainingData, _ context: FitContext, isPartial: Bool
) throws -> any FittedModel {
  if isPartial { return try content.estimator.partialFit(data, continuing: content.model, context: context) }
  if let previous = content.model, case .bool(true)? = try? content.estimator.parameter("warm_start") {
    return try content.estimator.refit(data, previous: previous, context: context)
  }
  return try content.estimator.fit(data, context: context)
}

@_cdecl("apus_estimator_fit") @implementation
public func apus_estimator_fit(
  _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?, _ y: UnsafePointer<apus_view>?,
  _ options: UnsafePointer<apus_fit_options>?
) -> apus_status {
  fit(estimator, { .dense(try required(x, "X")) }, y, options, isPartial: false)
}

@_cdecl("apus_estimator_fit_csr") @implementation
public func apus_estimator_fit_csr(
  _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_csr>?, _ y: UnsafePointer<apus_view>?,
  _ options: UnsafePointer<apus_fit_options>?
) -> apus_status {
  fit(estimator, { try sparse(x, "X") }, y, options, isPartial: false)
}

@_cdecl("apus_estimator_partial_fit") @implementation
public func apus_estimator_partial_fit(
  _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?, _ y: UnsafePointer<apus_view>?,
  _ options: UnsafePointer<apus_fit_options>?
) -> apus_status {
  fit(estimator, { .dense(try required(x, "X")) }, y, options, isPartial: true)
}

@_cdecl("apus_estimator_partial_fit_csr") @implementation
public func apus_estimator_partial_fit_csr(
  _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_csr>?, _ y: UnsafePointer<apus_view>?,
  _ options: UnsafePointer<apus_fit_options>?
) -> apus_status {
  fit(estimator, { try sparse(x, "X") }, y, options, isPartial: true)
}

@_cdecl("apus_estimator_merge") @implementation
public func apus_estimator_merge(_ estimator: OpaquePointer?, _ other: OpaquePointer?) -> apus_status {
  boundary {
    let target = try box(estimator)
    let source = try box(other, "other").content
    try target.change { content in
      guard content.schema.kind == source.schema.kind else {
        throw ApusError.invalidArgument(
          name: "other", reason: "is a \(source.schema.kind), expected a \(content.schema.kind)")
      }
      var content = content
      let addition = try source.fitted()
      content.model = try content.model.map { try content.estimator.merge($0, addition) } ?? addition
      return content
    }
  }
}
