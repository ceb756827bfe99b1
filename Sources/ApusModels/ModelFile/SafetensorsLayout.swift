import ApusNumerics

/// A safetensors file to be written: the finished header, and the arrays in the order of their bytes.
///
/// Arrays come by descending element size, then by name, without gaps; together with data that begins at a multiple of 64
/// this aligns every array to its element size. Metadata come by key. So the same content gives the same bytes.
struct SafetensorsLayout {
  /// The length and the header, padded with spaces.
  private(set) var start: [UInt8]
  /// The size of the whole file.
  let byteCount: Int
  /// Where the text of the metadata entry ``ModelFile/checksumKey`` ends in the file.
  let checksumEnd: Int?
  private let arrays: [(name: String, array: NDArray)]

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for what readers would refuse: names that are too long, too
  ///   many arrays or metadata (see ``SafetensorsLimits``).
  init(_ arrays: [(name: String, array: NDArray)], metadata: [String: String]) throws(ApusError) {
    guard arrays.count <= SafetensorsLimits.tensorCount else {
      throw .invalidArgument(
        name: "model", reason: "has \(arrays.count) arrays, a file holds up to \(SafetensorsLimits.tensorCount)")
    }
    guard arrays.reduce(0, { $0 &+ $1.array.rank }) <= SafetensorsLimits.axisCount else {
      throw .invalidArgument(
        name: "model", reason: "its arrays have more than \(SafetensorsLimits.axisCount) dimensions together")
    }
    self.arrays = arrays.sorted {
      Self.precedes(($0.array.dtype.stride, $0.name), ($1.array.dtype.stride, $1.name))
    }
    var writer = JSONWriter()
    writer.beginObject()
    let checksumEnd = try Self.write(metadata, to: &writer)
    var end = 0
    for (name, array) in self.arrays { end = try Self.write(array, name: name, at: end, to: &writer) }
    writer.endObject()
    let length = Self.padded(writer.bytes.count)
    guard length <= SafetensorsLimits.headerByteCount else {
      throw .invalidArgument(
        name: "model",
        reason: "needs a header of \(length) bytes, up to \(SafetensorsLimits.headerByteCount) are allowed")
    }
    start = withUnsafeBytes(of: UInt64(truncatingIfNeeded: length).littleEndian) { Array($0) }
    let lengthSize = start.count
    start.append(contentsOf: writer.bytes)
    start.append(contentsOf: repeatElement(UInt8(ascii: " "), count: length &- writer.bytes.count))
    self.checksumEnd = checksumEnd.map { $0 &+ lengthSize }
    let (total, overflow) = end.addingReportingOverflow(start.count)
    if overflow { throw .sizeOverflow(reason: "model: the file would exceed the address space") }
    byteCount = total
  }

  /// The order of arrays in a file.
  static func precedes(_ first: (width: Int, name: String), _ second: (width: Int, name: String)) -> Bool {
    first.width != second.width
      ? first.width > second.width : first.name.utf8.lexicographicallyPrecedes(second.name.utf8)
  }

  /// Hands the file to `sink`, from the beginning, in pieces.
  func emit(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    try start.withUnsafeBytes { try sink($0) }
    for (_, array) in arrays where !array.isEmpty {
      let dense = try array.dtype == .bool ? Self.normalized(array) : array.contiguous()
      try withExtendedLifetime(dense) {
        try sink(UnsafeRawBufferPointer(start: dense.data, count: dense.count &* dense.dtype.stride))
      }
    }
  }

  /// The whole file as a uint8 array.
  func encoded() throws -> NDArray {
    let result = try NDArray(uninitialized: [byteCount], dtype: .uint8)
    var next = result.data
    try emit { bytes in
      next.copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(next), byteCount: bytes.count)
      next = next.advanced(by: bytes.count)
    }
    return result
  }

  /// Truth values as 0 and 1: in memory lent by a caller any other byte may stand for true.
  private static func normalized(_ array: NDArray) throws(ApusError) -> NDArray {
    let copy = try array.copied()
    let bytes = UnsafeMutableRawBufferPointer(start: copy.data, count: copy.count)
    for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    return copy
  }

  /// Header length for `count` bytes of text that lets the data begin aligned.
  private static func padded(_ count: Int) -> Int {
    let alignment = SafetensorsLimits.alignment
    let lengthSize = MemoryLayout<UInt64>.size
    return (count &+ lengthSize &+ alignment &- 1) / alignment &* alignment &- lengthSize
  }

  /// Writes the metadata and returns where the checksum's text ends in the header.
  private static func write(_ metadata: [String: String], to writer: inout JSONWriter) throws(ApusError) -> Int? {
    if metadata.isEmpty { return nil }
    guard metadata.count <= SafetensorsLimits.metadataCount else {
      throw .invalidArgument(
        name: "metadata", reason: "has \(metadata.count) entries, allowed are \(SafetensorsLimits.metadataCount)")
    }
    var checksumEnd: Int?
    var total = 0
    writer.key("__metadata__")
    writer.beginObject()
    for (key, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      try writeName(key, to: &writer)
      let before = writer.bytes.count
      writer.string(value)
      total &+= writer.bytes.count &- before
      if key == ModelFile.checksumKey { checksumEnd = writer.bytes.count &- 1 }
    }
    writer.endObject()
    guard total <= SafetensorsLimits.metadataByteCount else {
      throw .invalidArgument(
        name: "metadata",
        reason: "parameters, scalars and structure take \(total) bytes, allowed are "
          + "\(SafetensorsLimits.metadataByteCount); keep large values in arrays")
    }
    return checksumEnd
  }

  /// Writes the entry of an array whose data begin at `offset`, and returns where they end.
  private static func write(
    _ array: NDArray, name: String, at offset: Int, to writer: inout JSONWriter
  ) throws(ApusError) -> Int {
    guard array.rank <= SafetensorsLimits.rank else {
      throw .invalidArgument(
        name: name, reason: "has \(array.rank) dimensions, a file holds up to \(SafetensorsLimits.rank)")
    }
    guard name != "__metadata__" else { throw .invalidArgument(name: name, reason: "is reserved") }
    let (end, overflow) = offset.addingReportingOverflow(try checkedCount(array.shape, stride: array.dtype.stride))
    if overflow { throw .sizeOverflow(reason: "model: the arrays exceed the address space") }
    try writeName(name, to: &writer)
    writer.beginObject()
    writer.key("dtype")
    writer.string(SafetensorsType(array.dtype).rawValue)
    writer.key("shape")
    writer.beginArray()
    for extent in array.shape { writer.int(extent) }
    writer.endArray()
    writer.key("data_offsets")
    writer.beginArray()
    writer.int(offset)
    writer.int(end)
    writer.endArray()
    writer.endObject()
    return end
  }

  private static func writeName(_ name: String, to writer: inout JSONWriter) throws(ApusError) {
    guard writer.key(name) <= SafetensorsLimits.nameByteCount else {
      throw .invalidArgument(
        name: MessageText.quoted(name), reason: "is longer than \(SafetensorsLimits.nameByteCount) bytes")
    }
  }
}
