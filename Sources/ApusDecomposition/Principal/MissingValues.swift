import ApusModels
import ApusNumerics

/// Principal components of data with gaps, by the regularised iteration of Josse & Husson (J. Stat. Softw. 70(1), 2016; Ilin
/// & Raiko, JMLR 11, 2010): gaps start as column means; then components are fitted and gaps replaced by the shrunk
/// reconstruction mean + V diag((λ − σ²) / λ) t, the expectation under probabilistic principal components, until the
/// replacements settle.
enum MissingValues {
  private static let iterationLimit = 1000

  struct Result {
    let spectrum: PrincipalSpectrum
    let iterations: Int
  }

  /// - Parameter tolerance: root mean square change of the replacements, relative to the spread of the data, that ends it.
  static func fit(
    _ array: NDArray, count: Int, standardize: Bool, tolerance: Double, context: FitContext
  ) throws -> Result {
    let filled = try array.converted(to: .float64).copied()
    let gaps = try Gaps(filled)
    try gaps.fillWithMeans(filled)
    var change = Double.infinity
    for iteration in 1...iterationLimit {
      try context.checkpoint("em", Double(iteration) / Double(iterationLimit))
      let moments = try CovarianceMoments(.dense(filled), precision: .float64)
      let spectrum = try GramSolver.solve(moments, count: count, standardize: standardize)
      if change <= tolerance { return Result(spectrum: spectrum, iterations: iteration) }
      let model = try PrincipalModel(
        spectrum, count: count, rows: array.shape[0], dtype: .float64, whiten: false, schema: PCA.schema)
      let coordinates = try model.projection(whiten: false).apply(.dense(filled), dtype: .float64)
      change =
        gaps.replace(in: filled, coordinates, model)
        / Swift.max(spectrum.totalVariance, .leastNormalMagnitude).squareRoot()
      if iteration == iterationLimit {
        context.warn(
          .convergence, "PCA: missing='em' changed by \(change) in iteration \(iterationLimit), more than tol")
        return Result(spectrum: spectrum, iterations: iteration)
      }
    }
    throw ApusError.internalError(reason: "em: no iteration")
  }

  /// A copy of the rows with every gap replaced by its expectation given what was observed in the row: coordinates solve
  /// (Wᵀ W + σ² I) z = Wᵀ (x − mean) over the observed features, W = Vᵀ diag(√(λ − σ²)).
  static func completed(_ array: NDArray, _ model: PrincipalModel) throws(ApusError) -> NDArray {
    let filled = try array.converted(to: .float64).copied()
    let (p, k) = (model.featureCount, model.componentCount)
    let (pointer, components) = (filled.pointer(Double.self), model.spectrum.components.pointer(Double.self))
    let (means, variances) = (model.spectrum.means.pointer(Double.self), model.spectrum.variances.pointer(Double.self))
    let scale = model.spectrum.scales?.pointer(Double.self)
    let noise = Swift.max(model.noiseVariance, 1e-12 * variances[0])
    let system = try NDArray(zeros: [k, k])
    let target = try NDArray(zeros: [k])
    let (a, b) = (system.pointer(Double.self), target.pointer(Double.self))
    for row in 0..<filled.shape[0] {
      let x = pointer + row * p
      if !(0..<p).contains(where: { x[$0].isNaN }) { continue }
      a.update(repeating: 0, count: k * k)
      b.update(repeating: 0, count: k)
      for j in 0..<p where !x[j].isNaN {
        let z = (x[j] - means[j]) / (scale.map { $0[j] } ?? 1)
        for i in 0..<k {
          let w = components[i * p + j] * Swift.max(variances[i] - noise, 0).squareRoot()
          b[i] += w * z
          for l in 0..<k {
            a[i * k + l] += w * components[l * p + j] * Swift.max(variances[l] - noise, 0).squareRoot()
          }
        }
      }
      for i in 0..<k { a[i * (k + 1)] += noise }
      let z = try LinearAlgebra.solve(system, target)
      for j in 0..<p where x[j].isNaN {
        var value = 0.0
        for i in 0..<k {
          value += components[i * p + j] * Swift.max(variances[i] - noise, 0).squareRoot() * z.pointer(Double.self)[i]
        }
        x[j] = means[j] + value * (scale.map { $0[j] } ?? 1)
      }
    }
    return filled
  }
}

/// Where values are missing.
private struct Gaps {
  /// Row-major positions, int64.
  private let positions: NDArray
  private let columns: Int

  init(_ array: NDArray) throws(ApusError) {
    let pointer = array.pointer(Double.self)
    columns = array.shape[1]
    var count = 0
    for i in 0..<array.count where pointer[i].isNaN { count += 1 }
    positions = try NDArray(uninitialized: [count], dtype: .int64)
    count = 0
    for i in 0..<array.count where pointer[i].isNaN {
      positions.pointer(Int64.self)[count] = Int64(i)
      count += 1
    }
  }

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a feature without any value.
  func fillWithMeans(_ array: NDArray) throws(ApusError) {
    let (pointer, rows) = (array.pointer(Double.self), array.shape[0])
    let means = try Buffer<Double>(zeroed: columns)
    for j in 0..<columns {
      var (sum, count) = (0.0, 0)
      for i in 0..<rows where !pointer[i &* columns &+ j].isNaN {
        sum += pointer[i &* columns &+ j]
        count += 1
      }
      guard count > 0 else { throw .invalidArgument(name: "X", reason: "feature \(j) has no value at all") }
      means.pointer[j] = sum / Double(count)
    }
    for i in 0..<positions.count {
      let place = Int(positions.pointer(Int64.self)[i])
      pointer[place] = means.pointer[place % columns]
    }
  }

  /// Puts shrunk reconstructions into the gaps; returns the root mean square change.
  func replace(in array: NDArray, _ coordinates: NDArray, _ model: PrincipalModel) -> Double {
    let (pointer, t) = (array.pointer(Double.self), coordinates.pointer(Double.self))
    let (k, components) = (model.componentCount, model.spectrum.components.pointer(Double.self))
    let (means, variances) = (model.spectrum.means.pointer(Double.self), model.spectrum.variances.pointer(Double.self))
    let scale = model.spectrum.scales?.pointer(Double.self)
    var change = 0.0
    for i in 0..<positions.count {
      let place = Int(positions.pointer(Int64.self)[i])
      let (row, j) = place.quotientAndRemainder(dividingBy: columns)
      var value = 0.0
      for c in 0..<k where variances[c] > 0 {
        let shrinkage = Swift.max(variances[c] - model.noiseVariance, 0) / variances[c]
        value += components[c &* columns &+ j] * t[row &* k &+ c] * shrinkage
      }
      let unit = scale.map { $0[j] } ?? 1
      let replacement = means[j] + value * unit
      let difference = (replacement - pointer[place]) / unit
      change += difference * difference
      pointer[place] = replacement
    }
    withExtendedLifetime((coordinates, model)) {}
    return (change / Double(Swift.max(positions.count, 1))).squareRoot()
  }
}

extension CovarianceMoments {
  /// Σ (x − mean)² / n of every feature.
  func populationVariances() throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [columns], dtype: .float64)
    for j in 0..<columns {
      result.pointer(Double.self)[j] = gram.pointer(Double.self)[j * (columns + 1)] / Double(rows)
    }
    return result
  }
}
