/// How divide and conquer halves a problem again and again: from its extent alone, so that results do not depend on the
/// number of threads.
struct BisectionTree {
  let extent: Int
  /// Levels below the root; the blocks of the last one are leaves.
  let depth: Int

  /// Extents up to this one are left to QR iteration.
  static let leafExtent = 32
  /// The blocks of a level up to this extent are merged side by side, a task each; larger ones one after another, each in
  /// parallel itself.
  static let taskExtent = 128

  init(extent: Int) {
    self.extent = extent
    var depth = 0
    while (extent - 1) >> depth >= Self.leafExtent { depth += 1 }
    self.depth = depth
  }

  func blocks(level: Int) -> Int { 1 << level }

  /// The indices of a block: `level` halvings give 2^level of them, whose extents differ by at most one.
  func range(_ block: Int, level: Int) -> Range<Int> {
    (block * extent) >> level..<((block + 1) * extent) >> level
  }

  /// Whether the blocks of a level are tasks, each merged by one thread.
  func mergesSideBySide(level: Int) -> Bool { (extent - 1) >> level < Self.taskExtent }
}
