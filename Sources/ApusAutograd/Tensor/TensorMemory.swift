import ApusNumerics

/// Recycled memory for tensors, so that a training loop in steady state asks the allocator for nothing.
///
/// Blocks come in size classes of four steps per power of two. A block that its last tensor gives back waits in a free list
/// for the next request of its class; ``trim()`` returns all waiting blocks to the system.
package enum TensorMemory {
  /// Waiting blocks beyond this many bytes go back to the system at once.
  package static let retainedByteLimit = 512 << 20
  private static let smallestClassBytes = 64
  private static let classCount = 256

  private struct FreeLists {
    var blocks: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: classCount)
    var byteCount = 0
  }

  private static let lists = Lock(SendableLists())

  private struct SendableLists: @unchecked Sendable { var value = FreeLists() }

  /// An uninitialised row-major array in recycled memory.
  package static func array(_ shape: [Int], _ dtype: DType) throws(ApusError) -> NDArray {
    try array(shape, dtype, strides: NDArray.rowMajorStrides(shape, stride: dtype.stride))
  }

  /// As ``array(_:_:)`` where the caller already has the row-major strides.
  static func array(_ shape: [Int], _ dtype: DType, strides: [Int]) throws(ApusError) -> NDArray {
    let bytes = try checkedCount(shape, stride: dtype.stride)
    let (sizeClass, capacity) = sizeClass(of: bytes)
    let block = PooledBlock(
      base: try take(sizeClass, capacity: capacity), sizeClass: sizeClass, capacity: capacity)
    let storage = Storage(borrowing: block.base, byteCount: bytes, isWritable: true, lender: block)
    return NDArray(storage: storage, data: block.base, dtype: dtype, shape: shape, strides: strides)
  }

  /// Gives every waiting block back to the system.
  package static func trim() {
    let all = lists.withLock { lists in
      let old = lists.value
      lists.value = FreeLists()
      return SendableLists(value: old)
    }
    for (sizeClass, blocks) in all.value.blocks.enumerated() {
      for block in blocks { Allocator.deallocate(block, byteCount: capacity(of: sizeClass)) }
    }
  }

  private static func take(_ sizeClass: Int, capacity: Int) throws(ApusError) -> UnsafeMutableRawPointer {
    let bits = lists.withLock { lists -> UInt in
      guard sizeClass < classCount, let block = lists.value.blocks[sizeClass].popLast() else { return 0 }
      lists.value.byteCount -= capacity
      return UInt(bitPattern: block)
    }
    if let block = UnsafeMutableRawPointer(bitPattern: bits) { return block }
    return try Allocator.allocate(byteCount: capacity)
  }

  fileprivate static func giveBack(_ base: UnsafeMutableRawPointer, sizeClass: Int, capacity: Int) {
    let bits = UInt(bitPattern: base)
    let isKept = lists.withLock { lists in
      guard sizeClass < classCount, lists.value.byteCount + capacity <= retainedByteLimit,
        let block = UnsafeMutableRawPointer(bitPattern: bits)
      else { return false }
      lists.value.blocks[sizeClass].append(block)
      lists.value.byteCount += capacity
      return true
    }
    if !isKept { Allocator.deallocate(base, byteCount: capacity) }
  }

  /// The class of a request and the bytes its blocks have; beyond the last class the request itself.
  private static func sizeClass(of byteCount: Int) -> (sizeClass: Int, capacity: Int) {
    if byteCount <= smallestClassBytes { return (0, smallestClassBytes) }
    let exponent = Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount
    let quarter = (1 << exponent) >> 2
    let steps = (byteCount - 1 - (1 << exponent)) / quarter + 1
    let index = (exponent - 6) * 4 + steps
    let capacity = (1 << exponent).addingReportingOverflow(steps * quarter)
    if index >= classCount || capacity.overflow { return (classCount, byteCount) }
    return (index, capacity.partialValue)
  }

  private static func capacity(of sizeClass: Int) -> Int {
    if sizeClass == 0 { return smallestClassBytes }
    let (octave, step) = (sizeClass - 1).quotientAndRemainder(dividingBy: 4)
    return (smallestClassBytes << octave) + ((smallestClassBytes << octave) >> 2) * (step + 1)
  }
}

/// A block on loan from ``TensorMemory``.
private final class PooledBlock {
  let base: UnsafeMutableRawPointer
  private let sizeClass: Int
  private let capacity: Int

  init(base: UnsafeMutableRawPointer, sizeClass: Int, capacity: Int) {
    self.base = base
    self.sizeClass = sizeClass
    self.capacity = capacity
  }

  deinit { TensorMemory.giveBack(base, sizeClass: sizeClass, capacity: capacity) }
}
