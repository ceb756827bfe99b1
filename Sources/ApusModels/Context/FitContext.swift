import ApusNumerics

/// What a long computation may ask of its surroundings: whether to stop, whom to tell, where warnings go.
///
/// Long loops call ``checkpoint(_:_:)`` at least every 50 ms of work. It runs on the calling thread only, never inside
/// `ThreadPool` tasks; tasks may look at ``isCancelled``.
public final class FitContext: Sendable {
  /// Called with the stage's name and the fraction done, 0…1; throwing ends the computation.
  public typealias Progress = @Sendable (_ stage: String, _ fraction: Double) throws -> Void

  private let token: CancelToken?
  private let progress: Progress?
  private let collected = Lock<[Warning]>([])
  /// Who gets the warnings; nil for itself.
  private let parent: FitContext?

  public init(cancel token: CancelToken? = nil, progress: Progress? = nil) {
    self.token = token
    self.progress = progress
    parent = nil
  }

  private init(nestedIn parent: FitContext) {
    token = parent.token
    progress = nil
    self.parent = parent
  }

  /// For the fit of a member within a fit: cancelled with it and warning through it, without progress of its own.
  public func nested() -> FitContext { FitContext(nestedIn: self) }

  public var isCancelled: Bool { token?.isTripped ?? false }

  /// Throws ``ApusError/cancelled`` when the token was tripped, else reports progress.
  public func checkpoint(_ stage: String, _ fraction: Double) throws {
    if isCancelled { throw ApusError.cancelled }
    if let progress {
      try progress(stage, fraction)
      if isCancelled { throw ApusError.cancelled }
    }
  }

  /// Records a warning: the call succeeds, and the caller is told afterwards. Repeats are kept once; all are logged.
  public func warn(_ kind: Warning.Kind, _ message: String) {
    if let parent { return parent.warn(kind, message) }
    collected.withLock { list in
      let warning = Warning(kind: kind, message: message)
      if !list.contains(warning) { list.append(warning) }
    }
    Log.write(.warning, message)
  }

  /// The warnings so far, oldest first.
  public var warnings: [Warning] { collected.withLock { $0 } }
}

/// A remark on a call that succeeded. The raw values of the kinds are those of `apus_warning_kind`.
public struct Warning: Sendable, Equatable {
  public enum Kind: Int32, Sendable {
    /// Anything that fits no other kind.
    case general = 1
    /// An iteration stopped before it met its tolerance.
    case convergence = 2
    /// The data make the result ill-determined: constant input, collinear columns, separation.
    case data = 3
    /// The result lost accuracy.
    case accuracy = 4
  }

  public let kind: Kind
  public let message: String
}
