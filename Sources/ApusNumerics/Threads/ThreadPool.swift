import Glibc
import Synchronization

/// The library's own worker threads: the calling thread plus `threadCount − 1` workers.
///
/// Work is a number of *tasks* fixed by the caller from the problem alone, never from the thread count; which thread runs
/// which task is left open, so results do not depend on it. Workers spin briefly, then wait on a condition.
/// A nested call, a call while another thread uses the pool, and a pool of one thread run all tasks on the caller.
/// After `fork` the child starts with no workers and makes its own; the thread that forked then only waits for them, because
/// the runtime keeps that thread's number from before the fork: a one-time initialisation that it is in the middle of, and
/// that a second thread wants, would be waited for without end.
package enum ThreadPool {
  /// The largest number of threads that can be asked for.
  package static let maximumThreadCount = 256

  /// Threads used for parallel work, the caller included. Initially `APUS_NUM_THREADS` if that is a whole number of at
  /// least 1, else the number of processors this process may use.
  package static var threadCount: Int { Pool.shared.threadCount }

  /// Changes ``threadCount``; takes effect with the next parallel call.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` outside 1…256.
  package static func setThreadCount(_ count: Int) throws(ApusError) {
    guard (1...maximumThreadCount).contains(count) else {
      throw .invalidArgument(name: "n_threads", reason: "\(count) is not in 1...\(maximumThreadCount)")
    }
    Pool.shared.setThreadCount(count)
  }

  /// Runs `body(0)` … `body(tasks − 1)`, each exactly once, and returns when all have ended.
  ///
  /// `body` runs on several threads at once: tasks must write to disjoint memory.
  package static func parallelFor(tasks: Int, _ body: (Int) -> Void) {
    if tasks <= 1 {
      if tasks == 1 { body(0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { Pool.shared.run(tasks: tasks, $0) }
    }
  }

  /// As ``parallelFor(tasks:_:)`` for tasks that can fail: rethrows the error of the lowest-numbered failing task. All
  /// tasks run either way.
  package static func parallelForThrowing(tasks: Int, _ body: (Int) throws -> Void) throws {
    let failure = Lock<(task: Int, error: any Error)?>(nil)
    parallelFor(tasks: tasks) { task in
      do { try body(task) } catch {
        failure.withLock { first in
          if first.map({ task < $0.task }) ?? true { first = (task, error) }
        }
      }
    }
    if let first = failure.withLock({ $0 }) { throw first.error }
  }

  /// Runs `body` once for every block of at most `blockSize` consecutive indices of `0..<count`.
  package static func parallelBlocks(count: Int, blockSize: Int, _ body: (Range<Int>) -> Void) {
    let blocks = (count + blockSize - 1) / blockSize
    parallelFor(tasks: blocks) { block in
      let start = block * blockSize
      body(start..<Swift.min(start + blockSize, count))
    }
  }
}

/// One parallel call in flight. Workers hold it strongly, so a worker that wakes late finds it exhausted, not gone.
private final class Job: @unchecked Sendable {
  let tasks: Int
  /// Valid until `remaining` reaches zero: the caller waits for that. A pointer, because a worker that lets go of this
  /// job late must not hold a reference to a closure that does not escape.
  private let body: UnsafePointer<(Int) -> Void>
  private let next = Atomic<Int>(0)
  private let remaining: Atomic<Int>

  init(tasks: Int, body: UnsafePointer<(Int) -> Void>) {
    self.tasks = tasks
    self.body = body
    self.remaining = Atomic(tasks)
  }

  var isDone: Bool { remaining.load(ordering: .acquiring) == 0 }
  var hasWork: Bool { next.load(ordering: .relaxed) < tasks }

  /// Not inlined, so that any reference to the closure is given back before the task counts as done.
  @inline(never)
  private func perform(_ task: Int) { body.pointee(task) }

  /// Takes tasks until none is left; true if this call finished the last one.
  func work() -> Bool {
    var finishedLast = false
    while true {
      let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if task >= tasks { return finishedLast }
      perform(task)
      finishedLast = remaining.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
    }
  }
}

/// Lock and condition that live at a fixed address for the whole process, because `fork` must be able to reset them.
private final class Pool: @unchecked Sendable {
  static let shared = Pool()

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Held by the one caller whose job the workers serve.
  private let inUse = Atomic<Bool>(false)
  /// Counts published jobs; workers spin on it.
  private let generation = Atomic<Int>(0)
  private let desired: Atomic<Int>
  // Guarded by `mutex`.
  private var job: Job?
  private var workers = 0
  private var sleeping = 0

  /// True in a forked child, whose calling threads leave all tasks to the workers.
  private let isForked = Atomic<Bool>(false)

  /// Set while a thread runs tasks: nested parallel calls then stay on that thread.
  private let nestingKey: pthread_key_t

  var threadCount: Int { desired.load(ordering: .relaxed) }

  private init() {
    var count = ProcessorCount.available()
    if let text = getenv("APUS_NUM_THREADS").map({ String(cString: $0) }), let wanted = Int(text), wanted >= 1 {
      count = wanted
    }
    desired = Atomic(Swift.min(count, ThreadPool.maximumThreadCount))
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    nestingKey = key
    initialiseLocks()
    pthread_atfork(nil, nil) { Pool.shared.resetAfterFork() }
  }

  private func initialiseLocks() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(done, nil)
  }

  /// In a forked child only the forking thread exists: forget the workers and any job of other threads.
  private func resetAfterFork() {
    initialiseLocks()
    job = nil
    workers = 0
    sleeping = 0
    isForked.store(true, ordering: .relaxed)
    inUse.store(pthread_getspecific(nestingKey) != nil, ordering: .relaxed)
  }

  func setThreadCount(_ count: Int) { desired.store(count, ordering: .relaxed) }

  func run(tasks: Int, _ body: UnsafePointer<(Int) -> Void>) {
    let threads = Swift.min(threadCount, tasks)
    if threads <= 1 || pthread_getspecific(nestingKey) != nil
      || !inUse.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    {
      for task in 0..<tasks { body.pointee(task) }
      return
    }
    let job = Job(tasks: tasks, body: body)
    pthread_setspecific(nestingKey, UnsafeRawPointer(bitPattern: 1))
    let hasWorkers = publish(job, helpers: threads - 1 + extraWorkers)
    if extraWorkers == 0 || !hasWorkers { _ = job.work() }
    waitUntilDone(job)
    pthread_setspecific(nestingKey, nil)
    inUse.store(false, ordering: .releasing)
  }

  /// Workers in place of the caller.
  private var extraWorkers: Int { isForked.load(ordering: .relaxed) ? 1 : 0 }

  /// Hands the job to `helpers` workers, starting those that are missing; false where the system gives none at all.
  private func publish(_ job: Job, helpers: Int) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while workers < helpers, startWorker() {}
    self.job = job
    generation.wrappingAdd(1, ordering: .releasing)
    if sleeping > 0 { pthread_cond_broadcast(wake) }
    return workers > 0
  }

  private func waitUntilDone(_ job: Job) {
    var spins = 0
    while !job.isDone && spins < 20_000 {
      spins += 1
      spinPause()
    }
    pthread_mutex_lock(mutex)
    while !job.isDone { pthread_cond_wait(done, mutex) }
    self.job = nil
    pthread_mutex_unlock(mutex)
  }

  /// Starts one worker; false when the system refuses, in which case the work is done with fewer threads.
  private func startWorker() -> Bool {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 8 << 20)
    // Signals belong to the host program: workers block them all.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    let index = UnsafeMutableRawPointer(bitPattern: workers + 1)
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        Pool.shared.workerLoop(index: Int(bitPattern: argument))
        return nil
      }, index)
    if status == 0 { workers += 1 }
    return status == 0
  }

  private func workerLoop(index: Int) {
    pthread_setspecific(nestingKey, UnsafeRawPointer(bitPattern: 1))
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen && spins < 4_000 {
        spins += 1
        spinPause()
      }
      pthread_mutex_lock(mutex)
      while generation.load(ordering: .relaxed) == seen {
        sleeping += 1
        pthread_cond_wait(wake, mutex)
        sleeping -= 1
      }
      seen = generation.load(ordering: .relaxed)
      // Workers beyond the wanted count sit this job out.
      let current = index < threadCount + extraWorkers ? job : nil
      pthread_mutex_unlock(mutex)
      if let current, current.work() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(done)
        pthread_mutex_unlock(mutex)
      }
    }
  }
}

@inline(__always)
private func spinPause() { _ = sched_yield() }
