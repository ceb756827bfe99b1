import ApusModels
import ApusNumerics
import Testing

@testable import ApusLinear

extension FittedModel {
  /// A numeric attribute as doubles; empty when the model has none of that name.
  func numbers(_ name: String) throws -> [Double] {
    switch try attribute(name) {
    case .array(let array)?: return try array.converted(to: .float64).elements(as: Double.self)
    case .double(let value)?: return [value]
    case .int(let value)?: return [Double(value)]
    default: return []
    }
  }
}

/// Numbers that look random, the same in every run.
struct TestNumbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  /// Uniform in [−1, 1).
  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) / Double(1 << 52) - 1
  }

  /// Sum of four uniforms: bell-shaped.
  mutating func bell() -> Double { next() + next() + next() + next() }

  mutating func vector(_ count: Int, scale: Double = 1, offset: Double = 0) -> [Double] {
    (0..<count).map { _ in offset + scale * bell() }
  }
}

/// A regression with known structure: rows × columns features, targets with noise.
func sampleRegression(
  rows: Int, columns: Int, targets: Int = 1, seed: UInt64 = 1, offset: Double = 5
) throws -> (x: NDArray, y: NDArray) {
  var numbers = TestNumbers(seed)
  let x = numbers.vector(rows * columns, offset: offset)
  let beta = numbers.vector(columns * targets)
  var y = [Double](repeating: 0, count: rows * targets)
  for row in 0..<rows {
    for target in 0..<targets {
      var sum = 2 + 0.1 * numbers.bell()
      for column in 0..<columns { sum += x[row * columns + column] * beta[target * columns + column] }
      y[row * targets + target] = sum
    }
  }
  return (try NDArray(x, shape: [rows, columns]), try NDArray(y, shape: targets == 1 ? [rows] : [rows, targets]))
}

/// max |a − b| / max |b|.
func relativeDistance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = b.map { abs($0) }.max() ?? 0
  let difference = zip(a, b).map { abs($0 - $1) }.max() ?? 0
  return scale > 0 ? difference / scale : difference
}

/// The dense matrix as CSR without its zeros.
func sparse(_ dense: NDArray) throws -> CSRMatrix {
  let (rows, columns) = (dense.shape[0], dense.shape[1])
  let values = try dense.converted(to: .float64).elements(as: Double.self)
  var (offsets, indices, kept) = ([Int64(0)], [Int64](), [Double]())
  for row in 0..<rows {
    for column in 0..<columns where values[row * columns + column] != 0 {
      indices.append(Int64(column))
      kept.append(values[row * columns + column])
    }
    offsets.append(Int64(kept.count))
  }
  return try CSRMatrix(
    rows: rows, columns: columns, rowOffsets: try NDArray(offsets), columnIndices: try NDArray(indices),
    values: try NDArray(kept))
}
