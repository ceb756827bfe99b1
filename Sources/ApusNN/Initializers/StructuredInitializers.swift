import ApusAutograd
import ApusNumerics

/// Starting values with a structure: cut off, orthogonal, passing on, mostly zero.
extension Initializers {
  /// Normal conditioned on [low, high].
  @discardableResult
  public static func truncatedNormal(
    _ tensor: Tensor, mean: Double = 0, standardDeviation: Double = 1, low: Double = -2, high: Double = 2,
    generator: Generator = .default
  ) throws -> Tensor {
    try withoutGrad {
      try tensor.fillTruncatedNormal(
        mean: mean, standardDeviation: standardDeviation, low: low, high: high, generator: generator)
    }
  }

  /// `gain` times a matrix (rows, all other axes) with orthonormal rows or columns, whichever are fewer: Q of a normal matrix
  /// with the signs that make the diagonal of R positive, so that all such matrices are alike probable (Saxe, McClelland and
  /// Ganguli, ICLR 2014).
  ///
  /// The normal matrix has PyTorch's bits; Q agrees to rounding.
  @discardableResult
  public static func orthogonal(_ tensor: Tensor, gain: Double = 1, generator: Generator = .default) throws -> Tensor {
    guard tensor.rank >= 2 else {
      throw ApusError.shapeMismatch(
        name: "orthogonal", reason: "needs at least 2 dimensions, got shape \(tensor.shape)")
    }
    if tensor.count == 0 { return tensor }
    return try withoutGrad {
      let (rows, columns) = (tensor.shape[0], tensor.count / tensor.shape[0])
      let normal = try Tensor.randn([rows, columns], dtype: tensor.dtype, generator: generator)
      let tall = rows < columns ? try normal.transposed().contiguous() : normal
      let q = Tensor(try LinearAlgebra.qr(tall.array).q)
      let matrix = rows < columns ? try q.transposed() : q
      return try tensor.copy(from: (matrix * gain).reshaped(tensor.shape))
    }
  }

  /// A convolution's weight (out, in, kernel…) that passes channel i on to channel i of every group (Zagoruyko and Komodakis,
  /// *DiracNets*, 2017).
  @discardableResult
  public static func dirac(_ tensor: Tensor, groups: Int = 1) throws -> Tensor {
    guard (3...5).contains(tensor.rank) else {
      throw ApusError.shapeMismatch(name: "dirac", reason: "needs 3 to 5 dimensions, got shape \(tensor.shape)")
    }
    guard groups >= 1, tensor.shape[0] % groups == 0 else {
      throw ApusError.invalidArgument(
        name: "groups", reason: "\(groups) does not divide \(tensor.shape[0]) channels")
    }
    let (perGroup, inputs) = (tensor.shape[0] / groups, tensor.shape[1])
    let kernel = tensor.shape.dropFirst(2)
    let field = kernel.reduce(1, *)
    let centre = kernel.reduce(0) { $0 * $1 + $1 / 2 }
    return try withoutGrad {
      let flags = try Tensor.zeros(tensor.shape, dtype: .uint8)
      let out = flags.array.raw(UInt8.self)
      for group in 0..<groups where field > 0 {
        for i in 0..<min(perGroup, inputs) { out[((group * perGroup + i) * inputs + i) * field + centre] = 1 }
      }
      return try tensor.copy(from: flags)
    }
  }

  /// A matrix of normal values with the share `sparsity` of every column zero (Martens, ICML 2010).
  @discardableResult
  public static func sparse(
    _ tensor: Tensor, sparsity: Double, standardDeviation: Double = 0.01, generator: Generator = .default
  ) throws -> Tensor {
    guard tensor.rank == 2 else {
      throw ApusError.shapeMismatch(name: "sparse", reason: "needs 2 dimensions, got shape \(tensor.shape)")
    }
    guard (0...1).contains(sparsity) else {
      throw ApusError.invalidArgument(name: "sparsity", reason: "\(sparsity) is not in [0, 1]")
    }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    let zeros = Int((sparsity * Double(rows)).rounded(.up))
    return try withoutGrad {
      let values = try Tensor.empty([rows, columns], dtype: tensor.dtype)
      try values.fillNormal(standardDeviation: standardDeviation, generator: generator)
      for column in 0..<columns {
        let chosen = try Tensor.randperm(rows, generator: generator).narrow(dim: 0, start: 0, length: zeros)
        let none = try Tensor.zeros([zeros], dtype: tensor.dtype)
        try values.select(dim: 1, index: column).putIndex([chosen], dim: 0, none, accumulate: false)
      }
      return try tensor.copy(from: values)
    }
  }
}
