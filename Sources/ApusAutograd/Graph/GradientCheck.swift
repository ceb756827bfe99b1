import ApusNumerics

/// Comparison of derivatives with central differences.
public enum GradientCheck {
  /// Compares the derivatives of `function` at `inputs` with (f(x + h) − f(x − h)) / 2h, element by element.
  ///
  /// - Parameters:
  ///   - inputs: float64 tensors; those that require gradients are checked.
  ///   - step: h.
  /// - Returns: true when all agree.
  /// - Throws: ``ApusError/numericalFailure(reason:)`` naming the first derivative that is off by more than
  ///   `absolute + relative · |expected|`; ``ApusError/unsupportedType(name:reason:)`` for inputs that are not float64.
  @discardableResult
  public static func check(
    _ inputs: [Tensor], step: Double = 1e-6, absolute: Double = 1e-5, relative: Double = 1e-3,
    _ function: ([Tensor]) throws -> [Tensor]
  ) throws -> Bool {
    for (index, input) in inputs.enumerated() where input.requiresGrad && input.dtype != .float64 {
      throw ApusError.unsupportedType(name: "inputs[\(index)]", reason: "holds \(input.dtype.name), float64 is needed")
    }
    let outputs = try function(inputs).filter { $0.isFloatingPoint && $0.requiresGrad }
    let checked = inputs.indices.filter { inputs[$0].requiresGrad }
    for (position, output) in outputs.enumerated() {
      for element in 0..<output.count {
        let seed = try Tensor.zeros(output.shape, dtype: .float64)
        seed.array.raw(Double.self)[element] = 1
        let gradients = try Tensor.gradients(
          of: [output], with: checked.map { inputs[$0] }, gradients: [seed], retainGraph: true, allowUnused: true)
        for (index, gradient) in zip(checked, gradients) {
          let input = inputs[index]
          let analytic =
            try gradient?.elements(as: Double.self) ?? [Double](repeating: 0, count: input.count)
          for place in 0..<input.count {
            let slope = try difference(inputs, index, place, step) { try value(function, $0, position, element) }
            guard abs(analytic[place] - slope) <= absolute + relative * abs(slope) else {
              throw ApusError.numericalFailure(
                reason: "gradient check: output \(position)[\(element)] by input \(index)[\(place)] is "
                  + "\(analytic[place]), differences give \(slope)")
            }
          }
        }
      }
    }
    return true
  }

  /// Checks the derivatives of the derivatives: those of `function`'s gradients, made with `createGraph`.
  @discardableResult
  public static func checkSecondOrder(
    _ inputs: [Tensor], step: Double = 1e-6, absolute: Double = 1e-5, relative: Double = 1e-3,
    _ function: ([Tensor]) throws -> [Tensor]
  ) throws -> Bool {
    try check(inputs, step: step, absolute: absolute, relative: relative) { inputs in
      let outputs = try function(inputs).filter(\.requiresGrad)
      // Weights that differ between elements, so that symmetric errors do not cancel.
      let weights = try outputs.map { output in
        try (Tensor.arange(0, Double(output.count), dtype: .float64).reshaped(output.shape) * 0.3 + 1).sin() + 1.5
      }
      return try Tensor.gradients(
        of: outputs, with: inputs.filter(\.requiresGrad), gradients: weights, createGraph: true, allowUnused: true
      ).compactMap { $0 }
    }
  }

  private static func value(
    _ function: ([Tensor]) throws -> [Tensor], _ inputs: [Tensor], _ position: Int, _ element: Int
  ) throws -> Double {
    let outputs = try function(inputs).filter { $0.isFloatingPoint && $0.requiresGrad }
    return try outputs[position].elements(as: Double.self)[element]
  }

  private static func difference(
    _ inputs: [Tensor], _ index: Int, _ place: Int, _ step: Double, _ value: ([Tensor]) throws -> Double
  ) throws -> Double {
    func moved(_ distance: Double) throws -> Double {
      var changed = try inputs.map { input in
        let copy = try input.detached().cloned()
        if input.requiresGrad { try copy.setRequiresGrad(true) }
        return copy
      }
      let elements = try changed[index].elements(as: Double.self)
      var shifted = elements
      shifted[place] += distance
      changed[index] = try Tensor(shifted, shape: inputs[index].shape, requiresGrad: true)
      return try value(changed)
    }
    return (try moved(step) - moved(-step)) / (2 * step)
  }
}
