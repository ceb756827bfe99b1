import ApusNumerics

/// The types of handles. The numbers are part of every handle, so a handle of one type is recognised as wrong for another.
enum HandleType: UInt8 {
  case array = 1
  case text = 2
  case cancel = 3
  case estimator = 4
  case tensor = 5
  case module = 6
  case optimizer = 7
  case covarianceAccumulator = 8
  case schedule = 20
  case trainer = 21
  case sampler = 22
  case loader = 23

  var name: String {
    switch self {
    case .array: return "apus_array"
    case .text: return "apus_text"
    case .cancel: return "apus_cancel"
    case .estimator: return "apus_estimator"
    case .tensor: return "apus_tensor"
    case .module: return "apus_module"
    case .optimizer: return "apus_optimizer"
    case .covarianceAccumulator: return "apus_covariance_accumulator"
    case .schedule: return "apus_schedule"
    case .trainer: return "apus_trainer"
    case .sampler: return "apus_sampler"
    case .loader: return "apus_loader"
    }
  }
}

/// An object that C programs hold by handle.
protocol HandleObject: AnyObject, Sendable {
  static var handleType: HandleType { get }
}

/// The objects behind all handles.
///
/// A handle is not an address. Its bits are type (8), generation (24) and slot + 1 (32); a slot's generation changes when
/// its object is freed, so stale handles, double frees and random numbers are recognised. A call in flight holds its object
/// strongly: freeing it meanwhile is safe.
enum HandleTable {
  private struct Slot {
    var object: (any HandleObject)?
    var generation: UInt32 = 1
  }

  private struct Table {
    var slots: [Slot] = []
    var free: [Int] = []
  }

  private static let table = Lock(Table())
  private static let generationMask: UInt32 = 0xFF_FFFF

  /// A new handle for `object`, which the table now retains.
  static func insert(_ object: some HandleObject) -> OpaquePointer? {
    let (slot, generation) = table.withLock { table in
      let slot: Int
      if let reused = table.free.popLast() {
        slot = reused
      } else {
        slot = table.slots.count
        table.slots.append(Slot())
      }
      table.slots[slot].object = object
      return (slot, table.slots[slot].generation)
    }
    let bits = UInt64(type(of: object).handleType.rawValue) << 56 | UInt64(generation) << 32 | UInt64(slot + 1)
    return OpaquePointer(bitPattern: UInt(bits))
  }

  /// The object behind `handle`, retained for the caller.
  ///
  /// - Throws: ``ApusError/invalidHandle(reason:)`` naming the argument and what is wrong.
  static func object<Object: HandleObject>(
    _ handle: OpaquePointer?, _ type: Object.Type, argument: @autoclosure () -> String
  ) throws(ApusError) -> Object {
    guard let handle else {
      throw .invalidHandle(reason: "\(argument()): is NULL, expected an \(Object.handleType.name)")
    }
    let bits = UInt64(UInt(bitPattern: handle))
    let found = UInt8(truncatingIfNeeded: bits >> 56)
    guard found == Object.handleType.rawValue else {
      let got = HandleType(rawValue: found).map { "an \($0.name)" } ?? "no handle of this library"
      throw .invalidHandle(reason: "\(argument()): is \(got), expected an \(Object.handleType.name)")
    }
    let object = table.withLock { table -> (any HandleObject)? in
      let slot = Int(UInt32(truncatingIfNeeded: bits)) - 1
      guard table.slots.indices.contains(slot),
        table.slots[slot].generation == UInt32(truncatingIfNeeded: bits >> 32) & generationMask
      else { return nil }
      return table.slots[slot].object
    }
    guard let object = object as? Object else {
      throw .invalidHandle(reason: "\(argument()): this \(Object.handleType.name) was freed or never existed")
    }
    return object
  }

  /// Ends the handle; the object goes when the last call that uses it returns. NULL and wrong handles do nothing.
  static func remove<Object: HandleObject>(_ handle: OpaquePointer?, _ type: Object.Type) {
    guard let handle else { return }
    let bits = UInt64(UInt(bitPattern: handle))
    guard UInt8(truncatingIfNeeded: bits >> 56) == Object.handleType.rawValue else { return }
    let removed = table.withLock { table -> (any HandleObject)? in
      let slot = Int(UInt32(truncatingIfNeeded: bits)) - 1
      guard table.slots.indices.contains(slot),
        table.slots[slot].generation == UInt32(truncatingIfNeeded: bits >> 32) & generationMask,
        let object = table.slots[slot].object
      else { return nil }
      table.slots[slot].object = nil
      table.slots[slot].generation = Swift.max((table.slots[slot].generation &+ 1) & generationMask, 1)
      table.free.append(slot)
      return object
    }
    // Kept until the lock is open again: a deinit may be slow, and may call back and free other handles.
    withExtendedLifetime(removed) {}
  }
}
