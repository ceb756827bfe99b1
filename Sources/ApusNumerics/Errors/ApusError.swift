/// Every error the library throws, with the values that describe it.
///
/// Messages follow one grammar: the argument, what it got, what is allowed
/// (`n_components: 70 exceeds min(n_samples, n_features) = 64`). Each case maps to exactly one `apus_status` of the C
/// interface and to one exception type in Python.
public enum ApusError: Error, Equatable, Sendable {
  /// An argument outside its permitted values (`ValueError` in Python).
  case invalidArgument(name: String, reason: String)
  /// A shape or length that does not fit (`ValueError`).
  case shapeMismatch(name: String, reason: String)
  /// An element type the operation does not take (`TypeError`).
  case unsupportedType(name: String, reason: String)
  /// NaN or infinity where finite numbers are needed (`ValueError`).
  case nonFiniteValue(name: String, reason: String)
  /// The model has not been fitted (`NotFittedError`).
  case notFitted(kind: String)
  /// A stale, freed, null or wrongly typed handle (`ValueError`).
  case invalidHandle(reason: String)
  /// The allocator could not supply, or was not allowed to supply, this many bytes (`MemoryError`).
  case outOfMemory(bytes: Int)
  /// A size that does not fit in memory addresses (`OverflowError`, a `ValueError` in Python).
  case sizeOverflow(reason: String)
  /// A cancel token was tripped (`KeyboardInterrupt` or `CancelledError`).
  case cancelled
  /// A callback supplied by the caller failed.
  case callbackFailed(reason: String)
  /// A file or stream could not be read or written (`OSError`).
  case inputOutput(path: String, reason: String)
  /// A file whose content is not what its format demands (`ValueError`).
  case malformedFile(reason: String)
  /// A file written by a newer version of the library (`ValueError`).
  case unsupportedVersion(reason: String)
  /// Nothing here does what was asked (`NotImplementedError`).
  case unsupported(reason: String)
  /// Another call is changing the same object (`RuntimeError`).
  case busy(reason: String)
  /// A computation that could not be completed numerically (`ArithmeticError`).
  case numericalFailure(reason: String)
  /// A defect of the library itself (`RuntimeError`).
  case internalError(reason: String)
}

extension ApusError: CustomStringConvertible {
  /// One line in the grammar described above.
  public var description: String {
    switch self {
    case .invalidArgument(let name, let reason), .shapeMismatch(let name, let reason),
      .unsupportedType(let name, let reason), .nonFiniteValue(let name, let reason):
      return "\(name): \(reason)"
    case .notFitted(let kind):
      return "this \(kind) instance is not fitted yet; call fit first"
    case .outOfMemory(let bytes):
      return "memory: could not allocate \(bytes) bytes"
    case .cancelled:
      return "the call was cancelled"
    case .inputOutput(let path, let reason):
      return "\(path): \(reason)"
    case .invalidHandle(let reason), .sizeOverflow(let reason), .callbackFailed(let reason),
      .malformedFile(let reason), .unsupportedVersion(let reason), .unsupported(let reason), .busy(let reason),
      .numericalFailure(let reason), .internalError(let reason):
      return reason
    }
  }
}
