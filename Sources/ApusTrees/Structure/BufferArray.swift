import ApusNumerics

extension Buffer where Element: NDElement {
  /// A one-dimensional copy.
  func array() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [count], dtype: Element.dtype)
    result.pointer(Element.self).update(from: pointer, count: count)
    return result
  }
}
