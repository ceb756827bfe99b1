import Apus
import ApusNumerics
import CApus

@_cdecl("apus_version_string") @implementation
public func apus_version_string() -> UnsafePointer<CChar>? { StaticStrings.pointer(Apus.version) }

@_cdecl("apus_status_name") @implementation
public func apus_status_name(_ status: Int32) -> UnsafePointer<CChar>? {
  let names: [(apus_status, String)] = [
    (APUS_OK, "APUS_OK"), (APUS_ERROR_ARGUMENT, "APUS_ERROR_ARGUMENT"), (APUS_ERROR_NULL, "APUS_ERROR_NULL"),
    (APUS_ERROR_ENUM, "APUS_ERROR_ENUM"), (APUS_ERROR_SHAPE, "APUS_ERROR_SHAPE"), (APUS_ERROR_TYPE, "APUS_ERROR_TYPE"),
    (APUS_ERROR_NOT_FINITE, "APUS_ERROR_NOT_FINITE"), (APUS_ERROR_OVERFLOW, "APUS_ERROR_OVERFLOW"),
    (APUS_ERROR_NOT_FITTED, "APUS_ERROR_NOT_FITTED"), (APUS_ERROR_HANDLE, "APUS_ERROR_HANDLE"),
    (APUS_ERROR_BUSY, "APUS_ERROR_BUSY"), (APUS_ERROR_UNSUPPORTED, "APUS_ERROR_UNSUPPORTED"),
    (APUS_ERROR_MEMORY, "APUS_ERROR_MEMORY"), (APUS_CANCELLED, "APUS_CANCELLED"),
    (APUS_ERROR_CALLBACK, "APUS_ERROR_CALLBACK"), (APUS_ERROR_IO, "APUS_ERROR_IO"),
    (APUS_ERROR_FORMAT, "APUS_ERROR_FORMAT"), (APUS_ERROR_VERSION, "APUS_ERROR_VERSION"),
    (APUS_ERROR_NUMERIC, "APUS_ERROR_NUMERIC"), (APUS_ERROR_INTERNAL, "APUS_ERROR_INTERNAL"),
  ]
  return StaticStrings.pointer(names.first { Int32($0.0.rawValue) == status }?.1 ?? "APUS_STATUS_UNKNOWN")
}

@_cdecl("apus_last_error") @implementation
public func apus_last_error() -> UnsafePointer<CChar>? {
  ThreadState.current.message.map { UnsafePointer($0) } ?? StaticStrings.pointer("")
}

@_cdecl("apus_warning_count") @implementation
public func apus_warning_count() -> Int64 { Int64(ThreadState.current.warnings.count) }

@_cdecl("apus_warning_message") @implementation
public func apus_warning_message(_ index: Int64) -> UnsafePointer<CChar>? {
  let warnings = ThreadState.current.warnings
  guard let index = Int(exactly: index), warnings.indices.contains(index) else { return nil }
  return UnsafePointer(warnings[index].text)
}

@_cdecl("apus_warning_kind_at") @implementation
public func apus_warning_kind_at(_ index: Int64) -> Int32 {
  let warnings = ThreadState.current.warnings
  guard let index = Int(exactly: index), warnings.indices.contains(index) else { return 0 }
  return warnings[index].kind
}

/// A C function and its context, which the header asks to be callable from any thread.
private struct LogTarget: @unchecked Sendable {
  let callback: @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?) -> Void
  let context: UnsafeMutableRawPointer?
}

@_cdecl("apus_log_set_callback") @implementation
public func apus_log_set_callback(_ callback: apus_log_callback?, _ context: UnsafeMutableRawPointer?) -> apus_status {
  guard let callback else {
    Log.setReceiver(nil)
    return APUS_OK
  }
  let target = LogTarget(callback: callback, context: context)
  Log.setReceiver { level, message in message.withCString { target.callback(target.context, level.rawValue, $0) } }
  return APUS_OK
}
