/// Element types of an ``NDArray``. The raw values are those of `apus_dtype` in the C interface and of model files.
public enum DType: Int32, CaseIterable, Sendable {
  case float32 = 1
  case float64 = 2
  case int32 = 3
  case int64 = 4
  case uint8 = 5
  case bool = 6

  /// Bytes per element.
  public var stride: Int {
    switch self {
    case .uint8, .bool: return 1
    case .float32, .int32: return 4
    case .float64, .int64: return 8
    }
  }

  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  /// The name numpy uses: `float32`, `float64`, `int32`, `int64`, `uint8`, `bool`.
  public var name: String {
    switch self {
    case .float32: return "float32"
    case .float64: return "float64"
    case .int32: return "int32"
    case .int64: return "int64"
    case .uint8: return "uint8"
    case .bool: return "bool"
    }
  }
}

/// A Swift type that an ``NDArray`` can hold.
public protocol NDElement: BitwiseCopyable, Sendable, Equatable {
  static var dtype: DType { get }
}

extension Float: NDElement { public static var dtype: DType { .float32 } }
extension Double: NDElement { public static var dtype: DType { .float64 } }
extension Int32: NDElement { public static var dtype: DType { .int32 } }
extension Int64: NDElement { public static var dtype: DType { .int64 } }
extension UInt8: NDElement { public static var dtype: DType { .uint8 } }
extension Bool: NDElement { public static var dtype: DType { .bool } }
