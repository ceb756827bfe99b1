import Testing

@testable import ApusNumerics

@Suite(.serialized) struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsExactlyOnce(threads: Int) throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    try ThreadPool.setThreadCount(threads)
    for tasks in [0, 1, 2, 7, 1000] {
      let counts = try Buffer<Int32>(zeroed: tasks)
      ThreadPool.parallelFor(tasks: tasks) { counts.pointer[$0] += 1 }
      #expect(counts.elements.allSatisfy { $0 == 1 })
    }
  }

  /// A worker that wakes late still holds the job when the caller returns.
  @Test func manyShortCallsNeverOutliveTheirClosure() throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    try ThreadPool.setThreadCount(8)
    let counts = try Buffer<Int>(zeroed: 4)
    for _ in 0..<50_000 { ThreadPool.parallelFor(tasks: 4) { counts.pointer[$0] += 1 } }
    #expect(counts.elements.allSatisfy { $0 == 50_000 })
  }
}
