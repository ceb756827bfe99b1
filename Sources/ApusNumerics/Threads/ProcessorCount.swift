import Glibc

/// How many processors this process may really use.
package enum ProcessorCount {
  /// The smaller of the affinity mask's size and the control group's processor quota (rounded up), at least 1.
  package static func available() -> Int {
    var count = affinityCount() ?? Swift.max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
    if let quota = controlGroupQuota() { count = Swift.min(count, quota) }
    return Swift.max(count, 1)
  }

  /// Set bits of the affinity mask as the kernel prints it (`Cpus_allowed:` in hexadecimal words).
  private static func affinityCount() -> Int? {
    guard let file = fopen("/proc/self/status", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [CChar](repeating: 0, count: 4096)
    let label = "Cpus_allowed:"
    while fgets(&bytes, Int32(bytes.count), file) != nil {
      let line = text(bytes)
      guard line.hasPrefix(label) else { continue }
      let bits = line.dropFirst(label.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
      return bits > 0 ? bits : nil
    }
    return nil
  }

  /// cgroup v2 `cpu.max` ("quota period" or "max period"), else cgroup v1's pair of files.
  private static func controlGroupQuota() -> Int? {
    if let line = firstLine(of: "/sys/fs/cgroup/cpu.max") {
      let fields = line.split(separator: " ")
      guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]) else { return nil }
      return processors(quota: quota, period: period)
    }
    guard let quota = firstLine(of: "/sys/fs/cgroup/cpu/cpu.cfs_quota_us").flatMap({ Int($0) }),
      let period = firstLine(of: "/sys/fs/cgroup/cpu/cpu.cfs_period_us").flatMap({ Int($0) })
    else { return nil }
    return processors(quota: quota, period: period)
  }

  /// Whole processors covered by `quota` out of `period` microseconds, rounded up; nil for no limit.
  package static func processors(quota: Int, period: Int) -> Int? {
    guard quota > 0, period > 0 else { return nil }
    return Swift.max((quota - 1) / period + 1, 1)
  }

  private static func firstLine(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [CChar](repeating: 0, count: 128)
    guard fgets(&bytes, Int32(bytes.count), file) != nil else { return nil }
    return text(bytes)
  }

  /// The bytes up to the first line end or NUL.
  private static func text(_ bytes: [CChar]) -> String {
    let length = bytes.firstIndex { $0 == 0 || $0 == 10 } ?? bytes.count
    return String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
