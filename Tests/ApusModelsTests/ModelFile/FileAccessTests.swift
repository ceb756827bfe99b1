import ApusNumerics
import Foundation
import Testing

@testable import ApusModels

@Suite struct FileAccessTests {
  init() { SampleModel.register() }

  @Test func loadingRefusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder.path("loop"), withDestinationPath: folder.path("loop"))
    try Data().write(to: folder.url("empty"))
    for (path, reason) in [
      (folder.path("."), "is a directory"), (folder.path("pipe"), "is not a regular file"),
      ("/dev/null", "is not a regular file"), ("/dev/tty", ""), (folder.path("none"), "No such file or directory"),
      (folder.path("loop"), "Too many levels of symbolic links"), (folder.path("empty/file"), "Not a directory"),
      (folder.path(String(repeating: "n", count: 300)), "File name too long"),
    ] {
      let error = #expect(throws: ApusError.self, "\(path)") { try ModelFile.load(path: path) }
      guard case .inputOutput(path, let text)? = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
      #expect(reason.isEmpty || text == reason)
    }
    let error = #expect(throws: ApusError.self) { try ModelFile.load(path: folder.path("empty")) }
    #expect(error?.description.hasPrefix(folder.path("empty")) == true)
  }

  @Test func pathsAreChecked() throws {
    let folder = try TemporaryFolder()
    let model = SavedModel(estimator: SampleEstimator(), state: nil)
    for path in ["", folder.path("a") + "\u{0}.txt", "\u{0}"] {
      for error in [
        #expect(throws: ApusError.self) { try ModelFile.load(path: path) },
        #expect(throws: ApusError.self) { try ModelFile.save(model, to: path) },
      ] {
        guard case .invalidArgument("path", _)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
    #expect(try folder.names().isEmpty)
  }

  @Test func savingRefusesWhatIsNoRegularFile() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    let model = SavedModel(estimator: SampleEstimator(), state: nil)
    for path in [
      "/dev/full", "/dev/null", folder.path("pipe"), folder.path("."), folder.path("none/file"),
      folder.path("none") + "/",
      folder.path(String(repeating: "n", count: 300)),
    ] {
      let error = #expect(throws: ApusError.self, "\(path)") { try ModelFile.save(model, to: path) }
      guard case .inputOutput? = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
    }
    #expect(try folder.names() == ["pipe"])
  }

  @Test func savingReplacesTheFileAsAWhole() throws {
    let folder = try TemporaryFolder()
    try Data("old".utf8).write(to: folder.url("model"))
    try #require(chmod(folder.path("model"), 0o640) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "model")
    let reader = try FileHandle(forReadingFrom: folder.url("model"))
    try ModelFile.save(SavedModel(estimator: SampleEstimator(), state: nil), to: folder.path("link"))
    #expect(try folder.names() == ["link", "model"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "model")
    #expect(try ModelFile.load(path: folder.path("model")).state == nil)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("model"))
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(try reader.readToEnd() == Data("old".utf8))
  }

  @Test func failureLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    try Data("old".utf8).write(to: folder.url("model"))
    #expect(throws: ApusError.cancelled) {
      try AtomicFile.replace(folder.path("model"), byteCount: 3) { file in
        try [UInt8](repeating: 0, count: 3).withUnsafeBytes { try file.write($0) }
        throw ApusError.cancelled
      }
    }
    var invalid = SampleEstimator()
    invalid.maxIterations = -1
    #expect(throws: ApusError.self) {
      try ModelFile.save(SavedModel(estimator: invalid, state: nil), to: folder.path("model"))
    }
    #expect(try folder.names() == ["model"])
    #expect(try Data(contentsOf: folder.url("model")) == Data("old".utf8))
  }

  /// Beyond the limit on file sizes, writing would end the process with a signal; the same error path as a full disk.
  @Test func fileSizeLimitIsAnError() async {
    await #expect(processExitsWith: .success) {
      SampleModel.register()
      let folder = try TemporaryFolder()
      try Data("old".utf8).write(to: folder.url("model"))
      var limit = rlimit(rlim_cur: 300, rlim_max: rlim_t.max)
      try #require(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      limit.rlim_cur = 300
      try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let error = #expect(throws: ApusError.self) {
        try ModelFile.save(SampleModel.fitted(), to: folder.path("model"))
      }
      #expect(error == .inputOutput(path: folder.path("model"), reason: "File too large"))
      #expect(try folder.names() == ["model"])
      #expect(try Data(contentsOf: folder.url("model")) == Data("old".utf8))
    }
  }

  /// A file system of 64 kB, in a mount namespace of its own; needs the right to make one.
  @Test func fullDiskIsAnError() async {
    await #expect(processExitsWith: .success) {
      SampleModel.register()
      let folder = try TemporaryFolder()
      let isMounted =
        FileAccessTests.makeMountNamespace() && mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
        && mount("tmpfs", folder.path("."), "tmpfs", 0, "size=64k") == 0
      guard isMounted else {
        print("fullDiskIsAnError: no right to mount a small file system here; not tested")
        return
      }
      defer { umount(folder.path(".")) }
      let small = SavedModel(estimator: SampleEstimator(), state: nil)
      try ModelFile.save(small, to: folder.path("model"))
      let large = SavedModel(
        estimator: SampleEstimator(), state: ModelState(tensors: ["x": try NDArray(zeros: [20_000])]))
      let error = #expect(throws: ApusError.self) { try ModelFile.save(large, to: folder.path("model")) }
      #expect(error == .inputOutput(path: folder.path("model"), reason: "No space left on device"))
      #expect(try folder.names() == ["model"])
      #expect(try ModelFile.load(path: folder.path("model")).state == nil)
    }
  }

  /// `unshare(CLONE_NEWNS)`, which the C library's module does not show.
  private static func makeMountNamespace() -> Bool {
    guard let symbol = dlsym(nil, "unshare") else { return false }
    let unshare = unsafeBitCast(symbol, to: (@convention(c) (CInt) -> CInt).self)
    return unshare(0x20000) == 0
  }

  /// As a user without rights, which root becomes for the process of this test.
  @Test func missingPermissionIsAnError() async {
    await #expect(processExitsWith: .success) {
      SampleModel.register()
      let folder = try TemporaryFolder()
      let model = SavedModel(estimator: SampleEstimator(), state: nil)
      try ModelFile.save(model, to: folder.path("model"))
      try #require(chmod(folder.path("model"), 0) == 0)
      let user = getuid()
      if user == 0 { try #require(seteuid(65_534) == 0) }
      defer { if user == 0 { seteuid(0) } }
      let denied = ApusError.inputOutput(path: folder.path("model"), reason: "Permission denied")
      #expect(throws: denied) { try ModelFile.load(path: folder.path("model")) }
      #expect(throws: ApusError.self) { try ModelFile.save(model, to: folder.path("model")) }
      if user == 0 { #expect(throws: ApusError.self) { try ModelFile.save(model, to: folder.path("new")) } }
    }
  }

  @Test func savingAtOnceFromSeveralThreadsLeavesOneWholeFile() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("model")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<16 {
        group.addTask {
          let state = ModelState(tensors: ["x": try NDArray(zeros: [1000 * (index + 1)])])
          try ModelFile.save(SavedModel(estimator: SampleEstimator(), state: state), to: path)
          _ = try ModelFile.load(path: path)
        }
      }
      try await group.waitForAll()
    }
    #expect(try folder.names() == ["model"])
  }
}
