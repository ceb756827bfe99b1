import ApusModels
import ApusNumerics

/// Validated input of a forest's fit: dense, or sparse without ever being made dense as a whole.
struct ForestInput {
  let features: FeatureMatrix
  let rows: Int
  let columns: Int
  /// Sample weights as given; nil when all are 1.
  let sampleWeight: NDArray?
  /// The features by columns, when they are sparse.
  let sparse: SparseColumns?

  init(_ data: TrainingData, schema: EstimatorSchema) throws {
    try InputValidation.arguments(data, schema: schema)
    features = try InputValidation.features(data.features, schema: schema)
    (rows, columns) = (features.rows, features.columns)
    sampleWeight = try InputValidation.sampleWeight(data.sampleWeight, rows: rows)
    switch features {
    case .dense(let array):
      try InfinityCheck.require(array)
      sparse = nil
    case .sparse(let matrix): sparse = try SparseColumns(matrix)
    }
    if let sparse {
      for column in 0..<columns {
        for entry in sparse.starts[column]..<sparse.starts[column + 1] where sparse.values[entry].isInfinite {
          throw ApusError.nonFiniteValue(
            name: "X", reason: "contains infinity (inf), first at row \(sparse.rowOf[entry]), column \(column)")
        }
      }
    }
  }

  /// The features as ranks.
  func ranked(maxBins: Int?, categorical: [Bool]) throws -> RankedFeatures {
    switch features {
    case .dense(let matrix): return try RankedFeatures(matrix, maxBins: maxBins, categorical: categorical)
    case .sparse:
      guard let sparse else { throw ApusError.internalError(reason: "X: sparse without columns") }
      return try RankedFeatures(sparse, maxBins: maxBins, categorical: categorical)
    }
  }

  /// A fresh buffer of the weights, 1 where none were given.
  func weights() throws(ApusError) -> Buffer<Double> {
    let weights = try Buffer<Double>(repeating: 1, count: rows)
    if let sampleWeight { weights.pointer.update(from: sampleWeight.pointer(Double.self), count: rows) }
    return weights
  }

  /// 1 for rows with weight, 0 for the others: what trees see when the weights went into the bootstrap.
  func presence() throws(ApusError) -> Buffer<Double> {
    let weights = try weights()
    for row in 0..<rows { weights[row] = weights[row] > 0 ? 1 : 0 }
    return weights
  }

  /// Bootstrap samples of the rows with these targets, one column of numbers per output.
  func bootstrap(_ targets: [UnsafePointer<Double>]) throws -> Bootstrap {
    let hashes = try Buffer<UInt64>(count: rows)
    switch features {
    case .dense(let matrix): RowHash.fill(hashes, of: matrix)
    case .sparse: if let sparse { RowHash.fill(hashes, of: sparse) }
    }
    return try Bootstrap(
      hashes: hashes, targets: targets, weights: sampleWeight.map { UnsafePointer($0.pointer(Double.self)) })
  }
}

/// Division of sparse rows into blocks that are made dense one at a time.
enum RowBlocks {
  /// Cells of a block.
  private static let cells = 1 << 20

  /// Calls `body` with every block, as a dense matrix, and the number of its first row.
  static func forEach(_ features: FeatureMatrix, _ body: (_ block: NDArray, _ start: Int) throws -> Void) throws {
    switch features {
    case .dense(let matrix): try body(matrix, 0)
    case .sparse(let matrix):
      let size = max(cells / max(matrix.columns, 1), 1)
      for start in stride(from: 0, to: matrix.rows, by: size) {
        try body(try dense(matrix, start..<min(start + size, matrix.rows)), start)
      }
    }
  }

  /// The results of an operation that treats every row alone, block by block, one below the other.
  static func results(_ matrix: CSRMatrix, _ operation: (NDArray) throws -> NDArray) throws -> NDArray {
    var result: NDArray?
    var place = 0
    try forEach(.sparse(matrix)) { block, _ in
      let part = try operation(block).contiguous()
      let bytes = part.count * part.dtype.stride
      let whole = try result ?? NDArray(uninitialized: [matrix.rows] + part.shape.dropFirst(), dtype: part.dtype)
      (whole.data + place).copyMemory(from: part.data, byteCount: bytes)
      place += bytes
      result = whole
      withExtendedLifetime(part) {}
    }
    guard let result else { throw ApusError.shapeMismatch(name: "X", reason: "has no rows") }
    return result
  }

  private static func dense(_ matrix: CSRMatrix, _ rows: Range<Int>) throws(ApusError) -> NDArray {
    let result = try NDArray(zeros: [rows.count, matrix.columns], dtype: matrix.values.dtype)
    func fill<Element: NDElement & BinaryFloatingPoint>(_ type: Element.Type) {
      let (offsets, indices) = (matrix.rowOffsets.pointer(Int64.self), matrix.columnIndices.pointer(Int64.self))
      let (source, target) = (matrix.values.pointer(type), result.pointer(type))
      for row in rows {
        let line = target + (row - rows.lowerBound) * matrix.columns
        for entry in Int(offsets[row])..<Int(offsets[row + 1]) { line[Int(indices[entry])] += source[entry] }
      }
    }
    if matrix.values.dtype == .float32 { fill(Float.self) } else { fill(Double.self) }
    return result
  }
}
