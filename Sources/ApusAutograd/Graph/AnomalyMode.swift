import ApusNumerics
import Synchronization

/// Finds the operation whose derivative first becomes NaN: a backward pass then fails and names it.
public enum AnomalyMode {
  private static let flag = Atomic<Bool>(false)

  public static var isEnabled: Bool { flag.load(ordering: .relaxed) }

  /// Switches the checks, for all threads.
  public static func setEnabled(_ value: Bool) { flag.store(value, ordering: .relaxed) }

  private static let label = Lock<String?>(nil)

  /// Names what runs now, such as a module's path, for the message of a failure.
  package static func setOrigin(_ origin: String?) { label.withLock { $0 = origin } }

  static func currentOrigin() -> String? { label.withLock { $0 } }

  static func check(_ gradients: [Tensor?], of node: GraphNode) throws {
    for (index, gradient) in gradients.enumerated() {
      guard let gradient, gradient.isFloatingPoint else { continue }
      let isNaN = try gradient.array.contiguous().containsNaN()
      if isNaN {
        throw ApusError.numericalFailure(
          reason: "backward: \(node.name) returned NaN as gradient \(index)"
            + (node.origin.map { " (made in \($0))" } ?? ""))
      }
    }
  }
}

extension NDArray {
  /// Whether a contiguous float array holds a NaN.
  fileprivate func containsNaN() -> Bool {
    switch dtype {
    case .float32:
      let elements = pointer(Float.self)
      for i in 0..<count where elements[i].isNaN { return true }
    case .float64:
      let elements = pointer(Double.self)
      for i in 0..<count where elements[i].isNaN { return true }
    default: break
    }
    return false
  }
}
