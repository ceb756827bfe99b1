import Glibc

/// Numbers as text with a fixed number of decimals, as printf's `%.2f`.
enum FixedDecimals {
  static func text(_ value: Double, _ decimals: Int) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let length = withVaList([Int32(clamping: decimals), value]) { vsnprintf(start, 400, "%.*f", $0) }
      return length > 0 && length < 400 ? String(cString: start) : "\(value)"
    }
  }
}
