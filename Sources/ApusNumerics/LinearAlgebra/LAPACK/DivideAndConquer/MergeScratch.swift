/// Scratch memory of all the blocks of one level of a ``BisectionTree``, each with a part of its own.
struct MergeScratch<T: LinearAlgebraScalar> {
  /// The columns of every block in ascending order of their values, which merges update.
  let order: Buffer<Int>
  /// By block, what LAPACK returned for a leaf; not zero for a merge that failed.
  let info: Buffer<Int>
  private let values: Buffer<T>
  private let indices: Buffer<Int>

  /// Elements per index of the problem: enough for every line of ``lines(at:count:)`` from 16 indices on.
  private static var valuesPerIndex: Int { 10 + mostTasks }
  private static var indicesPerIndex: Int { 9 }
  /// Tasks that may need a line of their own.
  static var mostTasks: Int { 64 }

  init(_ tree: BisectionTree) throws(ApusError) {
    order = try Buffer(count: tree.extent)
    info = try Buffer(zeroed: tree.blocks(level: tree.depth))
    values = try Buffer(count: tree.extent * Self.valuesPerIndex)
    indices = try Buffer(count: tree.extent * Self.indicesPerIndex)
  }

  /// - Throws: ``ApusError/numericalFailure(reason:)`` when a leaf or a merge did not converge.
  func checkInfo(_ name: String) throws(ApusError) {
    for block in 0..<info.count {
      try LAPACK.checkArguments(info[block])
      if info[block] != 0 { throw .numericalFailure(reason: "\(name): a block did not converge") }
    }
  }

  /// The part of the block of `count` indices, at least 16, that begins at `start`.
  func lines(at start: Int, count: Int) -> MergeLines<T> {
    MergeLines(
      count: count, values: values.pointer + start * Self.valuesPerIndex,
      indices: indices.pointer + start * Self.indicesPerIndex)
  }
}

/// The scratch lines of one merge; it must not outlive its ``MergeScratch``.
struct MergeLines<T: LinearAlgebraScalar> {
  /// Elements of a line.
  let count: Int
  /// The changed row in the basis of the blocks, by column.
  let z: UnsafeMutablePointer<T>
  /// Poles and weights of the ``SecularEquation``, with its padding around them.
  let poles: UnsafeMutablePointer<T>
  let weights: UnsafeMutablePointer<T>
  /// The shifts of its roots.
  let shifts: UnsafeMutablePointer<T>
  /// z of the poles, and its refinement.
  let change: UnsafeMutablePointer<T>
  let refined: UnsafeMutablePointer<T>
  let cosines: UnsafeMutablePointer<T>
  let sines: UnsafeMutablePointer<T>
  /// A line for each of ``MergeScratch/mostTasks`` tasks.
  let tasks: UnsafeMutablePointer<T>

  /// Columns in ascending order of their values.
  let sorted: UnsafeMutablePointer<Int>
  /// Columns that are poles, ascending, and columns that stay as they are, ascending.
  let kept: UnsafeMutablePointer<Int>
  let deflated: UnsafeMutablePointer<Int>
  /// The poles whose columns are not zero in the upper, and those in the lower half.
  let upper: UnsafeMutablePointer<Int>
  let lower: UnsafeMutablePointer<Int>
  /// Which halves of a column are not zero: ``upperHalf`` and ``lowerHalf``.
  let support: UnsafeMutablePointer<Int>
  /// The columns of each rotation.
  let rotatedFirst: UnsafeMutablePointer<Int>
  let rotatedSecond: UnsafeMutablePointer<Int>
  /// The poles that the roots are relative to.
  let origins: UnsafeMutablePointer<Int>

  static var upperHalf: Int { 1 }
  static var lowerHalf: Int { 2 }

  fileprivate init(count: Int, values: UnsafeMutablePointer<T>, indices: UnsafeMutablePointer<Int>) {
    let padding = SecularEquation<T>.padding
    poles = values + padding
    weights = poles + count + 2 * padding
    z = weights + count + padding
    shifts = z + count
    change = shifts + count
    refined = change + count
    cosines = refined + count
    sines = cosines + count
    tasks = sines + count
    sorted = indices
    kept = sorted + count
    deflated = kept + count
    upper = deflated + count
    lower = upper + count
    support = lower + count
    rotatedFirst = support + count
    rotatedSecond = rotatedFirst + count
    origins = rotatedSecond + count
    self.count = count
  }

  /// Runs `body` for blocks of the first `columns` columns, each with a line of its own.
  func parallelColumns(_ columns: Int, _ body: (Range<Int>, UnsafeMutablePointer<T>) -> Void) {
    let blocks = Swift.min(MergeScratch<T>.mostTasks, (columns + 7) / 8)
    let size = (columns - 1) / blocks + 1
    ThreadPool.parallelBlocks(count: columns, blockSize: size) { range in
      body(range, tasks + range.lowerBound / size * count)
    }
  }
}
