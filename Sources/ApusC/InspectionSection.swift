import ApusModels
import ApusNumerics
import CApus

@_cdecl("apus_permutation_importance") @implementation
public func apus_permutation_importance(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ estimator: OpaquePointer?, _ x: UnsafePointer<apus_view>?,
  _ y: UnsafePointer<apus_view>?, _ sample_weight: UnsafePointer<apus_view>?, _ repeats: Int64, _ seed: UInt64,
  _ cancel: OpaquePointer?
) -> apus_status {
  clear(out)
  return computing(cancel: cancel) { context in
    let out = try output(out)
    let model = try box(estimator).content.fitted()
    let found = try PermutationImportance.compute(
      model, .dense(try required(x, "X")), try required(y, "y"),
      sampleWeight: try borrowed(sample_weight, "sample_weight"), repeats: Int(repeats), seed: seed, context: context)
    out.pointee = HandleTable.insert(ArrayBox(found.importances))
  }
}
