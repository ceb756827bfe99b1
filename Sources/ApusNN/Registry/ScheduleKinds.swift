import ApusAutograd
import ApusNumerics

/// Learning-rate schedules by kind, for callers outside Swift. Kinds are PyTorch's class names, options its parameter names.
public enum ScheduleKinds {
  public static func make(_ kind: String, _ optimizer: Optimizer, _ o: Options) throws -> LearningRateSchedule {
    let schedule = try made(kind, optimizer, o)
    try o.finish(kind)
    return schedule
  }

  private static func made(_ kind: String, _ optimizer: Optimizer, _ o: Options) throws -> LearningRateSchedule {
    switch kind {
    case "StepLR":
      return try StepSchedule(optimizer, stepSize: try o.int("step_size"), gamma: try o.double("gamma", 0.1))
    case "MultiStepLR":
      return try MultiStepSchedule(
        optimizer, milestones: try o.ints("milestones"), gamma: try o.double("gamma", 0.1))
    case "ExponentialLR": return try ExponentialSchedule(optimizer, gamma: try o.double("gamma"))
    case "ConstantLR":
      return try ConstantSchedule(
        optimizer, factor: try o.double("factor", 1.0 / 3), iterations: try o.int("total_iters", 5))
    case "LinearLR":
      return try LinearSchedule(
        optimizer, start: try o.double("start_factor", 1.0 / 3), end: try o.double("end_factor", 1),
        iterations: try o.int("total_iters", 5))
    case "PolynomialLR":
      return try PolynomialSchedule(
        optimizer, iterations: try o.int("total_iters", 5), power: try o.double("power", 1))
    case "CosineAnnealingLR":
      return try CosineSchedule(optimizer, period: try o.int("T_max"), minimum: try o.double("eta_min", 0))
    case "CosineAnnealingWarmRestarts":
      return try CosineRestartSchedule(
        optimizer, period: try o.int("T_0"), multiple: try o.int("T_mult", 1), minimum: try o.double("eta_min", 0))
    case "OneCycleLR":
      return try OneCycleSchedule(
        optimizer, peak: try o.double("max_lr"), steps: try o.int("total_steps"),
        risingShare: try o.double("pct_start", 0.3), linear: try o.string("anneal_strategy", "cos") == "linear",
        startDivisor: try o.double("div_factor", 25), finalDivisor: try o.double("final_div_factor", 1e4))
    case "ReduceLROnPlateau":
      return try PlateauSchedule(
        optimizer, mode: try o.string("mode", "min"), factor: try o.double("factor", 0.1),
        patience: try o.int("patience", 10), threshold: try o.double("threshold", 1e-4),
        relative: try o.string("threshold_mode", "rel") == "rel", cooldown: try o.int("cooldown", 0),
        minimum: try o.double("min_lr", 0), epsilon: try o.double("eps", 1e-8))
    default: throw ApusError.invalidArgument(name: "kind", reason: "'\(kind)' is no kind of schedule")
    }
  }
}
