import ApusNumerics

/// The estimators that can be made by name. Rooms list theirs; the umbrella registers all of them before first use.
public enum Registry {
  private static let table = Lock<[String: any Estimator.Type]>([:])

  /// Adds estimators; registering one again changes nothing.
  package static func register(_ types: [any Estimator.Type]) {
    table.withLock { table in
      for type in types { table[type.schema.kind] = type }
    }
  }

  /// All kinds in alphabetical order.
  public static var kinds: [String] { table.withLock { $0.keys.sorted() } }

  /// The estimator type of this kind.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` that suggests the nearest known kind.
  public static func type(of kind: String) throws(ApusError) -> any Estimator.Type {
    if let type = table.withLock({ $0[kind] }) { return type }
    throw .invalidArgument(
      name: "kind", reason: "'\(kind)' is unknown" + NearestName.suggestion(for: kind, in: kinds))
  }

  /// A new estimator of this kind with default parameters.
  public static func make(_ kind: String) throws(ApusError) -> any Estimator { try type(of: kind).init() }
}
