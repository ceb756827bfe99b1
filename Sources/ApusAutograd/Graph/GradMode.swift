import Glibc

/// Whether operations of the current thread are recorded.
public enum GradMode {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
  }()

  /// True unless inside ``withoutGrad(_:)``.
  public static var isEnabled: Bool { pthread_getspecific(key) == nil }

  /// Switches recording for this thread. Prefer ``withoutGrad(_:)``, which restores the earlier state.
  public static func setEnabled(_ value: Bool) {
    pthread_setspecific(key, value ? nil : UnsafeRawPointer(bitPattern: 1))
  }

  /// Runs `body` with recording switched to `value`, then restores it.
  public static func with<Result>(enabled value: Bool, _ body: () throws -> Result) rethrows -> Result {
    let before = isEnabled
    setEnabled(value)
    defer { setEnabled(before) }
    return try body()
  }
}

/// Runs `body` without recording: results do not require gradients, and leaves may be changed in place.
public func withoutGrad<Result>(_ body: () throws -> Result) rethrows -> Result {
  try GradMode.with(enabled: false, body)
}
