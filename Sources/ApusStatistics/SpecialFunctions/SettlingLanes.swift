import ApusNumerics

/// Root finding for many targets at once: rounds of a step over all elements that have not settled, which are moved together after
/// each. What an element goes through depends on its own value alone, and so do its bits.
enum SettlingLanes {
  private typealias V = SIMD8<Double>
  private static let blockSize = 512
  /// Rounds after which an element is left to the general method.
  private static let rounds = 12
  /// What ``step(_:_:_:)`` says of an element.
  private static let unsettled = 0.0
  private static let settled = 1.0
  private static let failed = 2.0

  /// Inverts a tail probability.
  ///
  /// - Parameters:
  ///   - p: probabilities of the side `isLower`; those whose smaller tail lies below `leastTail`, and those outside (0, 1), go to
  ///     `otherwise`.
  ///   - start: starting points for targets of one side.
  ///   - tail: replaces points by the tail probability of that side.
  ///   - improve: moves points by a step and writes their states.
  @inline(__always)
  static func solve(
    _ p: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>, count: Int, isLower: Bool, leastTail: Double,
    start: (
      _ targets: UnsafePointer<Double>, _ isLower: Bool, _ points: UnsafeMutablePointer<Double>, _ count: Int
    ) -> Void,
    tail: (_ isLower: Bool, _ points: UnsafeMutablePointer<Double>, _ count: Int) -> Void,
    improve: (
      _ targets: UnsafePointer<Double>, _ isLower: Bool, _ computed: UnsafePointer<Double>,
      _ points: UnsafeMutablePointer<Double>, _ states: UnsafeMutablePointer<Double>, _ count: Int
    ) -> Void,
    otherwise: (_ probability: Double) -> Double
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 * blockSize) { buffer in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: blockSize) { places in
        let (targets, points) = (buffer.baseAddress!, buffer.baseAddress! + blockSize)
        let (computed, states) = (points + blockSize, points + 2 * blockSize)
        let indices = places.baseAddress!
        var first = 0
        while first < count {
          let length = Swift.min(blockSize, count &- first)
          let (source, target) = (p + first, out + first)
          for side in [true, false] {
            var active = 0
            for i in 0..<length {
              let isGiven = source[i] <= 0.5
              let smaller = isGiven ? source[i] : 1 - source[i]
              targets[active] = smaller
              indices[active] = Int32(truncatingIfNeeded: i)
              active &+= (isGiven == isLower) == side && smaller >= leastTail ? 1 : 0
            }
            if active == 0 { continue }
            start(targets, side, points, active)
            var round = 0
            while active > 0 {
              computed.update(from: points, count: active)
              tail(side, computed, active)
              improve(targets, side, computed, points, states, active)
              round &+= 1
              var kept = 0
              for k in 0..<active {
                if states[k] == settled {
                  target[Int(indices[k])] = points[k]
                } else if states[k] == failed || round == rounds {
                  target[Int(indices[k])] = otherwise(source[Int(indices[k])])
                } else {
                  (targets[kept], points[kept], indices[kept]) = (targets[k], points[k], indices[k])
                  kept &+= 1
                }
              }
              active = kept
            }
          }
          for i in 0..<length {
            let smaller = source[i] <= 0.5 ? source[i] : 1 - source[i]
            if !(smaller >= leastTail) { target[i] = otherwise(source[i]) }
          }
          first &+= length
        }
      }
    }
  }

  /// x moved by Halley's step of its logarithm where that has become short, else by Newton's; and whether the next step would only
  /// stir rounding errors.
  @inline(__always)
  static func step(
    _ x: SIMD8<Double>, _ newton: SIMD8<Double>, _ bend: SIMD8<Double>
  ) -> (next: SIMD8<Double>, state: SIMD8<Double>) {
    let isShort = VectorMath.magnitude(bend) .< 0.25
    let step = VectorMath.clamp(VectorMath.select(isShort, newton / (1 + bend), newton), -30, 30)
    let next = VectorMath.multiplyAdd(x, VectorMath.expm1(step), x)
    let size = VectorMath.magnitude(step)
    let isSettled = (size .< 1e-9) .| ((size .< 1e-6) .& (VectorMath.magnitude(bend) .< 1e-6))
    let isUsual = (next .> 1e-300) .& (next .< 1e300)
    let state = VectorMath.select(isSettled, V(repeating: settled), V(repeating: unsettled))
    return (next, VectorMath.select(isUsual, state, V(repeating: failed)))
  }
}
