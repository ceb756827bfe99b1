import ApusNumerics
import Synchronization

/// A switch that any thread may trip to end a long call: within 100 ms the call throws ``ApusError/cancelled`` and what it
/// was changing is as it was.
public final class CancelToken: Sendable {
  private let tripped = Atomic<Bool>(false)

  public init() {}

  public var isTripped: Bool { tripped.load(ordering: .relaxed) }
  public func trip() { tripped.store(true, ordering: .releasing) }
  public func reset() { tripped.store(false, ordering: .releasing) }
}
