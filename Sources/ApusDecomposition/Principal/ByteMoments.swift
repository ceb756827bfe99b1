import ApusNumerics
import CSIMD

/// Moments of values on a grid of at most 256 steps (pixels, pixels over 255, counts, ratings) in one reading: elements become
/// bytes while it is looked whether they are on the grid, and bytes are multiplied by instructions that add four products to
/// an int32 at once. Sums about the means are exact but for their last rounding.
///
/// - Complexity: n p² / 2 multiplications at about four times the rate of float32; memory of 4,096 rows of bytes and 12 p².
enum ByteMoments {
  /// Rows that are packed together, and rows of a packed block: a panel of one stays in the nearest cache.
  private static let groupRows = 4096
  private static let blockRows = 1024
  /// Rows of one task of packing; a multiple of the rows of a step.
  private static let taskRows = 64
  /// Rows whose products an int32 holds: 65,536 · 255 · 128 < 2³¹.
  private static let sumRows = 65_536
  /// Rows whose square times 255² an int64 holds.
  private static let mostRows = 10_000_000
  /// What the instruction takes from the second factor of every product.
  private static let middle: Int64 = 128

  /// Nil when an element is off the grid that the first rows suggest, or the processor has no such instructions. Elements of a
  /// result are finite and of moderate magnitude.
  ///
  /// - Parameter precision: with `.float32` fractions in float32 may be off the grid by what rounding explains, which changes
  ///   products as much as forming them in float32 does.
  static func moments(
    _ array: NDArray, precision: DType, checkpoint: () throws(ApusError) -> Void
  ) throws(ApusError) -> CovarianceMoments? {
    guard apus_byte_kernels_exist() != 0, array.shape[0] <= mostRows, array.isAligned else { return nil }
    switch array.dtype {
    case .float64:
      let view = array.matrixView(Double.self)
      guard view.columnStride == 1, let grid = ByteGrid(view, toleratesRounding: false) else { return nil }
      return try sums(view, grid, checkpoint) {
        apus_byte_pack_f64($0, $1, $2, $3, grid.origin, 1 / grid.step, grid.tolerance, $4, $5) != 0
      }
    case .float32:
      let view = array.matrixView(Float.self)
      guard view.columnStride == 1, let grid = ByteGrid(view, toleratesRounding: precision == .float32) else {
        return nil
      }
      return try sums(view, grid, checkpoint) {
        apus_byte_pack_f32($0, $1, $2, $3, grid.origin, 1 / grid.step, grid.tolerance, $4, $5) != 0
      }
    case .uint8, .bool:
      let (view, largest) = (array.byteView, array.largestByte)
      guard view.columnStride == 1 else { return nil }
      return try sums(view, ByteGrid(origin: 0, step: 1, tolerance: 0), checkpoint) {
        apus_byte_pack_u8($0, $1, $2, $3, largest, $4, $5) != 0
      }
    default: return nil
    }
  }

  /// Packs rows, columns, first element, elements between rows, steps of the block, target; false off the grid.
  private typealias Packing<Element> = (Int, Int, UnsafePointer<Element>, Int, Int, UnsafeMutablePointer<UInt8>) -> Bool

  private static func sums<Element>(
    _ view: MatrixView<Element>, _ grid: ByteGrid, _ checkpoint: () throws(ApusError) -> Void, pack: Packing<Element>
  ) throws(ApusError) -> CovarianceMoments? {
    let (n, p) = (view.rows, view.columns)
    try BLAS.checkExtents([n, p + Int(apus_byte_panel)], name: "X")
    let panels = (p - 1) / Int(apus_byte_panel) + 1
    let width = panels * Int(apus_byte_panel)
    let packed = try Buffer<UInt8>(count: Swift.min(groupRows, n + blockRows) * width)
    let products = try Buffer<Int32>(zeroed: width * width)
    let totals = try Buffer<Int32>(zeroed: width)
    let whole = try Buffer<Int64>(zeroed: n > sumRows ? p * (p + 1) : 1)
    let flags = try Buffer<Bool>(repeating: true, count: groupRows / taskRows)
    let means = try NDArray(zeros: [p])
    let gram = try NDArray(zeros: [p, p])
    for start in stride(from: 0, to: n, by: groupRows) {
      try checkpoint()
      let count = Swift.min(groupRows, n - start)
      ThreadPool.parallelBlocks(count: count, blockSize: taskRows) { rows in
        let block = rows.lowerBound / blockRows
        let steps = ByteMoments.steps(ofBlock: block, of: count)
        let inBlock = (rows.lowerBound - block * blockRows) / Int(apus_byte_rows) * Int(apus_byte_step)
        flags.pointer[rows.lowerBound / taskRows] = pack(
          rows.count, p, view.base + (start + rows.lowerBound) * view.rowStride, view.rowStride, steps,
          packed.pointer + block * blockRows * width + inBlock)
      }
      guard (0..<(count - 1) / taskRows + 1).allSatisfy({ flags[$0] }) else { return nil }
      ThreadPool.parallelFor(tasks: panels) { panel in
        for block in 0...((count - 1) / blockRows) {
          apus_byte_square(
            panel, panels, steps(ofBlock: block, of: count), packed.pointer + block * blockRows * width,
            products.pointer, width, totals.pointer)
        }
      }
      if n > sumRows, (start + count) % sumRows == 0 || start + count == n {
        drain(products, totals, p, width, into: whole.pointer)
      }
    }
    // Σ u (u' − 128) + 128 Σ u = Σ u u', and n Σ u u' − Σ u Σ u' is n times the sum about the means: all in whole numbers.
    func columnTotal(_ j: Int) -> Int64 { n > sumRows ? whole[p * p + j] : Int64(totals[j]) }
    let (sum, mean, unit) = (gram.pointer(Double.self), means.pointer(Double.self), grid.step * grid.step)
    for j in 0..<p {
      let own = columnTotal(j)
      mean[j] = grid.origin + Double(own) / Double(n) * grid.step
      for i in j..<p {
        let product = (n > sumRows ? whole[j &* p &+ i] : Int64(products[j &* width &+ i])) &+ middle &* columnTotal(i)
        sum[j &* p &+ i] = Double(Int64(n) &* product &- own &* columnTotal(i)) / Double(n) * unit
      }
    }
    BLAS.mirror(n: p, lower: true, c: sum, ldc: p)
    withExtendedLifetime((packed, products, totals, whole, flags)) {}
    return CovarianceMoments(rows: n, means: means, gram: gram)
  }

  /// Steps of block `index` of a group of `count` rows.
  @inline(__always)
  private static func steps(ofBlock index: Int, of count: Int) -> Int {
    (Swift.min(blockRows, count - index * blockRows) - 1) / Int(apus_byte_rows) + 1
  }

  /// Moves the sums so far to int64: p × p, then p column totals.
  private static func drain(
    _ products: Buffer<Int32>, _ totals: Buffer<Int32>, _ p: Int, _ width: Int, into whole: UnsafeMutablePointer<Int64>
  ) {
    for j in 0..<p {
      let (from, to) = (products.pointer + j &* width, whole + j &* p)
      for i in j..<p { to[i] &+= Int64(from[i]) }
      whole[p * p + j] += Int64(totals[j])
    }
    products.pointer.update(repeating: 0, count: width * width)
    totals.pointer.update(repeating: 0, count: width)
  }
}

/// A grid with 256 steps around the values that the first rows hold.
struct ByteGrid {
  let origin: Double
  let step: Double
  /// Distance from the grid, in steps, that is rounding.
  let tolerance: Double

  init(origin: Double, step: Double, tolerance: Double) {
    (self.origin, self.step, self.tolerance) = (origin, step, tolerance)
  }

  init?<Element: LinearAlgebraScalar>(_ view: MatrixView<Element>, toleratesRounding: Bool) {
    let isFloat = Element.self == Float.self
    guard let suggested = ValueGrid.suggested(view, isWhole: isFloat && !toleratesRounding) else { return nil }
    guard suggested.count <= 255, suggested.step.exponent.magnitude < 30 else { return nil }
    // As much room below the values seen as above.
    let room = ((255 - suggested.count) / 2).rounded(.down)
    step = suggested.step
    origin = suggested.origin - room * step
    guard origin.magnitude < 0x1p30 * step else { return nil }
    let isWhole = step == step.rounded() && origin == origin.rounded()
    tolerance = isFloat && !isWhole ? 0x1p-22 * (256 + (origin / step).magnitude) : ValueGrid.tolerance
    guard tolerance < 0x1p-7 else { return nil }
  }
}
