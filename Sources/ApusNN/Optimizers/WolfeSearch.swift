import ApusAutograd

/// A line search for the strong Wolfe conditions: bracketing and zooming with cubic interpolation (Nocedal and Wright, 2006,
/// algorithms 3.5 and 3.6 with formula 3.59), in the order of evaluations of PyTorch's L-BFGS.
struct WolfeSearch {
  /// φ(t), ∇f and φ′(t) at one step length.
  private struct Point {
    var length: Double
    var loss: Double
    var gradient: Tensor
    var slope: Double
  }

  private let sufficientDecrease = 1e-4
  private let curvature = 0.9
  private let limit = 25
  private let start: Point
  private let largestDirection: Double
  private let toleranceChange: Double

  /// The step found, its loss and gradient.
  private(set) var length: Double
  private(set) var loss: Double
  private(set) var gradient: Tensor
  private(set) var evaluations = 0

  init(
    length: Double, loss: Double, gradient: Tensor, slope: Double, largestDirection: Double, toleranceChange: Double
  ) {
    start = Point(length: 0, loss: loss, gradient: gradient, slope: slope)
    self.length = length
    self.loss = loss
    self.gradient = gradient
    self.largestDirection = largestDirection
    self.toleranceChange = toleranceChange
  }

  mutating func run(_ evaluate: (Double) throws -> (loss: Double, gradient: Tensor, slope: Double)) throws {
    func point(_ length: Double) throws -> Point {
      let found = try evaluate(length)
      return Point(length: length, loss: found.loss, gradient: found.gradient, slope: found.slope)
    }
    var new = try point(length)
    evaluations = 1
    var previous = start
    var bracket: [Point] = []
    var iteration = 0
    var isDone = false
    while iteration < limit {
      if exceeds(new) || (iteration > 1 && new.loss >= previous.loss) {
        bracket = [previous, new]
        break
      }
      if new.slope.magnitude <= -curvature * start.slope {
        bracket = [new]
        isDone = true
        break
      }
      if new.slope >= 0 {
        bracket = [previous, new]
        break
      }
      let shortest = new.length + 0.01 * (new.length - previous.length)
      let next = Self.cubic(previous, new, within: shortest...Swift.max(shortest, new.length * 10))
      previous = new
      new = try point(next)
      evaluations += 1
      iteration += 1
    }
    if bracket.isEmpty { bracket = [start, new] }
    let best = bracket.count == 1 ? bracket[0] : try zoom(bracket, iteration, isDone, point)
    (length, loss, gradient) = (best.length, best.loss, best.gradient)
  }

  private func exceeds(_ p: Point) -> Bool { p.loss > start.loss + sufficientDecrease * p.length * start.slope }

  private mutating func zoom(
    _ initial: [Point], _ begun: Int, _ alreadyDone: Bool, _ point: (Double) throws -> Point
  ) throws -> Point {
    var bracket = initial
    var isDone = alreadyDone
    var iteration = begun
    var isStuck = false
    var (low, high) = bracket[0].loss <= bracket[1].loss ? (0, 1) : (1, 0)
    while !isDone, iteration < limit {
      let width = (bracket[1].length - bracket[0].length).magnitude
      if width * largestDirection < toleranceChange { break }
      let (left, right) = (
        Swift.min(bracket[0].length, bracket[1].length), Swift.max(bracket[0].length, bracket[1].length)
      )
      var t = Self.cubic(bracket[0], bracket[1], within: left...right)
      let margin = 0.1 * (right - left)
      if Swift.min(right - t, t - left) < margin {
        // Too close to an end twice in a row, or beyond it: a tenth inside.
        if isStuck || t >= right || t <= left {
          t = (t - right).magnitude < (t - left).magnitude ? right - margin : left + margin
          isStuck = false
        } else {
          isStuck = true
        }
      } else {
        isStuck = false
      }
      let new = try point(t)
      evaluations += 1
      iteration += 1
      if exceeds(new) || new.loss >= bracket[low].loss {
        bracket[high] = new
        (low, high) = bracket[0].loss <= bracket[1].loss ? (0, 1) : (1, 0)
      } else {
        if new.slope.magnitude <= -curvature * start.slope {
          isDone = true
        } else if new.slope * (bracket[high].length - bracket[low].length) >= 0 {
          bracket[high] = bracket[low]
        }
        bracket[low] = new
      }
    }
    return bracket[low]
  }

  /// The minimum of the cubic through two points with their slopes, within bounds; their middle where there is none.
  private static func cubic(_ a: Point, _ b: Point, within bounds: ClosedRange<Double>) -> Double {
    let d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.length - b.length)
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return (bounds.lowerBound + bounds.upperBound) / 2 }
    let d2 = square.squareRoot()
    let t =
      a.length <= b.length
      ? b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.length - (a.length - b.length) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return Swift.min(Swift.max(t, bounds.lowerBound), bounds.upperBound)
  }
}
