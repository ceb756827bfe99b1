import ApusNumerics
import RealModule

/// One-dimensional numbers a test works on: contiguous float64, checked against the policy for missing values.
struct Sample {
  private let array: NDArray
  /// Valid while the sample lives.
  let values: UnsafeBufferPointer<Double>
  /// Under ``MissingPolicy/propagate``: there is a NaN, so the result is NaN.
  let hasMissing: Bool

  var count: Int { values.count }

  init(_ source: NDArray, name: String, missing: MissingPolicy, atLeast minimum: Int = 1) throws(ApusError) {
    let flat = try Sample.flat(source, name)
    let pointer = UnsafePointer(flat.pointer(Double.self))
    var missingCount = 0
    for i in 0..<flat.count where pointer[i].isNaN {
      if missing == .raise { throw .nonFiniteValue(name: name, reason: "element \(i) is NaN") }
      missingCount += 1
    }
    let kept: NDArray
    if missing == .omit && missingCount > 0 {
      kept = try NDArray(uninitialized: [flat.count - missingCount], dtype: .float64)
      let target = kept.pointer(Double.self)
      var k = 0
      for i in 0..<flat.count where !pointer[i].isNaN {
        target[k] = pointer[i]
        k += 1
      }
    } else {
      kept = flat
    }
    self.init(kept, hasMissing: missing != .omit && missingCount > 0)
    try Sample.require(count: count, minimum, name)
  }

  init(_ contiguous: NDArray, hasMissing: Bool = false) {
    array = contiguous
    values = UnsafeBufferPointer(start: UnsafePointer(contiguous.pointer(Double.self)), count: contiguous.count)
    self.hasMissing = hasMissing
  }

  /// Two samples of equal length; under `omit` a NaN in either removes the pair.
  static func pairs(
    _ x: NDArray, _ y: NDArray, names: (String, String) = ("x", "y"), missing: MissingPolicy, atLeast minimum: Int
  ) throws(ApusError) -> (Sample, Sample) {
    let (a, b) = (try flat(x, names.0), try flat(y, names.1))
    guard a.count == b.count else {
      throw .shapeMismatch(
        name: names.1, reason: "has \(b.count) elements beside \(a.count) of \(names.0), they must be equal")
    }
    let (p, q) = (UnsafePointer(a.pointer(Double.self)), UnsafePointer(b.pointer(Double.self)))
    var missingCount = 0
    for i in 0..<a.count where p[i].isNaN || q[i].isNaN {
      if missing == .raise {
        throw .nonFiniteValue(name: p[i].isNaN ? names.0 : names.1, reason: "element \(i) is NaN")
      }
      missingCount += 1
    }
    try require(count: a.count - (missing == .omit ? missingCount : 0), minimum, names.0)
    guard missing == .omit && missingCount > 0 else {
      return (Sample(a, hasMissing: missingCount > 0), Sample(b, hasMissing: missingCount > 0))
    }
    let kept = a.count - missingCount
    let (u, v) = (
      try NDArray(uninitialized: [kept], dtype: .float64), try NDArray(uninitialized: [kept], dtype: .float64)
    )
    let (s, t) = (u.pointer(Double.self), v.pointer(Double.self))
    var k = 0
    for i in 0..<a.count where !(p[i].isNaN || q[i].isNaN) {
      s[k] = p[i]
      t[k] = q[i]
      k += 1
    }
    return (Sample(u), Sample(v))
  }

  /// Samples of equal length whose elements belong together; under `omit` a NaN in any removes the row.
  static func rows(
    _ arrays: [NDArray], names: [String], missing: MissingPolicy, atLeast minimum: Int
  ) throws(ApusError) -> [Sample] {
    var columns: [NDArray] = []
    for (array, name) in zip(arrays, names) {
      let column = try flat(array, name).contiguous()
      if let first = columns.first, first.count != column.count {
        throw .shapeMismatch(
          name: name,
          reason: "has \(column.count) elements beside \(first.count) of \(names[0]), they must be equal")
      }
      columns.append(column)
    }
    let n = columns.first?.count ?? 0
    let keep = try Buffer<Bool>(repeating: true, count: n)
    var kept = n
    for (column, name) in zip(columns, names) {
      let values = UnsafePointer(column.pointer(Double.self))
      for i in 0..<n where values[i].isNaN {
        if missing == .raise { throw .nonFiniteValue(name: name, reason: "element \(i) is NaN") }
        if keep[i] { kept -= 1 }
        keep[i] = false
      }
    }
    let isWhole = missing != .omit || kept == n
    try require(count: isWhole ? n : kept, minimum, names.first ?? "x")
    var result: [Sample] = []
    for column in columns {
      if isWhole {
        result.append(Sample(column, hasMissing: kept < n))
        continue
      }
      let target = try NDArray(uninitialized: [kept], dtype: .float64)
      var k = 0
      for i in 0..<n where keep[i] {
        target.pointer(Double.self)[k] = column.pointer(Double.self)[i]
        k += 1
      }
      result.append(Sample(target))
    }
    return result
  }

  /// Several samples, at least `groups` of them.
  static func groups(
    _ arrays: [NDArray], missing: MissingPolicy, groups: Int, atLeast minimum: Int
  ) throws(ApusError) -> [Sample] {
    guard arrays.count >= groups else {
      throw .invalidArgument(name: "samples", reason: "\(arrays.count) given, at least \(groups) are needed")
    }
    var result: [Sample] = []
    for (i, array) in arrays.enumerated() {
      result.append(try Sample(array, name: "sample \(i)", missing: missing, atLeast: minimum))
    }
    return result
  }

  static func require(count: Int, _ minimum: Int, _ name: String) throws(ApusError) {
    guard count >= minimum else {
      throw .invalidArgument(name: name, reason: "\(count) observations, the test needs at least \(minimum)")
    }
  }

  private static func flat(_ source: NDArray, _ name: String) throws(ApusError) -> NDArray {
    guard source.rank == 1 || (source.rank == 2 && source.shape[1] == 1) else {
      throw .shapeMismatch(name: name, reason: "has shape \(source.shape), needs one dimension")
    }
    return try source.converted(to: .float64, name: name)
  }

  /// A sorted copy.
  func sorted() throws(ApusError) -> Sample {
    if count >= RadixOrder.smallest {
      let order = try Ranks.order(values)
      let result = try NDArray(uninitialized: [count], dtype: .float64)
      let out = result.pointer(Double.self)
      for i in 0..<count { out[i] = values[order[i]] }
      return Sample(result)
    }
    let copy = try array.copied()
    var elements = UnsafeMutableBufferPointer(start: copy.pointer(Double.self), count: count)
    elements.sort()
    return Sample(copy)
  }

  var allFinite: Bool { values.allSatisfy(\.isFinite) }

  var summary: SampleMoments { SampleMoments(values) }
}

/// Mean and centred sum of squares, safe against overflow and cancellation.
///
/// Two passes: the mean as a compensated sum, then the squares about it with the correction of T. Chan, G. Golub,
/// R. LeVeque, "Algorithms for computing the sample variance", Am. Stat. 37 (1983) 242–247. Values are scaled by a power of two,
/// so 1e200 and 1e-200 lose nothing.
struct SampleMoments {
  let count: Int
  let mean: Double
  /// Sum of squared deviations in units of `scale`².
  let scaledSquares: Double
  let scale: Double

  init(_ values: UnsafeBufferPointer<Double>) {
    count = values.count
    var largest = 0.0
    for value in values { largest = Swift.max(largest, value.magnitude) }
    let power = largest > 0 && largest.isFinite ? Double(sign: .plus, exponent: largest.exponent, significand: 1) : 1
    // Ordinary magnitudes need no scaling.
    scale = power > 1e-70 && power < 1e70 ? 1 : power
    var sum = DoubleDouble(0)
    for value in values { sum = sum + value / scale }
    let exactMean = sum / Double(Swift.max(count, 1))
    var squares = DoubleDouble(0)
    var rest = 0.0
    for value in values {
      let d = value / scale - exactMean.high
      rest += d
      squares = squares + DoubleDouble.product(d, d)
    }
    mean = count == 0 ? .nan : exactMean.value * scale
    scaledSquares = count == 0 ? .nan : (squares - rest * rest / Double(count)).value.atLeast(0)
  }

  /// Standard deviation with divisor n − ddof.
  func standardDeviation(ddof: Double = 1) -> Double {
    (scaledSquares / (Double(count) - ddof)).squareRoot() * scale
  }

  func variance(ddof: Double = 1) -> Double {
    let deviation = standardDeviation(ddof: ddof)
    return scale == 1 ? scaledSquares / (Double(count) - ddof) : deviation * deviation
  }

  /// All values are equal, or differ only by rounding.
  var isConstant: Bool {
    scaledSquares == 0 || standardDeviation() <= 1e-15 * mean.magnitude
  }
}
