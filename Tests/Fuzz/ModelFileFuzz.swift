import Glibc

@testable import Apus
@testable import ApusModels
@testable import ApusNumerics
@testable import ApusTrees

// libFuzzer's entry points for model files, which are assembled by `FuzzFile`, and for models of other libraries.

/// Registers the estimators and, when `APUS_FUZZ_SEEDS` names a folder, writes a fitted model of every kind into it.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutablePointer<CInt>, _ arguments: OpaquePointer) -> CInt {
  Apus.registerEstimators()
  if let folder = getenv("APUS_FUZZ_SEEDS") { FuzzSeeds.write(to: String(cString: folder)) }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: size))
  input.withUnsafeBytes { bytes in
    _ = try? ModelFile.decode(bytes)
    _ = try? Safetensors.decode(bytes)
    for format in ["lightgbm", "xgboost"] {
      guard let (estimator, model) = try? ModelImport.load(format: format, bytes: bytes) else { continue }
      guard let state = try? model.state() else { continue }
      FuzzModel.use(SavedModel(estimator: estimator, state: state))
    }
  }
  let file = FuzzFile.assemble(input)
  file.withUnsafeBytes { bytes in
    _ = try? Safetensors.decode(bytes)
    guard let saved = try? ModelFile.decode(bytes) else { return }
    FuzzModel.use(saved)
  }
  return 0
}

/// What a program does with a model it has loaded.
enum FuzzModel {
  static func use(_ saved: SavedModel) {
    guard let again = try? ModelFile.encode(saved) else { return }
    withExtendedLifetime(again) {
      guard (try? ModelFile.decode(UnsafeRawBufferPointer(start: again.data, count: again.count))) != nil else {
        fatalError("a model that was saved cannot be loaded")
      }
    }
    guard let state = saved.state, let model = try? saved.estimator.restore(state) else { return }
    _ = try? model.state()
    let schema = type(of: saved.estimator).schema
    for attribute in schema.attributes { _ = try? model.attribute(attribute.name) }
    guard model.featureCount <= 64, let features = try? NDArray(zeros: [2, model.featureCount]) else { return }
    for operation in schema.operations { _ = try? model.apply(operation, to: .dense(features)) }
  }
}

/// Fitted models to start from.
enum FuzzSeeds {
  static func write(to folder: String) {
    for kind in Registry.kinds {
      for (index, saved) in models(of: kind).enumerated() {
        guard let file = try? ModelFile.encode(saved), let bytes = try? file.elements(as: UInt8.self) else { continue }
        let seed = FuzzFile.disassemble(bytes)
        guard let stream = fopen("\(folder)/\(kind)-\(index)", "w") else { continue }
        fwrite(seed, 1, seed.count, stream)
        fclose(stream)
      }
    }
  }

  /// An estimator as it is and one fitted on a few rows.
  private static func models(of kind: String) -> [SavedModel] {
    guard let estimator = try? Registry.make(kind) else { return [] }
    let rows = 24
    let features = (0..<(rows * 3)).map { Double($0 * 37 % 29) / 7 }
    let targets = (0..<rows).map { Double($0 % 2) }
    var models = [SavedModel(estimator: estimator, state: nil)]
    if let x = try? NDArray(features, shape: [rows, 3]), let y = try? NDArray(targets),
      let model = try? estimator.fit(x, y), let state = try? model.state()
    {
      models.append(SavedModel(estimator: estimator, state: state))
    }
    return models
  }
}
