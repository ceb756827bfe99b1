import ApusNumerics
import CApus
import Glibc

/// A text with the NUL-terminated characters C programs read.
final class TextBox: HandleObject, @unchecked Sendable {
  static var handleType: HandleType { .text }
  let characters: UnsafeMutablePointer<CChar>?

  init(_ text: String) { characters = strdup(text) }
  deinit { free(characters) }
}

@_cdecl("apus_array_create") @implementation
public func apus_array_create(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ source: UnsafePointer<apus_view>?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try required(source, "source").copied()))
  }
}

@_cdecl("apus_array_view") @implementation
public func apus_array_view(_ out: UnsafeMutablePointer<apus_view>?, _ array: OpaquePointer?) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = apus_view()
    out.pointee = try HandleTable.object(array, ArrayBox.self, argument: "array").view
  }
}

@_cdecl("apus_array_free") @implementation
public func apus_array_free(_ array: OpaquePointer?) { HandleTable.remove(array, ArrayBox.self) }

@_cdecl("apus_text_data") @implementation
public func apus_text_data(_ text: OpaquePointer?) -> UnsafePointer<CChar>? {
  (try? HandleTable.object(text, TextBox.self, argument: "text"))?.characters.map { UnsafePointer($0) }
}

@_cdecl("apus_text_free") @implementation
public func apus_text_free(_ text: OpaquePointer?) { HandleTable.remove(text, TextBox.self) }
