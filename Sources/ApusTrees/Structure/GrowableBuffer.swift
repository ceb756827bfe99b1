import ApusNumerics

/// Elements appended one at a time to memory from the library's allocator.
struct GrowableBuffer<Element: BitwiseCopyable> {
  private(set) var count = 0
  private var buffer: Buffer<Element>

  init(capacity: Int = 64) throws(ApusError) { buffer = try Buffer(count: max(capacity, 1)) }

  var pointer: UnsafeMutablePointer<Element> { buffer.pointer }

  /// Amortised O(1).
  mutating func append(_ element: Element) throws(ApusError) {
    try reserve(1)
    buffer.pointer[count] = element
    count &+= 1
  }

  /// Appends `extra` uninitialised elements and returns the address of the first.
  mutating func extend(by extra: Int) throws(ApusError) -> UnsafeMutablePointer<Element> {
    try reserve(extra)
    defer { count &+= extra }
    return buffer.pointer + count
  }

  private mutating func reserve(_ extra: Int) throws(ApusError) {
    if count &+ extra <= buffer.count { return }
    let larger = try Buffer<Element>(count: max(count + extra, buffer.count * 2))
    larger.pointer.update(from: buffer.pointer, count: count)
    buffer = larger
  }

  subscript(index: Int) -> Element {
    get { buffer.pointer[index] }
    nonmutating set { buffer.pointer[index] = newValue }
  }
}
