import ApusNumerics
import Foundation
import Testing

@testable import ApusModels

@Suite struct ModelFileTests {
  init() { SampleModel.register() }

  @Test func roundTripKeepsEveryBit() throws {
    let model = try SampleModel.fitted()
    let folder = try TemporaryFolder()
    try ModelFile.save(model, to: folder.path("model.apus"))
    #expect(try SameBits.models(model, ModelFile.load(path: folder.path("model.apus"))))
    let bytes = try SameBits.bytes(of: ModelFile.encode(model))
    #expect(try bytes == [UInt8](Data(contentsOf: folder.url("model.apus"))))
    #expect(try SameBits.models(model, bytes.withUnsafeBytes { try ModelFile.decode($0) }))
    #expect(try SameBits.bytes(of: ModelFile.encode(bytes.withUnsafeBytes { try ModelFile.decode($0) })) == bytes)
  }

  @Test func unfittedStaysUnfitted() throws {
    let bytes = try SameBits.bytes(of: ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: nil)))
    #expect(try bytes.withUnsafeBytes { try ModelFile.decode($0) }.state == nil)
    let fitted = try SameBits.bytes(of: ModelFile.encode(SavedModel(estimator: SampleEstimator(), state: ModelState())))
    #expect(try fitted.withUnsafeBytes { try ModelFile.decode($0) }.state != nil)
  }

  @Test(arguments: [
    0, -0.0, 0.1, 1, -1.5, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1e22,
    .infinity, -.infinity, .nan, -.nan, Double(bitPattern: 0x7FF0_0000_0000_0001),
    Double(bitPattern: 0xFFFF_FFFF_FFFF_FFFF),
  ]) func doublesKeepTheirBits(value: Double) throws {
    var estimator = SampleEstimator()
    estimator.alpha = value
    let model = SavedModel(estimator: estimator, state: ModelState(scalars: ["x": .double(value)]))
    let bytes = try SameBits.bytes(of: ModelFile.encode(model))
    #expect(try SameBits.models(model, bytes.withUnsafeBytes { try ModelFile.decode($0) }))
  }

  @Test func everyFlippedBitIsAnError() throws {
    var bytes = try SameBits.bytes(of: ModelFile.encode(SampleModel.fitted()))
    for index in bytes.indices {
      for bit in 0..<8 {
        bytes[index] ^= 1 << bit
        #expect(throws: ApusError.self) { try bytes.withUnsafeBytes { _ = try ModelFile.decode($0) } }
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test func truncationAtEveryOffsetIsAnError() throws {
    let bytes = try SameBits.bytes(of: ModelFile.encode(SampleModel.fitted()))
    for count in 0..<bytes.count {
      #expect(throws: ApusError.self) {
        try bytes.withUnsafeBytes { _ = try ModelFile.decode(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      }
    }
    #expect(throws: ApusError.self) { try (bytes + [0]).withUnsafeBytes { _ = try ModelFile.decode($0) } }
  }
}
