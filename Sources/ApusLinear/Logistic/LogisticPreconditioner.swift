import ApusNumerics

/// A change of variables that makes log-losses rounder for first-order methods: intercepts are those at the means of the
/// features, and every coefficient has an estimate of its curvature.
struct LogisticPreconditioner {
  private let loss: SoftmaxLoss
  /// Weighted means of the features; zeros without an intercept.
  private let means: Buffer<Double>
  /// Inverse curvatures, (scores, columns + 1).
  let scaling: Buffer<Double>
  private let shifted: Buffer<Double>

  /// - Complexity: one pass over the features.
  init(_ loss: SoftmaxLoss) throws(ApusError) {
    self.loss = loss
    let (p, width, data) = (loss.data.columns, loss.width, loss.data)
    means = try Buffer<Double>(zeroed: p)
    scaling = try Buffer<Double>(count: loss.count)
    shifted = try Buffer<Double>(count: loss.count)
    let moments = try ColumnSquares(data.design, weights: data.weights)
    var classTotals = [Double](repeating: 0, count: data.classCount)
    for row in 0..<data.rows { classTotals[Int(data.codes[row])] += data.weights.pointer[row] }
    let total = moments.totalWeight
    for score in 0..<loss.scores {
      let share = classTotals[loss.scores == 1 ? 1 : score] / total
      let curvature = Swift.max(share * (1 - share), 1e-3)
      for j in 0..<p {
        let mean = loss.fitIntercept ? moments.sums[j] / total : 0
        let square = moments.squares[j] - total * mean * mean
        means.pointer[j] = mean
        let value = curvature * Swift.max(square, 1e-3 * moments.squares[j]) + loss.penalty
        scaling.pointer[score * width + j] = value > 0 ? 1 / value : 1
      }
      scaling.pointer[score * width + p] = 1 / (curvature * total)
    }
  }

  /// Value and gradient in the new variables.
  func evaluate(_ theta: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>) throws(ApusError) -> Double {
    let (p, width) = (loss.data.columns, loss.width)
    shifted.pointer.update(from: theta, count: loss.count)
    shift(shifted.pointer, sign: -1)
    let value = try loss.evaluate(shifted.pointer, gradient: gradient)
    for score in 0..<loss.scores {
      let own = gradient + score * width
      for j in 0..<p { own[j] -= means.pointer[j] * own[p] }
    }
    return value
  }

  /// Intercepts from zero to the means of the features (`sign` 1), or back (−1).
  func shift(_ theta: UnsafeMutablePointer<Double>, sign: Double) {
    let (p, width) = (loss.data.columns, loss.width)
    for score in 0..<loss.scores {
      let own = theta + score * width
      own[p] += sign * RowProducts.dot(means.pointer, own, p)
    }
  }
}

/// Weighted sums of columns and of their squares.
struct ColumnSquares {
  let sums: Buffer<Double>
  let squares: Buffer<Double>
  let totalWeight: Double

  /// - Parameter weights: (rows,).
  init(_ design: DesignMatrix, weights: Buffer<Double>) throws(ApusError) {
    let (rows, p) = (design.rows, design.columns)
    let parts = Swift.max(1, Swift.min(16, rows * p >> 15))
    let partial = try Buffer<Double>(zeroed: parts * 2 * p)
    let scratch = design.isSparse ? nil : try Buffer<Double>(count: parts * p)
    let weight = weights.pointer
    ThreadPool.parallelFor(tasks: parts) { part in
      let own = partial.pointer + part * 2 * p
      for row in (part * rows / parts)..<((part + 1) * rows / parts) {
        if case .sparse(let sparse) = design.elements {
          for entry in Int(sparse.offsets[row])..<Int(sparse.offsets[row &+ 1]) {
            let (column, value) = (Int(sparse.indices[entry]), sparse.values[entry])
            own[column] += weight[row] * value
            own[p &+ column] += weight[row] * value * value
          }
        } else if let scratch {
          let z = scratch.pointer + part * p
          design.unpack(row..<row + 1, into: z, stride: p)
          let w = weight[row]
          for j in 0..<p {
            let product = w * z[j]
            own[j] += product
            own[p &+ j] += product * z[j]
          }
        }
      }
    }
    sums = try Buffer<Double>(zeroed: p)
    squares = try Buffer<Double>(zeroed: p)
    for part in 0..<parts {
      for j in 0..<p {
        sums.pointer[j] += partial.pointer[part * 2 * p + j]
        squares.pointer[j] += partial.pointer[part * 2 * p + p + j]
      }
    }
    var total = 0.0
    for row in 0..<rows { total += weight[row] }
    totalWeight = total
    withExtendedLifetime(weights) {}
  }
}
