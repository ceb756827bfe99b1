import ApusDecomposition
import ApusModels
import ApusNumerics
import CApus

private func handle(_ array: NDArray) -> OpaquePointer? { HandleTable.insert(ArrayBox(array)) }

/// Where singular triplets go: `s` is required, the others may be NULL.
private struct TripletOutputs {
  private let u: UnsafeMutablePointer<OpaquePointer?>?
  private let s: UnsafeMutablePointer<OpaquePointer?>
  private let vt: UnsafeMutablePointer<OpaquePointer?>?

  init(
    _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
    _ vt: UnsafeMutablePointer<OpaquePointer?>?
  ) throws {
    clear(u, s, vt)
    self.s = try output(s, "s")
    self.u = u
    self.vt = vt
  }

  func write(_ factors: TruncatedFactors) {
    s.pointee = handle(factors.singularValues)
    u?.pointee = handle(factors.u)
    vt?.pointee = handle(factors.vTransposed)
  }
}

private func checkedTolerance(_ value: Double) throws -> Double {
  guard value >= 0, value.isFinite else {
    throw ApusError.invalidArgument(name: "tol", reason: "\(value) is not in [0, inf)")
  }
  return value
}

@_cdecl("apus_linalg_randomized_svd") @implementation
public func apus_linalg_randomized_svd(
  _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
  _ vt: UnsafeMutablePointer<OpaquePointer?>?, _ error: UnsafeMutablePointer<Double>?, _ a: UnsafePointer<apus_view>?,
  _ count: Int64, _ oversamples: Int64, _ power_iterations: Int64, _ seed: UInt64
) -> apus_status {
  boundary {
    error?.pointee = 0
    let outputs = try TripletOutputs(u, s, vt)
    let result = try LinearAlgebra.randomizedSVD(
      try required(a, "a"), count: Int(count), oversamples: Int(oversamples), powerIterations: Int(power_iterations),
      seed: seed)
    outputs.write(result.factors)
    error?.pointee = result.errorEstimate
  }
}

@_cdecl("apus_linalg_svds") @implementation
public func apus_linalg_svds(
  _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
  _ vt: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ count: Int64, _ tol: Double,
  _ seed: UInt64
) -> apus_status {
  computing { context in
    let outputs = try TripletOutputs(u, s, vt)
    outputs.write(
      try LinearAlgebra.truncatedSVD(
        try required(a, "a"), count: Int(count), tolerance: checkedTolerance(tol), seed: seed, context: context))
  }
}

@_cdecl("apus_linalg_svds_csr") @implementation
public func apus_linalg_svds_csr(
  _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
  _ vt: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_csr>?, _ count: Int64, _ tol: Double,
  _ seed: UInt64
) -> apus_status {
  computing { context in
    let outputs = try TripletOutputs(u, s, vt)
    guard case .sparse(let matrix) = try sparse(a, "a") else {
      throw ApusError.internalError(reason: "a: a sparse matrix became dense")
    }
    outputs.write(
      try LinearAlgebra.truncatedSVD(
        matrix, count: Int(count), tolerance: checkedTolerance(tol), seed: seed, context: context))
  }
}

@_cdecl("apus_linalg_svds_operator") @implementation
public func apus_linalg_svds_operator(
  _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
  _ vt: UnsafeMutablePointer<OpaquePointer?>?, _ rows: Int64, _ columns: Int64, _ product: apus_operator_callback?,
  _ context: UnsafeMutableRawPointer?, _ count: Int64, _ tol: Double, _ seed: UInt64
) -> apus_status {
  computing { fit in
    let outputs = try TripletOutputs(u, s, vt)
    guard let product else { throw BoundaryError.null("product") }
    guard rows >= 1, columns >= 1 else {
      throw ApusError.shapeMismatch(name: "rows", reason: "an operator of \(rows) x \(columns) has no elements")
    }
    _ = try checkedCount([Int(rows), 8], stride: 8)
    _ = try checkedCount([Int(columns), 8], stride: 8)
    func call(_ isAdjoint: Bool, _ vectors: NDArray) throws -> NDArray {
      let block = ArrayBox(try vectors.contiguous())
      let result = ArrayBox(try NDArray(zeros: [Int(isAdjoint ? columns : rows), vectors.shape[1]]))
      var (source, target) = (block.view, result.view)
      var status = Int32(APUS_ERROR_CALLBACK.rawValue)
      product(context, isAdjoint ? 1 : 0, &source, &target, &status)
      withExtendedLifetime(block) {}
      if status == Int32(APUS_CANCELLED.rawValue) { throw ApusError.cancelled }
      guard status == Int32(APUS_OK.rawValue) else {
        throw ApusError.callbackFailed(reason: "product: the callback failed with status \(status)")
      }
      return result.array
    }
    let matrix = ClosureOperator(
      rows: Int(rows), columns: Int(columns), apply: { try call(false, $0) }, applyAdjoint: { try call(true, $0) })
    outputs.write(
      try LinearAlgebra.truncatedSVD(
        of: matrix, count: Int(count), tolerance: checkedTolerance(tol), seed: seed, context: fit))
  }
}

@_cdecl("apus_linalg_low_rank_errors") @implementation
public func apus_linalg_low_rank_errors(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ spectral: Int32
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = handle(try LinearAlgebra.lowRankErrors(try required(a, "a"), spectral: spectral != 0))
  }
}

@_cdecl("apus_linalg_polar") @implementation
public func apus_linalg_polar(
  _ unitary: UnsafeMutablePointer<OpaquePointer?>?, _ positive: UnsafeMutablePointer<OpaquePointer?>?,
  _ a: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    clear(unitary, positive)
    let (unitary, positive) = (try output(unitary, "unitary"), try output(positive, "positive"))
    let result = try LinearAlgebra.polar(try required(a, "a"))
    unitary.pointee = handle(result.unitary)
    positive.pointee = handle(result.positive)
  }
}
