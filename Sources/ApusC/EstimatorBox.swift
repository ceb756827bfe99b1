import ApusModels
import ApusNumerics

/// An estimator and its model behind a handle.
///
/// Readers take a snapshot and go on without a lock. One writer at a time works on the snapshot it took and stores the
/// result only if it succeeded, so a failed call changes nothing.
final class EstimatorBox: HandleObject {
  static var handleType: HandleType { .estimator }

  struct Content: Sendable {
    var estimator: any Estimator
    var model: (any FittedModel)?
    /// What the program wants to remember with the estimator, by name.
    var notes: [String: String]

    var schema: EstimatorSchema { type(of: estimator).schema }

    /// The model, or the error that fit has not been called.
    func fitted() throws(ApusError) -> any FittedModel {
      guard let model else { throw .notFitted(kind: schema.pythonName) }
      return model
    }
  }

  private struct State {
    var content: Content
    var isChanging = false
  }

  private let state: Lock<State>

  init(_ estimator: any Estimator, model: (any FittedModel)? = nil, notes: [String: String] = [:]) {
    state = Lock(State(content: Content(estimator: estimator, model: model, notes: notes)))
  }

  var content: Content { state.withLock { $0.content } }

  /// Replaces the content by what `body` makes of it, unless it throws.
  ///
  /// - Throws: ``ApusError/busy(reason:)`` while another change is under way, and what `body` throws.
  func change(_ body: (Content) throws -> Content) throws {
    let before: Content? = state.withLock { state in
      if state.isChanging { return nil }
      state.isChanging = true
      return state.content
    }
    guard let before else {
      throw ApusError.busy(reason: "estimator: another call is changing this estimator")
    }
    defer { state.withLock { $0.isChanging = false } }
    let after = try body(before)
    state.withLock { $0.content = after }
  }
}
