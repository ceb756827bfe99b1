import ApusNumerics

/// The loss of a block of rows out of its scores.
enum SoftmaxKernel {
  /// Replaces scores by the derivatives of the loss with respect to them; returns the loss.
  ///
  /// - Parameters:
  ///   - eta: (scores, rows); one score is that of the second of two classes.
  ///   - scratch: 3 · rows elements.
  ///   - codes: class numbers of the rows; `weights` their weights.
  ///   - start: number of the first row, for the details.
  @inline(__always)
  static func derivatives<Element: LinearAlgebraScalar & VectorMathScalar>(
    _ eta: UnsafeMutablePointer<Element>, scratch: UnsafeMutablePointer<Element>, rows: Int, scores: Int,
    codes: UnsafePointer<Int64>, weights: UnsafePointer<Double>, details: SoftmaxLoss.Details?, start: Int
  ) -> Double {
    if let details, let target = details.eta {
      let source = eta + details.score &* rows
      for i in 0..<rows { target[start &+ i] = Double(source[i]) }
    }
    let loss =
      scores == 1
      ? logistic(eta, scratch, rows, codes, weights, details?.curvature.map { $0 + start })
      : softmax(eta, scratch, rows, scores, codes, weights, details, start)
    if let details, let target = details.residual {
      let source = eta + details.score &* rows
      for i in 0..<rows { target[start &+ i] = Double(source[i]) }
    }
    return loss
  }

  /// Two classes. All is computed from the margin, so that small probabilities of error keep their digits.
  @inline(__always)
  private static func logistic<Element: LinearAlgebraScalar & VectorMathScalar>(
    _ eta: UnsafeMutablePointer<Element>, _ scratch: UnsafeMutablePointer<Element>, _ rows: Int,
    _ codes: UnsafePointer<Int64>, _ weights: UnsafePointer<Double>, _ curvature: UnsafeMutablePointer<Double>?
  ) -> Double {
    for i in 0..<rows { scratch[i] = codes[i] == 1 ? -eta[i] : eta[i] }
    let (error, losses) = (scratch + rows, eta)
    VectorMath.sigmoid(scratch, error, count: rows, parallel: false)
    VectorMath.log1pExp(scratch, losses, count: rows, parallel: false)
    var loss = 0.0
    for i in 0..<rows { loss += weights[i] * Double(losses[i]) }
    for i in 0..<rows {
      let value = Element(weights[i]) * error[i]
      eta[i] = codes[i] == 1 ? -value : value
    }
    if let curvature {
      for i in 0..<rows {
        let wrong = Double(error[i])
        curvature[i] = weights[i] * wrong * (1 - wrong)
      }
    }
    return loss
  }

  /// Several classes.
  @inline(__always)
  private static func softmax<Element: LinearAlgebraScalar & VectorMathScalar>(
    _ eta: UnsafeMutablePointer<Element>, _ scratch: UnsafeMutablePointer<Element>, _ rows: Int, _ scores: Int,
    _ codes: UnsafePointer<Int64>, _ weights: UnsafePointer<Double>, _ details: SoftmaxLoss.Details?, _ start: Int
  ) -> Double {
    let (largest, total, own) = (scratch, scratch + rows, scratch + 2 &* rows)
    for i in 0..<rows { largest[i] = eta[i] }
    for k in 1..<scores {
      let z = eta + k &* rows
      for i in 0..<rows { largest[i] = z[i] > largest[i] ? z[i] : largest[i] }
    }
    for k in 0..<scores {
      let z = eta + k &* rows
      for i in 0..<rows { z[i] -= largest[i] }
    }
    for i in 0..<rows { own[i] = eta[Int(codes[i]) &* rows &+ i] }
    VectorMath.exp(eta, eta, count: scores &* rows, parallel: false)
    for i in 0..<rows { total[i] = eta[i] }
    for k in 1..<scores {
      let z = eta + k &* rows
      for i in 0..<rows { total[i] += z[i] }
    }
    // largest is free now: it takes w / Σ e^z.
    for i in 0..<rows { largest[i] = Element(weights[i]) / total[i] }
    for k in 0..<scores {
      let z = eta + k &* rows
      for i in 0..<rows { z[i] *= largest[i] }
    }
    if let details, let curvature = details.curvature {
      let z = eta + details.score &* rows
      for i in 0..<rows {
        let weight = weights[i]
        let probability = weight > 0 ? Double(z[i]) / weight : 0
        curvature[start &+ i] = weight * probability * Swift.max(0, 1 - probability)
      }
    }
    VectorMath.log(total, total, count: rows, parallel: false)
    var loss = 0.0
    for i in 0..<rows {
      loss += weights[i] * Double(total[i] - own[i])
      eta[Int(codes[i]) &* rows &+ i] -= Element(weights[i])
    }
    return loss
  }
}
