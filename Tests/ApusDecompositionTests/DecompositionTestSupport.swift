import ApusModels
import ApusNumerics

@testable import ApusDecomposition

/// Rows of uncorrelated columns with standard deviations 1, `decay`, `decay`², … turned by a fixed orthogonal matrix, plus
/// `offset`.
func sampleRows(
  _ rows: Int, _ columns: Int, decay: Double = 0.7, offset: Double = 3, seed: UInt64 = 7, dtype: DType = .float64
) throws -> NDArray {
  var stream = RandomStream(seed: seed)
  let noise = try NDArray(uninitialized: [rows, columns], dtype: .float64)
  stream.fillNormal(noise.pointer(Double.self), count: rows * columns)
  let turn = try NDArray(uninitialized: [columns, columns], dtype: .float64)
  stream.fillNormal(turn.pointer(Double.self), count: columns * columns)
  let q = try LinearAlgebra.qr(turn).q
  var factor = 1.0
  for j in 0..<columns {
    for i in 0..<rows { noise.pointer(Double.self)[i * columns + j] *= factor }
    factor *= decay
  }
  let result = try LinearAlgebra.matmul(noise, q)
  for i in 0..<result.count { result.pointer(Double.self)[i] += offset }
  return try result.converted(to: dtype)
}

/// All elements of a dense matrix as CSR.
func compressed(_ dense: NDArray) throws -> CSRMatrix {
  let (rows, columns) = (dense.shape[0], dense.shape[1])
  return try CSRMatrix(
    rows: rows, columns: columns, rowOffsets: NDArray((0...rows).map { Int64($0 * columns) }),
    columnIndices: NDArray((0..<(rows * columns)).map { Int64($0 % columns) }),
    values: dense.contiguous().reshaped([rows * columns]))
}

extension NDArray {
  /// All elements as doubles, row-major.
  func numbers() throws -> [Double] { try converted(to: .float64).elements(as: Double.self) }
}

extension FittedModel {
  func numbers(_ name: String) throws -> [Double] { try array(name).numbers() }
}

/// max |a − b|, infinite when the lengths differ.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { Swift.max($0, ($1.0 - $1.1).magnitude) }
}

/// Runs `body` with 1, 2, 3 and 8 threads and returns the results.
func forThreadCounts<Result>(_ body: () throws -> Result) throws -> [Result] {
  let before = ThreadPool.threadCount
  defer { try? ThreadPool.setThreadCount(before) }
  return try [1, 2, 3, 8].map { count in
    try ThreadPool.setThreadCount(count)
    return try body()
  }
}
