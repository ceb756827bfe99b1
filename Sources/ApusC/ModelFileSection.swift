import Apus
import ApusModels
import ApusNumerics
import CApus

extension EstimatorBox {
  /// What model files hold of this estimator.
  fileprivate func saved() throws -> SavedModel {
    let content = content
    return SavedModel(estimator: content.estimator, state: try content.model?.state(), notes: content.notes)
  }

  fileprivate convenience init(_ saved: SavedModel) throws {
    self.init(saved.estimator, model: try saved.state.map { try saved.estimator.restore($0) }, notes: saved.notes)
  }
}

@_cdecl("apus_estimator_save") @implementation
public func apus_estimator_save(_ estimator: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> apus_status {
  boundary { try ModelFile.save(try box(estimator).saved(), to: try text(path, "path")) }
}

@_cdecl("apus_estimator_load") @implementation
public func apus_estimator_load(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    Apus.registerEstimators()
    out.pointee = HandleTable.insert(try EstimatorBox(try ModelFile.load(path: try text(path, "path"))))
  }
}

@_cdecl("apus_estimator_serialize") @implementation
public func apus_estimator_serialize(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try ModelFile.encode(try box(estimator).saved())))
  }
}

@_cdecl("apus_estimator_deserialize") @implementation
public func apus_estimator_deserialize(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ bytes: UnsafeRawPointer?, _ count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    guard let bytes else { throw BoundaryError.null("bytes") }
    guard count >= 0 else { throw ApusError.invalidArgument(name: "count", reason: "\(count) is negative") }
    Apus.registerEstimators()
    let buffer = UnsafeRawBufferPointer(start: bytes, count: Int(count))
    out.pointee = HandleTable.insert(try EstimatorBox(try ModelFile.decode(buffer)))
  }
}

@_cdecl("apus_estimator_import") @implementation
public func apus_estimator_import(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ format: UnsafePointer<CChar>?, _ bytes: UnsafeRawPointer?,
  _ count: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let format = try text(format, "format")
    guard let bytes else { throw BoundaryError.null("bytes") }
    guard count >= 0 else { throw ApusError.invalidArgument(name: "count", reason: "\(count) is negative") }
    let (estimator, model) = try ModelImport.load(
      format: format, bytes: UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    out.pointee = HandleTable.insert(EstimatorBox(estimator, model: model))
  }
}

@_cdecl("apus_estimator_export") @implementation
public func apus_estimator_export(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ format: UnsafePointer<CChar>?
) -> apus_status {
  boundary {
    let out = try output(out)
    let content = try box(estimator).content
    out.pointee = HandleTable.insert(ArrayBox(try content.fitted().exported(try text(format, "format"))))
  }
}
