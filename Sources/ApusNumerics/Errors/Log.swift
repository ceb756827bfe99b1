/// Log lines, handed to whoever the host program chose; never printed.
package enum Log {
  /// The raw values are those of `apus_log_level`, and of Python's logging levels.
  package enum Level: Int32, Sendable {
    case debug = 10
    case info = 20
    case warning = 30
  }

  package typealias Receiver = @Sendable (Level, String) -> Void

  private static let receiver = Lock<Receiver?>(nil)

  /// Sets the one receiver; nil discards all lines. It may be called from any thread.
  package static func setReceiver(_ new: Receiver?) { receiver.withLock { $0 = new } }

  /// Sends a line; the text is made only when somebody listens.
  package static func write(_ level: Level, _ message: @autoclosure () -> String) {
    if let receiver = receiver.withLock({ $0 }) { receiver(level, message()) }
  }
}
