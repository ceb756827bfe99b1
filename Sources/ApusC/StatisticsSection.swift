import ApusModels
import ApusNumerics
import ApusStatistics
import CApus

/// `count` required views.
private func views(
  _ list: UnsafePointer<UnsafePointer<apus_view>?>?, _ count: Int64, _ argument: String
) throws -> [NDArray] {
  guard (0...65_536).contains(count) else {
    throw ApusError.invalidArgument(name: lengthName(argument), reason: "\(count) is not in 0...65536")
  }
  if count == 0 { return [] }
  guard let list else { throw BoundaryError.null(argument) }
  return try (0..<Int(count)).map { try required(list[$0], "\(argument)[\($0)]") }
}

private func options(
  _ list: UnsafePointer<apus_argument>?, _ count: Int64
) throws -> [String: StatisticsOption] {
  var result: [String: StatisticsOption] = [:]
  for (name, value) in try Values.arguments(list, count) {
    switch value {
    case .none: continue
    case .bool(let flag): result[name] = .flag(flag)
    case .int(let number): result[name] = .integer(number)
    case .double(let number): result[name] = .number(number)
    case .string(let text): result[name] = .text(text)
    case .array, .estimator:
      throw ApusError.unsupportedType(name: name, reason: "must be a number, text or a bool")
    }
  }
  return result
}

@_cdecl("apus_distribution_evaluate") @implementation
public func apus_distribution_evaluate(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ distribution: UnsafePointer<CChar>?,
  _ function: UnsafePointer<CChar>?, _ x: UnsafePointer<apus_view>?,
  _ parameters: UnsafePointer<UnsafePointer<apus_view>?>?, _ parameter_count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let kind = try DistributionKind(name: try text(distribution, "distribution"))
    let name = try text(function, "function")
    guard let function = DistributionFunction(rawValue: name) else {
      let names = DistributionFunction.allCases.map(\.rawValue).joined(separator: ", ")
      throw ApusError.invalidArgument(name: "function", reason: "'\(name)' is unknown, allowed are \(names)")
    }
    let result = try Distribution.evaluate(
      kind, function, try required(x, "x"), parameters: try views(parameters, parameter_count, "parameters"))
    out.pointee = HandleTable.insert(ArrayBox(result))
  }
}

@_cdecl("apus_distribution_summary") @implementation
public func apus_distribution_summary(
  _ out: UnsafeMutablePointer<Double>?, _ distribution: UnsafePointer<CChar>?, _ parameters: UnsafePointer<Double>?,
  _ parameter_count: Int64
) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.update(repeating: 0, count: 8)
    guard (0...16).contains(parameter_count) else {
      throw ApusError.invalidArgument(name: "parameter_count", reason: "\(parameter_count) is not in 0...16")
    }
    if parameter_count > 0 && parameters == nil { throw BoundaryError.null("parameters") }
    let values = (0..<Int(parameter_count)).map { parameters?[$0] ?? 0 }
    let frozen = try Distribution(try text(distribution, "distribution"), values)
    let support = frozen.support
    let numbers = [
      frozen.mean, frozen.variance, frozen.skewness, frozen.kurtosis, frozen.entropy, frozen.median, support.lower,
      support.upper,
    ]
    for (i, number) in numbers.enumerated() { out[i] = number }
  }
}

@_cdecl("apus_distribution_sample") @implementation
public func apus_distribution_sample(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ distribution: UnsafePointer<CChar>?,
  _ parameters: UnsafePointer<UnsafePointer<apus_view>?>?, _ parameter_count: Int64, _ shape: UnsafePointer<Int64>?,
  _ ndim: Int64, _ seed: UInt64
) -> apus_status {
  boundary {
    let out = try output(out)
    let kind = try DistributionKind(name: try text(distribution, "distribution"))
    guard (-1...32).contains(ndim) else {
      throw ApusError.invalidArgument(name: "ndim", reason: "\(ndim) is not in -1...32")
    }
    if ndim > 0 && shape == nil { throw BoundaryError.null("shape") }
    let extents = ndim < 0 ? nil : (0..<Int(ndim)).map { Int(shape?[$0] ?? 0) }
    let result = try Distribution.sample(
      kind, parameters: try views(parameters, parameter_count, "parameters"), shape: extents, seed: seed)
    out.pointee = HandleTable.insert(ArrayBox(result))
  }
}

@_cdecl("apus_distribution_fit") @implementation
public func apus_distribution_fit(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ distribution: UnsafePointer<CChar>?,
  _ data: UnsafePointer<apus_view>?, _ option_list: UnsafePointer<apus_argument>?, _ option_count: Int64
) -> apus_status {
  computing { context in
    let out = try output(out)
    let fit = try StatisticsCatalogue.fit(
      try text(distribution, "distribution"), try required(data, "data"),
      options: try options(option_list, option_count))
    for warning in fit.warnings { context.warn(fit.converged ? .data : .convergence, warning) }
    out.pointee = HandleTable.insert(ArrayBox(try fit.table()))
  }
}

@_cdecl("apus_special_evaluate") @implementation
public func apus_special_evaluate(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ function: UnsafePointer<CChar>?,
  _ arguments: UnsafePointer<UnsafePointer<apus_view>?>?, _ argument_count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let result = try SpecialFunctions.evaluate(
      try text(function, "function"), try views(arguments, argument_count, "arguments"))
    out.pointee = HandleTable.insert(ArrayBox(result))
  }
}

/// Writes a test's result, and its details unless `details` is nil.
private func write(
  _ result: TestResult, _ out: UnsafeMutablePointer<apus_test_result>,
  _ details: UnsafeMutablePointer<OpaquePointer?>?
) {
  let interval = result.confidenceInterval
  out.pointee = apus_test_result(
    statistic: result.statistic, p_value: result.pValue, log_p_value: result.logPValue, df: result.degreesOfFreedom,
    df_denominator: result.denominatorDegreesOfFreedom, effect_size: result.effectSize, estimate: result.estimate,
    confidence_low: interval?.lower ?? .nan, confidence_high: interval?.upper ?? .nan,
    confidence_level: interval?.level ?? .nan)
  guard let details else { return }
  var lines: [String] = []
  if !result.effectName.isEmpty { lines.append("effect \(result.effectName)") }
  if !result.estimateName.isEmpty { lines.append("estimate \(result.estimateName)") }
  lines += result.extras.map { "\($0.name) \($0.value)" }
  details.pointee = HandleTable.insert(TextBox(lines.joined(separator: "\n")))
}

@_cdecl("apus_test_run") @implementation
public func apus_test_run(
  _ out: UnsafeMutablePointer<apus_test_result>?, _ details: UnsafeMutablePointer<OpaquePointer?>?,
  _ test: UnsafePointer<CChar>?, _ samples: UnsafePointer<UnsafePointer<apus_view>?>?, _ sample_count: Int64,
  _ option_list: UnsafePointer<apus_argument>?, _ option_count: Int64
) -> apus_status {
  computing { context in
    clear(details)
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_test_result()
    let result = try TestCatalogue.run(
      try text(test, "test"), try views(samples, sample_count, "samples"),
      options: try options(option_list, option_count))
    for warning in result.warnings { context.warn(.data, warning) }
    write(result, out, details)
  }
}

/// A caller's statistic with its context, which the caller has made fit for the threads it allows.
private struct StatisticTarget: @unchecked Sendable {
  let callback:
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutablePointer<Double>?, UnsafePointer<Double>?, Int64, UnsafePointer<Int64>?,
      Int64, UnsafeMutablePointer<Int32>?
    ) -> Void
  let context: UnsafeMutableRawPointer?

  func evaluate(_ batch: ResampleBatch, _ out: UnsafeMutablePointer<Double>) throws {
    var status = Int32(APUS_ERROR_CALLBACK.rawValue)
    let sizes = batch.sizes.map(Int64.init)
    sizes.withUnsafeBufferPointer {
      callback(context, out, batch.values, Int64(batch.count), $0.baseAddress, Int64($0.count), &status)
    }
    if status == Int32(APUS_OK.rawValue) { return }
    if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
    throw ApusError.callbackFailed(reason: "statistic: the callback reported status \(status)")
  }
}

@_cdecl("apus_test_resample") @implementation
public func apus_test_resample(
  _ out: UnsafeMutablePointer<apus_test_result>?, _ details: UnsafeMutablePointer<OpaquePointer?>?,
  _ test: UnsafePointer<CChar>?, _ samples: UnsafePointer<UnsafePointer<apus_view>?>?, _ sample_count: Int64,
  _ statistic: apus_statistic_callback?, _ callback_context: UnsafeMutableRawPointer?,
  _ option_list: UnsafePointer<apus_argument>?, _ option_count: Int64
) -> apus_status {
  computing { context in
    clear(details)
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_test_result()
    guard let statistic else { throw BoundaryError.null("statistic") }
    let target = StatisticTarget(callback: statistic, context: callback_context)
    let function = ResamplingFunction(isParallel: false, batches: { batch, out in try target.evaluate(batch, out) })
    let result = try TestCatalogue.resample(
      try text(test, "test"), try views(samples, sample_count, "samples"), statistic: function,
      options: try options(option_list, option_count))
    for warning in result.warnings { context.warn(.data, warning) }
    write(result, out, details)
  }
}

@_cdecl("apus_statistics_compute") @implementation
public func apus_statistics_compute(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ name: UnsafePointer<CChar>?,
  _ arrays: UnsafePointer<UnsafePointer<apus_view>?>?, _ array_count: Int64,
  _ option_list: UnsafePointer<apus_argument>?, _ option_count: Int64
) -> apus_status {
  computing { context in
    let out = try output(out)
    let (result, warnings) = try StatisticsCatalogue.run(
      try text(name, "name"), try views(arrays, array_count, "arrays"), options: try options(option_list, option_count))
    for warning in warnings { context.warn(.data, warning) }
    out.pointee = HandleTable.insert(ArrayBox(result))
  }
}
