/// Random permutations with PyTorch's bits (`torch.randperm`).
///
/// R. A. Fisher, F. Yates, *Statistical Tables* (1938); R. Durstenfeld, Algorithm 235, CACM 7 (1964),
/// doi:10.1145/364520.364540.
enum PermutationFill {
  /// From this length on PyTorch draws 64 bits a step.
  static let wideCount = Int(UInt32.max / 20)

  /// Writes a permutation of 0..<count.
  static func fill<Element: FixedWidthInteger & BitwiseCopyable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int
  ) {
    if count >= wideCount {
      fillInsideOut(&twister, elements, count: count)
      return
    }
    for index in 0..<count { elements[index] = Element(truncatingIfNeeded: index) }
    var index = 0
    while index < count &- 1 {
      let other = index &+ Int(twister.nextWord() % UInt32(truncatingIfNeeded: count &- index))
      let saved = elements[index]
      elements[index] = elements[other]
      elements[other] = saved
      index &+= 1
    }
  }

  /// The variant that needs no identity to start from.
  private static func fillInsideOut<Element: FixedWidthInteger & BitwiseCopyable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int
  ) {
    for index in 0..<count {
      let other = Int(truncatingIfNeeded: twister.nextDoubleWord() % UInt64(truncatingIfNeeded: index &+ 1))
      elements[index] = Element(truncatingIfNeeded: index)
      elements[index] = elements[other]
      elements[other] = Element(truncatingIfNeeded: index)
    }
  }
}
