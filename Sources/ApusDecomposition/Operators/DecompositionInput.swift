import ApusNumerics

/// What the functions of this room take.
enum DecompositionInput {
  /// A float32 or float64 matrix, aligned, with at least one element, or an error that names it.
  static func matrix(_ array: NDArray, name: String) throws(ApusError) -> NDArray {
    guard array.rank == 2 else {
      throw .shapeMismatch(name: name, reason: "has \(array.rank) dimensions, needs 2")
    }
    guard !array.isEmpty else { throw .shapeMismatch(name: name, reason: "has shape \(array.shape), needs elements") }
    try BLAS.checkExtents(array.shape, name: name)
    let numbers = array.dtype.isFloatingPoint ? array : try array.converted(to: .float64, name: name)
    return numbers.isAligned ? numbers : try numbers.copied()
  }
}
