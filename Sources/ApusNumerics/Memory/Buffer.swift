import Glibc

/// Scratch memory for kernels: `count` elements from the ``Allocator``, freed with the object.
///
/// The pointer stays valid only while the buffer lives: hold the buffer in a named constant or a property for as long as
/// the pointer is used (Swift ends a temporary at once, a named constant not before the last access to memory in its
/// scope). Kernels take the pointer, never the buffer.
package final class Buffer<Element: BitwiseCopyable>: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Element>
  package let count: Int
  private let byteCount: Int

  /// Uninitialised storage for `count` elements.
  package init(count: Int) throws(ApusError) {
    self.byteCount = try checkedCount([count], stride: MemoryLayout<Element>.stride)
    self.count = count
    let block = try Allocator.allocate(byteCount: byteCount)
    self.pointer = block.bindMemory(to: Element.self, capacity: count)
  }

  /// Storage for `count` elements, all bits zero.
  package convenience init(zeroed count: Int) throws(ApusError) {
    try self.init(count: count)
    memset(pointer, 0, byteCount)
  }

  /// Storage for `count` elements, each `value`.
  package convenience init(repeating value: Element, count: Int) throws(ApusError) {
    try self.init(count: count)
    pointer.initialize(repeating: value, count: count)
  }

  deinit { Allocator.deallocate(UnsafeMutableRawPointer(pointer), byteCount: byteCount) }

  /// Element access without bounds checks, for cold code.
  @inlinable @inline(__always)
  package subscript(index: Int) -> Element {
    get { pointer[index] }
    set { pointer[index] = newValue }
  }

  @inlinable @inline(__always)
  package var elements: UnsafeMutableBufferPointer<Element> { .init(start: pointer, count: count) }
}
