import Glibc

/// Memory of a fixed size into which products pack their operands: one block a thread, made on the thread's first product
/// and freed when the thread ends.
///
/// The size does not depend on the data, so the block does not count with ``Allocator``, whose requests tests count. Where
/// the system has no memory for it, products go to OpenBLAS.
enum PackingScratch {
  /// Enough for a block of A and one of B that stay in the second-level cache together.
  static let byteCount = 3 << 19

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { free($0) }
    return key
  }()

  /// The calling thread's block, aligned to a cache line, or nil.
  static func block() -> UnsafeMutableRawPointer? {
    let key = key
    if let block = pthread_getspecific(key) { return block }
    var block: UnsafeMutableRawPointer?
    guard posix_memalign(&block, 4096, byteCount) == 0, let block else { return nil }
    if pthread_setspecific(key, block) != 0 {
      free(block)
      return nil
    }
    return block
  }
}
