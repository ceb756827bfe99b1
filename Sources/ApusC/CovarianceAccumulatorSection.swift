import ApusNumerics
import ApusStatistics
import CApus

/// An accumulator behind a handle; calls on one accumulator wait for each other.
private final class AccumulatorBox: HandleObject {
  static var handleType: HandleType { .covarianceAccumulator }
  private let state: Lock<CovarianceAccumulator>

  init(_ accumulator: CovarianceAccumulator) { state = Lock(accumulator) }

  var content: CovarianceAccumulator { state.withLock { $0 } }

  /// Stores what `body` makes of a copy, unless it throws.
  func change(_ body: (inout CovarianceAccumulator) throws(ApusError) -> Void) throws(ApusError) {
    let result = state.withLock { accumulator -> Result<Void, ApusError> in
      do throws(ApusError) {
        var copy = accumulator
        try body(&copy)
        accumulator = copy
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

private func accumulator(_ handle: OpaquePointer?, _ argument: String = "accumulator") throws -> AccumulatorBox {
  try HandleTable.object(handle, AccumulatorBox.self, argument: argument)
}

@_cdecl("apus_covariance_accumulator_create") @implementation
public func apus_covariance_accumulator_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ variables: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(AccumulatorBox(try CovarianceAccumulator(variables: Int(variables))))
  }
}

@_cdecl("apus_covariance_accumulator_restore") @implementation
public func apus_covariance_accumulator_restore(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ state: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(AccumulatorBox(try CovarianceAccumulator(state: try required(state, "state"))))
  }
}

@_cdecl("apus_covariance_accumulator_free") @implementation
public func apus_covariance_accumulator_free(_ accumulator: OpaquePointer?) {
  HandleTable.remove(accumulator, AccumulatorBox.self)
}

@_cdecl("apus_covariance_accumulator_update") @implementation
public func apus_covariance_accumulator_update(
  _ handle: OpaquePointer?, _ x: UnsafePointer<apus_view>?
) -> apus_status {
  boundary {
    let rows = try required(x, "x")
    try accumulator(handle).change { copy throws(ApusError) in try copy.update(rows) }
  }
}

@_cdecl("apus_covariance_accumulator_merge") @implementation
public func apus_covariance_accumulator_merge(_ handle: OpaquePointer?, _ other: OpaquePointer?) -> apus_status {
  boundary {
    let added = try accumulator(other, "other").content
    try accumulator(handle).change { copy throws(ApusError) in try copy.merge(added) }
  }
}

@_cdecl("apus_covariance_accumulator_size") @implementation
public func apus_covariance_accumulator_size(
  _ variables: UnsafeMutablePointer<Int64>?, _ rows: UnsafeMutablePointer<Int64>?, _ handle: OpaquePointer?
) -> apus_status {
  boundary {
    variables?.pointee = 0
    rows?.pointee = 0
    let content = try accumulator(handle).content
    variables?.pointee = Int64(content.variables)
    rows?.pointee = Int64(content.count)
  }
}

@_cdecl("apus_covariance_accumulator_mean") @implementation
public func apus_covariance_accumulator_mean(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try accumulator(handle).content.mean()))
  }
}

@_cdecl("apus_covariance_accumulator_covariance") @implementation
public func apus_covariance_accumulator_covariance(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ ddof: Double
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try accumulator(handle).content.covariance(ddof: ddof)))
  }
}

@_cdecl("apus_covariance_accumulator_state") @implementation
public func apus_covariance_accumulator_state(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(ArrayBox(try accumulator(handle).content.state()))
  }
}
