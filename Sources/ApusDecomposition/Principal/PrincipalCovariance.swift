import ApusNumerics
import RealModule

/// The normal distribution of probabilistic principal components (Tipping & Bishop, J. R. Stat. Soc. B 61(3), 1999):
/// covariance Vᵀ (Λ − σ² I) V + σ² I of the standardised features, with σ² the noise variance.
struct PrincipalCovariance {
  private let model: PrincipalModel
  private var p: Int { model.featureCount }
  private var k: Int { model.componentCount }
  private var variances: UnsafeMutablePointer<Double> { model.spectrum.variances.pointer(Double.self) }
  /// σ² where directions are left out; where none is it does not matter.
  private let noise: Double

  init(_ model: PrincipalModel) {
    self.model = model
    noise = model.noiseVariance
  }

  /// (p, p) float64.
  func covariance() throws(ApusError) -> NDArray {
    try assemble(diagonal: noise, power: 1) { Swift.max($0 - noise, 0) }
  }

  /// The inverse of ``covariance()``: Vᵀ (Λ⁻¹ − σ⁻² I) V + σ⁻² I; of less than full rank without noise, its
  /// pseudo-inverse.
  func precision() throws(ApusError) -> NDArray {
    if k < p && noise <= 0 { return try LinearAlgebra.pseudoInverse(covariance()) }
    let inverse = noise > 0 ? 1 / noise : 0
    return try assemble(diagonal: k < p ? inverse : 0, power: -1) { variance in
      let value = Swift.max(variance, noise)
      return (value > 0 ? 1 / value : 0) - (k < p ? inverse : 0)
    }
  }

  /// Vᵀ diag(weight(λ)) V + diagonal · I, rows and columns times scale^power.
  private func assemble(
    diagonal: Double, power: Double, _ weight: (Double) -> Double
  ) throws(ApusError) -> NDArray {
    let scaled = try model.spectrum.components.copied()
    let pointer = scaled.pointer(Double.self)
    for i in 0..<k {
      let factor = weight(variances[i])
      for j in 0..<p { pointer[i &* p &+ j] *= factor }
    }
    let result = try LinearAlgebra.matmul(model.spectrum.components.transposed, scaled)
    let target = result.pointer(Double.self)
    BLAS.mirror(n: p, lower: true, c: target, ldc: p)
    for j in 0..<p { target[j * (p + 1)] += diagonal }
    if let scale = model.spectrum.scales?.pointer(Double.self) {
      for i in 0..<p {
        for j in 0..<p {
          let factor = scale[i] * scale[j]
          target[i &* p &+ j] *= power > 0 ? factor : 1 / factor
        }
      }
    }
    return result
  }

  /// log N(x; mean, covariance) of every row, from its coordinates (rows, k) along the components:
  /// −½ (p log 2π + log det + Σ tᵢ² / λᵢ + (‖z‖² − Σ tᵢ²) / σ²).
  func logDensities(_ array: NDArray, _ coordinates: NDArray) throws(ApusError) -> NDArray {
    let (p, k) = (p, k)
    let rows = array.shape[0]
    let result = try NDArray(uninitialized: [rows], dtype: .float64)
    let reciprocals = try NDArray(uninitialized: [p], dtype: .float64)
    let smallest = Double.leastNormalMagnitude
    var logDeterminant = 0.0
    for i in 0..<k { logDeterminant += Double.log(Swift.max(Swift.max(variances[i], noise), smallest)) }
    if k < p { logDeterminant += Double(p - k) * Double.log(Swift.max(noise, smallest)) }
    for j in 0..<p {
      let scale = model.spectrum.scales.map { $0.pointer(Double.self)[j] } ?? 1
      reciprocals.pointer(Double.self)[j] = 1 / scale
      logDeterminant += 2 * Double.log(scale)
    }
    let constant = Double(p) * Double.log(2 * Double.pi) + logDeterminant
    let tasks = Swift.max(1, Swift.min(16, rows * p >> 15))
    let scratch = try Buffer<Double>(count: tasks * p)
    let (target, t, lambda) = (result.pointer(Double.self), coordinates.pointer(Double.self), variances)
    let (noise, means) = (noise, model.spectrum.means)
    ThreadPool.parallelFor(tasks: tasks) { task in
      let z = scratch.pointer + task * p
      for row in (task * rows / tasks)..<((task + 1) * rows / tasks) {
        RowUnpacking.unpack(array, row..<row + 1, into: z, shift: means, factors: reciprocals)
        var (length, inside, distance) = (0.0, 0.0, 0.0)
        for j in 0..<p { length += z[j] * z[j] }
        for i in 0..<k {
          let square = t[row &* k &+ i] * t[row &* k &+ i]
          inside += square
          let variance = Swift.max(lambda[i], noise)
          if variance > 0 { distance += square / variance }
        }
        if k < p && noise > 0 { distance += Swift.max(length - inside, 0) / noise }
        target[row] = -0.5 * (constant + distance)
      }
    }
    withExtendedLifetime((scratch, reciprocals, coordinates, model)) {}
    return result
  }
}
