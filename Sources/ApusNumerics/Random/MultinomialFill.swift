import Glibc

/// Draws categories with given weights, with PyTorch's bits (`torch.multinomial`).
enum MultinomialFill {
  /// `draws` categories per row, each by inversion of the row's cumulative weights.
  ///
  /// - Parameters:
  ///   - weights: (categories), finite and nonnegative with a positive sum; row-major.
  ///   - cumulative: (categories), scratch.
  ///   - output: (draws).
  static func fillWithReplacement<Weight: BinaryFloatingPoint & BitwiseCopyable>(
    _ twister: inout MersenneTwister, weights: UnsafePointer<Weight>, cumulative: UnsafeMutablePointer<Weight>,
    categories: Int, output: UnsafeMutablePointer<Int64>, draws: Int
  ) {
    var sum: Weight = 0
    for index in 0..<categories {
      sum += weights[index]
      cumulative[index] = sum
    }
    for index in 0..<categories { cumulative[index] /= sum }
    cumulative[categories &- 1] = 1
    for draw in 0..<draws {
      let target = UniformFill.next(&twister)
      var low = 0
      var high = categories
      while low < high {
        let middle = low &+ (high &- low) &>> 1
        if Double(cumulative[middle]) < target { low = middle &+ 1 } else { high = middle }
      }
      output[draw] = Int64(low)
    }
  }

  /// The `draws` categories with the largest ratios weight / Exp(1), largest first: weighted sampling without replacement.
  ///
  /// P. S. Efraimidis, P. G. Spirakis, *Weighted random sampling with a reservoir*, Inf. Process. Lett. 97 (2006),
  /// doi:10.1016/j.ipl.2005.11.003. Complexity: O(categories · log draws).
  ///
  /// - Parameters:
  ///   - keys: (categories), the ratios.
  ///   - output: (draws), draws ≤ categories; also the heap.
  static func selectLargest<Weight: BinaryFloatingPoint & BitwiseCopyable>(
    keys: UnsafePointer<Weight>, categories: Int, output heap: UnsafeMutablePointer<Int64>, draws: Int
  ) {
    // A heap whose root is the smallest ratio kept so far.
    for index in 0..<draws { heap[index] = Int64(index) }
    var root = draws &>> 1
    while root > 0 {
      root &-= 1
      siftDown(heap, from: root, count: draws, keys: keys)
    }
    for index in draws..<categories where keys[index] > keys[Int(heap[0])] {
      heap[0] = Int64(index)
      siftDown(heap, from: 0, count: draws, keys: keys)
    }
    // Taking the smallest out repeatedly leaves the largest first.
    var remaining = draws
    while remaining > 1 {
      remaining &-= 1
      let smallest = heap[0]
      heap[0] = heap[remaining]
      heap[remaining] = smallest
      siftDown(heap, from: 0, count: remaining, keys: keys)
    }
  }

  @inline(__always)
  private static func siftDown<Weight: BinaryFloatingPoint & BitwiseCopyable>(
    _ heap: UnsafeMutablePointer<Int64>, from root: Int, count: Int, keys: UnsafePointer<Weight>
  ) {
    let moving = heap[root]
    let key = keys[Int(moving)]
    var hole = root
    while true {
      var child = 2 &* hole &+ 1
      if child >= count { break }
      if child &+ 1 < count && keys[Int(heap[child &+ 1])] < keys[Int(heap[child])] { child &+= 1 }
      if keys[Int(heap[child])] >= key { break }
      heap[hole] = heap[child]
      hole = child
    }
    heap[hole] = moving
  }
}
