import Testing

@testable import ApusNumerics

@Suite struct GeneratorArraysTests {
  func floats(_ array: NDArray) -> [Float] {
    Array(UnsafeBufferPointer(start: array.data.assumingMemoryBound(to: Float.self), count: array.count))
  }

  /// Arrays hold what fills of the same generator hold, in row-major order.
  @Test func arraysAreFills() throws {
    let arrays = Generator(seed: 4)
    let fills = Generator(seed: 4)
    let memory = try Buffer<Float>(count: 21)
    let wide = try Buffer<Int64>(count: 21)

    try fills.fillUniform(memory.pointer, count: 21, from: 1, to: 3)
    #expect(try floats(arrays.uniform([3, 7], from: 1, to: 3)) == Array(memory.elements))
    try fills.fillNormal(memory.pointer, count: 21, mean: 1, standardDeviation: 3)
    #expect(try floats(arrays.normal([3, 7], mean: 1, standardDeviation: 3)) == Array(memory.elements))
    try fills.fillBernoulli(memory.pointer, dtype: .float32, count: 21, probability: 0.4)
    #expect(try floats(arrays.bernoulli([21], probability: 0.4)) == Array(memory.elements))
    try fills.fillIntegers(wide.pointer, count: 21, from: -4, to: 9)
    let integers = try arrays.integers([7, 3, 1], from: -4, to: 9)
    #expect(integers.shape == [7, 3, 1] && integers.dtype == .int64)
    #expect(integers.data.assumingMemoryBound(to: Int64.self)[20] == wide[20])
    try fills.fillPermutation(wide.pointer, count: 21)
    let permutation = try arrays.permutation(21)
    #expect(permutation.data.assumingMemoryBound(to: Int64.self)[20] == wide[20])
    #expect(arrays.state == fills.state)
  }

  @Test func impossibleShapesThrow() throws {
    let generator = Generator(seed: 4)
    let before = generator.state
    for shape in [[-1], [1 << 32, 1 << 32], [1 << 61], [3, -2]] {
      #expect(throws: ApusError.self) { try generator.uniform(shape) }
      #expect(throws: ApusError.self) { try generator.normal(shape, dtype: .float64) }
      #expect(throws: ApusError.self) { try generator.integers(shape, to: 5) }
      #expect(throws: ApusError.self) { try generator.bernoulli(shape, probability: 0.5) }
    }
    #expect(throws: ApusError.self) { try generator.permutation(-1) }
    #expect(throws: ApusError.self) { try generator.permutation(1 << 61) }
    #expect(try generator.uniform([0, 5]).isEmpty)
    #expect(try generator.permutation(0).isEmpty)
    #expect(generator.state == before)
  }
}
