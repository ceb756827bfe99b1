import ApusModels
import ApusNumerics
import CApus

/// Carries out an operation and hands the result to the caller. The closures read their arguments inside the boundary.
private func apply(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ operation: () throws -> Operation,
  _ input: () throws -> FeatureMatrix?, _ arguments: () throws -> [String: ParameterValue] = { [:] }
) -> apus_status {
  computing { context in
    let out = try output(out)
    let content = try box(estimator).content
    out.pointee = HandleTable.insert(
      ArrayBox(try result(of: operation(), content, input(), arguments(), context)))
  }
}

private func result(
  of operation: Operation, _ content: EstimatorBox.Content, _ input: FeatureMatrix?,
  _ arguments: [String: ParameterValue], _ context: FitContext
) throws -> NDArray {
  let schema = content.schema
  guard let declared = schema.operations.first(where: { $0 == operation }) else {
    throw ApusError.unsupported(
      reason: "\(schema.pythonName) has no operation '\(operation.rawValue)'"
        + NearestName.suggestion(for: operation.rawValue, in: schema.operations.map(\.rawValue)))
  }
  let model = try content.fitted()
  for name in arguments.keys.sorted() where !declared.arguments.contains(name) {
    throw ApusError.invalidArgument(
      name: name,
      reason: "is not an argument of \(schema.pythonName)'s \(operation.rawValue)"
        + NearestName.suggestion(for: name, in: declared.arguments))
  }
  return try model.apply(operation, to: input, arguments: arguments, context: context)
}

/// Rows up to which predictions are written where they are wanted.
private let fewRows = 64

@_cdecl("apus_estimator_predict") @implementation
public func apus_estimator_predict(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  apply(out, estimator, { .predict }, { .dense(try required(x, "X")) })
}

@_cdecl("apus_estimator_predict_proba") @implementation
public func apus_estimator_predict_proba(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  apply(out, estimator, { .predictProbabilities }, { .dense(try required(x, "X")) })
}

@_cdecl("apus_estimator_decision_function") @implementation
public func apus_estimator_decision_function(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  apply(out, estimator, { .decisionFunction }, { .dense(try required(x, "X")) })
}

@_cdecl("apus_estimator_transform") @implementation
public func apus_estimator_transform(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  apply(out, estimator, { .transform }, { .dense(try required(x, "X")) })
}

@_cdecl("apus_estimator_inverse_transform") @implementation
public func apus_estimator_inverse_transform(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  apply(out, estimator, { .inverseTransform }, { .dense(try required(x, "X")) })
}

@_cdecl("apus_estimator_predict_into") @implementation
public func apus_estimator_predict_into(
  _ out: UnsafeMutablePointer<apus_view>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  computing { context in
    let content = try box(estimator).content
    let input = try required(x, "X")
    let target = try writable(UnsafePointer(out), "out", apartFrom: input)
    // Few rows cost more in arrays than in predictions; for many, a failure halfway must not leave half of the results.
    if input.rank == 2, input.shape[0] <= fewRows, target.dtype == .float64, target.isContiguous, target.isAligned,
      target.shape == [input.shape[0]], let model = content.model,
      try model.predict(input, into: target.pointer(Double.self))
    {
      return
    }
    try target.assign(from: try result(of: .predict, content, .dense(input), [:], context))
  }
}

@_cdecl("apus_estimator_apply") @implementation
public func apus_estimator_apply(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ operation: UnsafePointer<CChar>?,
  _ x: UnsafePointer<apus_view>?, _ arguments: UnsafePointer<apus_argument>?, _ argument_count: Int64
) -> apus_status {
  apply(
    out, estimator, { Operation(try text(operation, "operation")) }, { try borrowed(x, "X").map { .dense($0) } },
    { try Values.arguments(arguments, argument_count) })
}

@_cdecl("apus_estimator_apply_csr") @implementation
public func apus_estimator_apply_csr(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ operation: UnsafePointer<CChar>?,
  _ x: UnsafePointer<apus_csr>?, _ arguments: UnsafePointer<apus_argument>?, _ argument_count: Int64
) -> apus_status {
  apply(
    out, estimator, { Operation(try text(operation, "operation")) }, { try sparse(x, "X") },
    { try Values.arguments(arguments, argument_count) })
}

@_cdecl("apus_estimator_text") @implementation
public func apus_estimator_text(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ name: UnsafePointer<CChar>?,
  _ arguments: UnsafePointer<apus_argument>?, _ argument_count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let model = try box(estimator).content.fitted()
    let report = try model.text(try text(name, "name"), arguments: try Values.arguments(arguments, argument_count))
    out.pointee = HandleTable.insert(TextBox(report))
  }
}

private func score(
  _ out: UnsafeMutablePointer<Double>?, _ estimator: OpaquePointer?, _ features: () throws -> FeatureMatrix,
  _ y: UnsafePointer<apus_view>?, _ sampleWeight: UnsafePointer<apus_view>?
) -> apus_status {
  computing { context in
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    let model = try box(estimator).content.fitted()
    out.pointee = try model.score(
      try features(), try required(y, "y"), sampleWeight: try borrowed(sampleWeight, "sample_weight"), context: context)
  }
}

@_cdecl("apus_estimator_score") @implementation
public func apus_estimator_score(
  _ out: UnsafeMutablePointer<Double>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?,
  _ y: UnsafePointer<apus_view>?, _ sample_weight: UnsafePointer<apus_view>?
) -> apus_status {
  score(out, estimator, { .dense(try required(x, "X")) }, y, sample_weight)
}

@_cdecl("apus_estimator_score_csr") @implementation
public func apus_estimator_score_csr(
  _ out: UnsafeMutablePointer<Double>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_csr>?,
  _ y: UnsafePointer<apus_view>?, _ sample_weight: UnsafePointer<apus_view>?
) -> apus_status {
  score(out, estimator, { try sparse(x, "X") }, y, sample_weight)
}
