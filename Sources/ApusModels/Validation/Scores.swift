import ApusNumerics

/// The default scores of estimators.
package enum Scores {
  /// The coefficient of determination, 1 − Σw(y − ŷ)²/Σw(y − ȳ)², averaged over targets; a constant target scores 1 when
  /// predicted exactly and 0 otherwise.
  package static func r2(targets: NDArray, predictions: NDArray, sampleWeight: NDArray?) throws(ApusError) -> Double {
    let truth = try targets.converted(to: .float64, name: "y")
    let predicted = try predictions.converted(to: .float64)
    let weight = try InputValidation.sampleWeight(sampleWeight, rows: truth.shape[0])
    let rows = truth.shape[0]
    let outputs = rows == 0 ? 1 : truth.count / rows
    guard rows > 0, predicted.count == truth.count else {
      throw .shapeMismatch(name: "y", reason: "has shape \(truth.shape), predictions have \(predicted.shape)")
    }
    let (y, p, w) = (truth.pointer(Double.self), predicted.pointer(Double.self), weight?.pointer(Double.self))
    // The pointers do not keep the arrays alive.
    defer { withExtendedLifetime((truth, predicted, weight)) {} }
    var total = 0.0
    for output in 0..<outputs {
      var (sum, sumOfWeights) = (0.0, 0.0)
      for row in 0..<rows {
        let rowWeight = w?[row] ?? 1
        sum += rowWeight * y[row * outputs + output]
        sumOfWeights += rowWeight
      }
      let mean = sum / sumOfWeights
      var (residual, spread) = (0.0, 0.0)
      for row in 0..<rows {
        let rowWeight = w?[row] ?? 1
        let (error, deviation) = (
          y[row * outputs + output] - p[row * outputs + output], y[row * outputs + output] - mean
        )
        residual += rowWeight * error * error
        spread += rowWeight * deviation * deviation
      }
      total += spread > 0 ? 1 - residual / spread : (residual == 0 ? 1 : 0)
    }
    return total / Double(outputs)
  }

  /// The weighted share of rows whose predicted label equals the target.
  package static func accuracy(targets: NDArray, predictions: NDArray, sampleWeight: NDArray?) throws(ApusError)
    -> Double
  {
    let truth = try targets.converted(to: .float64, name: "y")
    let predicted = try predictions.converted(to: .float64)
    let rows = truth.shape.first ?? 0
    guard rows > 0, predicted.count == truth.count else {
      throw .shapeMismatch(name: "y", reason: "has shape \(truth.shape), predictions have \(predicted.shape)")
    }
    let outputs = truth.count / rows
    let weight = try InputValidation.sampleWeight(sampleWeight, rows: rows)
    let (y, p, w) = (truth.pointer(Double.self), predicted.pointer(Double.self), weight?.pointer(Double.self))
    // The pointers do not keep the arrays alive.
    defer { withExtendedLifetime((truth, predicted, weight)) {} }
    var (right, total) = (0.0, 0.0)
    for row in 0..<rows {
      let rowWeight = w?[row] ?? 1
      total += rowWeight
      var equal = true
      for output in 0..<outputs where y[row * outputs + output] != p[row * outputs + output] { equal = false }
      if equal { right += rowWeight }
    }
    return right / total
  }
}
