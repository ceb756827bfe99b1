/// Parameters that code written for other libraries gives and that change no result here.
extension Parameter {
  /// `n_jobs`.
  public static func jobs<Root: Estimator>(_ path: WritableKeyPath<Root, Int?> & Sendable) -> Parameter {
    Parameter("n_jobs", path, doc: "Accepted for compatibility: threads are set for the whole library.")
  }

  /// `verbose`.
  public static func verbosity<Root: Estimator, Field: ParameterField>(
    _ path: WritableKeyPath<Root, Field> & Sendable
  ) -> Parameter {
    Parameter(
      "verbose", path, types: [.bool, .int],
      doc: "Accepted for compatibility: a fit tells its progress to a function given to it.")
  }
}
