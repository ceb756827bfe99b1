import ApusModels
import ApusNumerics
import Testing

@testable import ApusDecomposition

/// Kernel principal components of sparse rows.
@Suite struct KernelPCATests {
  /// A CSR matrix with about a third of its elements, some of them in two entries that add up, and its dense equivalent.
  private func sample(_ rows: Int, _ columns: Int, seed: UInt64 = 3) throws -> (CSRMatrix, NDArray) {
    var stream = RandomStream(seed: seed)
    var (offsets, indices, values) = ([Int64(0)], [Int64](), [Double]())
    for _ in 0..<rows {
      for j in (0..<columns).reversed() where stream.below(3) == 0 {
        let value = Double(stream.below(2001)) / 1000 - 1
        let parts = stream.below(5) == 0 ? [value / 4, value * 3 / 4] : [value]
        for part in parts {
          indices.append(Int64(j))
          values.append(part)
        }
      }
      offsets.append(Int64(indices.count))
    }
    let matrix = try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: NDArray(offsets), columnIndices: NDArray(indices),
      values: NDArray(values))
    return (matrix, try matrix.dense())
  }

  @Test(arguments: KernelPCA.Kernel.allCases.filter { $0 != .precomputed })
  func sparseEqualsDense(_ kernel: KernelPCA.Kernel) throws {
    let (matrix, array) = try sample(90, 25)
    let (newMatrix, newArray) = try sample(300, 25, seed: 8)
    let estimator = KernelPCA {
      $0.nComponents = 4
      $0.kernel = kernel
      $0.gamma = 0.2
    }
    let sparse = try estimator.fit(TrainingData(.sparse(matrix)), context: FitContext())
    let dense = try estimator.fit(array)
    #expect(distance(try sparse.numbers("eigenvalues_"), try dense.numbers("eigenvalues_")) < 1e-11)
    let expected = try dense.transform(newArray).numbers()
    for model in [sparse, dense, try estimator.restore(sparse.state())] {
      for input in [FeatureMatrix.dense(newArray), .sparse(newMatrix)] {
        #expect(distance(try model.apply(.transform, to: input).numbers(), expected) < 1e-10)
      }
    }
    let row = try sparse.transform(newArray.slice(7..<8)).numbers()
    #expect(row == Array(try sparse.transform(newArray).numbers()[28..<32]))
    #expect(try sparse.attribute("X_fit_") == nil)
  }

  @Test func sameBitsForEveryThreadCount() throws {
    let (matrix, _) = try sample(200, 60)
    let results = try forThreadCounts { () -> [Double] in
      let model = try KernelPCA {
        $0.nComponents = 3
        $0.kernel = .rbf
      }.fit(TrainingData(.sparse(matrix)), context: FitContext())
      return try model.numbers("eigenvalues_") + model.apply(.transform, to: .sparse(matrix)).numbers()
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  /// Memory does not grow with the number of columns squared, nor with rows times columns.
  @Test func nothingIsDensified() throws {
    let columns = 2_000_000
    let indices = (0..<400).map { (entry: Int) -> Int64 in Int64(entry % 40 * 49_999 + entry / 40) }
    let values = (0..<400).map { (entry: Int) -> Double in Double(entry % 7) }
    let matrix = try CSRMatrix(
      rows: 100, columns: columns, rowOffsets: NDArray((0...100).map { Int64(4 * $0) }),
      columnIndices: NDArray(indices), values: NDArray(values))
    // The entries by column need an index of the columns: 8 bytes each, for the sort twice.
    Allocator.limitLiveBytes(to: Allocator.liveByteCount + 40 * columns)
    defer { Allocator.limitLiveBytes(to: nil) }
    let model = try KernelPCA { $0.nComponents = 2 }.fit(TrainingData(.sparse(matrix)), context: FitContext())
    #expect(try model.apply(.transform, to: .sparse(matrix)).shape == [100, 2])
  }

  @Test func badInput() throws {
    let (matrix, array) = try sample(20, 20)
    let error = #expect(throws: ApusError.self) {
      try KernelPCA { $0.kernel = .precomputed }.fit(TrainingData(.sparse(matrix)), context: FitContext())
    }
    #expect("\(error!)".contains("toarray()"))
    // Pre-images are dense rows, whatever they are learnt from.
    let inverse = try KernelPCA { $0.fitInverseTransform = true }.fit(array)
    let learnt = try KernelPCA { $0.fitInverseTransform = true }.fit(
      TrainingData(.sparse(matrix)), context: FitContext())
    let coordinates = try inverse.transform(array)
    #expect(
      distance(
        try learnt.inverseTransform(coordinates).numbers(), try inverse.inverseTransform(coordinates).numbers()) < 1e-9)
    #expect(throws: ApusError.self) { try inverse.apply(.inverseTransform, to: .sparse(matrix)) }
    var state = try KernelPCA().fit(TrainingData(.sparse(matrix)), context: FitContext()).state()
    state.scalars["training_columns"] = .int(3)
    #expect(throws: ApusError.self) { try KernelPCA().restore(state) }
    state.scalars["training_columns"] = .int(.max)
    #expect(throws: ApusError.self) { try KernelPCA().restore(state) }
  }
}
