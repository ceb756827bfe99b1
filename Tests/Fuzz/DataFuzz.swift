import Glibc

@testable import ApusAutograd
@testable import ApusModels
@testable import ApusNN
@testable import ApusNumerics
@testable import ApusStatistics

// libFuzzer's entry points for what is read besides models. An input's first byte says which reader gets the rest.

@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>, _ arguments: OpaquePointer) -> CInt {
  if let folder = getenv("APUS_FUZZ_SEEDS") { DataSeeds.write(to: String(cString: folder)) }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  guard size > 0, let reader = Reader(rawValue: data[0]) else { return 0 }
  try? reader.read(UnsafeBufferPointer(start: data + 1, count: size - 1))
  return 0
}

enum Reader: UInt8, CaseIterable {
  case csv, tsv, npy, idx, gzip, accumulator, generator, stateDict, checkpoint

  func read(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    switch self {
    case .csv, .tsv:
      let delimiter: Character = self == .csv ? "," : "\t"
      _ = try? CSVReader.parse(bytes, delimiter: delimiter, hasHeader: true)
      _ = try CSVReader.parse(bytes, delimiter: delimiter, hasHeader: nil)
    case .npy: _ = try NumpyReader.parse(UnsafeRawBufferPointer(bytes))
    case .idx: _ = try IDXReader.parse(UnsafeRawBufferPointer(bytes))
    case .gzip: _ = try Gzip.decompress(bytes)
    case .accumulator: try accumulate(bytes)
    case .generator:
      let generator = Generator(seed: 0)
      try generator.setState(Array(bytes))
      _ = try Tensor.randn([64], dtype: .float64, generator: generator)
      let again = Generator(seed: 0)
      try again.setState(generator.state)
      guard again.state == generator.state else { fatalError("a state that was taken is not the same when it is set") }
    case .stateDict:
      let contents = try assembled(bytes)
      let model = try DataSeeds.model()
      let state = contents.tensors.sorted { $0.key < $1.key }.map { (name: $0.key, array: $0.value) }
      _ = try? model.loadStateDict(state)
      _ = try model.loadStateDict(state, strict: false)
      _ = try model(try DataSeeds.features())
    case .checkpoint:
      let trainer = try DataSeeds.trainer()
      try trainer.restore(try assembled(bytes), "checkpoint")
      try trainer.fit(try DataSeeds.data())
    }
  }

  private func assembled(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Safetensors.Contents {
    try FuzzFile.assemble(Array(bytes)).withUnsafeBytes { try Safetensors.decode($0) }
  }

  /// A state goes on and is a state again.
  private func accumulate(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    let count = bytes.count / 8
    let numbers = (0..<count).map {
      UnsafeRawPointer(bytes.baseAddress!).loadUnaligned(fromByteOffset: 8 * $0, as: Double.self)
    }
    var accumulator = try CovarianceAccumulator(state: try NDArray(numbers))
    guard accumulator.variables <= 16 else { return }
    try accumulator.update(try NDArray(zeros: [3, accumulator.variables]))
    _ = try? accumulator.covariance()
    _ = try CovarianceAccumulator(state: try accumulator.state())
  }
}

/// Inputs to start from, and the objects that read them.
enum DataSeeds {
  static func write(to folder: String) {
    for reader in Reader.allCases {
      guard let bytes = try? seed(reader), let stream = fopen("\(folder)/\(reader)", "w") else { continue }
      let input = [reader.rawValue] + bytes
      fwrite(input, 1, input.count, stream)
      fclose(stream)
    }
  }

  private static func seed(_ reader: Reader) throws -> [UInt8] {
    switch reader {
    case .csv: return Array("a,\"b\" , c\r\n1, 2.5 ,-3e2\n\n4,,\"6\"\n".utf8)
    case .tsv: return Array("1\t2\nnan\t-inf\n".utf8)
    case .npy:
      let header = Array("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }".utf8)
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + [UInt8](repeating: 0, count: 8)
    case .idx: return [0, 0, 0x0B, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0xFF, 0xFE, 1, 0]
    case .gzip:
      // One stored block of "1,2" and a line end.
      return [31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 1, 4, 0, 251, 255, 49, 44, 50, 10, 51, 66, 33, 85, 4, 0, 0, 0]
    case .accumulator:
      var accumulator = try CovarianceAccumulator(variables: 2)
      try accumulator.update(try NDArray([1.0, 2, 3, 5, 4, 7], shape: [3, 2]))
      return bytes(of: try accumulator.state())
    case .generator: return Generator(seed: 1).state
    case .stateDict: return try file(of: try model().stateDict().map { ($0.name, $0.tensor.array) }, [:])
    case .checkpoint:
      let trainer = try trainer()
      try trainer.fit(try data())
      let path = "/tmp/apus-fuzz-\(getpid())"
      defer { unlink(path) }
      try trainer.saveCheckpoint(to: path)
      let contents = try Safetensors.read(path: path)
      return try file(of: contents.tensors.map { ($0.key, $0.value) }, contents.metadata)
    }
  }

  private static func file(of tensors: [(String, NDArray)], _ metadata: [String: String]) throws -> [UInt8] {
    let contents = Safetensors.Contents(tensors: Dictionary(tensors) { first, _ in first }, metadata: metadata)
    return FuzzFile.disassemble(bytes(of: try Safetensors.encode(contents)))
  }

  private static func bytes(of array: NDArray) -> [UInt8] {
    withExtendedLifetime(array) {
      Array(UnsafeRawBufferPointer(start: array.data, count: array.count * array.dtype.stride))
    }
  }

  static func model() throws -> Sequential { try Sequential([Linear(3, 4), Tanh(), Linear(4, 1)]) }

  static func features() throws -> Tensor { try Tensor.randn([8, 3], generator: Generator(seed: 2)) }

  static func data() throws -> TensorDataset {
    try TensorDataset([try features(), try Tensor.randn([8, 1], generator: Generator(seed: 3))])
  }

  static func trainer() throws -> Trainer {
    let model = try model()
    let optimizer = try Adam(model.parameters(), lr: 0.01)
    var options = TrainingOptions()
    options.epochs = 1
    return try Trainer(
      model, loss: MSELoss(), optimizer: optimizer, schedule: try CosineRestartSchedule(optimizer, period: 2),
      options: options)
  }
}
