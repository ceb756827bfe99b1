import ApusNumerics
import Testing

@testable import ApusModels

/// Thousands of damaged files from a fixed seed: each is an error, or a model that is saved and loaded again unchanged.
@Suite struct ModelFileMutationTests {
  @Test(arguments: [1, 2, 3, 4] as [UInt64]) func damagedFilesAreErrorsOrModels(seed: UInt64) async {
    await #expect(processExitsWith: .success) { [seed] in
      SampleModel.register()
      // A process of its own, so that the limit is on the loader alone.
      Allocator.limitLiveBytes(to: 1 << 26)
      var mutation = try FileMutation(seed: seed)
      var loaded = 0
      for index in 0..<5000 {
        let (file, isSigned) = mutation.next()
        let clock = ContinuousClock()
        let time = clock.measure {
          do {
            let model = try FileBytes.decodeModel(file)
            loaded += 1
            let again = try FileBytes.decodeModel(SameBits.bytes(of: ModelFile.encode(model)))
            let isEqual = try SameBits.models(model, again)
            #expect(isEqual, "seed \(seed), file \(index): changes when saved again")
            let isOriginal = mutation.originals.contains(file)
            #expect(isSigned || isOriginal, "seed \(seed), file \(index): damage not found")
          } catch is ApusError {
          } catch {
            Issue.record("seed \(seed), file \(index): \(error)")
          }
          do {
            let contents = try FileBytes.decodeTensors(file)
            _ = try Safetensors.encode(contents)
          } catch is ApusError {
          } catch {
            Issue.record("seed \(seed), file \(index): \(error)")
          }
        }
        #expect(time < .seconds(1), "seed \(seed), file \(index)")
      }
      // Enough mutations must get through to the deeper layers for the test to mean something.
      #expect(loaded > 150, "only \(loaded) files were loaded")
    }
  }
}

/// Makes damaged files: flips, cuts, splices and edits of the header, most of them signed again.
struct FileMutation {
  let originals: [[UInt8]]
  private var state: UInt64

  init(seed: UInt64) throws {
    state = seed
    originals = try [
      SampleModel.fitted(), SavedModel(estimator: SampleEstimator(), state: nil),
      SavedModel(
        estimator: SampleEstimator(),
        state: ModelState(tensors: ["a": try NDArray([1.0, 2]), "b": try NDArray([true])], scalars: ["n": .int(3)])),
    ].map { try SameBits.bytes(of: ModelFile.encode($0)) }
  }

  /// A damaged file, and whether its checksum was computed after the damage.
  mutating func next() -> (file: [UInt8], isSigned: Bool) {
    var file = originals[below(originals.count)]
    let isSigned = below(4) > 0
    let editsHeader = below(3) > 0
    var header = editsHeader ? Array(FileBytes.header(of: file).utf8) : file
    for _ in 0...below(3) { mutate(&header) }
    if editsHeader {
      let data = FileBytes.data(of: file)
      let alignment = below(8) == 0 ? 1 : 64
      while (header.count + 8) % alignment != 0 { header.append(0x20) }
      file = FileBytes.word(UInt64(header.count)) + header + data
    } else {
      file = header
    }
    return (isSigned ? FileBytes.withChecksum(file) : file, isSigned)
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let position = below(bytes.count)
    switch below(9) {
    case 0: bytes[position] ^= 1 << UInt8(below(8))
    case 1: bytes[position] = UInt8(below(256))
    case 2: bytes[position] = Self.interesting[below(Self.interesting.count)]
    case 3: bytes.removeSubrange(position..<min(position + 1 + below(20), bytes.count))
    case 4: if below(4) == 0 { bytes.removeSubrange(position...) }
    case 5: bytes.insert(contentsOf: Self.texts[below(Self.texts.count)].utf8, at: position)
    case 6:
      let end = min(position + 1 + below(60), bytes.count)
      bytes.insert(contentsOf: bytes[position..<end], at: below(bytes.count))
    case 7:
      let other = originals[below(originals.count)]
      let start = below(other.count)
      bytes.insert(contentsOf: other[start..<min(start + 1 + below(100), other.count)], at: position)
    default: replaceNumber(in: &bytes, from: position)
    }
  }

  /// Replaces the first number at or after `start` by another.
  private mutating func replaceNumber(in bytes: inout [UInt8], from start: Int) {
    let isDigit = { (byte: UInt8) in byte >= 0x30 && byte <= 0x39 }
    guard let first = bytes[start...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(first..<end, with: Self.numbers[below(Self.numbers.count)].utf8)
  }

  /// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
  private mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((word ^ word >> 31) % UInt64(bound))
  }

  private static let interesting = Array("{}[]\",:\\0-1.eE tfn/_".utf8) + [0, 0x7F, 0x80, 0xC3, 0xFF]
  private static let numbers = [
    "0", "1", "2", "3", "8", "16", "-1", "00", "1.0", "1e3", "1e999", "4194305", "4294967296", "9223372036854775807",
    "9223372036854775808", "18446744073709551615", "99999999999999999999999999",
  ]
  private static let texts = [
    "\"a\":1,", "{", "}", "[", "]", "[[[[", "null", "true", "\\u0000", "\\ud800", "{\\\"estimator\\\":", "NaN",
    "\"dtype\":\"F64\",", "{\\\"double\\\":\\\"7ff0000000000000\\\"}", "\\\"kind\\\":\\\"sample\\\",", "é", "\u{301}",
    "children/0/", "parameters/",
  ]
}
