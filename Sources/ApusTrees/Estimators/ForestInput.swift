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
      try FiniteCheck.requireFinite(array, name: "X", policy: .allowNaN)
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
  func ranked() throws -> RankedFeatures {
    switch features {
    case .dense(let matrix): return try RankedFeatures(matrix)
    case .sparse:
      guard let sparse else { throw ApusError.internalError(reason: "X: sparse without columns") }
      return try RankedFeatures(sparse)
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
