/// Elementwise evaluation whose method depends on the interval the argument lies in: the arguments of an interval are moved
/// together, so that vector kernels of one method and one fixed length serve them.
///
/// The interval of an element depends on nothing but its value, and so do its bits.
package enum BinnedLanes {
  /// Elements sorted into intervals at a time.
  static let blockSize = 1024

  /// Replaces x[i] by what `kernel(interval, values, count)`, called for runs of values of one interval, makes of it.
  ///
  /// - Parameter ends: ascending upper ends of all intervals but the last, which takes NaN too; an end belongs to the
  ///   interval above it.
  @inline(__always)
  static func transform(
    _ x: UnsafeMutablePointer<Double>, count: Int, ends: [Double],
    _ kernel: (_ interval: Int, _ values: UnsafeMutablePointer<Double>, _ count: Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * blockSize) { buffer in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: blockSize) { places in
        let (values, results) = (buffer.baseAddress!, buffer.baseAddress! + blockSize)
        let indices = places.baseAddress!
        var start = 0
        while start < count {
          let length = Swift.min(blockSize, count &- start)
          let block = x + start
          for interval in 0...ends.count {
            let low = interval == 0 ? -Double.infinity : ends[interval - 1]
            let high = interval == ends.count ? Double.infinity : ends[interval]
            let isLast = interval == ends.count
            var found = 0
            for i in 0..<length {
              let value = block[i]
              indices[found] = Int32(truncatingIfNeeded: i)
              values[found] = value
              found &+= isLast ? (value < low ? 0 : 1) : (value >= low && value < high ? 1 : 0)
            }
            if found == 0 { continue }
            kernel(interval, values, found)
            for k in 0..<found { results[Int(indices[k])] = values[k] }
          }
          block.update(from: results, count: length)
          start &+= length
        }
      }
    }
  }
}
