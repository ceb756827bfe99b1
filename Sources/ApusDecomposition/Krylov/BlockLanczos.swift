import ApusModels
import ApusNumerics

/// The largest eigenvalues of AᵀA by block Lanczos with full reorthogonalisation and thick restarts: the best
/// approximation from all the products made so far, where a power iteration uses the last one only.
///
/// Golub & Underwood, *The block Lanczos method for computing eigenvalues*, Mathematical Software III (1977); thick restarts
/// as in Wu & Simon, SIAM J. Matrix Anal. Appl. 22(2), 2000; as a low-rank approximation: Musco & Musco, NeurIPS 2015. All
/// inner products of the basis with AᵀA times the new block are formed, not only the band that is not zero in exact
/// arithmetic, so that restarts and replaced directions need no special case.
enum BlockLanczos {
  struct Options {
    /// Eigenvectors wanted.
    var count: Int
    /// Further ones to return as they are.
    var extra = 0
    var blockSize: Int
    /// Most basis vectors before a restart.
    var basisLimit: Int
    /// Most vectors multiplied; reached, the result is what there is.
    var productLimit: Int
    /// Residuals ‖AᵀA v − θ v‖ at most this times θ count as converged.
    var tolerance: Double
    var seed: UInt64
  }

  struct Result {
    /// (columns, count + extra at most): orthonormal Ritz vectors, by descending Ritz value.
    let vectors: NDArray
    /// The Ritz values θ, estimates of σ².
    let values: [Double]
    /// ‖AᵀA v − θ v‖ of every pair: some eigenvalue lies within that distance of θ.
    let residuals: [Double]
    /// Vectors multiplied by AᵀA.
    let products: Int
    let isConverged: Bool
  }

  /// - Parameter checkpoint: called before every product with the share of the work done so far.
  static func largest(
    of matrix: any MatrixOperator, _ options: Options, checkpoint: (Double) throws -> Void
  ) throws -> Result {
    let length = matrix.columns
    let count = Swift.min(options.count, length)
    let block = Swift.max(1, Swift.min(options.blockSize, length))
    let capacity = Swift.min(length, Swift.max(options.basisLimit, count + 4 * block))
    var basis = try KrylovBasis(capacity: capacity, length: length, seed: options.seed)
    let projected = try NDArray(zeros: [capacity, capacity])
    let h = projected.pointer(Double.self)
    _ = try basis.append(basis.randomRows(block), scale: 0)
    var (start, products, scale) = (0, 0, 0.0)
    while true {
      try checkpoint(Double(products) / Double(Swift.max(1, options.productLimit)))
      let size = basis.count
      var image = try matrix.applyNormal(basis.columns(start..<size)).transposed.contiguous()
      products += size - start
      let coefficients = try basis.project(&image)
      let c = coefficients.pointer(Double.self)
      for i in start..<size {
        for j in 0..<size {
          let value = c[(i - start) * size + j]
          h[i * capacity + j] = value
          h[j * capacity + i] = value
          scale = Swift.max(scale, value.magnitude)
        }
      }
      symmetrise(h, start..<size, capacity: capacity)
      let isComplete = size == length
      // Never part of a block: what it left out would be missing from the basis for good.
      let isFull = size + block > capacity && capacity < length
      let isLast = products >= options.productLimit
      let isDue = size >= count && (isComplete || isFull || isLast || (size - count) % (2 * block) < block)
      if !isDue {
        _ = try basis.append(image, scale: scale)
        start = size
        continue
      }
      let ritz = try LinearAlgebra.eigh(projected.slice(0..<size).slice(0..<size, axis: 1))
      let pairs = try rows(ritz, from: size)
      let kept = isFull && !isComplete ? Swift.min(size - block, count + block) : 0
      let returned = Swift.min(size, count + options.extra)
      let selected = try pairs.slice(0..<Swift.max(returned, kept)).contiguous()
      let values = try descending(ritz, Swift.max(count, kept))
      let residuals = try residualNorms(image, selected, start..<size)
      let floor = 50 * Double.ulpOfOne * (values.first ?? 0)
      let converged =
        isComplete || (0..<count).allSatisfy { residuals[$0] <= options.tolerance * values[$0].magnitude + floor }
      if converged || isLast {
        let vectors = try LinearAlgebra.matmul(selected.slice(0..<returned), basis.rows.slice(0..<size))
        return Result(
          vectors: vectors.transposed, values: Array(values.prefix(count)),
          residuals: isComplete ? [Double](repeating: 0, count: count) : Array(residuals.prefix(count)),
          products: products, isConverged: converged)
      }
      if isFull {
        try basis.rotate(selected.slice(0..<kept))
        h.update(repeating: 0, count: capacity * capacity)
        for i in 0..<kept { h[i * capacity + i] = values[i] }
        start = kept
      } else {
        start = size
      }
      _ = try basis.append(image, scale: scale)
    }
  }

  /// The projection of a symmetric operator, symmetric to the last bit.
  private static func symmetrise(_ h: UnsafeMutablePointer<Double>, _ range: Range<Int>, capacity: Int) {
    for i in range {
      for j in range.lowerBound..<i {
        let mean = (h[i * capacity + j] + h[j * capacity + i]) / 2
        h[i * capacity + j] = mean
        h[j * capacity + i] = mean
      }
    }
  }

  /// Eigenvectors in rows, by descending eigenvalue.
  private static func rows(_ ritz: SymmetricEigendecomposition, from size: Int) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: [size, size], dtype: .float64)
    let vectors = ritz.vectors.matrixView(Double.self)
    let target = result.pointer(Double.self)
    for i in 0..<size {
      for j in 0..<size { target[i &* size &+ j] = vectors[j, size &- 1 &- i] }
    }
    return result
  }

  private static func descending(_ ritz: SymmetricEigendecomposition, _ count: Int) throws(ApusError) -> [Double] {
    let values = ritz.values.pointer(Double.self)
    let total = ritz.values.count
    let result = (0..<count).map { values[total - 1 - $0] }
    withExtendedLifetime(ritz) {}
    return result
  }

  /// ‖AᵀA v − θ v‖ for every row of `pairs`: only the part of AᵀA · (last block) outside the basis is left over.
  private static func residualNorms(
    _ image: NDArray, _ pairs: NDArray, _ last: Range<Int>
  ) throws(ApusError) -> [Double] {
    let tail = try pairs.slice(last, axis: 1)
    let remainder = try LinearAlgebra.matmul(tail, image)
    let squares = try ColumnReductions.sumsOfSquares(remainder.transposed)
    return try squares.elements(as: Double.self).map { $0.squareRoot() }
  }
}
