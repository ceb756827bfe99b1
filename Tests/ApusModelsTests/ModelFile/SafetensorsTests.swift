import ApusNumerics
import Foundation
import Testing

@testable import ApusModels

@Suite struct SafetensorsTests {
  @Test func readsWhatTheReferenceWrites() throws {
    let file = try Safetensors.read(path: GoldenFiles.url("safetensors/native.safetensors").path)
    #expect(file.metadata == ["note": "a \"quoted\" line\nand é"])
    #expect(file.tensors.count == 9)
    try expect(file, "layers.0.weight", [2, 3], [0, 0.125, 0.25, 0.375, 0.5, 0.625] as [Float])
    try expect(file, "layers.0.bias", [3], [Double.pi, -0.0, .infinity])
    try expect(file, "num_batches_tracked", [], [Int64(1) << 62 + 1])
    try expect(file, "positions", [2], [Int32.min, Int32.max])
    try expect(file, "bytes", [1, 2], [0, 255] as [UInt8])
    try expect(file, "mask", [3], [true, false, true])
    try expect(file, "empty", [0, 4], [] as [Float])
    try expect(file, "empty.too", [2, 0], [] as [Float])
    try expect(file, "näme 🦅", [1], [1.0])
  }

  @Test func sixteenBitNumbersBecomeFloat32Exactly() throws {
    let file = try Safetensors.read(path: GoldenFiles.url("safetensors/halves.safetensors").path)
    let half = try #require(file.tensors["half"])
    #expect(half.shape == [256, 256])
    let patterns = try half.elements(as: Float.self).map(\.bitPattern)
    for (index, pattern) in patterns.enumerated() where index & 0x7C00 == 0x7C00 {
      #expect(pattern == UInt32(index & 0x8000) << 16 | 0x7F80_0000 | UInt32(index & 0x3FF) << 13)
    }
    var hash = XXH64()
    patterns.map { Float(bitPattern: $0).isNaN ? 0 : $0.littleEndian }.withUnsafeBytes { hash.update($0) }
    let expected = try String(contentsOf: GoldenFiles.url("safetensors/half-as-float32.hash"), encoding: .utf8)
    #expect(Hexadecimal.text(hash.value) == expected.trimmingCharacters(in: .whitespacesAndNewlines))
    let brain = try #require(file.tensors["brain"]).elements(as: Float.self)
    #expect(brain.indices.allSatisfy { brain[$0].bitPattern == UInt32($0) << 16 })
  }

  @Test func otherElementTypesAreNamed() throws {
    let path = GoldenFiles.url("safetensors/uint16.safetensors").path
    let error = #expect(throws: ApusError.self) { try Safetensors.read(path: path) }
    guard case .unsupported(let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("'u16' has element type U16"))
  }

  @Test(.enabled(if: SharedData.folder("safetensors-samples") != nil, "the sample files are not on this machine"))
  func readsSamples() throws {
    let folder = try #require(SharedData.folder("safetensors-samples"))
    func read(_ name: String) throws -> Safetensors.Contents {
      try Safetensors.read(path: folder.appendingPathComponent(name + ".safetensors").path)
    }
    try expect(read("tensor-1d-int32"), "embedding", [3], [1, 2, 3] as [Int32])
    try expect(read("tensor-2d-float64"), "embedding", [2, 3], [1.0, 2, 3, 24, 25, 26])
    let three = try #require(read("tensor-3d-float32").tensors["embedding"])
    #expect(three.shape == [2, 2, 3] && three.dtype == .float32)
    let four = try #require(read("tensor-4d-float32").tensors["embedding"])
    #expect(four.shape == [2, 3, 1, 3] && four.dtype == .float32)
    let voices = try read("voices")
    let tokens = try #require(voices.tensors["tokens"])
    let mask = try #require(voices.tensors["mask"])
    #expect(tokens.shape == [1, 982, 33] && tokens.dtype == .int64 && tokens.isAligned)
    #expect(mask.shape == [1, 982, 33] && mask.dtype == .uint8)
    #expect(try mask.elements(as: UInt8.self).allSatisfy { $0 <= 1 })
    #expect(try tokens.elements(as: Int64.self).allSatisfy { (0..<200_000).contains($0) })
  }

  @Test func roundTripAndLayout() throws {
    let contents = Safetensors.Contents(
      tensors: [
        "z": try NDArray([1.0, 2]), "a": try NDArray([UInt8(7)]), "m": try NDArray([Float(3)]),
        "b": try NDArray([4.0]), "t": try NDArray([1.0, 2, 3, 4, 5, 6], shape: [2, 3]).transposed,
        "none": try NDArray([Int32](), shape: [0]), "one": try NDArray([Int64(5)], shape: []),
      ], metadata: ["format": "pt", "": "empty key"])
    let bytes = try SameBits.bytes(of: Safetensors.encode(contents))
    #expect((bytes.count - FileBytes.data(of: bytes).count) % 64 == 0)
    let header = FileBytes.header(of: bytes)
    let places = try ["__metadata__", "b", "one", "t", "z", "m", "none", "a"].map {
      try #require(header.range(of: "\"\($0)\":")).lowerBound
    }
    #expect(places == places.sorted())
    let again = try FileBytes.decodeTensors(bytes)
    #expect(again.metadata == contents.metadata)
    #expect(again.tensors.keys == contents.tensors.keys)
    for (name, array) in contents.tensors { #expect(try SameBits.arrays(array, #require(again.tensors[name]))) }
    let folder = try TemporaryFolder()
    try Safetensors.write(contents, to: folder.path("file"))
    #expect(try [UInt8](Data(contentsOf: folder.url("file"))) == bytes)
    #expect(try Safetensors.read(path: folder.path("file")).tensors.count == 7)
    #expect(try Safetensors.encode(Safetensors.Contents()).count == 64)
  }

  @Test func borrowedTruthValuesAreNormalised() throws {
    var bytes: [UInt8] = [0, 1, 2, 255]
    let written = try bytes.withUnsafeMutableBytes { buffer in
      let array = try NDArray(borrowing: #require(buffer.baseAddress), dtype: .bool, shape: [4])
      return try SameBits.bytes(of: Safetensors.encode(.init(tensors: ["flags": array])))
    }
    try expect(FileBytes.decodeTensors(written), "flags", [4], [false, true, true, true])
    #expect(bytes == [0, 1, 2, 255])
  }

  @Test func refusesToWriteWhatCannotBeRead() throws {
    let one = try NDArray([1.0])
    let deep = try NDArray([1.0], shape: [Int](repeating: 1, count: 33))
    for contents in [
      Safetensors.Contents(tensors: ["__metadata__": one]),
      Safetensors.Contents(tensors: [String(repeating: "n", count: 4097): one]),
      Safetensors.Contents(tensors: [String(repeating: "\"", count: 2049): one]),
      Safetensors.Contents(tensors: ["x": deep]),
      Safetensors.Contents(metadata: ["text": String(repeating: "x", count: 16_777_216)]),
      Safetensors.Contents(
        metadata: Dictionary((0...65_536).map { (String($0), "") }, uniquingKeysWith: { first, _ in first })),
      Safetensors.Contents(
        tensors: Dictionary((0...131_072).map { (String($0), one) }, uniquingKeysWith: { first, _ in first })),
    ] {
      #expect(throws: ApusError.self) { try Safetensors.encode(contents) }
    }
    let largest = Safetensors.Contents(
      tensors: [String(repeating: "n", count: 4096): one],
      metadata: ["text": String(repeating: "x", count: 16_777_214)])
    #expect(try FileBytes.decodeTensors(SameBits.bytes(of: Safetensors.encode(largest))).tensors.count == 1)
  }

  private func expect<Element: NDElement>(
    _ file: Safetensors.Contents, _ name: String, _ shape: [Int], _ elements: [Element],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let array = try #require(file.tensors[name], sourceLocation: sourceLocation)
    #expect(array.shape == shape, sourceLocation: sourceLocation)
    let expected = try NDArray(elements, shape: shape)
    #expect(try SameBits.arrays(array, expected), sourceLocation: sourceLocation)
  }
}
