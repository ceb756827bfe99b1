/// The number of bytes `dimensions` elements of `stride` bytes need, or an error when that exceeds `Int.max`.
///
/// Every allocation whose size comes from a caller or a file passes through here: a product that wraps around would
/// otherwise allocate too little memory.
///
/// - Parameters:
///   - dimensions: extents, each at least 0. A zero makes the count zero, but the others must still fit.
///   - stride: bytes per element, at least 1.
/// - Throws: ``ApusError/sizeOverflow(reason:)`` for a negative extent or a product beyond `Int.max`.
package func checkedCount(_ dimensions: [Int], stride: Int) throws(ApusError) -> Int {
  var bytes = stride
  var isEmpty = false
  for extent in dimensions {
    if extent < 0 { throw .sizeOverflow(reason: "shape: \(dimensions) has a negative extent") }
    if extent == 0 {
      isEmpty = true
      continue
    }
    let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
    if overflow {
      throw .sizeOverflow(reason: "shape: \(dimensions) of \(stride)-byte elements exceeds the address space")
    }
    bytes = product
  }
  return isEmpty ? 0 : bytes
}
