import Glibc
import Synchronization

/// The one place data-sized memory comes from: 64-byte aligned, never trapping, with hooks for tests.
///
/// A request that cannot be met throws ``ApusError/outOfMemory(bytes:)``, which reaches C as `APUS_ERROR_MEMORY` and
/// Python as `MemoryError`.
package enum Allocator {
  /// Alignment of every block: a cache line, and the width of an AVX-512 register.
  package static let alignment = 64

  /// Blocks of at least two huge pages are aligned to them and ask the system to use them.
  private static let hugePage = 2 << 20

  /// Requests still to be granted before one fails; negative: never fail. The test hook.
  private static let countdown = Atomic<Int>(-1)
  /// Upper limit on live bytes; `Int.max` is no limit.
  private static let cap = Atomic<Int>(Int.max)
  private static let live = Atomic<Int>(0)
  private static let liveBlocks = Atomic<Int>(0)
  private static let requests = Atomic<Int>(0)

  /// Makes the allocation after the next `count` ones fail, once. A negative `count` switches the hook off.
  package static func failAfter(_ count: Int) { countdown.store(count, ordering: .sequentiallyConsistent) }

  /// Limits the bytes alive at any time; `nil` lifts the limit.
  package static func limitLiveBytes(to limit: Int?) {
    cap.store(limit ?? Int.max, ordering: .sequentiallyConsistent)
  }

  /// Bytes allocated and not yet freed.
  package static var liveByteCount: Int { live.load(ordering: .relaxed) }
  /// Blocks allocated and not yet freed; tests compare it before and after a call to find leaks.
  package static var liveBlockCount: Int { liveBlocks.load(ordering: .relaxed) }
  /// Requests made since the process started; tests count allocations with it.
  package static var requestCount: Int { requests.load(ordering: .relaxed) }

  /// A block of at least `byteCount` bytes aligned to 64; release it with ``deallocate(_:byteCount:)``.
  package static func allocate(byteCount: Int) throws(ApusError) -> UnsafeMutableRawPointer {
    guard byteCount >= 0 else { throw .sizeOverflow(reason: "memory: \(byteCount) bytes requested") }
    requests.wrappingAdd(1, ordering: .relaxed)
    if countdown.load(ordering: .relaxed) >= 0 {
      let before = countdown.wrappingSubtract(1, ordering: .sequentiallyConsistent).oldValue
      if before == 0 { throw .outOfMemory(bytes: byteCount) }
    }
    let before = live.wrappingAdd(byteCount, ordering: .relaxed).oldValue
    let (total, overflow) = before.addingReportingOverflow(byteCount)
    if overflow || total > cap.load(ordering: .relaxed) {
      live.wrappingSubtract(byteCount, ordering: .relaxed)
      throw .outOfMemory(bytes: byteCount)
    }
    var block: UnsafeMutableRawPointer?
    let isHuge = byteCount >= 2 * hugePage
    guard posix_memalign(&block, isHuge ? hugePage : alignment, Swift.max(byteCount, 1)) == 0, let block else {
      live.wrappingSubtract(byteCount, ordering: .relaxed)
      throw .outOfMemory(bytes: byteCount)
    }
    // Random access to large blocks would otherwise be bound by address translation. A refusal changes nothing.
    if isHuge { madvise(block, byteCount, MADV_HUGEPAGE) }
    liveBlocks.wrappingAdd(1, ordering: .relaxed)
    return block
  }

  /// Releases a block from ``allocate(byteCount:)``; `byteCount` is the size it was asked for.
  package static func deallocate(_ block: UnsafeMutableRawPointer, byteCount: Int) {
    free(block)
    live.wrappingSubtract(byteCount, ordering: .relaxed)
    liveBlocks.wrappingSubtract(1, ordering: .relaxed)
  }
}
