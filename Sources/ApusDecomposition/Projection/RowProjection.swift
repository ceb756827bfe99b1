import ApusModels
import ApusNumerics

/// (x − shift) · W + offset for every row x of a feature matrix, where W is p × k.
///
/// Each result is one sum over the features in their order, in float64, whatever rows surround it: a row alone gives the
/// same bits as within a batch, for every layout of X and any number of threads.
struct RowProjection: Sendable {
  /// p, the length of a row.
  let inputs: Int
  /// k, the length of its projection.
  let outputs: Int
  /// W in panels of eight columns, each p × 8 row-major; the last one filled up with zeros.
  private let panels: NDArray
  /// p float64, or nil.
  private let shift: NDArray?
  /// k float64 rounded up to whole panels, or nil.
  private let offset: NDArray?

  private static let panelWidth = 8
  private static let tileRows = 32

  /// - Parameters:
  ///   - weights: (p, k) float64, any strides.
  ///   - shift: (p,) float64, subtracted from every row; nil for none.
  ///   - offset: (k,) float64, added to every projection; nil for none.
  init(_ weights: NDArray, shift: NDArray? = nil, offset: NDArray? = nil) throws(ApusError) {
    let view = weights.matrixView(Double.self)
    let width = RowProjection.panelWidth
    let count = (view.columns + width - 1) / width
    inputs = view.rows
    outputs = view.columns
    panels = try NDArray(zeros: [count, view.rows, width])
    let target = panels.pointer(Double.self)
    for j in 0..<view.columns {
      let panel = target + (j / width) * view.rows * width + j % width
      for i in 0..<view.rows { panel[i &* width] = view[i, j] }
    }
    self.shift = try shift?.contiguous()
    if let offset {
      let (source, padded) = (try offset.contiguous(), try NDArray(zeros: [Swift.max(count, 1) * width]))
      padded.pointer(Double.self).update(from: source.pointer(Double.self), count: outputs)
      self.offset = padded
    } else {
      self.offset = nil
    }
  }

  /// The projections of all rows: (rows, k) of element type `dtype`.
  ///
  /// - Parameter features: p columns of float32 or float64, aligned.
  func apply(_ features: FeatureMatrix, dtype: DType) throws(ApusError) -> NDArray {
    let rows = features.rows
    let width = RowProjection.panelWidth
    let padded = (outputs + width - 1) / width * width
    let result = try NDArray(uninitialized: [rows, outputs], dtype: dtype)
    let tiles = (rows + RowProjection.tileRows - 1) / RowProjection.tileRows
    let parts = Swift.max(1, Swift.min(Swift.min(32, tiles), rows * (inputs + 8) * (outputs + 8) >> 18))
    let rowScratch = inputs + padded
    let scratch = try Buffer<Double>(count: Swift.max(1, parts * RowProjection.tileRows * rowScratch))
    let sparseShift = try shiftProjection(features)
    ThreadPool.parallelFor(tasks: parts) { part in
      let z = scratch.pointer + part * RowProjection.tileRows * rowScratch
      let out = z + RowProjection.tileRows * inputs
      for tile in (part * tiles / parts)..<((part + 1) * tiles / parts) {
        let start = tile * RowProjection.tileRows
        let range = start..<Swift.min(start + RowProjection.tileRows, rows)
        switch features {
        case .dense(let array):
          RowUnpacking.unpack(array, range, into: z, shift: shift)
          project(z, rows: range.count, into: out, width: padded)
        case .sparse(let matrix):
          project(matrix, range, shift: sparseShift, into: out, width: padded)
        }
        addOffset(out, rows: range.count, width: padded)
        store(out, range, width: padded, into: result)
      }
    }
    withExtendedLifetime((scratch, sparseShift)) {}
    return result
  }

  private func store(
    _ out: UnsafePointer<Double>, _ range: Range<Int>, width: Int, into result: NDArray
  ) {
    for row in range {
      let source = out + (row &- range.lowerBound) &* width
      if result.dtype == .float32 {
        let target = result.pointer(Float.self) + row &* outputs
        for k in 0..<outputs { target[k] = Float(source[k]) }
      } else {
        (result.pointer(Double.self) + row &* outputs).update(from: source, count: outputs)
      }
    }
  }

  private func addOffset(_ out: UnsafeMutablePointer<Double>, rows: Int, width: Int) {
    guard let offset else { return }
    let addend = offset.pointer(Double.self)
    for row in 0..<rows {
      for k in 0..<width { out[row &* width &+ k] += addend[k] }
    }
  }

  /// out ← z · W for `rows` dense rows, four at a time so that a row of W is loaded once for them.
  private func project(
    _ z: UnsafePointer<Double>, rows: Int, into out: UnsafeMutablePointer<Double>, width: Int
  ) {
    let weights = UnsafeRawPointer(panels.data)
    let size = MemoryLayout<SIMD8<Double>>.size
    var first = 0
    while first < width {
      let panel = weights + (first / RowProjection.panelWidth) * inputs * size
      var row = 0
      while row &+ 4 <= rows {
        let z0 = z + row &* inputs
        let (z1, z2, z3) = (z0 + inputs, z0 + 2 &* inputs, z0 + 3 &* inputs)
        var (s0, s1, s2, s3) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
        for j in 0..<inputs {
          let w = panel.load(fromByteOffset: j &* size, as: SIMD8<Double>.self)
          s0 = VectorMath.multiplyAdd(w, SIMD8(repeating: z0[j]), s0)
          s1 = VectorMath.multiplyAdd(w, SIMD8(repeating: z1[j]), s1)
          s2 = VectorMath.multiplyAdd(w, SIMD8(repeating: z2[j]), s2)
          s3 = VectorMath.multiplyAdd(w, SIMD8(repeating: z3[j]), s3)
        }
        let target = UnsafeMutableRawPointer(out + (row &* width &+ first))
        target.storeBytes(of: s0, as: SIMD8<Double>.self)
        target.storeBytes(of: s1, toByteOffset: width &* 8, as: SIMD8<Double>.self)
        target.storeBytes(of: s2, toByteOffset: 2 &* width &* 8, as: SIMD8<Double>.self)
        target.storeBytes(of: s3, toByteOffset: 3 &* width &* 8, as: SIMD8<Double>.self)
        row &+= 4
      }
      while row < rows {
        let z0 = z + row &* inputs
        var sum = SIMD8<Double>()
        for j in 0..<inputs {
          let w = panel.load(fromByteOffset: j &* size, as: SIMD8<Double>.self)
          sum = VectorMath.multiplyAdd(w, SIMD8(repeating: z0[j]), sum)
        }
        UnsafeMutableRawPointer(out + (row &* width &+ first)).storeBytes(of: sum, as: SIMD8<Double>.self)
        row &+= 1
      }
      first &+= RowProjection.panelWidth
    }
  }

  /// out ← x · W − shift · W for sparse rows, entry by entry.
  private func project(
    _ matrix: CSRMatrix, _ range: Range<Int>, shift: NDArray?, into out: UnsafeMutablePointer<Double>, width: Int
  ) {
    let (offsets, indices) = (matrix.rowOffsets.pointer(Int64.self), matrix.columnIndices.pointer(Int64.self))
    let weights = UnsafeRawPointer(panels.data)
    let size = MemoryLayout<SIMD8<Double>>.size
    let start = shift?.pointer(Double.self)
    for row in range {
      let target = out + (row &- range.lowerBound) &* width
      var first = 0
      while first < width {
        let panel = weights + (first / RowProjection.panelWidth) * inputs * size
        var sum = SIMD8<Double>()
        if let start {
          sum = UnsafeRawPointer(start + first).load(as: SIMD8<Double>.self)
        }
        for entry in Int(offsets[row])..<Int(offsets[row &+ 1]) {
          let w = panel.load(fromByteOffset: Int(indices[entry]) &* size, as: SIMD8<Double>.self)
          let value =
            matrix.values.dtype == .float32
            ? Double(matrix.values.data.assumingMemoryBound(to: Float.self)[entry])
            : matrix.values.data.assumingMemoryBound(to: Double.self)[entry]
          sum = VectorMath.multiplyAdd(w, SIMD8(repeating: value), sum)
        }
        UnsafeMutableRawPointer(target + first).storeBytes(of: sum, as: SIMD8<Double>.self)
        first &+= RowProjection.panelWidth
      }
    }
  }

  /// −shift · W, k values filled up to whole panels; nil for dense features or without a shift.
  private func shiftProjection(_ features: FeatureMatrix) throws(ApusError) -> NDArray? {
    guard case .sparse = features, let shift else { return nil }
    let width = RowProjection.panelWidth
    let result = try NDArray(zeros: [Swift.max(1, panels.shape[0]) * width])
    let (source, target) = (shift.pointer(Double.self), result.pointer(Double.self))
    for panel in 0..<panels.shape[0] {
      let weights = panels.pointer(Double.self) + panel * inputs * width
      for j in 0..<inputs {
        for k in 0..<width { target[panel &* width &+ k] -= source[j] * weights[j &* width &+ k] }
      }
    }
    return result
  }
}
