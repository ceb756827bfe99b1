import ApusNumerics

/// Where coordinate descent gets its numbers from: the centred, weighted features A = √w (X − 1 mᵀ) 2^−exponent and the
/// targets B = √w (Y − 1 ȳᵀ), seen through AᵀA / Σw, AᵀB / Σw and BᵀB / Σw.
///
/// Coefficients in these units are those of X times 2^exponent. A source belongs to one solver on one thread.
protocol CorrelationSource: AnyObject {
  var columns: Int { get }
  /// Features are divided by 2^exponent.
  var exponent: Int { get }
  /// Σ w.
  var totalWeight: Double { get }
  /// Weighted means of the features, divided by 2^exponent; zeros without an intercept.
  var means: UnsafePointer<Double> { get }
  /// Weighted means of the targets; zeros without an intercept.
  var targetMeans: [Double] { get }
  /// The diagonal of BᵀB / Σw.
  var targetSquares: [Double] { get }
  /// AᵀB / Σw, (targets, columns).
  var cross: UnsafePointer<Double> { get }
  /// Whether inner products of features cost time, so that the working set had better grow slowly.
  var computesProducts: Bool { get }

  /// Writes gradient[j · tasks + t] = (Aᵀ(B − A W))[j, t] / Σw for the targets `first` ..< `first + tasks`, where W (columns ×
  /// tasks) is zero outside `members`.
  func gradient(
    _ w: UnsafePointer<Double>, members: WorkingSet, first: Int, tasks: Int, into gradient: UnsafeMutablePointer<Double>
  ) throws

  /// Writes the rows `range` of the working set's part of AᵀA / Σw against all its members, `stride` elements a row.
  func products(_ range: Range<Int>, of members: WorkingSet, into gram: UnsafeMutablePointer<Double>, stride: Int)
    throws
}

/// Features that coordinate descent works on, with their inner products. Features are added and never leave, so the
/// products of two features are computed once for a whole path.
final class WorkingSet {
  /// Whether inner products are kept; without them descent goes by the residuals of sparse features.
  let keepsProducts: Bool
  /// Features in the order in which they came.
  private(set) var members: [Int] = []
  /// For each feature its place among the members, or −1.
  private let places: Buffer<Int32>
  /// Row-major with `stride` elements a row; symmetric.
  private(set) var gram: Buffer<Double>
  private(set) var stride: Int

  /// Up to this many sparse features, inner products cost less than passes over the entries.
  private static let fewSparseColumns = 128

  /// - Parameter tasks: number of targets that are solved for together.
  init(for source: any CorrelationSource, tasks: Int) throws(ApusError) {
    let columns = source.columns
    keepsProducts = !(source is SparseColumnSource) || tasks > 1 || columns <= WorkingSet.fewSparseColumns
    places = try Buffer<Int32>(repeating: -1, count: columns)
    stride = keepsProducts ? Swift.min(columns, 64) : 1
    gram = try Buffer<Double>(count: stride * stride)
  }

  var count: Int { members.count }

  func contains(_ feature: Int) -> Bool { places.pointer[feature] >= 0 }

  /// The mean square of a member; of other features, which were not looked at, next to nothing.
  func meanSquare(_ feature: Int) -> Double {
    let place = Int(places.pointer[feature])
    return place < 0 ? .leastNormalMagnitude : gram.pointer[place * stride + place]
  }

  /// Adds features that are not members yet.
  ///
  /// - Complexity: O(count²) for copies, and the inner products of the new ones with all.
  func add(_ features: [Int], from source: any CorrelationSource) throws {
    if features.isEmpty { return }
    let old = members.count
    let count = old + features.count
    if !keepsProducts {
      for (index, feature) in features.enumerated() { places[feature] = Int32(old + index) }
      members += features
      return
    }
    if count > stride {
      let wider = Swift.min(places.count, Swift.max(count, 2 * stride))
      let larger = try Buffer<Double>(count: try checkedCount([wider, wider], stride: 8) / 8)
      for row in 0..<old { (larger.pointer + row * wider).update(from: gram.pointer + row * stride, count: old) }
      (gram, stride) = (larger, wider)
    }
    for (index, feature) in features.enumerated() { places[feature] = Int32(old + index) }
    members += features
    try source.products(old..<count, of: self, into: gram.pointer + old * stride, stride: stride)
    for row in old..<count {
      let products = gram.pointer + row * stride
      for column in 0..<old { gram.pointer[column * stride + row] = products[column] }
    }
  }
}
