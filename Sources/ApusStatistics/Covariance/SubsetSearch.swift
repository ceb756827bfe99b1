import ApusNumerics
import RealModule

/// The rows whose covariance has the smallest determinant.
struct SubsetSearch {
  private static let starts = 500
  /// Candidates carried to convergence, and how many of those go on with all rows.
  private static let kept = 100
  private static let finalists = 10
  /// Rows that the random starts look at; the best of them go on with all rows.
  private static let sampleLimit = 1500

  /// The rows in coordinates of the space they span, (n, rank).
  private let data: NDArray
  private let size: Int
  private let seed: UInt64
  /// Dimension of the space that the centred rows span.
  let rank: Int

  init(_ data: NDArray, size: Int, seed: UInt64) throws(ApusError) {
    self.size = size
    self.seed = seed
    let p = data.shape[1]
    let estimate = try Covariance.empirical(data)
    try FiniteCheck.requireFinite(estimate.covariance, name: "covariance of X")
    let eigen = try LinearAlgebra.eigh(estimate.covariance)
    let values: [Double] = try eigen.values.elements()
    let largest = values.last ?? 0
    rank = values.count { $0 > Double(p) * 2.220446049250313e-16 * largest }
    if rank == p || rank == 0 {
      self.data = data
    } else {
      let basis = try eigen.vectors.slice((p - rank)..<p, axis: 1)
      self.data = try LinearAlgebra.matmul(data, basis).contiguous()
    }
  }

  /// The `size` rows, ascending.
  func best(_ checkpoint: (Double) throws -> Void) throws -> Buffer<Int> {
    let (n, p) = (data.shape[0], data.shape[1])
    if size == n || rank == 0 {
      let rows = try Buffer<Int>(count: size)
      for i in 0..<size { rows[i] = i }
      return rows
    }
    if p == 1 { return try shortestRun() }
    let part = try sampledRows()
    let m = part.shape[0]
    let h = m == n ? size : Swift.min(m, Int((Double(size) * Double(m) / Double(n)).rounded(.up)))
    let determinants = try Buffer<Double>(repeating: .infinity, count: SubsetSearch.starts)
    let block = 10
    let tasks = SubsetSearch.starts / block
    for round in 0..<5 {
      try checkpoint(Double(round) / 6)
      let first = round * tasks / 5
      try ThreadPool.parallelForThrowing(tasks: tasks / 5) { task in
        let work = try ConcentrationWork(part, subset: h)
        for start in (first + task) * block..<(first + task + 1) * block {
          work.begin(seed: seed, start: start)
          determinants[start] = work.concentrate(steps: 2)
        }
      }
    }
    var order = (0..<SubsetSearch.starts).sorted {
      determinants[$0] != determinants[$1] ? determinants[$0] < determinants[$1] : $0 < $1
    }
    guard determinants[order[0]] < .infinity else {
      throw ApusError.numericalFailure(reason: "X: no subset of \(size) rows has a covariance that can be inverted")
    }
    try checkpoint(5.0 / 6)
    let candidates = order
    try ThreadPool.parallelForThrowing(tasks: SubsetSearch.kept / block) { task in
      let work = try ConcentrationWork(part, subset: h)
      for k in task * block..<(task + 1) * block where determinants[candidates[k]] < .infinity {
        work.begin(seed: seed, start: candidates[k])
        determinants[candidates[k]] = work.concentrate(steps: 100)
      }
    }
    order = candidates.prefix(SubsetSearch.kept).sorted {
      determinants[$0] != determinants[$1] ? determinants[$0] < determinants[$1] : $0 < $1
    }
    let (narrow, wide) = (try ConcentrationWork(part, subset: h), try ConcentrationWork(data, subset: size))
    var best: (determinant: Double, rows: Buffer<Int>?) = (.infinity, nil)
    for start in order.prefix(m == n ? 1 : SubsetSearch.finalists) where determinants[start] < .infinity {
      narrow.begin(seed: seed, start: start)
      let reached = narrow.concentrate(steps: 100)
      // With all rows in the search there is nothing to add; a determinant of 0 cannot be undercut.
      if m == n { return try narrow.chosenRows() }
      if reached == -.infinity { continue }
      wide.takeMoments(of: narrow)
      let determinant = wide.concentrate(steps: 100)
      if determinant < best.determinant { best = (determinant, try wide.chosenRows()) }
    }
    guard let rows = best.rows else {
      throw ApusError.numericalFailure(reason: "X: no subset of \(size) rows has a covariance that can be inverted")
    }
    return rows
  }

  /// All rows, or a random selection of ``sampleLimit``.
  private func sampledRows() throws(ApusError) -> NDArray {
    let (n, p) = (data.shape[0], data.shape[1])
    if n <= SubsetSearch.sampleLimit { return data }
    let order = try Buffer<Int>(count: n)
    for i in 0..<n { order[i] = i }
    var stream = RandomStream(seed: seed, index: .max)
    let result = try NDArray(uninitialized: [SubsetSearch.sampleLimit, p], dtype: .float64)
    for i in 0..<SubsetSearch.sampleLimit {
      let j = i + stream.below(n - i)
      (order[i], order[j]) = (order[j], order[i])
      (result.pointer(Double.self) + i * p).update(from: data.pointer(Double.self) + order[i] * p, count: p)
    }
    return result
  }

  /// Of one variable: the run of sorted values with the smallest variance.
  private func shortestRun() throws(ApusError) -> Buffer<Int> {
    let n = data.shape[0]
    let values = UnsafeBufferPointer(start: UnsafePointer(data.pointer(Double.self)), count: n)
    let order = try Ranks.order(values)
    let middle = values[order[n / 2]]
    var (sum, squares) = (DoubleDouble(0), DoubleDouble(0))
    var best = (start: 0, squares: Double.infinity)
    for i in 0..<n {
      let d = values[order[i]] - middle
      sum = sum + d
      squares = squares + DoubleDouble.product(d, d)
      if i >= size {
        let e = values[order[i - size]] - middle
        sum = sum - e
        squares = squares - DoubleDouble.product(e, e)
      }
      if i >= size - 1 {
        let spread = (squares - sum * sum / Double(size)).value
        if spread < best.squares { best = (i - size + 1, spread) }
      }
    }
    withExtendedLifetime(data) {}
    return try SubsetSearch.ascending(order.pointer + best.start, size)
  }

  /// A sorted copy.
  fileprivate static func ascending(_ rows: UnsafePointer<Int>, _ count: Int) throws(ApusError) -> Buffer<Int> {
    let result = try Buffer<Int>(count: count)
    result.pointer.update(from: rows, count: count)
    var elements = result.elements
    elements.sort()
    return result
  }
}

/// Memory and state of concentration steps on one set of rows.
private final class ConcentrationWork {
  private let data: NDArray
  private let n: Int
  private let p: Int
  private let subset: Int
  private let indices: Buffer<Int>
  private let keys: Buffer<Double>
  private let mean: Buffer<Double>
  private let covariance: Buffer<Double>
  private let factor: Buffer<Double>
  private let scratch: Buffer<Double>
  private var determinant: Double?

  init(_ data: NDArray, subset: Int) throws(ApusError) {
    self.data = data
    self.subset = subset
    (n, p) = (data.shape[0], data.shape[1])
    indices = try Buffer(count: n)
    keys = try Buffer(count: n)
    mean = try Buffer(count: p)
    let square = try checkedCount([p, p], stride: 1)
    covariance = try Buffer(count: square)
    factor = try Buffer(count: square)
    scratch = try Buffer(count: p)
  }

  private var x: UnsafePointer<Double> { UnsafePointer(data.pointer(Double.self)) }

  /// Moments of the first rows in the random order of this start: for even starts p + 1 of them (more, up to 2p + 10, while they
  /// span too little), of which a good share has no outlier, for odd ones as many as the subset has, which end in other minima.
  func begin(seed: UInt64, start: Int) {
    var stream = RandomStream(seed: seed, index: UInt64(start))
    for i in 0..<n { indices[i] = i }
    let most = start % 2 == 0 ? Swift.min(n, 2 * p + 10) : subset
    for i in 0..<most {
      let j = i + stream.below(n - i)
      (indices[i], indices[j]) = (indices[j], indices[i])
    }
    var count = start % 2 == 0 ? Swift.min(p + 1, n) : subset
    measure(count)
    while determinant == nil && count < most {
      count += 1
      measure(count)
    }
  }

  private func measure(_ count: Int) {
    ConcentrationKernel.moments(
      x, p, indices.pointer, count, mean.pointer, covariance.pointer, scratch.pointer)
    determinant = ConcentrationKernel.factor(covariance.pointer, p, factor.pointer)
  }

  func takeMoments(of other: ConcentrationWork) {
    mean.pointer.update(from: other.mean.pointer, count: p)
    covariance.pointer.update(from: other.covariance.pointer, count: p * p)
    determinant = ConcentrationKernel.factor(covariance.pointer, p, factor.pointer)
  }

  /// Repeats: distances under the current moments, the nearest rows, their moments; the determinant never rises.
  ///
  /// - Returns: ln of the determinant; +∞ when the moments to begin with are singular, −∞ when those of a subset are.
  func concentrate(steps: Int) -> Double {
    guard determinant != nil else { return .infinity }
    var last = Double.infinity
    for _ in 0..<steps {
      ConcentrationKernel.distances(x, n, p, mean.pointer, factor.pointer, keys.pointer, scratch.pointer)
      ConcentrationKernel.select(keys.pointer, n, subset, indices.pointer)
      measure(subset)
      guard let determinant else { return -.infinity }
      if determinant >= last - 1e-14 * last.magnitude { break }
      last = determinant
    }
    return last
  }

  /// The rows of the last step, ascending.
  func chosenRows() throws(ApusError) -> Buffer<Int> {
    try SubsetSearch.ascending(indices.pointer, subset)
  }
}
