import Testing

@testable import ApusNumerics

@Suite struct CSRMatrixTests {
  private func matrix(
    _ offsets: [Int64], _ indices: [Int64], _ values: [Double], rows: Int = 2, columns: Int = 3
  ) throws -> CSRMatrix {
    try CSRMatrix(
      rows: rows, columns: columns, rowOffsets: try NDArray(offsets), columnIndices: try NDArray(indices),
      values: try NDArray(values))
  }

  @Test func denseEquivalentAddsRepeatedEntries() throws {
    let dense = try matrix([0, 2, 4], [2, 0, 1, 1], [1, 2, 3, 4]).dense()
    #expect(try dense.elements(as: Double.self) == [2, 0, 1, 0, 7, 0])
  }

  @Test func emptyMatrices() throws {
    #expect(try matrix([0], [], [], rows: 0).dense().shape == [0, 3])
    #expect(try matrix([0, 0, 0], [], []).dense().elements(as: Double.self) == [0, 0, 0, 0, 0, 0])
  }

  @Test(
    arguments: [
      ([0, 2], [0, 1], "indptr"), ([1, 1, 2], [0, 1], "indptr"), ([0, 1, 3], [0, 1], "indptr"),
      ([0, 3, 2], [0, 1], "indptr"), ([0, 1, 2], [0, 3], "indices"), ([0, 1, 2], [-1, 0], "indices"),
      ([0, 1, 2], [0, 1, 2], "indices"),
    ] as [([Int64], [Int64], String)])
  func wrongStructureIsNamed(offsets: [Int64], indices: [Int64], name: String) throws {
    do {
      _ = try matrix(offsets, indices, [1, 2])
      Issue.record("accepted")
    } catch let error as ApusError {
      #expect(error.description.hasPrefix(name))
    }
  }
}
