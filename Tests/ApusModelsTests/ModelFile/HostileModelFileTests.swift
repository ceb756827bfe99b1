import ApusNumerics
import Foundation
import Testing

@testable import ApusModels

/// Files with a right checksum and wrong content.
@Suite struct HostileModelFileTests {
  private let file: [UInt8]

  init() throws {
    SampleModel.register()
    var inner = SampleEstimator()
    inner.tolerance = 0.25
    var estimator = SampleEstimator()
    estimator.weights = .array(try NDArray([1.0, 2]))
    estimator.base = .estimator(inner)
    let child = SavedModel(estimator: inner, state: ModelState(tensors: ["coef": try NDArray([Float(1)])]))
    let state = ModelState(
      tensors: ["coef": try NDArray([3.0])], scalars: ["n": .int(7), "x": .double(.nan)], children: [child])
    file = try SameBits.bytes(of: ModelFile.encode(SavedModel(estimator: estimator, state: state)))
  }

  @Test func editingKeepsAValidFile() throws {
    #expect(FileBytes.editingHeader(file) { $0 } == file)
    let edited = FileBytes.editingHeader(file) { $0.replacingOccurrences(of: #"\"n\":7"#, with: #"\"n\": 8 "#) }
    #expect(try FileBytes.decodeModel(edited).state?.integer("n") == 8)
  }

  @Test func newerVersionsAreNamed() throws {
    try expectUnsupportedVersion {
      $0.replacingOccurrences(of: #""format_version":"1""#, with: #""format_version":"2""#)
    }
    let newer = { (header: String) in header.replacingOccurrences(of: #""0.1.0""#, with: #""1.0.0""#) }
    #expect(try FileBytes.decodeModel(FileBytes.editingHeader(file, newer)).state != nil)
    try expectUnsupportedVersion { newer($0).replacingOccurrences(of: #""kind":"sample""#, with: #""kind":"new""#) }
    try expectUnsupportedVersion { newer($0).replacingOccurrences(of: #"\"alpha\""#, with: #"\"beta\""#) }
    try expectUnsupportedVersion { newer($0).replacingOccurrences(of: #"\"auto\""#, with: #"\"new\""#) }
  }

  @Test(arguments: [
    (#""apus""#, #""pt""#), (#""format":"apus","#, ""), (#""format_version":"1","#, ""),
    (#""format_version":"1""#, #""format_version":"0""#), (#""format_version":"1""#, #""format_version":"01""#),
    (#""format_version":"1""#, #""format_version":"-1""#), (#""format_version":"1""#, #""format_version":"""#),
    (#""format_version":"1""#, #""format_version":"1.0""#),
    (#""format_version":"1""#, #""format_version":"9223372036854775808""#),
    (#""checksum":"#, #""chequesum":"#), (#""xxh64:"#, #""xxh32:"#), (#""xxh64:"#, #""xxh64:0"#),
    (#""xxh64:"#, #""\u0078xh64:"#), (#""kind":"sample","#, ""), (#""kind":"sample""#, #""kind":"simple""#),
    (#""kind":"sample""#, #""kind":"""#), (#"\"kind\":\"sample\","#, ""), (#""parameters":"#, #""parametres":"#),
    (#""parameters":"{"#, #""parameters":"{}{"#), (#""parameters":"{"#, #""parameters":"["#),
    (#"\"alpha\":1.0"#, #"\"alpha\":1.0,\"alpha\":1.0"#), (#"\"alpha\":1.0"#, #"\"beta\":1.0"#),
    (#"\"alpha\":1.0"#, #"\"alpha\":\"1.0\""#), (#"\"alpha\":1.0"#, #"\"alpha\":null"#),
    (#"\"alpha\":1.0"#, #"\"alpha\":{}"#), (#"\"alpha\":1.0"#, #"\"alpha\":{\"float\":\"0000000000000000\"}"#),
    (#"\"alpha\":1.0"#, #"\"alpha\":{\"double\":\"0\"}"#), (#"\"alpha\":1.0"#, #"\"alpha\":[1.0]"#),
    (#"\"alpha\":1.0"#, #"\"alpha\":{\"double\":\"0000000000000000\",\"array\":\"x\"}"#),
    (#"\"alpha\":1.0"#, #"\"alpha\":NaN"#), (#"\"alpha\":1.0"#, #"\"alpha\":1e999"#),
    (#"\"max_iter\":100"#, #"\"max_iter\":-1"#), (#"\"max_iter\":100"#, #"\"max_iter\":100.5"#),
    (#"\"max_iter\":100"#, #"\"max_iter\":9223372036854775808"#), (#"\"max_iter\":100"#, #"\"max_iter\":true"#),
    (#"\"auto\""#, #"\"other\""#), (#"\"label\":\"sample\""#, #"\"label\":7"#),
    (#"{\"array\":\"parameters/weights\"}"#, #"{\"array\":\"coef\"}"#),
    (#"{\"array\":\"parameters/weights\"}"#, #"{\"array\":\"parameters/missing\"}"#),
    (#"{\"array\":\"parameters/weights\"}"#, "null"),
    (#""parameters/weights""#, #""parameters/heights""#), (#""parameters/weights":"#, #""elsewhere/weights":"#),
    (#""coef":{"#, #""co/ef":{"#), (#""coef":{"#, #""cö":{"#), (#""coef":{"#, #""":{"#),
    (#""children/0/coef""#, #""children/1/coef""#), (#""children/0/coef""#, #""children/00/coef""#),
    (#"{\"estimator\":{"#, #"{\"estimator\":{\"scalars\":{},"#), (#"{\"estimator\":{"#, #"{\"estimator\":[{"#),
    (#"{\"estimator\":{"#, #"{\"estimator\":{\"extra\":1,"#),
    (#"\"estimator\":{\"kind\":\"sample\""#, #"\"estimator\":{\"kind\":\"none\""#),
    (#""scalars":"{"#, #""scalars":"{\"n\":1,"#), (#"\"n\":7"#, #"\"n\":{\"array\":\"coef\"}"#),
    (#"\"n\":7"#, #"\"n\":[7]"#),
    (#"\"n\":7"#, #"\"n\":07"#), (#"\"n\":7"#, #"\"n\""#), (#"{\"double\":\""#, #"{\"double\":\"0"#),
    (#""scalars":"#, #""scales":"#), (#"\"scalars\":{}"#, #"\"children\":[]"#),
    (#""children":"["#, #""children":"[[],"#),
    (#""children":"["#, #""children":"[null,"#),
    (#""dtype":"F32","shape":[1]"#, #""dtype":"F16","shape":[2]"#),
  ]) func isAnError(original: String, replacement: String) throws {
    let header = FileBytes.header(of: file)
    try #require(header.contains(original), "the file does not contain \(original)")
    let edited = FileBytes.editingHeader(file) { header in
      guard let range = header.range(of: original) else { return header }
      return header.replacingCharacters(in: range, with: replacement)
    }
    let error = #expect(throws: ApusError.self) { try FileBytes.decodeModel(edited) }
    guard case .malformedFile? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Which element types a model needs, only the model knows: it asks for them when it is restored.
  @Test func modelsCheckElementTypes() throws {
    for type in [("F64", "I64"), ("[1]", "[1,1]")] {
      let edited = FileBytes.editingHeader(file) { header in
        guard let start = header.range(of: #""coef":"#)?.upperBound,
          let range = header.range(of: type.0, range: start..<header.endIndex)
        else { return header }
        return header.replacingCharacters(in: range, with: type.1)
      }
      try #require(edited != file)
      let state = try #require(FileBytes.decodeModel(edited).state)
      #expect(throws: ApusError.self) { try state.tensor("coef", .float64, rank: 1) }
    }
  }

  @Test func layoutIsFixed() throws {
    let header = FileBytes.header(of: file)
    let data = FileBytes.data(of: file)
    for alignment in [1, 8, 16, 32] {
      let bytes = FileBytes.withChecksum(FileBytes.safetensors(header + " ", data: data, alignment: alignment))
      if (bytes.count - data.count) % 64 != 0 {
        #expect(throws: ApusError.self) { try FileBytes.decodeModel(bytes) }
      }
    }
    let entries = try #require(header.range(of: #"},"coef":"#))
    let start = header[entries.upperBound...]
    let end = try #require(start.firstIndex(of: "}"))
    let coef = String(header[header.index(after: entries.lowerBound)...end])
    let moved = header.replacingOccurrences(of: coef, with: "").dropLast() + coef + "}"
    #expect(throws: ApusError.self) {
      try FileBytes.decodeModel(FileBytes.withChecksum(FileBytes.safetensors(String(moved), data: data, alignment: 64)))
    }
  }

  @Test func nestingIsLimited() throws {
    func chain(_ depth: Int) -> SavedModel {
      var model = SavedModel(estimator: SampleEstimator(), state: ModelState())
      for _ in 1..<depth { model = SavedModel(estimator: SampleEstimator(), state: ModelState(children: [model])) }
      return model
    }
    let deepest = chain(64)
    #expect(try SameBits.models(deepest, FileBytes.decodeModel(SameBits.bytes(of: ModelFile.encode(deepest)))))
    #expect(throws: ApusError.self) { try ModelFile.encode(chain(65)) }

    func nested(_ depth: Int) -> SampleEstimator {
      var estimator = SampleEstimator()
      for _ in 1..<depth {
        var outer = SampleEstimator()
        outer.base = .estimator(estimator)
        estimator = outer
      }
      return estimator
    }
    let parameters = SavedModel(estimator: nested(64), state: nil)
    #expect(try SameBits.models(parameters, FileBytes.decodeModel(SameBits.bytes(of: ModelFile.encode(parameters)))))
    #expect(throws: ApusError.self) { try ModelFile.encode(SavedModel(estimator: nested(65), state: nil)) }

    for depth in [64, 65, 100_000] {
      let open = String(
        repeating: #"[{\"kind\":\"sample\",\"parameters\":{},\"scalars\":{},\"children\":"#, count: depth - 1)
      let close = String(repeating: "}]", count: depth - 1)
      let deep = FileBytes.editingHeader(try SameBits.bytes(of: ModelFile.encode(chain(2)))) { header in
        let start = header.range(of: #""children":"[{\"kind"#)?.lowerBound ?? header.endIndex
        let end = header.range(of: #"}]","format"#)?.upperBound ?? header.endIndex
        return header.replacingCharacters(in: start..<end, with: #""children":""# + open + "[]" + close + #"","format"#)
      }
      if depth == 64 {
        #expect(try FileBytes.decodeModel(deep).state?.children.count == 1)
      } else {
        let error = #expect(throws: ApusError.self) { try FileBytes.decodeModel(deep) }
        #expect(error?.description.contains("nested deeper than 64") == true, "\(String(describing: error))")
      }
    }
  }

  @Test func savingRefusesWhatCannotBeLoaded() throws {
    let array = try NDArray([1.0])
    for state in [
      ModelState(tensors: ["a/b": array]), ModelState(tensors: ["": array]), ModelState(tensors: ["é": array]),
      ModelState(scalars: ["a": .array(array)]), ModelState(scalars: ["a": .estimator(SampleEstimator())]),
      ModelState(scalars: Dictionary((0...65_536).map { ("\($0)", .none) }, uniquingKeysWith: { first, _ in first })),
      ModelState(
        children: [SavedModel](repeating: SavedModel(estimator: SampleEstimator(), state: nil), count: 65_536)),
    ] {
      #expect(throws: ApusError.self) { try ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: state)) }
    }
    var estimator = SampleEstimator()
    estimator.maxIterations = -1
    #expect(throws: ApusError.self) { try ModelFile.encode(SavedModel(estimator: estimator, state: nil)) }
  }

  @Test func parametersThatAreAbsentKeepTheirDefaults() throws {
    let edited = FileBytes.editingHeader(file) { $0.replacingOccurrences(of: #"\"alpha\":1.0,"#, with: "") }
    let estimator = try #require(FileBytes.decodeModel(edited).estimator as? SampleEstimator)
    #expect(estimator.alpha == 1)
  }

  private func expectUnsupportedVersion(
    sourceLocation: SourceLocation = #_sourceLocation, _ edit: (String) -> String
  ) throws {
    let edited = FileBytes.editingHeader(file, edit)
    try #require(edited != file, sourceLocation: sourceLocation)
    let error = #expect(throws: ApusError.self, sourceLocation: sourceLocation) { try FileBytes.decodeModel(edited) }
    guard case .unsupportedVersion? = error else {
      Issue.record("\(String(describing: error))", sourceLocation: sourceLocation)
      return
    }
  }
}
