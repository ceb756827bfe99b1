/// Parallel level-3 BLAS: the routines of ``LinearAlgebraScalar`` cut into fixed tiles for the ``ThreadPool``.
///
/// Matrices are column-major, as there. Extents may be zero. Results have the same bits for every thread count.
/// Functions that need scratch memory throw ``ApusError/outOfMemory(bytes:)``; the result is then undefined.
package enum BLAS {
  /// Refuses extents or leading dimensions beyond LAPACK's 32-bit integers.
  ///
  /// - Throws: ``ApusError/sizeOverflow(reason:)`` naming the argument.
  package static func checkExtents(_ extents: [Int], name: String) throws(ApusError) {
    for extent in extents where extent > Int(Int32.max) {
      throw .sizeOverflow(reason: "\(name): an extent or stride of \(extent) exceeds 2^31 - 1, the limit of LAPACK")
    }
  }
}
