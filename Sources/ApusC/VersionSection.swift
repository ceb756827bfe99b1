import Apus
import CApus

@_cdecl("apus_version_string") @implementation public func apus_version_string() -> UnsafePointer<CChar>? {
  StaticStrings.pointer(Apus.version)
}
