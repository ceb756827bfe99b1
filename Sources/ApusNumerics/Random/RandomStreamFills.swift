/// Fills of contiguous memory. Each leaves the same elements and the same position as drawing them one by one; large ones
/// are cut into blocks of fixed size for the thread pool, which changes nothing about either.
extension RandomStream {
  /// Elements a task fills; even, so that tasks begin with a whole Philox block if the fill does.
  private static var blockSize: Int { 1 << 15 }

  /// Consecutive 64-bit numbers.
  package mutating func fillWords(_ elements: UnsafeMutablePointer<UInt64>, count: Int) {
    let start = self
    ThreadPool.parallelBlocks(count: count, blockSize: Self.blockSize) { range in
      start.writeWords(elements + range.lowerBound, count: range.count, offset: range.lowerBound)
    }
    position = drawn &+ UInt64(truncatingIfNeeded: count)
  }

  /// Uniform variates of [from, to): `from + (to - from) · u`, which may round up to `to` when `from` is not 0.
  package mutating func fillUniform(
    _ elements: UnsafeMutablePointer<Double>, count: Int, from: Double = 0, to: Double = 1
  ) {
    let start = self
    let width = to - from
    ThreadPool.parallelBlocks(count: count, blockSize: Self.blockSize) { range in
      let output = elements + range.lowerBound
      output.withMemoryRebound(to: UInt64.self, capacity: range.count) {
        start.writeWords($0, count: range.count, offset: range.lowerBound)
      }
      for index in 0..<range.count { output[index] = from + width * Self.uniform(output[index].bitPattern) }
    }
    position = drawn &+ UInt64(truncatingIfNeeded: count)
  }

  /// As for float64, with float32's 24 bits of ``uniformFloat()``.
  package mutating func fillUniform(
    _ elements: UnsafeMutablePointer<Float>, count: Int, from: Float = 0, to: Float = 1
  ) {
    let start = self
    let width = to - from
    ThreadPool.parallelBlocks(count: count, blockSize: Self.blockSize) { range in
      start.forEachChunk(range) { words, done, size in
        let output = elements + done
        for index in 0..<size { output[index] = from + width * Self.uniformFloat(words[index]) }
      }
    }
    position = drawn &+ UInt64(truncatingIfNeeded: count)
  }

  /// Normal variates: `mean + standardDeviation · z`.
  package mutating func fillNormal(
    _ elements: UnsafeMutablePointer<Double>, count: Int, mean: Double = 0, standardDeviation: Double = 1
  ) {
    let start = self
    ThreadPool.parallelBlocks(count: count, blockSize: Self.blockSize) { range in
      let output = elements + range.lowerBound
      output.withMemoryRebound(to: UInt64.self, capacity: range.count) {
        start.writeWords($0, count: range.count, offset: range.lowerBound)
      }
      NormalVariate.fillInPlace(output, count: range.count, mean: mean, standardDeviation: standardDeviation)
    }
    position = drawn &+ UInt64(truncatingIfNeeded: count)
  }

  /// As for float64, computed in float64 and rounded once.
  package mutating func fillNormal(
    _ elements: UnsafeMutablePointer<Float>, count: Int, mean: Double = 0, standardDeviation: Double = 1
  ) {
    let start = self
    ThreadPool.parallelBlocks(count: count, blockSize: Self.blockSize) { range in
      start.forEachChunk(range) { words, done, size in
        words.withMemoryRebound(to: Double.self, capacity: size) { values in
          NormalVariate.fillInPlace(values, count: size, mean: mean, standardDeviation: standardDeviation)
          let output = elements + done
          for index in 0..<size { output[index] = Float(values[index]) }
        }
      }
    }
    position = drawn &+ UInt64(truncatingIfNeeded: count)
  }

  /// Integers of 0..<bound, each as ``below(_:)-(Int)`` draws it: bootstrap indices.
  package mutating func fillIntegers(_ elements: UnsafeMutablePointer<Int32>, count: Int, below bound: Int32) {
    for index in 0..<count { elements[index] = Int32(truncatingIfNeeded: below(Int(bound))) }
  }

  /// As for int32.
  package mutating func fillIntegers(_ elements: UnsafeMutablePointer<Int>, count: Int, below bound: Int) {
    for index in 0..<count { elements[index] = below(bound) }
  }

  // MARK: Words

  /// The numbers `offset`, `offset + 1`, … after the current position.
  private func writeWords(_ output: UnsafeMutablePointer<UInt64>, count: Int, offset: Int) {
    var stream = self
    stream.position = drawn &+ UInt64(truncatingIfNeeded: offset)
    var done = 0
    if count > 0 && stream.drawn & 1 == 1 {
      output[0] = stream.next()
      done = 1
    }
    let blocks = (count &- done) &>> 1
    Philox.fill(output + done, blocks: blocks, key: seed, low: stream.drawn &>> 1, high: index)
    done &+= 2 &* blocks
    if done < count {
      stream.position = drawn &+ UInt64(truncatingIfNeeded: offset &+ done)
      output[done] = stream.next()
    }
  }

  /// Calls `body` with the numbers for `range` after the current position in pieces that stay in the first-level cache:
  /// numbers, index of the first, how many.
  @inline(__always)
  private func forEachChunk(_ range: Range<Int>, _ body: (UnsafeMutablePointer<UInt64>, Int, Int) -> Void) {
    let chunkSize = 512
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: chunkSize) { chunk in
      guard let words = chunk.baseAddress else { return }
      var done = range.lowerBound
      while done < range.upperBound {
        let size = Swift.min(chunkSize, range.upperBound &- done)
        writeWords(words, count: size, offset: done)
        body(words, done, size)
        done &+= size
      }
    }
  }

  /// The value ``uniform()`` makes of 64 bits, by way of the bits of 2⁵² because vector units do not convert 64-bit integers.
  @inline(__always)
  private static func uniform(_ bits: UInt64) -> Double {
    let high = Double(bitPattern: 0x4330_0000_0000_0000 | bits &>> 43) - 0x1p52
    let low = Double(bitPattern: 0x4330_0000_0000_0000 | (bits &>> 11) & 0xFFFF_FFFF) - 0x1p52
    return high * 0x1p-21 + low * 0x1p-53
  }

  @inline(__always)
  private static func uniformFloat(_ bits: UInt64) -> Float {
    Float(Int32(truncatingIfNeeded: bits &>> 40)) * 0x1p-24
  }
}
