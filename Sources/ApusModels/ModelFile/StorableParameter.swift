import ApusNumerics

extension Parameter {
  /// `value` in the form it is stored in, if a file may hold it: as ``validated(_:)``, except that NaN, which no range
  /// contains, passes wherever a double does. The check is the same for saving and loading, so that what was saved can be
  /// loaded.
  func storable(_ value: ParameterValue) throws(ApusError) -> ParameterValue {
    if case .double(let number) = value, number.isNaN, types.contains(.double) { return value }
    return try validated(value)
  }
}
