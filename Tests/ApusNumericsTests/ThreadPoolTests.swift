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
}
