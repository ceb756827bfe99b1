import ApusNumerics

/// What the header of a safetensors file says, checked against the size of the file.
struct SafetensorsHeader {
  /// One array as the header describes it.
  struct Entry {
    var name: String
    var type: SafetensorsType
    var shape: [Int]
    /// Bytes within the data section.
    var range: Range<Int>
  }

  /// In the order of the header.
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  /// Where the text of the metadata entry ``ModelFile/checksumKey`` lies in the header, without its quotes.
  private(set) var checksumRange: Range<Int>?

  private static let metadataKey = "__metadata__"

  /// Reads and checks a header.
  ///
  /// - Parameters:
  ///   - text: the header without its length; must be valid for the call.
  ///   - dataByteCount: bytes that follow the header in the file. The arrays must cover them exactly, without gaps
  ///     and overlaps.
  /// - Throws: ``ApusError/malformedFile(reason:)``; ``ApusError/unsupported(reason:)`` for an element type that the
  ///   format knows and this library does not.
  /// - Complexity: O(n log n) in the number of arrays, linear in the length.
  init(_ text: UnsafeRawBufferPointer, dataByteCount: Int) throws {
    guard text.first == UInt8(ascii: "{") else {
      throw ApusError.malformedFile(reason: "safetensors header: does not begin with '{'")
    }
    var reader = JSONReader(text, subject: "safetensors header")
    var axisCount = 0
    try reader.object(keyLimit: SafetensorsLimits.nameByteCount, countLimit: SafetensorsLimits.tensorCount &+ 1) {
      reader, key in
      if key == Self.metadataKey {
        try readMetadata(&reader)
      } else {
        let entry = try Self.readEntry(&reader, name: key)
        axisCount &+= entry.shape.count
        guard axisCount <= SafetensorsLimits.axisCount else {
          throw reader.failure("the tensors have more than \(SafetensorsLimits.axisCount) dimensions together")
        }
        entries.append(entry)
        guard entries.count <= SafetensorsLimits.tensorCount else {
          throw reader.failure("more than \(SafetensorsLimits.tensorCount) tensors")
        }
      }
    }
    try reader.finish()
    try checkCoverage(of: dataByteCount)
  }

  private mutating func readMetadata(_ reader: inout JSONReader) throws {
    var left = SafetensorsLimits.metadataByteCount
    try reader.object(keyLimit: SafetensorsLimits.nameByteCount, countLimit: SafetensorsLimits.metadataCount) {
      reader, key in
      _ = reader.peek()
      let before = reader.position
      metadata[key] = try reader.string(limit: left)
      let used = reader.position &- before
      left = max(left &- used, 0)
      if key == ModelFile.checksumKey { checksumRange = (before &+ 1)..<(reader.position &- 1) }
    }
  }

  private static func readEntry(_ reader: inout JSONReader, name: String) throws -> Entry {
    var type: SafetensorsType?
    var shape: [Int]?
    var offsets: [Int] = []
    try reader.object(keyLimit: 64, countLimit: 3) { reader, key in
      switch key {
      case "dtype":
        let code = try reader.string(limit: 64)
        type = SafetensorsType(rawValue: code)
        if type == nil { throw unreadable(code, name: name) }
      case "shape": shape = try sizes(&reader, countLimit: SafetensorsLimits.rank)
      case "data_offsets": offsets = try sizes(&reader, countLimit: 2)
      default: throw reader.failure("unknown key \(MessageText.quoted(key)) of tensor \(MessageText.quoted(name))")
      }
    }
    guard let type, let shape, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw reader.failure("tensor \(MessageText.quoted(name)) lacks a valid dtype, shape or data_offsets")
    }
    let range = offsets[0]..<offsets[1]
    guard let byteCount = try? checkedCount(shape, stride: type.width) else {
      throw reader.failure("tensor \(MessageText.quoted(name)) has shape \(shape), beyond the address space")
    }
    guard byteCount == range.count else {
      throw reader.failure(
        "tensor \(MessageText.quoted(name)) of \(type.rawValue)\(shape) needs \(byteCount) bytes, "
          + "its data_offsets \(offsets) span \(range.count)")
    }
    return Entry(name: name, type: type, shape: shape, range: range)
  }

  private static func sizes(_ reader: inout JSONReader, countLimit: Int) throws -> [Int] {
    var sizes: [Int] = []
    try reader.array(countLimit: countLimit) { sizes.append(try $0.size()) }
    return sizes
  }

  /// Element types of the format that have no counterpart among the library's.
  private static let otherTypes: Set<String> = [
    "I8", "I16", "U16", "U32", "U64", "C64", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4",
  ]

  private static func unreadable(_ code: String, name: String) -> ApusError {
    let tensor = "safetensors: tensor \(MessageText.quoted(name))"
    if otherTypes.contains(code) {
      let known = SafetensorsType.allCases.map(\.rawValue).joined(separator: ", ")
      return .unsupported(reason: "\(tensor) has element type \(code), readable are \(known)")
    }
    return .malformedFile(reason: "\(tensor) has unknown element type \(MessageText.quoted(code))")
  }

  /// Checks that the arrays, in the order of their bytes, follow each other without gap or overlap to the end.
  private func checkCoverage(of dataByteCount: Int) throws(ApusError) {
    var end = 0
    for entry in entriesByOffset {
      guard entry.range.lowerBound == end else {
        let problem = entry.range.lowerBound < end ? "overlaps the one before" : "leaves a gap before it"
        throw .malformedFile(
          reason: "safetensors header: tensor \(MessageText.quoted(entry.name)) at \(entry.range.lowerBound) \(problem)"
        )
      }
      end = entry.range.upperBound
    }
    guard end == dataByteCount else {
      throw .malformedFile(
        reason: "safetensors header: the tensors cover \(end) bytes, the file has \(dataByteCount) after the header")
    }
  }

  /// The arrays in the order of their bytes in the file.
  var entriesByOffset: [Entry] {
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { !Self.precedes($1, $0) }
    return isSorted ? entries : entries.sorted(by: Self.precedes)
  }

  private static func precedes(_ first: Entry, _ second: Entry) -> Bool {
    (first.range.lowerBound, first.range.upperBound) < (second.range.lowerBound, second.range.upperBound)
  }
}
