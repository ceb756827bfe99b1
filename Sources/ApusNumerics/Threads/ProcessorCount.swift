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
    let label = "Cpus_allowed:"
    guard let line = lines(of: "/proc/self/status").first(where: { $0.hasPrefix(label) }) else { return nil }
    let bits = line.dropFirst(label.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    return bits > 0 ? bits : nil
  }

  /// The least quota of this process's control groups and of all groups above them; nil where none limits it.
  ///
  /// - Parameters:
  ///   - root: where the groups are mounted: version 2, or the folder of version 1's controllers.
  ///   - membership: the file that names this process's groups, a line "number:controllers:path" each. A path that is not
  ///     there, as inside a container that sees its own group as the root, leaves the root's quota.
  package static func controlGroupQuota(
    root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup"
  ) -> Int? {
    var quotas = [quota(unified: root), quota(legacy: root + "/cpu")]
    for line in lines(of: membership) {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isUnified = fields[1].isEmpty
      guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
      var path = fields[2].split(separator: "/")
      while !path.isEmpty {
        let group = path.joined(separator: "/")
        quotas.append(isUnified ? quota(unified: "\(root)/\(group)") : quota(legacy: "\(root)/cpu/\(group)"))
        path.removeLast()
      }
    }
    return quotas.compactMap { $0 }.min()
  }

  /// Version 2's `cpu.max`: "quota period" or "max period".
  private static func quota(unified folder: String) -> Int? {
    let fields = lines(of: folder + "/cpu.max").first?.split(separator: " ") ?? []
    guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]) else { return nil }
    return processors(quota: quota, period: period)
  }

  /// Version 1's pair of files; a quota of −1 is none.
  private static func quota(legacy folder: String) -> Int? {
    guard let quota = lines(of: folder + "/cpu.cfs_quota_us").first.flatMap({ Int($0) }),
      let period = lines(of: folder + "/cpu.cfs_period_us").first.flatMap({ Int($0) })
    else { return nil }
    return processors(quota: quota, period: period)
  }

  /// Whole processors covered by `quota` out of `period` microseconds, rounded up; nil for no limit.
  package static func processors(quota: Int, period: Int) -> Int? {
    guard quota > 0, period > 0 else { return nil }
    return Swift.max((quota - 1) / period + 1, 1)
  }

  /// The lines of a small text file, none where it cannot be read.
  private static func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
  }
}
