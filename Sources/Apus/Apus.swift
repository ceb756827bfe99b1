@_exported import ApusAutograd
@_exported import ApusDecomposition
@_exported import ApusLinear
@_exported import ApusModels
@_exported import ApusNN
@_exported import ApusNumerics
@_exported import ApusStatistics
@_exported import ApusTrees

/// The library as a whole.
public enum Apus {
  /// Semantic version, the same as `APUS_VERSION_…` of the C interface.
  public static let version = LibraryVersion.current.description

  /// Registers the estimators of every room, once. Swift programs call it before they make or load estimators by name;
  /// the C interface does so itself.
  public static func registerEstimators() { _ = registered }

  private static let registered: Void = {
    // The pool has to be there before a fork to know, in the child, that there was one.
    _ = ThreadPool.threadCount
    Registry.register(ApusLinearRoom.estimators)
    Registry.register(StatisticsRoom.estimators)
    Registry.register(ApusDecompositionRoom.estimators)
    Registry.register(TreesRoom.estimators)
  }()
}
