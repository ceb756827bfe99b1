import ApusNumerics
import RealModule

/// A statistic of one or two samples for permutation and bootstrap tests.
public enum ResamplingStatistic: String, CaseIterable, Sendable {
  /// Of one sample.
  case mean, median
  case standardDeviation = "std"
  case variance = "var"
  /// Of two samples.
  case meanDifference = "mean_difference"
  case medianDifference = "median_difference"
  case tStatistic = "t"
  case varianceRatio = "variance_ratio"
  /// Of pairs.
  case pearson

  var sampleCount: Int {
    switch self {
    case .mean, .median, .standardDeviation, .variance: return 1
    default: return 2
    }
  }

  /// Evaluates on scratch memory, whose order it may change.
  func evaluate(_ x: UnsafeMutableBufferPointer<Double>, _ y: UnsafeMutableBufferPointer<Double>?) -> Double {
    let (a, b) = (Summary(x), y.map(Summary.init))
    switch self {
    case .mean: return a.mean
    case .median: return Self.median(x)
    case .standardDeviation: return (a.squares / (a.count - 1)).squareRoot()
    case .variance: return a.squares / (a.count - 1)
    case .meanDifference: return a.mean - (b?.mean ?? .nan)
    case .medianDifference: return Self.median(x) - (y.map(Self.median) ?? .nan)
    case .tStatistic:
      guard let b else { return .nan }
      let pooled = (a.squares + b.squares) / (a.count + b.count - 2)
      return (a.mean - b.mean) / (pooled * (1 / a.count + 1 / b.count)).squareRoot()
    case .varianceRatio:
      guard let b else { return .nan }
      return a.squares / (a.count - 1) / (b.squares / (b.count - 1))
    case .pearson:
      guard let y, let b else { return .nan }
      var sum = 0.0
      for i in 0..<x.count { sum += (x[i] - a.mean) * (y[i] - b.mean) }
      return sum / (a.squares * b.squares).squareRoot()
    }
  }

  private struct Summary {
    let count: Double
    var mean = 0.0
    var squares = 0.0
    init(_ x: UnsafeMutableBufferPointer<Double>) {
      count = Double(x.count)
      for value in x { mean += value }
      mean /= count
      for value in x { squares += (value - mean) * (value - mean) }
    }
  }

  private static func median(_ x: UnsafeMutableBufferPointer<Double>) -> Double {
    var x = x
    x.sort()
    return 0.5 * (x[(x.count - 1) / 2] + x[x.count / 2])
  }
}
