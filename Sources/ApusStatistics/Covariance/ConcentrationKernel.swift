import RealModule

/// The steps of FAST-MCD over memory of the caller. x is row-major with p columns, mean has p elements, covariance and factor
/// p × p of which the lower triangle counts.
enum ConcentrationKernel {
  /// Mean and maximum-likelihood covariance of `count` rows of x.
  static func moments(
    _ x: UnsafePointer<Double>, _ p: Int, _ rows: UnsafePointer<Int>, _ count: Int,
    _ mean: UnsafeMutablePointer<Double>,
    _ covariance: UnsafeMutablePointer<Double>, _ scratch: UnsafeMutablePointer<Double>
  ) {
    let n = Double(count)
    mean.update(repeating: 0, count: p)
    for k in 0..<count {
      let row = x + rows[k] &* p
      for j in 0..<p { mean[j] += row[j] }
    }
    for j in 0..<p { mean[j] /= n }
    covariance.update(repeating: 0, count: p &* p)
    for k in 0..<count {
      let row = x + rows[k] &* p
      for j in 0..<p { scratch[j] = row[j] - mean[j] }
      for i in 0..<p {
        let d = scratch[i]
        let target = covariance + i &* p
        for j in 0...i { target[j] += d * scratch[j] }
      }
    }
    for i in 0..<p &* p { covariance[i] /= n }
  }

  /// Cholesky's factor of the covariance and ln of its determinant; nil when it is singular to working precision.
  static func factor(
    _ covariance: UnsafePointer<Double>, _ p: Int, _ l: UnsafeMutablePointer<Double>
  ) -> Double? {
    var logDeterminant = 0.0
    for i in 0..<p {
      for j in 0...i {
        var sum = covariance[i &* p &+ j]
        for k in 0..<j { sum -= l[i &* p &+ k] * l[j &* p &+ k] }
        if i == j {
          guard sum > 1e-14 * covariance[i &* p &+ i] else { return nil }
          l[i &* p &+ i] = sum.squareRoot()
          logDeterminant += Double.log(sum)
        } else {
          l[i &* p &+ j] = sum / l[j &* p &+ j]
        }
      }
    }
    return logDeterminant
  }

  /// Squared Mahalanobis distances of all n rows.
  static func distances(
    _ x: UnsafePointer<Double>, _ n: Int, _ p: Int, _ mean: UnsafePointer<Double>, _ l: UnsafePointer<Double>,
    _ out: UnsafeMutablePointer<Double>, _ z: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<n {
      var total = 0.0
      for j in 0..<p {
        var value = x[i &* p &+ j] - mean[j]
        for k in 0..<j { value -= l[j &* p &+ k] * z[k] }
        value /= l[j &* p &+ j]
        z[j] = value
        total += value * value
      }
      out[i] = total
    }
  }

  /// Arranges the indices 0..<n so that the first h are those of the smallest keys, equal keys by index (C. A. R. Hoare's selection).
  static func select(
    _ keys: UnsafePointer<Double>, _ n: Int, _ h: Int, _ indices: UnsafeMutablePointer<Int>
  ) {
    for i in 0..<n { indices[i] = i }
    func isBefore(_ a: Int, _ b: Int) -> Bool { keys[a] < keys[b] || (keys[a] == keys[b] && a < b) }
    var (low, high) = (0, n - 1)
    while low < high {
      let pivot = indices[low &+ (high &- low) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while isBefore(indices[i], pivot) { i &+= 1 }
        while isBefore(pivot, indices[j]) { j &-= 1 }
        if i <= j {
          let swapped = indices[i]
          indices[i] = indices[j]
          indices[j] = swapped
          i &+= 1
          j &-= 1
        }
      }
      if h &- 1 <= j { high = j } else if h &- 1 >= i { low = i } else { return }
    }
  }
}
