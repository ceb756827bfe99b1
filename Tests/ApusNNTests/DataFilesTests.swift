import ApusAutograd
import ApusNN
import ApusNumerics
import Foundation
import Testing

/// Readers of CSV, NumPy and IDX files: right values, and an error for whatever is damaged.
@Suite struct DataFilesTests {
  private func withFile(_ bytes: [UInt8], _ suffix: String, _ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "apus-\(UUID().uuidString)\(suffix)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  static let csv = Array("# a,\"b\" , c\r\n1, 2.5 ,-3e2\n\n4,,\"6\"\n".utf8)
  static let idx: [UInt8] = [0, 0, 0x0B, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0xFF, 0xFE, 1, 0]
  static let npy: [UInt8] = {
    let header = Array("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }".utf8)
    let padding = [UInt8](repeating: 32, count: 117 - header.count) + [10]
    let values = (0..<6).flatMap { value in withUnsafeBytes(of: Float(value)) { Array($0) } }
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + header + padding + values
  }()
  /// A table of i and i² mod 17 for i < 200, compressed by zlib with codes of its own.
  static let gzip: [UInt8] = Array(
    Data(
      base64Encoded:
        "H4sIAAAAAAACAyVTy4EFIQi7W8scDMqvnLf9F7EkXhwHCZ8Qft/f2t9e+LDsu+t8ve6HWP7Vis9WfvBVH85qHtj8B+YFNi44dMYd"
        + "GHzwiAmEZMTircdme14NdDRi7AzaLgOZM6iFTqWy4mOP29lEHAz4qLRJtc6d0Md5C9qSryVHYu4e9AUDXWPQe3Qq2XU+Bt2SiFts"
        + "lhX6pFqOCe3G26GNPbmLC2I8B+3FQC4qYutUsrB5jEPOxF74gIMVxqRaURM6BrVyjy3ZUxodk5i8JNoZKEVFpk4ly57H2uNWorBs"
        + "wMUKa1Kt8gldZL2SNvZUTccmpjmpNgZqUdFXp5I1B9xJN1HYzTFulohNRWAbJ7mP7ld2l09o7JtYbI4Mu58yxApGIfrYM3LiGJWM"
        + "N0QpRigTB6wZTyqjlcllHAVGLWM3tgp7EjOhzaW8UFgTTbB6n1fAoQQwsqE4xTEOVY2j+qUdjHgm10ndS3b1fveTs9CXQwUVNGGv"
        + "eMP193kF3JRHyVukw7dWQfVLTBg1TS6/umtHXL17PoDQzikj3nbFIy/sfV4BceXBvUQ8+oPqR6h+qQupXU7NLrk0SPWeUiVS6OTY"
        + "kVo35CMv33bXK6C036UFr0d/acVL9UtuqLflml1xi9DqvSVTtNCtybf2D/3I63ifV0BLPc3t/Qfy1H+RjQQAAA==")!)

  @Test func csvHasNamesNumbersAndGaps() throws {
    try withFile(Self.csv, ".csv") { path in
      let table = try DataFiles.csv(path)
      #expect(table.names == ["# a", "b", "c"])
      let values = try table.values.elements(as: Double.self)
      #expect(table.values.shape == [2, 3])
      #expect(values[0] == 1 && values[1] == 2.5 && values[2] == -300 && values[3] == 4 && values[5] == 6)
      #expect(values[4].isNaN)
      #expect(throws: ApusError.self) { try DataFiles.csv(path, hasHeader: false) }
    }
    for bad in ["1,2\n3\n", "1,x\n", "", "\n\n"] {
      try withFile(Array(bad.utf8), ".csv") { path in
        _ = #expect(throws: ApusError.self) { try DataFiles.csv(path, hasHeader: false) }
      }
    }
  }

  /// A line of many cells before many short ones does not ask for memory for their product.
  @Test func csvOfUnequalLinesTakesNoMemory() throws {
    let header = [UInt8](repeating: UInt8(ascii: ","), count: 99_999) + [10]
    let rows = [UInt8](repeating: UInt8(ascii: "1"), count: 100_000).flatMap { (digit: UInt8) -> [UInt8] in [digit, 10]
    }
    try withFile(header + rows, ".csv") { path in
      let before = Allocator.liveByteCount
      Allocator.limitLiveBytes(to: before + 1 << 20)
      defer { Allocator.limitLiveBytes(to: nil) }
      #expect(throws: ApusError.malformedFile(reason: "csv: row 1 has 1 cells, 100000 are expected")) {
        try DataFiles.csv(path, hasHeader: false)
      }
    }
  }

  @Test func numpyArraysKeepTheirOrder() throws {
    try withFile(Self.npy, ".npy") { path in
      let array = try DataFiles.read(path)
      #expect(array.shape == [2, 3] && array.dtype == .float32)
      #expect(try array.elements(as: Float.self) == [0, 2, 4, 1, 3, 5])
    }
  }

  @Test func idxIsBigEndian() throws {
    try withFile(Self.idx, "-ubyte") { path in
      let array = try DataFiles.read(path)
      #expect(array.shape == [2, 1])
      #expect(try array.elements(as: Int32.self) == [-2, 256])
    }
  }

  @Test func gzipIsUnpacked() throws {
    try withFile(Self.gzip, ".csv.gz") { path in
      let table = try DataFiles.csv(path)
      #expect(table.values.shape == [200, 2])
      let values = try table.values.elements(as: Double.self)
      for row in 0..<200 { #expect(values[2 * row] == Double(row) && values[2 * row + 1] == Double(row * row % 17)) }
    }
  }

  @Test(arguments: ["csv", "npy", "idx", "gz"]) func truncationIsAnErrorOrLess(_ kind: String) throws {
    let bytes = ["csv": Self.csv, "npy": Self.npy, "idx": Self.idx, "gz": Self.gzip][kind]!
    // One byte of a gzip file is none yet.
    for end in (kind == "gz" ? 2 : 0)..<bytes.count {
      try withFile(Array(bytes[..<end]), kind == "gz" ? ".csv.gz" : ".\(kind)") { path in
        // A shorter CSV file may be whole.
        if kind == "csv" {
          _ = try? DataFiles.read(path)
        } else {
          #expect(throws: ApusError.self, "\(end)") { try DataFiles.read(path) }
        }
      }
    }
  }

  @Test(arguments: ["csv", "npy", "idx", "gz"]) func flippedBytesNeverTrap(_ kind: String) throws {
    let bytes = ["csv": Self.csv, "npy": Self.npy, "idx": Self.idx, "gz": Self.gzip][kind]!
    var generator = SystemRandomNumberGenerator()
    for index in bytes.indices {
      for value: UInt8 in [bytes[index] ^ 1, UInt8.random(in: 0...255, using: &generator)] {
        var changed = bytes
        changed[index] = value
        try withFile(changed, kind == "gz" ? ".csv.gz" : ".\(kind)") { _ = try? DataFiles.read($0) }
      }
    }
  }

  @Test func missingFilesAreErrors() {
    #expect(throws: ApusError.self) { try DataFiles.read("/nonexistent/table.csv") }
    #expect(throws: ApusError.self) { try DataFiles.read("/tmp") }
    #expect(throws: ApusError.self) { try DataFiles.read("table.xyz") }
  }
}
