import Apus
import ApusModels
import ApusNumerics
import CApus
import Glibc

/// What each thread remembers between calls: the last error, the last warnings, the last string handed out.
final class ThreadState {
  private(set) var message: UnsafeMutablePointer<CChar>?
  private(set) var warnings: [(kind: Int32, text: UnsafeMutablePointer<CChar>)] = []
  private var string: UnsafeMutablePointer<CChar>?

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { Unmanaged<ThreadState>.fromOpaque($0!).release() }
    return key
  }()

  static var current: ThreadState {
    if let address = pthread_getspecific(key) {
      return Unmanaged<ThreadState>.fromOpaque(address).takeUnretainedValue()
    }
    let state = ThreadState()
    pthread_setspecific(key, Unmanaged.passRetained(state).toOpaque())
    return state
  }

  /// Keeps `text`, which may quote anything, as the one line that a message is.
  func setMessage(_ text: String) {
    free(message)
    message = strdup(MessageText.line(text))
  }

  func setWarnings(_ list: [Warning]) {
    clearWarnings()
    for warning in list {
      if let text = strdup(MessageText.line(warning.message)) { warnings.append((warning.kind.rawValue, text)) }
    }
  }

  /// Keeps `text` until the next call of this function on this thread.
  func keep(_ text: String) -> UnsafePointer<CChar>? {
    free(string)
    string = strdup(text)
    return UnsafePointer(string)
  }

  private func clearWarnings() {
    for warning in warnings { free(warning.text) }
    warnings.removeAll()
  }

  deinit {
    free(message)
    free(string)
    clearWarnings()
  }
}

/// An error that exists only at the C boundary.
enum BoundaryError: Error {
  /// A required pointer is NULL.
  case null(String)
  /// An enumeration value or structure size that is unknown.
  case unknownValue(String)
}

/// Every entry point runs its body in here: thrown errors become a status and a message, and nothing escapes.
@inline(__always)
func boundary(_ body: () throws -> Void) -> apus_status {
  do {
    try body()
    return APUS_OK
  } catch {
    return report(error)
  }
}

/// As ``boundary(_:)`` for calls that compute: the warnings of the context become the thread's warnings. `cancel` is the
/// handle of a token or NULL, `argument` its name in messages.
func computing(
  cancel: OpaquePointer? = nil, argument: String = "cancel", progress: ProgressTarget? = nil,
  _ body: (FitContext) throws -> Void
) -> apus_status {
  var warnings: [Warning] = []
  let status = boundary {
    let token = try cancel.map { try HandleTable.object($0, CancelToken.self, argument: argument) }
    var report: FitContext.Progress?
    if let progress { report = { stage, fraction in try progress.report(stage, fraction) } }
    let context = FitContext(cancel: token, progress: report)
    defer { warnings = context.warnings }
    try body(context)
  }
  ThreadState.current.setWarnings(warnings)
  return status
}

private func report(_ error: any Error) -> apus_status {
  switch error {
  case let error as ApusError:
    ThreadState.current.setMessage(error.description)
    return status(of: error)
  case BoundaryError.null(let argument):
    ThreadState.current.setMessage("\(argument): is NULL, a valid pointer is required")
    return APUS_ERROR_NULL
  case BoundaryError.unknownValue(let message):
    ThreadState.current.setMessage(message)
    return APUS_ERROR_ENUM
  default:
    ThreadState.current.setMessage("internal error: \(error)")
    return APUS_ERROR_INTERNAL
  }
}

private func status(of error: ApusError) -> apus_status {
  switch error {
  case .invalidArgument: return APUS_ERROR_ARGUMENT
  case .shapeMismatch: return APUS_ERROR_SHAPE
  case .unsupportedType: return APUS_ERROR_TYPE
  case .nonFiniteValue: return APUS_ERROR_NOT_FINITE
  case .notFitted: return APUS_ERROR_NOT_FITTED
  case .invalidHandle: return APUS_ERROR_HANDLE
  case .outOfMemory: return APUS_ERROR_MEMORY
  case .sizeOverflow: return APUS_ERROR_OVERFLOW
  case .cancelled: return APUS_CANCELLED
  case .callbackFailed: return APUS_ERROR_CALLBACK
  case .inputOutput: return APUS_ERROR_IO
  case .malformedFile: return APUS_ERROR_FORMAT
  case .unsupportedVersion: return APUS_ERROR_VERSION
  case .unsupported: return APUS_ERROR_UNSUPPORTED
  case .busy: return APUS_ERROR_BUSY
  case .numericalFailure: return APUS_ERROR_NUMERIC
  case .internalError: return APUS_ERROR_INTERNAL
  }
}

/// The out-parameter `pointer`, set to NULL, or an error when it is NULL itself.
func output(_ pointer: UnsafeMutablePointer<OpaquePointer?>?, _ argument: String = "out") throws
  -> UnsafeMutablePointer<OpaquePointer?>
{
  guard let pointer else { throw BoundaryError.null(argument) }
  pointer.pointee = nil
  return pointer
}

/// Sets out-parameters that were given to NULL, before anything can fail.
func clear(_ pointers: UnsafeMutablePointer<OpaquePointer?>?...) {
  for pointer in pointers { pointer?.pointee = nil }
}

/// The text at `pointer`.
///
/// - Throws: for NULL and for bytes that are not UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ argument: String) throws -> String {
  guard let pointer else { throw BoundaryError.null(argument) }
  guard let text = String(validatingCString: pointer) else {
    throw ApusError.invalidArgument(name: argument, reason: "is not valid UTF-8")
  }
  return text
}
