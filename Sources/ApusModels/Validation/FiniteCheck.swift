import ApusNumerics

enum FiniteCheck {
  static func firstNonFinite(in array: NDArray) throws(ApusError) -> (row: Int, column: Int, isNaN: Bool)? {
    let wide = try array.converted(to: .float64)
    let columns = array.rank > 1 ? array.shape[1] : 1
    let pointer = wide.pointer(Double.self)
    for i in 0..<wide.count where !pointer[i].isFinite { return (i / columns, i % columns, pointer[i].isNaN) }
    return nil
  }
}
