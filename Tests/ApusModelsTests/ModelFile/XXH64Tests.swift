import Foundation
import Testing

@testable import ApusModels

@Suite struct XXH64Tests {
  private static let stream = (0..<1000).map { UInt8(truncatingIfNeeded: ($0 * 2_654_435_761) >> 13) }

  @Test func agreesWithTheReferenceImplementation() throws {
    let url = GoldenFiles.url("safetensors/xxh64.json")
    let expected = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: url))
    #expect(expected.count > 100)
    for (text, digits) in expected {
      let count = try #require(Int(text))
      #expect(hash(Self.stream[..<count]) == Hexadecimal.word(digits), "\(count) bytes")
    }
  }

  @Test func piecesMakeTheSameHash() {
    let whole = hash(Self.stream[...])
    for size in 1...100 {
      var hasher = XXH64()
      for start in stride(from: 0, to: Self.stream.count, by: size) {
        Array(Self.stream[start..<min(start + size, Self.stream.count)]).withUnsafeBytes { hasher.update($0) }
      }
      #expect(hasher.value == whole, "pieces of \(size)")
    }
  }

  @Test func hexadecimalTextIsStrict() {
    #expect(Hexadecimal.text(0x12AB) == "00000000000012ab")
    #expect(Hexadecimal.text(UInt64.max) == "ffffffffffffffff")
    #expect(Hexadecimal.word("00000000000012ab") == 0x12AB)
    for text in ["", "12ab", "00000000000012AB", "000000000000012ab", "00000000000012ag", "+000000000000001"] {
      #expect(Hexadecimal.word(text) == nil)
    }
  }

  private func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var hasher = XXH64()
    bytes.withUnsafeBytes { hasher.update($0) }
    return hasher.value
  }
}
