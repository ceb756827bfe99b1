import ApusModels
import ApusNumerics

/// A user's loss, as far as boosting needs it: gradients and Hessians.
struct CustomLoss: Sendable {
  let objective: TrainingObjective
  let outputs: Int

  /// Asks for the gradients of all outputs and checks what came back.
  ///
  /// - Parameters:
  ///   - raw: (outputs, rows).
  ///   - gradients, hessians: (outputs, rows), written.
  func fill(
    y: UnsafePointer<Double>, raw: UnsafePointer<Double>, rows: Int, gradients: UnsafeMutablePointer<Float>,
    hessians: UnsafeMutablePointer<Float>
  ) throws {
    gradients.update(repeating: .nan, count: rows * outputs)
    hessians.update(repeating: .nan, count: rows * outputs)
    try objective.gradients(
      TrainingObjective.Call(
        y: y, raw: raw, gradients: gradients, hessians: hessians, rows: rows, outputs: outputs))
    for i in 0..<(rows * outputs) {
      guard gradients[i].isFinite, hessians[i].isFinite, hessians[i] >= 0 else {
        throw ApusError.invalidArgument(
          name: "objective",
          reason: "gave gradient \(gradients[i]) and Hessian \(hessians[i]) at row \(i % rows), output \(i / rows); "
            + "gradients are finite, Hessians finite and at least 0")
      }
    }
  }
}
