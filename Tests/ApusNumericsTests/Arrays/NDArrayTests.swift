import Testing

@testable import ApusNumerics

@Suite struct NDArrayTests {
  @Test func rowMajorLayout() throws {
    let array = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(array.strides == [24, 8])
    #expect(array.rank == 2 && array.count == 6 && array.isContiguous && array.isAligned)
    #expect(Int(bitPattern: array.data) % 64 == 0)
  }

  @Test func transposeAndSliceShareStorage() throws {
    let array = try NDArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(array.transposed.data == array.data)
    #expect(try array.transposed.elements(as: Double.self) == [1, 4, 2, 5, 3, 6])
    #expect(try array.slice(1..<3, axis: 1).elements(as: Double.self) == [2, 3, 5, 6])
    #expect(try array.transposed.reshaped([6]).elements(as: Double.self) == [1, 4, 2, 5, 3, 6])
    #expect(throws: ApusError.self) { try array.slice(0..<4, axis: 1) }
    #expect(throws: ApusError.self) { try array.slice(0..<1, axis: 2) }
    #expect(throws: ApusError.self) { try array.reshaped([4]) }
  }

  @Test func negativeZeroAndMisalignedStrides() throws {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    defer { bytes.deallocate() }
    for i in 0..<7 { (bytes + 1 + 8 * i).storeBytes(of: Double(i), as: Double.self) }
    let reversed = try NDArray(borrowing: bytes + 1 + 48, dtype: .float64, shape: [7], strides: [-8])
    #expect(!reversed.isAligned)
    #expect(try reversed.elements(as: Double.self) == [6, 5, 4, 3, 2, 1, 0])
    let repeated = try NDArray(borrowing: bytes + 1, dtype: .float64, shape: [2, 3], strides: [8, 0])
    #expect(try repeated.elements(as: Double.self) == [0, 0, 0, 1, 1, 1])
  }

  @Test func borrowedMemoryIsNotWritten() throws {
    var numbers = [1.0, 2]
    try numbers.withUnsafeMutableBytes { bytes in
      let borrowed = try NDArray(borrowing: bytes.baseAddress!, dtype: .float64, shape: [2])
      let source = try NDArray([5.0, 6])
      #expect(throws: ApusError.invalidArgument(name: "out", reason: "the memory is read-only")) {
        try borrowed.assign(from: source)
      }
    }
    #expect(numbers == [1, 2])
  }

  @Test func lenderLivesAsLongAsTheArray() throws {
    final class Lender {}
    weak var watched: Lender?
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
    defer { memory.deallocate() }
    do {
      let lender = Lender()
      watched = lender
      let array = try NDArray(borrowing: memory, dtype: .float64, shape: [1], lender: lender)
      let slice = try array.slice(0..<1)
      withExtendedLifetime(slice) { #expect(watched != nil) }
    }
    #expect(watched == nil)
  }

  @Test func scalarAndEmptyArrays() throws {
    let scalar = try NDArray([3.5], shape: [])
    #expect(scalar.count == 1 && scalar.rank == 0)
    #expect(try scalar.elements(as: Double.self) == [3.5])
    let empty = try NDArray([Double](), shape: [0, 4])
    #expect(empty.isEmpty && empty.isContiguous)
    #expect(try empty.transposed.copied().shape == [4, 0])
  }

  @Test func conversionsAreExactOrRefused() throws {
    #expect(try NDArray([1.5, 2]).converted(to: .float32).elements(as: Float.self) == [1.5, 2])
    #expect(try NDArray([Int32(7), -1]).converted(to: .float64).elements(as: Double.self) == [7, -1])
    #expect(try NDArray([2.0, -3]).converted(to: .int64).elements(as: Int64.self) == [2, -3])
    #expect(try NDArray([true, false]).converted(to: .float32).elements(as: Float.self) == [1, 0])
    #expect(try NDArray([0.0, -0.5, .nan]).converted(to: .bool).elements(as: Bool.self) == [false, true, true])
    #expect(throws: ApusError.self) { try NDArray([1e300]).converted(to: .float32) }
    #expect(throws: ApusError.self) { try NDArray([0.5]).converted(to: .int32) }
    #expect(throws: ApusError.self) { try NDArray([Double.nan]).converted(to: .int64) }
    #expect(throws: ApusError.self) { try NDArray([Int64(300)]).converted(to: .uint8) }
    let infinite = try NDArray([Double.infinity]).converted(to: .float32)
    #expect(try infinite.elements(as: Float.self) == [.infinity])
  }

  @Test func boolBytesFromOutsideMayHoldAnything() throws {
    var bytes: [UInt8] = [0, 1, 2, 255]
    try bytes.withUnsafeMutableBytes { memory in
      let array = try NDArray(borrowing: memory.baseAddress!, dtype: .bool, shape: [4])
      #expect(try array.converted(to: .float64).elements(as: Double.self) == [0, 1, 1, 1])
      #expect(try array.converted(to: .int32).elements(as: Int32.self) == [0, 1, 1, 1])
    }
  }

  @Test func stridedCopiesOfEveryType() throws {
    func check<Element: NDElement>(_ values: [Element]) throws {
      let array = try NDArray(values, shape: [2, 2, 2])
      let swapped = array.transposed
      #expect(try swapped.elements(as: Element.self) == [0, 4, 2, 6, 1, 5, 3, 7].map { values[$0] })
    }
    try check((0..<8).map { Float($0) })
    try check((0..<8).map { Double($0) })
    try check((0..<8).map { Int32($0) })
    try check((0..<8).map { Int64($0) })
    try check((0..<8).map { UInt8($0) })
    try check((0..<8).map { $0 % 3 == 0 })
  }

  @Test func raggedRowsAreNamed() {
    #expect(throws: ApusError.shapeMismatch(name: "rows", reason: "row 1 has 1 elements, row 0 has 2")) {
      try NDArray(rows: [[1.0, 2], [3]])
    }
  }
}
