import ApusNumerics
import Testing

@testable import ApusModels

@Suite struct ModelNotesTests {
  init() { SampleModel.register() }

  @Test func notesComeBack() throws {
    var model = SavedModel(estimator: SampleEstimator(), state: ModelState())
    model.notes = ["feature_names": "[\"a\", \"ü\"]", "empty": ""]
    let bytes = try SameBits.bytes(of: ModelFile.encode(model))
    #expect(try bytes.withUnsafeBytes { try ModelFile.decode($0) }.notes == model.notes)
  }

  @Test func aModelWithoutNotesHasNone() throws {
    let bytes = try SameBits.bytes(of: ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: nil)))
    #expect(try bytes.withUnsafeBytes { try ModelFile.decode($0) }.notes.isEmpty)
  }

  @Test(arguments: ["", "a b", "ä", "a/b"]) func badNamesAreRefused(name: String) throws {
    let model = SavedModel(estimator: SampleEstimator(), state: nil, notes: [name: "text"])
    #expect(throws: ApusError.self) { _ = try ModelFile.encode(model) }
  }
}
