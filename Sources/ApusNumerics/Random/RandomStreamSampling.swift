/// Random orders and subsets.
///
/// Fisher and Yates's method as R. Durstenfeld gave it (Algorithm 235, CACM 7, 1964, doi:10.1145/364520.364540).
extension RandomStream {
  /// Brings the elements into a random order, every order having the same probability.
  @inlinable
  package mutating func shuffle<Element: BitwiseCopyable>(_ elements: UnsafeMutablePointer<Element>, count: Int) {
    partialShuffle(elements, count: count, choosing: count)
  }

  /// Moves `chosen` random elements, in random order, to the front; the rest follows in some order. Repeated calls on one
  /// array choose independently: nothing has to be restored in between. A `chosen` beyond `count` chooses all.
  @inlinable
  package mutating func partialShuffle<Element: BitwiseCopyable>(
    _ elements: UnsafeMutablePointer<Element>, count: Int, choosing chosen: Int
  ) {
    var index = 0
    while index < Swift.min(chosen, count &- 1) {
      let other = index &+ below(count &- index)
      let saved = elements[index]
      elements[index] = elements[other]
      elements[other] = saved
      index &+= 1
    }
  }

  /// `count` different integers of 0..<population in random order, every such sequence having the same probability.
  ///
  /// What is drawn depends only on the stream, `population` and `count`. Complexity: O(count) expected time and memory, or
  /// O(population) where that is less.
  ///
  /// - Throws: ``ApusError`` for a negative count or one beyond the population, or lack of memory.
  package mutating func sample(
    _ output: UnsafeMutablePointer<Int>, count: Int, population: Int
  ) throws(ApusError) {
    guard count >= 0 && count <= population else {
      throw .invalidArgument(name: "n_samples", reason: "\(count) is not in 0...\(population)")
    }
    if count > population / 8 {
      let all = try Buffer<Int>(count: population)
      for index in 0..<population { all.pointer[index] = index }
      partialShuffle(all.pointer, count: population, choosing: count)
      output.update(from: all.pointer, count: count)
    } else {
      try sampleSparsely(output, count: count, population: population)
    }
  }

  /// The same shuffle on an array of which only the displaced elements exist, in a hash table. Requires `count` to be less
  /// than `population` or 0.
  private mutating func sampleSparsely(
    _ output: UnsafeMutablePointer<Int>, count: Int, population: Int
  ) throws(ApusError) {
    let table = try DisplacedElements(capacity: count)
    for index in 0..<count {
      let other = index + below(population - index)
      let saved = table.element(at: index)
      output[index] = table.element(at: other)
      table.set(other, to: saved)
    }
  }
}

/// An identity array in which some elements were replaced: open addressing, at most half full.
private struct DisplacedElements {
  private let keys: Buffer<Int>
  private let values: Buffer<Int>
  private let mask: Int

  init(capacity: Int) throws(ApusError) {
    var size = 4
    while size / 2 < capacity { size *= 2 }
    keys = try Buffer(repeating: -1, count: size)
    values = try Buffer(count: size)
    mask = size - 1
  }

  func element(at index: Int) -> Int {
    let slot = slot(of: index)
    return keys.pointer[slot] == index ? values.pointer[slot] : index
  }

  func set(_ index: Int, to value: Int) {
    let slot = slot(of: index)
    keys.pointer[slot] = index
    values.pointer[slot] = value
  }

  /// Where `index` is or would be put. Multiplicative hashing by 2⁶⁴ / φ (Knuth, TAOCP 3, 6.4).
  private func slot(of index: Int) -> Int {
    let hash = UInt64(bitPattern: Int64(index)) &* 0x9E37_79B9_7F4A_7C15
    var slot = Int(truncatingIfNeeded: hash &>> 32) & mask
    while keys.pointer[slot] != -1 && keys.pointer[slot] != index { slot = (slot &+ 1) & mask }
    return slot
  }
}
