import CSIMD

/// The kernels of matrix products in CSIMD, by element type, for one width of register.
///
/// A kernel multiplies *packed* operands: panels of ``panelRows`` rows of A, or of ``tileColumns`` columns of B, that lie
/// in memory k steps after another. Every element of the product is one chain of fused multiply-adds over k, in order,
/// whatever its place: a row of a product has the same bits whatever rows surround it.
package struct ProductKernels<T: ProductScalar>: Sendable {
  /// Bytes of a register: 64 (AVX-512) or 32 (AVX2).
  let registerBytes: Int32
  /// Elements of a register.
  let lanes: Int
  /// Columns of C whose sums a tile keeps in registers.
  let tileColumns: Int

  /// Rows of a panel of A: three registers, and a multiple of ``tileColumns``, so that a panel serves as right operand too.
  var panelRows: Int { 3 &* lanes }

  /// - Parameter registerBytes: 64 or 32, not more than the processor has.
  init(registerBytes: Int32) {
    self.registerBytes = registerBytes
    lanes = Int(registerBytes) / MemoryLayout<T>.stride
    tileColumns = registerBytes == 64 ? 8 : 4
  }

  /// The kernels for this processor, or nil where it has none and products are OpenBLAS's.
  static var available: ProductKernels<T>? {
    let bytes = apus_matrix_register_bytes()
    return bytes == 0 ? nil : ProductKernels(registerBytes: bytes)
  }

  /// `rows` rounded up to whole registers: what a last panel takes.
  @inline(__always)
  func padded(_ rows: Int) -> Int { (rows &+ lanes &- 1) / lanes &* lanes }
}

/// A type that ``ProductKernels`` exist for.
package protocol ProductScalar: BinaryFloatingPoint, SIMDScalar, Codable, BitwiseCopyable, Sendable {
  /// C ← alpha · A · B + beta · C, where C is column-major and `beta == 0` does not read it.
  ///
  /// - Parameters:
  ///   - aStep: 0 for packed A, else elements from one column of a column-major A to the next; m must then be a multiple of
  ///     the lanes.
  ///   - bStep, bColumn: 0 and 1 for packed B, else the elements between its rows and between its columns.
  static func multiply(
    _ registerBytes: Int32, m: Int, n: Int, k: Int, a: UnsafePointer<Self>, aStep: Int, b: UnsafePointer<Self>,
    bStep: Int, bColumn: Int, alpha: Self, beta: Self, c: UnsafeMutablePointer<Self>, ldc: Int)

  /// One triangle of C ← alpha · A · Aᵀ + beta · C, the columns of one range of whole panels, from packed n × k A.
  static func square(
    _ registerBytes: Int32, columns: Range<Int>, n: Int, k: Int, a: UnsafePointer<Self>, alpha: Self, beta: Self,
    lower: Bool, c: UnsafeMutablePointer<Self>, ldc: Int)

  /// Packs m × k elements, (i, p) at i · row + p · step, into panels of `panel` rows; the last has a multiple of `unit`
  /// rows, filled up with zeros. The panel of row i begins at i · k.
  static func pack(
    _ registerBytes: Int32, m: Int, k: Int, source: UnsafePointer<Self>, row: Int, step: Int, panel: Int, unit: Int,
    into target: UnsafeMutablePointer<Self>)

  /// y ← y + A · x and s ← s + Aᵀ · z in one reading of the column-major m × n A.
  static func multiplyBoth(
    _ registerBytes: Int32, m: Int, n: Int, a: UnsafePointer<Self>, lda: Int, x: UnsafePointer<Self>,
    z: UnsafePointer<Self>, y: UnsafeMutablePointer<Self>, s: UnsafeMutablePointer<Self>)

  /// Packs (source − shift) · scale, times the row's factor where those are given, for the first `columns` columns of `rows`
  /// rows, `row` elements apart, into panels of
  /// a block of `count` rows of which `target` is the first to be written; the panel with the last column has
  /// `lastColumns` columns, or `panel` if that is 0.
  static func packShifted(
    _ registerBytes: Int32, rows: Int, columns: Int, source: UnsafePointer<Self>, row: Int,
    shifts: UnsafePointer<Self>, scales: UnsafePointer<Self>, factors: UnsafePointer<Self>?, panel: Int, count: Int,
    lastColumns: Int, into target: UnsafeMutablePointer<Self>)
}

extension Double: ProductScalar {
  @inline(__always)
  package static func multiply(
    _ registerBytes: Int32, m: Int, n: Int, k: Int, a: UnsafePointer<Double>, aStep: Int, b: UnsafePointer<Double>,
    bStep: Int, bColumn: Int, alpha: Double, beta: Double, c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    apus_matrix_multiply_f64(registerBytes, m, n, k, a, aStep, b, bStep, bColumn, alpha, beta, c, ldc)
  }

  @inline(__always)
  package static func square(
    _ registerBytes: Int32, columns: Range<Int>, n: Int, k: Int, a: UnsafePointer<Double>, alpha: Double, beta: Double,
    lower: Bool, c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    apus_matrix_square_f64(
      registerBytes, columns.lowerBound, columns.upperBound, n, k, a, alpha, beta, lower ? 1 : 0, c, ldc)
  }

  @inline(__always)
  package static func pack(
    _ registerBytes: Int32, m: Int, k: Int, source: UnsafePointer<Double>, row: Int, step: Int, panel: Int, unit: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    apus_matrix_pack_f64(registerBytes, m, k, source, row, step, panel, unit, target)
  }

  @inline(__always)
  package static func multiplyBoth(
    _ registerBytes: Int32, m: Int, n: Int, a: UnsafePointer<Double>, lda: Int, x: UnsafePointer<Double>,
    z: UnsafePointer<Double>, y: UnsafeMutablePointer<Double>, s: UnsafeMutablePointer<Double>
  ) {
    apus_matrix_both_f64(registerBytes, m, n, a, lda, x, z, y, s)
  }

  @inline(__always)
  package static func packShifted(
    _ registerBytes: Int32, rows: Int, columns: Int, source: UnsafePointer<Double>, row: Int,
    shifts: UnsafePointer<Double>, scales: UnsafePointer<Double>, factors: UnsafePointer<Double>?, panel: Int,
    count: Int,
    lastColumns: Int, into target: UnsafeMutablePointer<Double>
  ) {
    apus_matrix_shift_f64(
      registerBytes, rows, columns, source, row, shifts, scales, factors, panel, count, lastColumns, target)
  }
}

extension Float: ProductScalar {
  @inline(__always)
  package static func multiply(
    _ registerBytes: Int32, m: Int, n: Int, k: Int, a: UnsafePointer<Float>, aStep: Int, b: UnsafePointer<Float>,
    bStep: Int, bColumn: Int, alpha: Float, beta: Float, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    apus_matrix_multiply_f32(registerBytes, m, n, k, a, aStep, b, bStep, bColumn, alpha, beta, c, ldc)
  }

  @inline(__always)
  package static func square(
    _ registerBytes: Int32, columns: Range<Int>, n: Int, k: Int, a: UnsafePointer<Float>, alpha: Float, beta: Float,
    lower: Bool, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    apus_matrix_square_f32(
      registerBytes, columns.lowerBound, columns.upperBound, n, k, a, alpha, beta, lower ? 1 : 0, c, ldc)
  }

  @inline(__always)
  package static func pack(
    _ registerBytes: Int32, m: Int, k: Int, source: UnsafePointer<Float>, row: Int, step: Int, panel: Int, unit: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    apus_matrix_pack_f32(registerBytes, m, k, source, row, step, panel, unit, target)
  }

  @inline(__always)
  package static func multiplyBoth(
    _ registerBytes: Int32, m: Int, n: Int, a: UnsafePointer<Float>, lda: Int, x: UnsafePointer<Float>,
    z: UnsafePointer<Float>, y: UnsafeMutablePointer<Float>, s: UnsafeMutablePointer<Float>
  ) {
    apus_matrix_both_f32(registerBytes, m, n, a, lda, x, z, y, s)
  }

  @inline(__always)
  package static func packShifted(
    _ registerBytes: Int32, rows: Int, columns: Int, source: UnsafePointer<Float>, row: Int,
    shifts: UnsafePointer<Float>, scales: UnsafePointer<Float>, factors: UnsafePointer<Float>?, panel: Int, count: Int,
    lastColumns: Int, into target: UnsafeMutablePointer<Float>
  ) {
    apus_matrix_shift_f32(
      registerBytes, rows, columns, source, row, shifts, scales, factors, panel, count, lastColumns, target)
  }
}
