/// What a safetensors file may contain, here: bounds on everything that costs memory beyond the arrays themselves.
///
/// They hold for writing as well, so that what was written can be read.
enum SafetensorsLimits {
  /// Bytes of the header; the limit of the reference implementation.
  static let headerByteCount = 100_000_000
  static let tensorCount = 131_072
  static let rank = 32
  /// Dimensions of all tensors together.
  static let axisCount = 524_288
  /// Bytes of a tensor's name or a metadata key, as written in the header.
  static let nameByteCount = 4096
  /// Entries of `__metadata__`.
  static let metadataCount = 65_536
  /// Bytes of all metadata values together, as written in the header.
  static let metadataByteCount = 16_777_216
  /// The writer's data starts at a multiple of this: a cache line.
  static let alignment = 64
}
