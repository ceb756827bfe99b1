/// The downhill simplex of J. A. Nelder, R. Mead, Comput. J. 7 (1965) 308–313, with the coefficients that F. Gao, L. Han,
/// Comput. Optim. Appl. 51 (2012) 259–277 adapt to the dimension.
enum NelderMead {
  /// A point near the maximum of `function`, which may be −∞ in places.
  ///
  /// - Parameters:
  ///   - steps: edges of the first simplex.
  ///   - tolerance: ends when the values in the simplex differ by less.
  static func maximise(
    from start: [Double], steps: [Double], tolerance: Double, limit: Int, _ function: ([Double]) -> Double
  ) -> (point: [Double], value: Double) {
    let d = start.count
    let dimension = Double(Swift.max(d, 2))
    let (expansion, contraction, shrinkage) = (1 + 2 / dimension, 0.75 - 0.5 / dimension, 1 - 1 / dimension)
    var simplex = [(point: start, value: function(start))]
    for i in 0..<d {
      var point = start
      point[i] += steps[i]
      simplex.append((point, function(point)))
    }
    var evaluations = d + 1
    while evaluations < limit {
      simplex.sort { $0.value > $1.value }
      if simplex[0].value - simplex[d].value <= tolerance { break }
      let centre = (0..<d).map { i in simplex[..<d].reduce(0) { $0 + $1.point[i] } / Double(d) }
      func along(_ t: Double) -> (point: [Double], value: Double) {
        let point = (0..<d).map { centre[$0] + t * (centre[$0] - simplex[d].point[$0]) }
        evaluations += 1
        return (point, function(point))
      }
      let reflected = along(1)
      if reflected.value > simplex[0].value {
        let expanded = along(expansion)
        simplex[d] = expanded.value > reflected.value ? expanded : reflected
        continue
      }
      if reflected.value > simplex[d - 1].value {
        simplex[d] = reflected
        continue
      }
      let contracted = along(reflected.value > simplex[d].value ? contraction : -contraction)
      if contracted.value > Swift.max(reflected.value, simplex[d].value) {
        simplex[d] = contracted
        continue
      }
      for i in 1...d {
        let point = (0..<d).map { simplex[0].point[$0] + shrinkage * (simplex[i].point[$0] - simplex[0].point[$0]) }
        simplex[i] = (point, function(point))
        evaluations += 1
      }
    }
    simplex.sort { $0.value > $1.value }
    return simplex[0]
  }
}
