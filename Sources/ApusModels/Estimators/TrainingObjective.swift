/// A loss given by its first and second derivatives, for estimators that need no more.
public struct TrainingObjective: Sendable {
  /// What is asked for: derivatives of every row's loss by its raw scores.
  public struct Call {
    /// (rows,) targets as the estimator numbers them: classes are 0, 1, …
    public let y: UnsafePointer<Double>
    /// (outputs, rows) raw scores.
    public let raw: UnsafePointer<Double>
    /// (outputs, rows), to be written: first and second derivatives, without sample weights. Finite, Hessians at least 0.
    public let gradients: UnsafeMutablePointer<Float>
    public let hessians: UnsafeMutablePointer<Float>
    public let rows: Int
    /// 1, or the number of classes where there are more than two.
    public let outputs: Int

    public init(
      y: UnsafePointer<Double>, raw: UnsafePointer<Double>, gradients: UnsafeMutablePointer<Float>,
      hessians: UnsafeMutablePointer<Float>, rows: Int, outputs: Int
    ) {
      self.y = y
      self.raw = raw
      self.gradients = gradients
      self.hessians = hessians
      self.rows = rows
      self.outputs = outputs
    }
  }

  /// Called once a round on the thread that fits; throwing ends the fit.
  public let gradients: @Sendable (Call) throws -> Void

  public init(_ gradients: @escaping @Sendable (Call) throws -> Void) { self.gradients = gradients }
}
