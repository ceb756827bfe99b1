import ApusNumerics

/// Sliding windows over images: how input places map to window entries.
package struct WindowGeometry: Equatable {
  let height: Int
  let width: Int
  let kernelHeight: Int
  let kernelWidth: Int
  let strideY: Int
  let strideX: Int
  let padY: Int
  let padX: Int
  let dilationY: Int
  let dilationX: Int
  let outHeight: Int
  let outWidth: Int

  /// - Throws: when a number is out of range or the padded image is smaller than one window.
  init(
    height: Int, width: Int, kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int),
    ceilMode: Bool = false, name: String
  ) throws(ApusError) {
    let limit = Int(Int32.max)
    for value in [kernel.0, kernel.1, stride.0, stride.1, dilation.0, dilation.1] where value < 1 || value > limit {
      throw .invalidArgument(name: name, reason: "kernel, stride and dilation must be positive, got \(value)")
    }
    for value in [padding.0, padding.1] where value < 0 || value > limit {
      throw .invalidArgument(name: name, reason: "padding \(value) is negative or too large")
    }
    func extent(_ n: Int, _ k: Int, _ s: Int, _ p: Int, _ d: Int) -> Int {
      let span = n + 2 * p - d * (k - 1) - 1
      if span < 0 { return 0 }
      var count = (ceilMode ? (span + s - 1) / s : span / s) + 1
      // The last window must start inside the image or its leading padding.
      if ceilMode, (count - 1) * s >= n + p { count -= 1 }
      return count
    }
    self.height = height
    self.width = width
    (kernelHeight, kernelWidth) = kernel
    (strideY, strideX) = stride
    (padY, padX) = padding
    (dilationY, dilationX) = dilation
    outHeight = extent(height, kernel.0, stride.0, padding.0, dilation.0)
    outWidth = extent(width, kernel.1, stride.1, padding.1, dilation.1)
    guard outHeight > 0, outWidth > 0 else {
      throw .shapeMismatch(
        name: name, reason: "a window of (\(kernel.0), \(kernel.1)) does not fit an image of (\(height), \(width))")
    }
  }

  var entries: Int { kernelHeight * kernelWidth }
  var places: Int { outHeight * outWidth }
}

enum WindowKernels {
  /// columns[c, ky, kx, oy, ox] = image[c, oy·s + ky·d − p, …], 0 beyond the edges.
  static func unfold<T: TensorFloat>(
    _ image: UnsafePointer<T>, _ columns: UnsafeMutablePointer<T>, channels: Int, _ g: WindowGeometry
  ) {
    var target = columns
    for c in 0..<channels {
      let plane = image + c &* g.height &* g.width
      for ky in 0..<g.kernelHeight {
        for kx in 0..<g.kernelWidth {
          let (first, last) = span(kx, g)
          for oy in 0..<g.outHeight {
            let y = oy &* g.strideY &+ ky &* g.dilationY &- g.padY
            guard y >= 0, y < g.height, first < last else {
              target.update(repeating: 0, count: g.outWidth)
              target += g.outWidth
              continue
            }
            let row = plane + (y &* g.width &+ kx &* g.dilationX &- g.padX)
            for ox in 0..<first { target[ox] = 0 }
            if g.strideX == 1 {
              (target + first).update(from: row + first, count: last &- first)
            } else {
              for ox in first..<last { target[ox] = row[ox &* g.strideX] }
            }
            for ox in last..<g.outWidth { target[ox] = 0 }
            target += g.outWidth
          }
        }
      }
    }
  }

  /// image[c, y, x] += columns at every window entry that shows it: the adjoint of unfolding.
  static func fold<T: TensorFloat>(
    _ columns: UnsafePointer<T>, _ image: UnsafeMutablePointer<T>, channels: Int, _ g: WindowGeometry
  ) {
    var source = columns
    for c in 0..<channels {
      let plane = image + c &* g.height &* g.width
      for ky in 0..<g.kernelHeight {
        for kx in 0..<g.kernelWidth {
          let (first, last) = span(kx, g)
          for oy in 0..<g.outHeight {
            let y = oy &* g.strideY &+ ky &* g.dilationY &- g.padY
            if y >= 0, y < g.height, first < last {
              let row = plane + (y &* g.width &+ kx &* g.dilationX &- g.padX)
              for ox in first..<last { row[ox &* g.strideX] += source[ox] }
            }
            source += g.outWidth
          }
        }
      }
    }
  }

  /// The output columns whose window entry `kx` lies inside the image.
  @inline(__always)
  private static func span(_ kx: Int, _ g: WindowGeometry) -> (first: Int, last: Int) {
    let offset = kx &* g.dilationX &- g.padX
    let first = offset >= 0 ? 0 : min((-offset &+ g.strideX &- 1) / g.strideX, g.outWidth)
    let room = g.width &- 1 &- offset
    let last = room < 0 ? first : min(room / g.strideX &+ 1, g.outWidth)
    return (first, max(first, last))
  }
}
