import ApusNumerics

/// The largest element of every window of a plane.
enum PoolingKernels {
  /// values[o] = max of window o, places[o] = where in the plane it lies: the first of several, a NaN before everything.
  static func largest<T: TensorFloat>(
    _ plane: UnsafePointer<T>, _ values: UnsafeMutablePointer<T>, _ places: UnsafeMutablePointer<Int32>,
    _ g: WindowGeometry
  ) {
    for oy in 0..<g.outHeight {
      let top = oy &* g.strideY &- g.padY
      for ox in 0..<g.outWidth {
        let left = ox &* g.strideX &- g.padX
        var best = -T.infinity
        var place = -1
        for ky in 0..<g.kernelHeight {
          let y = top &+ ky &* g.dilationY
          if y < 0 || y >= g.height { continue }
          let row = y &* g.width
          for kx in 0..<g.kernelWidth {
            let x = left &+ kx &* g.dilationX
            if x < 0 || x >= g.width { continue }
            let value = plane[row &+ x]
            // False for NaN on either side: once one is found it stays.
            if value <= best && place >= 0 || best.isNaN { continue }
            best = value
            place = row &+ x
          }
        }
        values[oy &* g.outWidth &+ ox] = best
        places[oy &* g.outWidth &+ ox] = Int32(truncatingIfNeeded: max(place, 0))
      }
    }
  }

  /// plane[places[o]] += delta[o]
  static func scatter<T: TensorFloat>(
    _ delta: UnsafePointer<T>, _ places: UnsafePointer<Int32>, _ plane: UnsafeMutablePointer<T>, count: Int
  ) {
    for o in 0..<count { plane[Int(truncatingIfNeeded: places[o])] += delta[o] }
  }

  /// values[o] = plane[places[o]]
  static func gather<T: TensorFloat>(
    _ plane: UnsafePointer<T>, _ places: UnsafePointer<Int32>, _ values: UnsafeMutablePointer<T>, count: Int
  ) {
    for o in 0..<count { values[o] = plane[Int(truncatingIfNeeded: places[o])] }
  }
}
