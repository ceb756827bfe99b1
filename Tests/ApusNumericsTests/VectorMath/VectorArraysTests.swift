import Testing

@testable import ApusNumerics

/// The array functions: results do not depend on position, count, aliasing or threads.
@Suite(.serialized) struct VectorArraysTests {
  /// Every magnitude, special values among them.
  static func sample(count: Int) -> [Double] {
    let special = [0, -0.0, .infinity, -.infinity, .nan, 1, -1, 0x1p-1030, 1e22, -1e300, 745, -745.1, 0.625, 1e8]
    var state: UInt64 = 7
    return (0..<count).map { index in
      if index % 11 == 3 { return special[index / 11 % special.count] }
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let unit = Double(state >> 11) * 0x1p-53
      return index % 2 == 0 ? (unit - 0.5) * 40 : (unit - 0.5) * 2
    }
  }

  @Test(arguments: VectorFunction.all) func resultDoesNotDependOnPosition(function: VectorFunction) {
    let x = Self.sample(count: 67)
    let single = x.map { Float($0) }
    var whole = x
    function.double(x, &whole, x.count, true)
    var wholeSingle = single
    function.float(single, &wholeSingle, single.count, true)
    for index in x.indices {
      var one = 0.0
      function.double([x[index]], &one, 1, true)
      #expect(isIdentical([one], [whole[index]]), "\(function.name)(\(x[index]))")
      var oneSingle: Float = 0
      function.float([single[index]], &oneSingle, 1, true)
      #expect(isIdentical([oneSingle], [wholeSingle[index]]), "\(function.name)(\(single[index]))")
    }
  }

  @Test(arguments: VectorFunction.all) func writesOnlyItsElementsAndWorksInPlace(function: VectorFunction) {
    for count in [0, 1, 7, 8, 9, 16, 17, 40] {
      let x = Self.sample(count: count)
      var expected = [Double](repeating: -7, count: count + 3)
      function.double(x, &expected, count, true)
      #expect(expected[count...].allSatisfy { $0 == -7 })
      var inPlace = x
      inPlace.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress else { return }
        function.double(base, base, count, true)
      }
      #expect(isIdentical(inPlace, Array(expected[..<count])))
    }
  }

  @Test(arguments: VectorFunction.all) func resultDoesNotDependOnThreads(function: VectorFunction) throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let count = 2 * VectorMath.blockSize + 77
    let x = Self.sample(count: count)
    let single = x.map { Float($0) }
    var (serial, serialSingle) = (x, single)
    function.double(x, &serial, count, false)
    function.float(single, &serialSingle, count, false)
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      var (result, resultSingle) = (x, single)
      function.double(x, &result, count, true)
      function.float(single, &resultSingle, count, true)
      #expect(isIdentical(result, serial) && isIdentical(resultSingle, serialSingle))
    }
  }

  @Test func powerDoesNotDependOnThreads() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    let count = 2 * VectorMath.blockSize + 77
    let (x, y) = (Self.sample(count: count), Array(Self.sample(count: count).reversed()))
    var serial = x
    VectorMath.pow(x, y, &serial, count: count, parallel: false)
    for threads in [1, 2, 3, 8] {
      try ThreadPool.setThreadCount(threads)
      var result = x
      VectorMath.pow(x, y, &result, count: count)
      #expect(isIdentical(result, serial))
    }
  }

  @Test func sineAndCosineTogether() {
    let x = Self.sample(count: 61)
    var (sines, cosines, sine, cosine) = (x, x, x, x)
    VectorMath.sinCos(x, sines: &sines, cosines: &cosines, count: x.count)
    VectorMath.sin(x, &sine, count: x.count)
    VectorMath.cos(x, &cosine, count: x.count)
    #expect(isIdentical(sines, sine) && isIdentical(cosines, cosine))
    var mirrored = x
    VectorMath.sin(x.map { -$0 }, &mirrored, count: x.count)
    #expect(isIdentical(mirrored, sine.map { -$0 }))
  }
}
