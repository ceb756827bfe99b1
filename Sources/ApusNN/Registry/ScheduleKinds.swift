import ApusAutograd
import ApusNumerics

/// Learning-rate schedules by kind, for callers outside Swift. Kinds are PyTorch's class names, options its parameter names.
public enum ScheduleKinds {
  typealias Maker = @Sendable (Optimizer, Options) throws -> LearningRateSchedule

  /// A new schedule.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown kind or option, else what the schedule throws.
  public static func make(_ kind: String, _ optimizer: Optimizer, _ options: Options) throws -> LearningRateSchedule {
    guard let maker = table[kind] else {
      throw ApusError.invalidArgument(
        name: "kind", reason: "'\(kind)' is no kind of schedule" + NearestName.suggestion(for: kind, in: names))
    }
    let schedule = try maker(optimizer, options)
    try options.finish(kind)
    return schedule
  }

  public static var names: [String] { table.keys.sorted() }

  private static let table: [String: Maker] = [
    "StepLR": { optimizer, o in
      try StepSchedule(optimizer, stepSize: try o.int("step_size"), gamma: try o.double("gamma", 0.1))
    },
    "MultiStepLR": { optimizer, o in
      try MultiStepSchedule(
        optimizer, milestones: try o.ints("milestones"), gamma: try o.double("gamma", 0.1))
    },
    "ExponentialLR": { optimizer, o in
      try ExponentialSchedule(optimizer, gamma: try o.double("gamma"))
    },
    "ConstantLR": { optimizer, o in
      try ConstantSchedule(
        optimizer, factor: try o.double("factor", 1.0 / 3), iterations: try o.int("total_iters", 5))
    },
    "LinearLR": { optimizer, o in
      try LinearSchedule(
        optimizer, start: try o.double("start_factor", 1.0 / 3), end: try o.double("end_factor", 1),
        iterations: try o.int("total_iters", 5))
    },
    "PolynomialLR": { optimizer, o in
      try PolynomialSchedule(
        optimizer, iterations: try o.int("total_iters", 5), power: try o.double("power", 1))
    },
    "CosineAnnealingLR": { optimizer, o in
      try CosineSchedule(optimizer, period: try o.int("T_max"), minimum: try o.double("eta_min", 0))
    },
    "CosineAnnealingWarmRestarts": { optimizer, o in
      try CosineRestartSchedule(
        optimizer, period: try o.int("T_0"), multiple: try o.int("T_mult", 1), minimum: try o.double("eta_min", 0))
    },
    "OneCycleLR": { optimizer, o in
      try OneCycleSchedule(
        optimizer, peak: try o.double("max_lr"), steps: try o.int("total_steps"),
        risingShare: try o.double("pct_start", 0.3), linear: try o.string("anneal_strategy", "cos") == "linear",
        startDivisor: try o.double("div_factor", 25), finalDivisor: try o.double("final_div_factor", 1e4))
    },
    "ReduceLROnPlateau": { optimizer, o in
      try PlateauSchedule(
        optimizer, mode: try o.string("mode", "min"), factor: try o.double("factor", 0.1),
        patience: try o.int("patience", 10), threshold: try o.double("threshold", 1e-4),
        relative: try o.string("threshold_mode", "rel") == "rel", cooldown: try o.int("cooldown", 0),
        minimum: try o.double("min_lr", 0), epsilon: try o.double("eps", 1e-8))
    },
  ]
}
