/// LAPACK drivers over column-major pointers, with workspaces from our allocator and parallel versions where they matter.
///
/// Inputs are finite and extents have passed ``BLAS/checkExtents(_:name:)``. Functions throw
/// ``ApusError/outOfMemory(bytes:)`` when a workspace cannot be had; the matrices are then undefined.
package enum LAPACK {
  /// The workspace a routine asks for when called with `lwork = -1`.
  ///
  /// - Parameter query: calls the routine with the pointer as `work` and returns its `info`.
  static func workspace<T: LinearAlgebraScalar>(
    _ type: T.Type, _ query: (UnsafeMutablePointer<T>) -> Int
  ) throws(ApusError) -> Buffer<T> {
    var answer: T = 0
    let info = query(&answer)
    try checkArguments(info)
    // A Float holds the size rounded, perhaps down: one unit in the last place more is enough.
    let size = Double(answer.nextUp).rounded(.up)
    guard size <= Double(Int32.max) else {
      throw .sizeOverflow(reason: "workspace: LAPACK needs \(size) elements, its limit is 2^31 - 1")
    }
    return try Buffer<T>(count: Swift.max(Int(size), 1))
  }

  /// A negative `info` names an argument that we got wrong.
  static func checkArguments(_ info: Int) throws(ApusError) {
    if info < 0 { throw .internalError(reason: "LAPACK refused argument \(-info)") }
  }
}
