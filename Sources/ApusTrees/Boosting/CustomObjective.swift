import ApusModels
import ApusNumerics

/// A user's loss, as far as boosting needs it: gradients and Hessians.
struct CustomLoss: Sendable {
  let objective: TrainingObjective
  let outputs: Int
  /// What the user reads: the targets.
  private let targets: Buffer<Double>
  /// What the user fills: gradients, then Hessians, (outputs, rows) each.
  private let planes: Buffer<Float>

  init(objective: TrainingObjective, outputs: Int, rows: Int) throws(ApusError) {
    self.objective = objective
    self.outputs = outputs
    targets = try Buffer(count: rows)
    planes = try Buffer(count: try checkedCount([2, outputs, rows], stride: 1))
  }

  /// Asks for the gradients of all outputs and checks what came back.
  ///
  /// - Parameters:
  ///   - raw: (outputs, rows).
  ///   - rows: at most those of the initialiser.
  ///   - steps: (outputs, rows), written.
  func fill(
    y: BoostingTargets, raw: UnsafePointer<Double>, rows: Int, into steps: UnsafeMutablePointer<SIMD2<Float>>
  ) throws {
    let (gradients, hessians) = (planes.pointer, planes.pointer + rows * outputs)
    gradients.update(repeating: .nan, count: 2 * rows * outputs)
    for row in 0..<rows { targets[row] = y[row] }
    try objective.gradients(
      TrainingObjective.Call(
        y: UnsafePointer(targets.pointer), raw: raw, gradients: gradients, hessians: hessians, rows: rows,
        outputs: outputs))
    for i in 0..<(rows * outputs) {
      guard gradients[i].isFinite, hessians[i].isFinite, hessians[i] >= 0 else {
        throw ApusError.invalidArgument(
          name: "objective",
          reason: "gave gradient \(gradients[i]) and Hessian \(hessians[i]) at row \(i % rows), output \(i / rows); "
            + "gradients are finite, Hessians finite and at least 0")
      }
      steps[i] = SIMD2(gradients[i], hessians[i])
    }
  }
}
