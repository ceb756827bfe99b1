/// The memory behind one or more ``NDArray`` values: owned, or borrowed from a caller.
package final class Storage: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  /// False for borrowed memory the library must not write to.
  package let isWritable: Bool
  private let isOwned: Bool
  /// Keeps the lender alive while borrowed memory is in use.
  private let lender: AnyObject?

  /// Owned memory, uninitialised.
  package init(byteCount: Int) throws(ApusError) {
    self.base = try Allocator.allocate(byteCount: byteCount)
    self.byteCount = byteCount
    self.isWritable = true
    self.isOwned = true
    self.lender = nil
  }

  /// Borrowed memory, never freed here; `lender` is retained.
  package init(borrowing base: UnsafeMutableRawPointer, byteCount: Int, isWritable: Bool, lender: AnyObject? = nil) {
    self.base = base
    self.byteCount = byteCount
    self.isWritable = isWritable
    self.isOwned = false
    self.lender = lender
  }

  deinit { if isOwned { Allocator.deallocate(base, byteCount: byteCount) } }
}
