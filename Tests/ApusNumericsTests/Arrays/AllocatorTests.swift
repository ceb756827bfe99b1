import Testing

@testable import ApusNumerics

/// Serialised with each other: they change process-wide hooks, and other suites allocate meanwhile, so they look only at
/// what they caused themselves.
@Suite(.serialized) struct AllocatorTests {
  @Test func wrappingSizesAreRefused() {
    for shape in [[1 << 32, 1 << 32], [1 << 61], [-1], [Int.max, 2], [211_106_198_978_564, 1 << 20]] {
      #expect(throws: ApusError.self) { try checkedCount(shape, stride: 8) }
    }
    #expect((try? checkedCount([4_194_305, 4_194_305], stride: 8)) == 140_737_555_464_200)
    #expect((try? checkedCount([0, 5], stride: 8)) == 0)
    #expect(throws: ApusError.self) { try checkedCount([0, Int.max, 5], stride: 8) }
    #expect((try? checkedCount([], stride: 8)) == 8)
  }

  @Test func hugeRequestFailsWithoutTrapping() {
    #expect(throws: ApusError.self) { try NDArray(zeros: [1 << 58]) }
    #expect(throws: ApusError.self) { try Buffer<Double>(count: 1 << 58) }
    #expect(throws: ApusError.self) { try Buffer<Double>(count: -1) }
  }

  @Test func buffersAreAlignedAndInitialised() throws {
    let zeros = try Buffer<Double>(zeroed: 1000)
    #expect(Int(bitPattern: zeros.pointer) % Allocator.alignment == 0)
    #expect(zeros.elements.allSatisfy { $0 == 0 })
    let sevens = try Buffer<Int32>(repeating: 7, count: 9)
    #expect(sevens.elements.allSatisfy { $0 == 7 })
  }
}
