import ApusNumerics

extension DistributionKind {
  /// A source of variates of the standard member with these shapes, which have been validated.
  func sampler(_ shapes: [Double]) -> any VariateSampler {
    switch self {
    case .norm: return NormalSampler()
    case .t: return StudentTSampler(degreesOfFreedom: shapes[0])
    case .chi2: return ChiSquaredSampler(degreesOfFreedom: shapes[0])
    case .f: return FSampler(numerator: shapes[0], denominator: shapes[1])
    case .beta: return BetaSampler(a: shapes[0], b: shapes[1])
    case .gamma: return GammaSampler(shape: shapes[0])
    case .expon: return ExponentialSampler()
    case .uniform: return UniformSampler()
    case .lognorm: return LogNormalSampler(sigma: shapes[0])
    case .logistic: return LogisticSampler()
    case .truncnorm: return TruncatedNormalSampler(lower: shapes[0], upper: shapes[1])
    case .weibullMin: return WeibullSampler(shape: shapes[0])
    case .binom: return BinomialSampler(trials: shapes[0], probability: shapes[1])
    case .poisson: return PoissonSampler(mean: shapes[0])
    case .geom: return GeometricSampler(probability: shapes[0])
    case .nbinom: return NegativeBinomialSampler(successes: shapes[0], probability: shapes[1])
    case .hypergeom: return HypergeometricSampler(population: shapes[0], marked: shapes[1], drawn: shapes[2])
    }
  }
}

/// Random variates. Block k of 1,024 variates draws from random stream k of the seed, so the numbers do not depend on the number
/// of threads, and a longer sample begins with the complete blocks of a shorter one.
extension Distribution {
  private static let blockSize = 1024

  /// Independent variates.
  ///
  /// - Parameters:
  ///   - shape: of the result.
  ///   - seed: any number.
  /// - Returns: float64, whole numbers for a discrete family.
  public func sample(_ shape: [Int], seed: UInt64) throws(ApusError) -> NDArray {
    let result = try NDArray(uninitialized: try Distribution.checkedShape(shape), dtype: .float64)
    let out = result.pointer(Double.self)
    let sampler = kind.sampler(shapes)
    ThreadPool.parallelBlocks(count: result.count, blockSize: Distribution.blockSize) { range in
      var stream = RandomStream(seed: seed, index: UInt64(range.lowerBound / Distribution.blockSize))
      sampler.fill(out + range.lowerBound, count: range.count, &stream, location: location, scale: scale)
    }
    return result
  }

  /// Independent variates whose parameters are arrays, broadcast under numpy's rules; element k draws from stream k.
  ///
  /// - Parameters:
  ///   - parameters: in the order of ``DistributionKind/parameterNames``, trailing ones optional.
  ///   - shape: of the result; the parameters' common shape when nil.
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a parameter out of range,
  ///   ``ApusError/shapeMismatch(name:reason:)`` when the parameters do not broadcast to `shape`.
  public static func sample(
    _ kind: DistributionKind, parameters: [NDArray], shape: [Int]?, seed: UInt64
  ) throws(ApusError) -> NDArray {
    let names = kind.parameterNames
    guard parameters.count >= kind.shapeNames.count, parameters.count <= names.count else {
      throw .invalidArgument(
        name: "parameters",
        reason:
          "\(parameters.count) given, \(kind.rawValue) takes \(kind.shapeNames.count)…\(names.count): \(names.joined(separator: ", "))"
      )
    }
    var sources: [NDArray] = []
    for (name, array) in zip(names, parameters) { sources.append(try array.converted(to: .float64, name: name)) }
    // A single element goes with any shape that is asked for.
    let common = try broadcastShape([[]] + sources.filter { shape == nil || $0.count != 1 }.map(\.shape))
    let target = try checkedShape(shape ?? common)
    guard let joined = try? broadcastShape([target, common]), joined == target else {
      throw .shapeMismatch(name: "size", reason: "\(target) is not what parameters of shape \(common) broadcast to")
    }
    if sources.allSatisfy({ $0.count == 1 }) {
      let values = sources.map { source in withExtendedLifetime(source) { source.pointer(Double.self)[0] } }
      return try Distribution(kind, values).sample(target, seed: seed)
    }
    let expanded = try sources.map { source throws(ApusError) in
      try Distribution.expanded(source, to: target).contiguous()
    }
    let result = try NDArray(uninitialized: target, dtype: .float64)
    let out = result.pointer(Double.self)
    let inputs = expanded.map { UnsafePointer($0.pointer(Double.self)) }
    let block = 256
    do {
      try ThreadPool.parallelForThrowing(tasks: (result.count + block - 1) / block) { task in
        for i in task * block..<Swift.min(result.count, (task + 1) * block) {
          let frozen = try Distribution(kind, inputs.map { $0[i] })
          var stream = RandomStream(seed: seed, index: UInt64(i))
          out[i] = kind.sampler(frozen.shapes).draw(&stream) * frozen.scale + frozen.location
        }
      }
    } catch let error as ApusError {
      throw error
    } catch {
      throw .internalError(reason: "\(error)")
    }
    withExtendedLifetime(expanded) {}
    return result
  }

  private static func checkedShape(_ shape: [Int]) throws(ApusError) -> [Int] {
    guard shape.count <= 32, shape.allSatisfy({ $0 >= 0 }) else {
      throw .invalidArgument(name: "size", reason: "\(shape) is not a shape of at most 32 extents of at least 0")
    }
    return shape
  }
}
