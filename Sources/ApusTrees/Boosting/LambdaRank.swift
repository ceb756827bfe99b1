import ApusNumerics
import RealModule

/// The queries of a ranking problem and the gradients of LambdaRank on them.
///
/// Burges 2010, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82. For two documents of a query with relevances
/// a > b and scores s, `ρ = 1 / (1 + exp(s_a − s_b))` and ΔNDCG the change of NDCG if they changed places:
/// the gradient of s_a gains `−ρ ΔNDCG`, that of s_b the opposite, both Hessians `ρ (1 − ρ) ΔNDCG`. Of the two, the
/// better placed must be among the first `truncation`. As in LightGBM, ΔNDCG is divided by `0.01 + |s_a − s_b|`
/// unless all scores are equal, and a query's sums are scaled by `log₂(1 + Σ) / Σ` of its |gradients| (`normalises`).
package final class LambdaRank: @unchecked Sendable {
  /// First row of every query, and the number of rows.
  let offsets: [Int]
  let truncation: Int
  let normalises: Bool
  private let y: UnsafePointer<Double>
  /// `1 / DCG` of the best order of every query's first `truncation` places; 0 where nothing is relevant.
  private let inverseIdeal: Buffer<Double>
  private let order: Buffer<UInt32>

  /// Relevances are whole numbers in this range: gains are `2^y − 1`.
  static let largestRelevance = 31.0

  /// - Parameter y: relevances, borrowed for the life of the object.
  init(offsets: [Int], y: UnsafePointer<Double>, truncation: Int, normalises: Bool) throws(ApusError) {
    self.offsets = offsets
    self.y = y
    self.truncation = truncation
    self.normalises = normalises
    let rows = offsets[offsets.count - 1]
    order = try Buffer(count: rows)
    inverseIdeal = try Buffer(count: offsets.count - 1)
    for query in 0..<(offsets.count - 1) {
      let best = sorted(query) { y[$0] }
      let ideal = LambdaRank.gain(best, y, places: truncation)
      inverseIdeal[query] = ideal > 0 ? 1 / ideal : 0
    }
  }

  var queries: Int { offsets.count - 1 }

  /// The rows of a query by descending key, equal ones in their order.
  private func sorted(_ query: Int, by key: (Int) -> Double) -> UnsafeBufferPointer<UInt32> {
    let start = offsets[query]
    let count = offsets[query + 1] - start
    var places = UnsafeMutableBufferPointer(start: order.pointer + start, count: count)
    for i in 0..<count { places[i] = UInt32(truncatingIfNeeded: start + i) }
    places.sort { a, b in
      let (x, y) = (key(Int(a)), key(Int(b)))
      return x > y || (x == y && a < b)
    }
    return UnsafeBufferPointer(places)
  }

  private static func discount(_ place: Int) -> Double { 1 / .log2(Double(place) + 2) }

  private static func gain(_ rows: UnsafeBufferPointer<UInt32>, _ y: UnsafePointer<Double>, places: Int) -> Double {
    var sum = 0.0
    for place in 0..<min(rows.count, places) { sum += (.exp2(y[Int(rows[place])]) - 1) * discount(place) }
    return sum
  }

  /// (gradient, Hessian) of all rows, queries in parallel.
  func fill(raw: UnsafePointer<Double>, into steps: UnsafeMutablePointer<SIMD2<Float>>) throws {
    let rows = offsets[queries]
    let sums = try Buffer<SIMD2<Double>>(zeroed: rows)
    ThreadPool.parallelBlocks(count: queries, blockSize: 16) { range in
      for query in range { add(query, raw: raw, to: sums.pointer) }
    }
    for row in 0..<rows { steps[row] = SIMD2(Float(sums[row].x), Float(sums[row].y)) }
  }

  private func add(_ query: Int, raw: UnsafePointer<Double>, to sums: UnsafeMutablePointer<SIMD2<Double>>) {
    let scale = inverseIdeal[query]
    guard scale > 0 else { return }
    let places = sorted(query) { raw[$0] }
    let count = places.count
    let isUniform = raw[Int(places[0])] == raw[Int(places[count - 1])]
    var total = 0.0
    for i in 0..<min(truncation, count) {
      let first = Int(places[i])
      for j in (i + 1)..<max(count, i + 1) {
        let second = Int(places[j])
        if y[first] == y[second] { continue }
        let (high, low) = y[first] > y[second] ? (first, second) : (second, first)
        let distance = raw[high] - raw[low]
        var change =
          (.exp2(y[high]) - .exp2(y[low])) * abs(LambdaRank.discount(i) - LambdaRank.discount(j)) * scale
        if normalises, !isUniform { change /= 0.01 + abs(distance) }
        let rho = 1 / (1 + Double.exp(distance))
        let (slope, curvature) = (rho * change, rho * (1 - rho) * change)
        sums[high] += SIMD2(-slope, curvature)
        sums[low] += SIMD2(slope, curvature)
        total += 2 * slope
      }
    }
    guard normalises, total > 0 else { return }
    let factor = Double.log2(1 + total) / total
    for row in offsets[query]..<offsets[query + 1] { sums[row] *= factor }
  }

  /// Mean NDCG of the first `truncation` places over the queries; a query without relevant documents counts 1.
  func ndcg(raw: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for query in 0..<queries {
      let ideal = inverseIdeal[query]
      sum += ideal > 0 ? LambdaRank.gain(sorted(query) { raw[$0] }, y, places: truncation) * ideal : 1
    }
    return sum / Double(queries)
  }
}
