import ApusModels
import ApusNumerics
import CApus

extension CancelToken: HandleObject {
  static var handleType: HandleType { .cancel }
}

@_cdecl("apus_cancel_create") @implementation
public func apus_cancel_create(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> apus_status {
  boundary { try output(out).pointee = HandleTable.insert(CancelToken()) }
}

@_cdecl("apus_cancel_trip") @implementation
public func apus_cancel_trip(_ token: OpaquePointer?) -> apus_status {
  boundary { try HandleTable.object(token, CancelToken.self, argument: "token").trip() }
}

@_cdecl("apus_cancel_reset") @implementation
public func apus_cancel_reset(_ token: OpaquePointer?) -> apus_status {
  boundary { try HandleTable.object(token, CancelToken.self, argument: "token").reset() }
}

@_cdecl("apus_cancel_free") @implementation
public func apus_cancel_free(_ token: OpaquePointer?) { HandleTable.remove(token, CancelToken.self) }
