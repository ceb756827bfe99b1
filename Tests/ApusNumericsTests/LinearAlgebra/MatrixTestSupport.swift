import Testing

@testable import ApusNumerics

/// SplitMix64: small, seeded, the same everywhere.
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Roughly normal: the sum of twelve uniforms less six.
  mutating func normal() -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
  }
}

/// A row-major array of uniform values in −1..<1, fast enough for large extents in a debug build.
func randomArray(_ shape: [Int], seed: UInt64, dtype: DType = .float64) throws -> NDArray {
  let wide = try NDArray(uninitialized: shape, dtype: .float64)
  let pointer = wide.pointer(Double.self)
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  var i = 0
  while i < wide.count {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    pointer[i] = Double(Int64(bitPattern: state)) * 0x1p-63
    i &+= 1
  }
  return try wide.converted(to: dtype)
}

/// A small dense matrix in plain Swift, the reference the fast code is compared with.
struct Matrix: Equatable {
  var rows: Int
  var columns: Int
  var values: [Double]

  init(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Double) {
    self.rows = rows
    self.columns = columns
    values = (0..<rows * columns).map { element($0 / columns, $0 % columns) }
  }

  init(random rows: Int, _ columns: Int, seed: UInt64) {
    var generator = TestGenerator(seed: seed)
    self.init(rows, columns) { _, _ in generator.normal() }
  }

  init(_ array: NDArray) throws {
    rows = array.shape[0]
    columns = array.rank > 1 ? array.shape[1] : 1
    values = try array.converted(to: .float64).elements(as: Double.self)
  }

  static func identity(_ n: Int) -> Matrix { Matrix(n, n) { $0 == $1 ? 1 : 0 } }

  static func diagonal(_ entries: [Double]) -> Matrix {
    Matrix(entries.count, entries.count) { $0 == $1 ? entries[$0] : 0 }
  }

  /// Symmetric positive definite: B Bᵀ + n I.
  init(positiveDefinite n: Int, seed: UInt64) {
    let b = Matrix(random: n, n, seed: seed)
    self = b * b.transposed
    for i in 0..<n { self[i, i] += Double(n) }
  }

  subscript(i: Int, j: Int) -> Double {
    get { values[i * columns + j] }
    set { values[i * columns + j] = newValue }
  }

  var transposed: Matrix { Matrix(columns, rows) { self[$1, $0] } }
  var largest: Double { values.reduce(0) { Swift.max($0, $1.magnitude) } }

  static func * (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.columns == b.rows)
    var result = Matrix(a.rows, b.columns) { _, _ in 0 }
    let (depth, width) = (a.columns, b.columns)
    result.values.withUnsafeMutableBufferPointer { target in
      a.values.withUnsafeBufferPointer { left in
        b.values.withUnsafeBufferPointer { right in
          for i in 0..<a.rows {
            var k = 0
            while k < depth {
              let factor = left[i &* depth &+ k]
              var j = 0
              while j < width {
                target[i &* width &+ j] += factor * right[k &* width &+ j]
                j &+= 1
              }
              k &+= 1
            }
          }
        }
      }
    }
    return result
  }

  static func - (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns)
    return Matrix(a.rows, a.columns) { a[$0, $1] - b[$0, $1] }
  }

  static func * (a: Matrix, scale: Double) -> Matrix { Matrix(a.rows, a.columns) { a[$0, $1] * scale } }

  func array(_ dtype: DType = .float64) throws -> NDArray {
    try NDArray(values, shape: [rows, columns]).converted(to: dtype)
  }

  /// This matrix in every memory layout an `NDArray` can have.
  func layouts(_ dtype: DType = .float64) throws -> [(name: String, array: NDArray)] {
    let size = dtype.stride
    let transposedCopy = try transposed.array(dtype)
    let columnMajor = transposedCopy.transposed
    // Every second row and third column of a larger matrix that is NaN elsewhere.
    let wide = try Matrix(2 * rows, 3 * columns) {
      $0 % 2 == 0 && $1 % 3 == 0 ? self[$0 / 2, $1 / 3] : .nan
    }.array(dtype)
    let strided = NDArray(
      storage: wide.storage, data: wide.data, dtype: dtype, shape: [rows, columns],
      strides: [6 * columns * size, 3 * size])
    // Rows with a gap between them.
    let padded = try Matrix(rows, columns + 3) { $1 < columns ? self[$0, $1] : .nan }.array(dtype)
    let rowStrided = NDArray(
      storage: padded.storage, data: padded.data, dtype: dtype, shape: [rows, columns],
      strides: [(columns + 3) * size, size])
    let reversed = try Matrix(rows, columns) { self[rows - 1 - $0, columns - 1 - $1] }.array(dtype)
    let negative = NDArray(
      storage: reversed.storage, data: reversed.data + Swift.max(rows * columns - 1, 0) * size, dtype: dtype,
      shape: [rows, columns], strides: [-columns * size, -size])
    let bytes = try Buffer<UInt8>(count: rows * columns * size + 1)
    let plain = try array(dtype)
    (bytes.pointer + 1).update(from: plain.data.assumingMemoryBound(to: UInt8.self), count: rows * columns * size)
    let misaligned = try NDArray(
      borrowing: UnsafeMutableRawPointer(bytes.pointer + 1), dtype: dtype, shape: [rows, columns], lender: bytes)
    return [
      ("row-major", plain), ("column-major", columnMajor), ("strided", strided), ("row-strided", rowStrided),
      ("negative", negative), ("misaligned", misaligned),
    ]
  }
}

/// Runs `body` with 1, 2, 3 and 8 threads and expects the same result, to the bit, each time.
func expectSameBits(
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> [NDArray]
) throws {
  let before = ThreadPool.threadCount
  defer { try? ThreadPool.setThreadCount(before) }
  var expected: [[UInt8]]?
  for threads in [1, 2, 3, 8] {
    try ThreadPool.setThreadCount(threads)
    let bits = try body().map { array in
      let copy = try array.contiguous()
      return Array(UnsafeRawBufferPointer(start: copy.data, count: copy.count * copy.dtype.stride))
    }
    if let expected {
      #expect(bits == expected, comment ?? "\(threads) threads", sourceLocation: sourceLocation)
    } else {
      expected = bits
    }
  }
}

/// Fails every allocation of `body` in turn and expects `outOfMemory` each time, no leak, and success in the end.
func expectSurvivesAllocationFailure(
  _ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws {
  defer { Allocator.failAfter(-1) }
  let blocks = Allocator.liveBlockCount
  for granted in 0..<1000 {
    Allocator.failAfter(granted)
    let requests = Allocator.requestCount
    do {
      try body()
      let used = Allocator.requestCount - requests
      if used <= granted { break }
      Issue.record("\(name): swallowed a failed allocation", sourceLocation: sourceLocation)
    } catch ApusError.outOfMemory {
      #expect(
        Allocator.liveBlockCount == blocks, "\(name): leak after failure \(granted)", sourceLocation: sourceLocation)
    }
  }
  Allocator.failAfter(-1)
  #expect(Allocator.liveBlockCount == blocks, "\(name): leak", sourceLocation: sourceLocation)
}
