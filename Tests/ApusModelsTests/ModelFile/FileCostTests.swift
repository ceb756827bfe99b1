import ApusNumerics
import Foundation
import Testing

@testable import ApusModels

/// Files that aim at memory or time: at most twice the file plus 64 MB, and a second a megabyte or for 10⁵ tensors.
///
/// Each in a process of its own, whose peak is then that of the one load.
@Suite(.serialized) struct FileCostTests {
  @Test func manyTinyTensors() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.manyTinyTensors() }
  }

  @Test func tensorsOfHighRank() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.tensorsOfHighRank() }
  }

  @Test func longNames() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.longNames() }
  }

  @Test func manyMetadata() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.manyMetadata() }
  }

  @Test func endlessHeaders() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.endlessHeaders() }
  }

  @Test func sixteenBitNumbers() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.sixteenBitNumbers() }
  }

  @Test func manyModels() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.manyModels() }
  }

  @Test func manyTensorsOfOneModel() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.manyTensorsOfOneModel() }
  }

  @Test func manyScalars() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.manyScalars() }
  }

  @Test func largeArraysAreSavedWithoutACopy() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.largeArraysAreSavedWithoutACopy() }
  }

  /// Every allocation fails in turn: each time an error, nothing lost, and success in the end.
  @Test func failingAllocations() async {
    await #expect(processExitsWith: .success) { try FileCostScenario.failingAllocations() }
  }
}

/// What the tests of cost do, each called in a process of its own.
private enum FileCostScenario {
  static func manyTinyTensors() throws {
    let names = (0..<131_072).map { String($0, radix: 36) }
    var offset = 0
    let entries = names.map { name in
      offset += 1
      return "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[\(offset - 1),\(offset)]}"
    }
    try FileCost.expectWithinBounds(
      "131,072 tensors",
      FileBytes.safetensors("{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 1, count: 131_072)),
      seconds: FileCost.tensorSeconds
    ) { try #expect(Safetensors.read(path: $0).tensors.count == 131_072) }
  }

  static func tensorsOfHighRank() throws {
    let shape = [String](repeating: "1", count: 32).joined(separator: ",")
    func file(count: Int) -> [UInt8] {
      let entries = (0..<count).map {
        "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[\(shape)],\"data_offsets\":[\($0),\($0 + 1)]}"
      }
      return FileBytes.safetensors(
        "{\(entries.joined(separator: ","))}", data: [UInt8](repeating: 1, count: count))
    }
    try FileCost.expectWithinBounds("rank 32", file(count: 16_384), seconds: FileCost.tensorSeconds) {
      try #expect(Safetensors.read(path: $0).tensors.count == 16_384)
    }
    try FileCost.expectWithinBounds("rank 32, too many", file(count: 131_072), seconds: FileCost.tensorSeconds) {
      path in
      #expect(throws: ApusError.self) { try Safetensors.read(path: path) }
    }
  }

  static func longNames() throws {
    let padding = String(repeating: "x", count: 4080)
    let entries = (0..<24_000).map { "\"\($0)\(padding)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }
    try FileCost.expectWithinBounds("long names", FileBytes.safetensors("{\(entries.joined(separator: ","))}")) {
      try #expect(Safetensors.read(path: $0).tensors.count == 24_000)
    }
  }

  static func manyMetadata() throws {
    let entries = (0..<65_536).map { "\"\($0)\":\"\(String(repeating: "\\u0041", count: 42))\"" }
    let header = "{\"__metadata__\":{\(entries.joined(separator: ","))}}"
    try FileCost.expectWithinBounds("metadata", FileBytes.safetensors(header)) {
      try #expect(Safetensors.read(path: $0).metadata.count == 65_536)
    }
  }

  static func endlessHeaders() throws {
    for start in ["{\"a\":", "{\"a\":[", "{\"__metadata__\":{\"a\":\"", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,"] {
      for filling in ["[", "1,", "{\"a\":", "x", "\\\\", " ", "\"\":\"\",", "\u{301}\u{327}"] {
        let text = start + String(repeating: filling, count: 6_000_000 / filling.utf8.count)
        try FileCost.expectWithinBounds("\(start) \(filling)", FileBytes.safetensors(text)) { path in
          #expect(throws: ApusError.self) { try Safetensors.read(path: path) }
        }
      }
    }
  }

  static func sixteenBitNumbers() throws {
    let header = HostileFiles.entries(("a", "F16", [1 << 25], 0, 1 << 26))
    try FileCost.expectWithinBounds("F16", FileBytes.safetensors(header, data: [UInt8](repeating: 1, count: 1 << 26))) {
      try #expect(Safetensors.read(path: $0).tensors["a"]?.count == 1 << 25)
    }
  }

  static func manyModels() throws {
    SampleModel.register()
    let child = SavedModel(estimator: SampleEstimator(), state: ModelState())
    let model = SavedModel(
      estimator: SampleEstimator(), state: ModelState(children: [SavedModel](repeating: child, count: 65_535)))
    let header = FileBytes.header(
      of: try SameBits.bytes(
        of: ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: ModelState(children: [child])))))
    let short = #"{\"kind\":\"sample\",\"parameters\":{},\"scalars\":{}}"#
    let children = [String](repeating: short, count: model.state?.children.count ?? 0).joined(separator: ",")
    let start = try #require(header.range(of: #""children":"["#)).upperBound
    let end = try #require(header.range(of: #"]","format"#)).lowerBound
    let bytes = FileBytes.withChecksum(
      FileBytes.safetensors(header.replacingCharacters(in: start..<end, with: children), alignment: 64))
    try FileCost.expectWithinBounds("65,536 models", bytes) {
      try #expect(ModelFile.load(path: $0).state?.children.count == 65_535)
    }
  }

  static func manyTensorsOfOneModel() throws {
    SampleModel.register()
    let bytes = try {
      let array = try NDArray([UInt8(1)])
      let tensors = Dictionary((0..<131_072).map { ("\($0)", array) }, uniquingKeysWith: { first, _ in first })
      let model = SavedModel(estimator: SampleEstimator(), state: ModelState(tensors: tensors))
      return try SameBits.bytes(of: ModelFile.encode(model))
    }()
    try FileCost.expectWithinBounds("131,072 tensors of a model", bytes, seconds: FileCost.tensorSeconds) {
      try #expect(ModelFile.load(path: $0).state?.tensors.count == 131_072)
    }
  }

  static func manyScalars() throws {
    SampleModel.register()
    let names = (0..<65_536).map { "name of a scalar \($0)" }
    let state = ModelState(scalars: Dictionary(names.map { ($0, .int(1)) }, uniquingKeysWith: { first, _ in first }))
    let bytes = try SameBits.bytes(of: ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: state)))
    try FileCost.expectWithinBounds("65,536 scalars", bytes) {
      try #expect(ModelFile.load(path: $0).state?.scalars.count == 65_536)
    }
  }

  static func largeArraysAreSavedWithoutACopy() throws {
    SampleModel.register()
    let folder = try TemporaryFolder()
    let array = try NDArray([Double](repeating: 1.5, count: 1 << 23))
    let state = ModelState(tensors: ["a": array])
    let before = FileCost.resetPeak()
    try ModelFile.save(SavedModel(estimator: SampleEstimator(), state: state), to: folder.path("model"))
    #expect(FileCost.peak() - before < 4 << 20)
    let loaded = FileCost.resetPeak()
    #expect(try ModelFile.load(path: folder.path("model")).state?.tensors["a"]?.count == 1 << 23)
    #expect(FileCost.peak() - loaded < (1 << 26) + 4 << 20)
  }

  static func failingAllocations() throws {
    SampleModel.register()
    let model = try SampleModel.fitted()
    let folder = try TemporaryFolder()
    let path = folder.path("model")
    try ModelFile.save(model, to: path)
    let bytes = try SameBits.bytes(of: ModelFile.encode(model))
    for (name, body) in [
      ("save", { try ModelFile.save(model, to: path) }), ("load", { _ = try ModelFile.load(path: path) }),
      ("encode", { _ = try ModelFile.encode(model) }), ("decode", { _ = try FileBytes.decodeModel(bytes) }),
      ("read", { _ = try Safetensors.read(path: path) }),
      ("halves", { _ = try Safetensors.read(path: GoldenFiles.url("safetensors/halves.safetensors").path) }),
    ] as [(String, () throws -> Void)] {
      let blocks = Allocator.liveBlockCount
      for granted in 0..<200 {
        Allocator.failAfter(granted)
        let requests = Allocator.requestCount
        do {
          try body()
          if Allocator.requestCount - requests <= granted { break }
          Issue.record("\(name): swallowed a failed allocation")
        } catch ApusError.outOfMemory {
          #expect(Allocator.liveBlockCount == blocks, "\(name): lost memory after failure \(granted)")
        }
      }
      Allocator.failAfter(-1)
      #expect(Allocator.liveBlockCount == blocks, "\(name): lost memory")
      #expect(try folder.names() == ["model"], "\(name): left a file")
      #expect(try SameBits.models(ModelFile.load(path: path), model))
    }
  }
}

/// Peak memory and time of reading one file.
enum FileCost {
  /// Permitted for 131,072 tensors: 10⁵ in a second, four times that without optimisation.
  #if DEBUG
    static let tensorSeconds = 5.2
  #else
    static let tensorSeconds = 1.3
  #endif

  /// Writes `bytes` to a file, and checks what reading it by `body` costs.
  ///
  /// - Parameter seconds: the time permitted; one second a megabyte when nil.
  static func expectWithinBounds(
    _ name: String, _ bytes: [UInt8], seconds: Double? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (String) throws -> Void
  ) throws {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: folder.url("file"))
    let before = resetPeak()
    let start = processorTime()
    try body(folder.path("file"))
    let time = processorTime() - start
    let memory = peak() - before
    let megabytes = Double(bytes.count) / 1e6
    let cost = Comment(rawValue: "\(name): \(megabytes) MB took \(Double(memory) / 1e6) MB and \(time) s")
    #expect(memory <= 2 * bytes.count + 64_000_000, cost, sourceLocation: sourceLocation)
    #expect(time <= seconds ?? max(megabytes, 1), cost, sourceLocation: sourceLocation)
  }

  /// Seconds that processors have worked for this process: the machine may be busy with other things.
  private static func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Forgets the highest resident size so far, and returns the present one in bytes.
  static func resetPeak() -> Int {
    returnFreeMemory()
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    return peak()
  }

  /// `malloc_trim(0)`, which the C library's module does not show: memory kept for reuse would hide what comes next.
  private static func returnFreeMemory() {
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)(0)
  }

  /// The highest resident size since, in bytes.
  static func peak() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
  }
}
