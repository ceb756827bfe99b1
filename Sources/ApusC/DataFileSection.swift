import ApusAutograd
import ApusNN
import ApusNumerics
import CApus

@_cdecl("apus_data_read") @implementation
public func apus_data_read(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(try DataFiles.read(try text(path, "path")))
  }
}

@_cdecl("apus_data_read_csv") @implementation
public func apus_data_read_csv(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ names: UnsafeMutablePointer<OpaquePointer?>?,
  _ path: UnsafePointer<CChar>?, _ delimiter: Int32, _ header: Int32
) -> apus_status {
  boundary {
    clear(out, names)
    let out = try output(out)
    guard (-1...1).contains(header) else {
      throw ApusError.invalidArgument(name: "header", reason: "\(header) is not 0, 1 or -1")
    }
    guard let byte = UInt8(exactly: delimiter), byte < 128 else {
      throw ApusError.invalidArgument(name: "delimiter", reason: "\(delimiter) is no ASCII character")
    }
    let table = try DataFiles.csv(
      try text(path, "path"), delimiter: Character(UnicodeScalar(byte)),
      hasHeader: header == -1 ? nil : header == 1)
    names?.pointee = HandleTable.insert(TextBox(table.names.joined(separator: "\n")))
    out.pointee = HandleTable.insert(table.values)
  }
}
