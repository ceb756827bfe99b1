import Foundation
import Synchronization
import Testing

@testable import ApusNumerics

@Suite(.serialized) struct ThreadPoolTests {
  /// Runs `body` with the given number of threads, then restores the number.
  private func with(threads: Int, _ body: () throws -> Void) throws {
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    try ThreadPool.setThreadCount(threads)
    try body()
  }

  @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsExactlyOnce(threads: Int) throws {
    try with(threads: threads) {
      for tasks in [0, 1, 2, 7, 1000] {
        let counts = try Buffer<Int32>(zeroed: tasks)
        ThreadPool.parallelFor(tasks: tasks) { counts.pointer[$0] += 1 }
        #expect(counts.elements.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func manySmallJobsInARow() throws {
    try with(threads: 3) {
      let sum = Atomic<Int>(0)
      for _ in 0..<20_000 { ThreadPool.parallelFor(tasks: 3) { sum.wrappingAdd($0, ordering: .relaxed) } }
      #expect(sum.load(ordering: .relaxed) == 60_000)
    }
  }

  @Test func nestedCallsRunOnTheCallersThread() throws {
    try with(threads: 4) {
      let counts = try Buffer<Int32>(zeroed: 64)
      ThreadPool.parallelFor(tasks: 8) { outer in
        ThreadPool.parallelFor(tasks: 8) { counts.pointer[outer * 8 + $0] += 1 }
      }
      #expect(counts.elements.allSatisfy { $0 == 1 })
    }
  }

  @Test func severalCallersAtOnce() async throws {
    let total = Atomic<Int>(0)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let sum = Atomic<Int>(0)
          for _ in 0..<500 { ThreadPool.parallelFor(tasks: 5) { sum.wrappingAdd($0 + 1, ordering: .relaxed) } }
          return sum.load(ordering: .relaxed)
        }
      }
      for await sum in group { total.wrappingAdd(sum, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 4 * 500 * 15)
  }

  @Test func theLowestFailingTasksErrorIsThrown() throws {
    struct Failure: Error, Equatable { let task: Int }
    try with(threads: 3) {
      for _ in 0..<50 {
        #expect(throws: Failure(task: 3)) {
          try ThreadPool.parallelForThrowing(tasks: 64) { if $0 % 5 == 3 { throw Failure(task: $0) } }
        }
      }
    }
  }

  @Test func blocksCoverTheRange() throws {
    let counts = try Buffer<Int32>(zeroed: 1001)
    ThreadPool.parallelBlocks(count: 1001, blockSize: 100) { range in
      #expect(range.count == 100 || range == 1000..<1001)
      for index in range { counts.pointer[index] += 1 }
    }
    #expect(counts.elements.allSatisfy { $0 == 1 })
  }

  @Test func threadCountIsValidated() {
    #expect(throws: ApusError.self) { try ThreadPool.setThreadCount(0) }
    #expect(throws: ApusError.self) { try ThreadPool.setThreadCount(257) }
  }

  @Test func quotasRoundUp() {
    #expect(ProcessorCount.processors(quota: 150_000, period: 100_000) == 2)
    #expect(ProcessorCount.processors(quota: 100_000, period: 100_000) == 1)
    #expect(ProcessorCount.processors(quota: 1, period: 100_000) == 1)
    #expect(ProcessorCount.processors(quota: -1, period: 100_000) == nil)
    #expect(ProcessorCount.available() >= 1)
  }

  /// Folders as both versions of control groups have them, and the lines that name this process's groups.
  @Test(
    arguments: [
      (["cpu.max": "max 100000"], "0::/", nil),
      (["cpu.max": "250000 100000"], "0::/", 3),
      (["a/cpu.max": "150000 100000", "a/b/cpu.max": "max 100000"], "0::/a/b", 2),
      (["a/cpu.max": "400000 100000", "a/b/cpu.max": "100000 100000"], "0::/a/b", 1),
      (["cpu.max": "200000 100000"], "0::/of/the/host", 2),
      (["a/cpu.max": "100000 100000"], "0::/b", nil),
      (["cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"], "4:cpu,cpuacct:/", nil),
      (["cpu/a/cpu.cfs_quota_us": "50000", "cpu/a/cpu.cfs_period_us": "100000"], "3:memory:/x\n4:cpu,cpuacct:/a", 1),
      (["cpu.max": "nonsense"], "no line of this kind", nil),
    ] as [([String: String], String, Int?)])
  func quotasOfGroupsAndTheirParents(files: [String: String], membership: String, expected: Int?) throws {
    let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (name, text) in files {
      let file = root.appending(path: name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: file)
    }
    let list = root.appending(path: "membership")
    try Data((membership + "\n").utf8).write(to: list)
    #expect(ProcessorCount.controlGroupQuota(root: root.path, membership: list.path) == expected)
  }
}
