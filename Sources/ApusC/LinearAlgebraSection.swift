import ApusNumerics
import CApus

private func handle(_ array: NDArray) -> OpaquePointer? { HandleTable.insert(ArrayBox(array)) }

private func tolerance(_ rcond: Double) -> Double? { rcond >= 0 ? rcond : nil }

/// An out-parameter for a number, set to zero, or an error when it is NULL.
private func number<Value: ExpressibleByIntegerLiteral>(
  _ pointer: UnsafeMutablePointer<Value>?, _ argument: String = "out"
)
  throws -> UnsafeMutablePointer<Value>
{
  guard let pointer else { throw BoundaryError.null(argument) }
  pointer.pointee = 0
  return pointer
}

@_cdecl("apus_linalg_matmul") @implementation
public func apus_linalg_matmul(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ b: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = handle(try LinearAlgebra.matmul(try required(a, "a"), try required(b, "b")))
  }
}

@_cdecl("apus_linalg_cholesky") @implementation
public func apus_linalg_cholesky(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    out.pointee = handle(try LinearAlgebra.cholesky(try required(a, "a")).lower)
  }
}

@_cdecl("apus_linalg_qr") @implementation
public func apus_linalg_qr(
  _ q: UnsafeMutablePointer<OpaquePointer?>?, _ r: UnsafeMutablePointer<OpaquePointer?>?,
  _ permutation: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    clear(q, r, permutation)
    let (q, r) = (try output(q, "q"), try output(r, "r"))
    let result = try LinearAlgebra.qr(try required(a, "a"), pivoting: permutation != nil)
    q.pointee = handle(result.q)
    r.pointee = handle(result.r)
    if let order = result.permutation { permutation?.pointee = handle(order) }
  }
}

@_cdecl("apus_linalg_svd") @implementation
public func apus_linalg_svd(
  _ u: UnsafeMutablePointer<OpaquePointer?>?, _ s: UnsafeMutablePointer<OpaquePointer?>?,
  _ vt: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ full: Int32
) -> apus_status {
  boundary {
    clear(u, s, vt)
    let s = try output(s, "s")
    let a = try required(a, "a")
    if u == nil && vt == nil {
      s.pointee = handle(try LinearAlgebra.singularValues(a))
      return
    }
    let result = try LinearAlgebra.svd(a, full: full != 0)
    s.pointee = handle(result.singularValues)
    u?.pointee = handle(result.u)
    vt?.pointee = handle(result.vTransposed)
  }
}

@_cdecl("apus_linalg_eigh") @implementation
public func apus_linalg_eigh(
  _ values: UnsafeMutablePointer<OpaquePointer?>?, _ vectors: UnsafeMutablePointer<OpaquePointer?>?,
  _ a: UnsafePointer<apus_view>?, _ largest: Int64
) -> apus_status {
  boundary {
    clear(values, vectors)
    let values = try output(values, "values")
    guard largest >= 0 else { throw ApusError.invalidArgument(name: "largest", reason: "\(largest) is negative") }
    let a = try required(a, "a")
    let count = largest == 0 ? nil : Int(largest)
    guard let vectors else {
      values.pointee = handle(try LinearAlgebra.eigvalsh(a, largest: count))
      return
    }
    let result = try LinearAlgebra.eigh(a, largest: count)
    values.pointee = handle(result.values)
    vectors.pointee = handle(result.vectors)
  }
}

@_cdecl("apus_linalg_solve") @implementation
public func apus_linalg_solve(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ b: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = handle(try LinearAlgebra.solve(try required(a, "a"), try required(b, "b")))
  }
}

@_cdecl("apus_linalg_lstsq") @implementation
public func apus_linalg_lstsq(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ rank: UnsafeMutablePointer<Int64>?,
  _ singular_values: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?,
  _ b: UnsafePointer<apus_view>?, _ rcond: Double
) -> apus_status {
  boundary {
    clear(out, singular_values)
    rank?.pointee = 0
    let out = try output(out)
    let result = try LinearAlgebra.leastSquares(
      try required(a, "a"), try required(b, "b"), relativeTolerance: tolerance(rcond))
    out.pointee = handle(result.x)
    rank?.pointee = Int64(result.rank)
    singular_values?.pointee = handle(result.singularValues)
  }
}

@_cdecl("apus_linalg_pinv") @implementation
public func apus_linalg_pinv(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ a: UnsafePointer<apus_view>?, _ rcond: Double
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = handle(
      try LinearAlgebra.pseudoInverse(try required(a, "a"), relativeTolerance: tolerance(rcond)))
  }
}

@_cdecl("apus_linalg_rank") @implementation
public func apus_linalg_rank(_ out: UnsafeMutablePointer<Int64>?, _ a: UnsafePointer<apus_view>?, _ rcond: Double)
  -> apus_status
{
  boundary {
    let out = try number(out)
    out.pointee = Int64(try LinearAlgebra.rank(try required(a, "a"), relativeTolerance: tolerance(rcond)))
  }
}

@_cdecl("apus_linalg_cond") @implementation
public func apus_linalg_cond(_ out: UnsafeMutablePointer<Double>?, _ a: UnsafePointer<apus_view>?) -> apus_status {
  boundary {
    let out = try number(out)
    out.pointee = try LinearAlgebra.condition(try required(a, "a"))
  }
}

@_cdecl("apus_linalg_det") @implementation
public func apus_linalg_det(_ out: UnsafeMutablePointer<Double>?, _ a: UnsafePointer<apus_view>?) -> apus_status {
  boundary {
    let out = try number(out)
    out.pointee = try LinearAlgebra.determinant(try required(a, "a"))
  }
}

@_cdecl("apus_linalg_slogdet") @implementation
public func apus_linalg_slogdet(
  _ sign: UnsafeMutablePointer<Double>?, _ logarithm: UnsafeMutablePointer<Double>?, _ a: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    logarithm?.pointee = 0
    let (sign, logarithm) = (try number(sign, "sign"), try number(logarithm, "logarithm"))
    (sign.pointee, logarithm.pointee) = try LinearAlgebra.signAndLogDeterminant(try required(a, "a"))
  }
}
