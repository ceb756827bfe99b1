import ApusNumerics

/// The element types of the safetensors format that are read here.
enum SafetensorsType: String, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case brainFloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case uint8 = "U8"
  case bool = "BOOL"

  /// The type arrays of `dtype` are written as.
  init(_ dtype: DType) {
    switch dtype {
    case .float64: self = .float64
    case .float32: self = .float32
    case .int64: self = .int64
    case .int32: self = .int32
    case .uint8: self = .uint8
    case .bool: self = .bool
    }
  }

  /// Bytes per element in the file.
  var width: Int {
    switch self {
    case .float64, .int64: return 8
    case .float32, .int32: return 4
    case .float16, .brainFloat16: return 2
    case .uint8, .bool: return 1
    }
  }

  /// The element type in memory.
  var dtype: DType {
    switch self {
    case .float64: return .float64
    case .float32, .float16, .brainFloat16: return .float32
    case .int64: return .int64
    case .int32: return .int32
    case .uint8: return .uint8
    case .bool: return .bool
    }
  }

  /// True when the bytes in the file are the elements in memory.
  var isNative: Bool { width == dtype.stride }
}
