import ApusModels
import ApusNumerics
import Testing

@testable import ApusDecomposition

@Suite(.serialized) struct PCATests {
  /// Means, covariance and its eigenvectors by the definition: a cyclic Jacobi iteration in plain Swift.
  private func reference(_ x: NDArray) throws -> (means: [Double], variances: [Double]) {
    let (n, p) = (x.shape[0], x.shape[1])
    let values = try x.numbers()
    var means = [Double](repeating: 0, count: p)
    for i in 0..<n { for j in 0..<p { means[j] += values[i * p + j] / Double(n) } }
    var c = [[Double]](repeating: [Double](repeating: 0, count: p), count: p)
    for i in 0..<n {
      for j in 0..<p {
        for k in 0..<p { c[j][k] += (values[i * p + j] - means[j]) * (values[i * p + k] - means[k]) / Double(n - 1) }
      }
    }
    for _ in 0..<30 {
      for a in 0..<p {
        for b in a + 1..<p where c[a][b].magnitude > 0 {
          let tau = (c[b][b] - c[a][a]) / (2 * c[a][b])
          let t = (tau < 0 ? -1 : 1) / (tau.magnitude + (1 + tau * tau).squareRoot())
          let cosine = 1 / (1 + t * t).squareRoot()
          let sine = t * cosine
          for k in 0..<p {
            (c[k][a], c[k][b]) = (cosine * c[k][a] - sine * c[k][b], sine * c[k][a] + cosine * c[k][b])
          }
          for k in 0..<p {
            (c[a][k], c[b][k]) = (cosine * c[a][k] - sine * c[b][k], sine * c[a][k] + cosine * c[b][k])
          }
        }
      }
    }
    return (means, (0..<p).map { c[$0][$0] }.sorted(by: >))
  }

  @Test(arguments: PCA.Solver.allCases) func definition(_ solver: PCA.Solver) throws {
    let x = try sampleRows(200, 12)
    let expected = try reference(x)
    let model = try PCA {
      $0.nComponents = 4
      $0.svdSolver = solver
    }.fit(x)
    let tolerance = solver == .randomized ? 1e-6 : 1e-12
    #expect(distance(try model.numbers("mean_"), expected.means) < 1e-13)
    #expect(distance(try model.numbers("explained_variance_"), Array(expected.variances.prefix(4))) < tolerance)
    let total = expected.variances.reduce(0, +)
    #expect(try (model.number("total_variance_") - total).magnitude < 1e-12)
    #expect(
      try (model.number("noise_variance_") - expected.variances.dropFirst(4).reduce(0, +) / 8).magnitude < tolerance)
    let v = try model.array("components_")
    let identity = try LinearAlgebra.matmul(v, v.transposed).numbers()
    for i in 0..<4 { for j in 0..<4 { #expect((identity[i * 4 + j] - (i == j ? 1 : 0)).magnitude < 1e-13) } }
    // T = Z V has the variances, and its columns are uncorrelated.
    let t = try model.transform(x)
    let gram = try CentredGram(t).gram.numbers()
    for i in 0..<4 {
      for j in 0..<4 {
        let variance = i == j ? expected.variances[i] : 0
        #expect((gram[i * 4 + j] / 199 - variance).magnitude < 10 * tolerance)
      }
    }
  }

  @Test func graded() throws {
    // Variances down to 1e-20 of the largest, which the covariance matrix cannot tell from zero.
    let x = try sampleRows(300, 6, decay: 1e-2, offset: 0)
    let full = try PCA { $0.svdSolver = .full }.fit(x).numbers("explained_variance_")
    let s = try LinearAlgebra.singularValues(CentredCopy(x, standardize: false, dtype: .float64).array).numbers()
    for (variance, sigma) in zip(full, s) { #expect((variance / (sigma * sigma / 299) - 1).magnitude < 1e-6) }
  }

  @Test func sameBitsForEveryThreadCountAndRow() throws {
    for (rows, columns, k) in [(3000, 40, 5), (80, 700, 6), (700, 90, 90)] {
      for dtype in [DType.float64, .float32] {
        let x = try sampleRows(rows, columns, decay: 0.97, dtype: dtype)
        let results = try forThreadCounts { () -> ([Double], [Double]) in
          let model = try PCA { $0.nComponents = .int(Int64(k)) }.fit(x)
          return (try model.numbers("components_"), try model.transform(x).numbers())
        }
        for result in results.dropFirst() { #expect(result == results[0]) }
        let model = try PCA { $0.nComponents = .int(Int64(k)) }.fit(x)
        let all = try model.transform(x).numbers()
        for row in [0, 1, 37, rows - 1] {
          #expect(try model.transform(x.slice(row..<row + 1)).numbers() == Array(all[row * k..<(row + 1) * k]))
        }
        // The same numbers in another layout: the same bits from one model.
        let strided = try x.transposed.copied().transposed
        #expect(try model.transform(strided).numbers() == all)
        let refitted = try PCA { $0.nComponents = .int(Int64(k)) }.fit(strided)
        let tolerance = dtype == .float32 ? 1e-5 : 1e-12
        #expect(
          distance(try refitted.numbers("explained_variance_"), try model.numbers("explained_variance_")) < tolerance)
      }
    }
  }

  @Test(arguments: [(1.0, 0.0), (1 / 255.0, 0.0), (0.25, -7.0), (3.0, 1000.0)] as [(Double, Double)])
  func gridsAreExact(_ step: Double, _ origin: Double) throws {
    let x = try sampleRows(5000, 30)
    let pointer = x.pointer(Double.self)
    for i in 0..<x.count { pointer[i] = Swift.max(0, Swift.min(255, (pointer[i] * 40).rounded())) * step + origin }
    for j in 0..<5000 { pointer[j * 30 + 3] = 17 * step + origin }
    #expect(try ValueGrid(x) != nil)
    let exact = try CovarianceMoments(.dense(x), precision: .float64)
    let general = try CentredGram(x)
    #expect(distance(try exact.gram.numbers(), try general.gram.numbers()) < 1e-11 * 5000 * 65025 * step * step)
    #expect(exact.gram.pointer(Double.self)[3 * 31] == 0)
    #expect((exact.means.pointer(Double.self)[3] - 17 * step - origin).magnitude < 1e-12 * (1 + origin.magnitude))
    if step == 1 {
      let narrow = try CovarianceMoments(.dense(x.converted(to: .float32)), precision: .float32)
      #expect(try narrow.gram.numbers() == exact.gram.numbers())
    }
    let results = try forThreadCounts { try CovarianceMoments(.dense(x), precision: .float64).gram.numbers() }
    for result in results.dropFirst() { #expect(result == results[0]) }
    pointer[4999 * 30 + 7] += 0.4 * step
    #expect(try ValueGrid(x) == nil)
    pointer[4999 * 30 + 7] = 1e9
    #expect(try ValueGrid(x) == nil)
  }

  /// Bytes are exact for more rows than an int32 holds the products of, and for every type of element.
  @Test func momentsOfBytesAreExact() throws {
    let (rows, columns) = (66_000, 50)
    let bytes = try NDArray(uninitialized: [rows, columns], dtype: .uint8)
    let pointer = bytes.pointer(UInt8.self)
    for i in 0..<bytes.count { pointer[i] = i % columns == 0 ? 255 : UInt8(truncatingIfNeeded: i &* i &* 7 &+ i >> 3) }
    guard let moments = try ByteMoments.moments(bytes, precision: .float64, checkpoint: {}) else { return }
    // n Σ (x − m)(y − m) = n Σ x y − Σ x Σ y in whole numbers.
    for (a, b) in [(0, 0), (1, 1), (1, 2), (0, 7), (48, 49), (3, 49)] {
      var (product, first, second) = (0, 0, 0)
      for row in 0..<rows {
        let (x, y) = (Int(pointer[row * columns + a]), Int(pointer[row * columns + b]))
        (product, first, second) = (product + x * y, first + x, second + y)
      }
      let exact = Double(rows * product - first * second) / Double(rows)
      #expect((moments.gram.pointer(Double.self)[a * columns + b] - exact).magnitude <= 1e-15 * exact.magnitude)
      #expect(moments.means.pointer(Double.self)[a] == Double(first) / Double(rows))
    }
    let expected = try moments.gram.numbers()
    for dtype in [DType.float32, .float64] {
      let same = try ByteMoments.moments(bytes.converted(to: dtype), precision: .float64, checkpoint: {})
      #expect(try same?.gram.numbers() == expected, "\(dtype)")
    }
    let results = try forThreadCounts {
      try ByteMoments.moments(bytes, precision: .float64, checkpoint: {})?.gram.numbers()
    }
    for result in results { #expect(result == expected) }
    #expect(throws: ApusError.cancelled) {
      try ByteMoments.moments(bytes, precision: .float64) { () throws(ApusError) in throw .cancelled }
    }
  }

  /// A single element off the grid, beyond its ends, or not finite leaves the data to others, which refuse or take them.
  @Test func whatIsNoByteIsLeftToOthers() throws {
    for count in [33, 48, 49] {
      for place in [0, 70 * count + 5, 4098 * count + count - 1] {
        for value in [0.3, -300, 256, 1e300, .nan, .infinity] {
          let x = try NDArray(uninitialized: [4100, count], dtype: .float64)
          let pointer = x.pointer(Double.self)
          for i in 0..<x.count { pointer[i] = Double(i % 251) }
          pointer[place] = value
          #expect(try ByteMoments.moments(x, precision: .float64, checkpoint: {}) == nil, "\(value) at \(place)")
          if !value.isFinite {
            #expect(throws: ApusError.self) { try PCA { $0.nComponents = .int(2) }.fit(x) }
          }
        }
      }
    }
  }

  /// Fractions in float32 count as grid points where float32 products will do, and nowhere else.
  @Test func roundedGridsAreTakenForFloat32Products() throws {
    let x = try sampleRows(5000, 30)
    let pointer = x.pointer(Double.self)
    for i in 0..<x.count { pointer[i] = Swift.max(0, Swift.min(255, (pointer[i] * 40 + 100).rounded())) / 255 }
    let narrow = try x.converted(to: .float32)
    #expect(try ByteMoments.moments(narrow, precision: .float64, checkpoint: {}) == nil)
    let exact = try CentredGram(narrow).gram.numbers()
    if let moments = try ByteMoments.moments(narrow, precision: .float32, checkpoint: {}) {
      #expect(distance(try moments.gram.numbers(), exact) < 1e-6 * (exact.max() ?? 0))
    }
    narrow.pointer(Float.self)[77] += 1e-4
    #expect(try ByteMoments.moments(narrow, precision: .float32, checkpoint: {}) == nil)
  }

  /// Integers are never copied as a whole, and give what the same numbers in float64 give.
  @Test(arguments: [DType.uint8, .bool, .int32, .int64]) func integersByBlocks(_ dtype: DType) throws {
    let numbers = try sampleRows(100_000, 12, offset: 2)
    let pointer = numbers.pointer(Double.self)
    for i in 0..<numbers.count {
      switch dtype {
      case .bool: pointer[i] = pointer[i] > 2 ? 1 : 0
      case .uint8: pointer[i] = Swift.max(0, Swift.min(255, (40 * pointer[i]).rounded()))
      default: pointer[i] = (1000 * pointer[i]).rounded()
      }
    }
    let integers = try numbers.converted(to: dtype)
    let strided = try integers.transposed.copied().transposed
    let expected = try PCA { $0.nComponents = 4 }.fit(numbers)
    for x in [integers, strided] {
      let before = Allocator.liveByteCount
      // Enough for some thousand rows as float64, but not for a copy of X in float32 (4.8 MB) or float64 (9.6 MB).
      Allocator.limitLiveBytes(to: before + 4_000_000)
      defer { Allocator.limitLiveBytes(to: nil) }
      let model = try PCA { $0.nComponents = 4 }.fit(x)
      let incremental = try IncrementalPCA { $0.nComponents = 4 }.fit(x)
      Allocator.limitLiveBytes(to: nil)
      for name in ["components_", "explained_variance_", "mean_"] {
        let scale = try expected.numbers(name).map(\.magnitude).max()!
        #expect(distance(try model.numbers(name), try expected.numbers(name)) < 1e-12 * scale)
        #expect(distance(try incremental.numbers(name), try expected.numbers(name)) < 1e-11 * scale)
      }
      #expect(try model.transform(x).numbers() == model.transform(numbers).numbers())
    }
    let accurate = try PCA { $0.svdSolver = .full }.fit(strided)
    #expect(
      distance(
        try accurate.numbers("explained_variance_ratio_"),
        try PCA { $0.svdSolver = .full }.fit(numbers).numbers("explained_variance_ratio_")) < 1e-12)
    let wide = try integers.slice(0..<8)
    #expect(
      distance(
        try PCA().fit(wide).numbers("explained_variance_ratio_"),
        try PCA().fit(numbers.slice(0..<8)).numbers("explained_variance_ratio_")) < 1e-6)
  }

  @Test func extremeScales() throws {
    let x = try sampleRows(60, 5)
    let base = try PCA().fit(x)
    for exponent in [-640, 500] {
      let scaled = try x.copied()
      PowerOfTwo.scale(scaled, exponent: exponent)
      let model = try PCA().fit(scaled)
      #expect(distance(try model.numbers("components_"), try base.numbers("components_")) < 1e-13)
      let factor = Double(sign: .plus, exponent: exponent, significand: 1)
      let t = try model.transform(scaled).numbers().map { $0 / factor }
      #expect(distance(t, try base.transform(x).numbers()) < 1e-12)
    }
    let huge = try x.copied()
    PowerOfTwo.scale(huge, exponent: 660)
    #expect(throws: ApusError.self) { try PCA().fit(huge) }
    let correlation = try PCA { $0.standardize = true }.fit(huge)
    #expect(
      distance(try correlation.numbers("components_"), try PCA { $0.standardize = true }.fit(x).numbers("components_"))
        < 1e-12)
  }

  @Test func degenerate() throws {
    let one = try PCA().fit(NDArray(rows: [[1.0, 2, 3]]))
    #expect(try one.numbers("explained_variance_") == [0])
    let constant = try PCA().fit(NDArray(rows: [[1.0, 2], [1, 5], [1, 9]]))
    #expect(try constant.numbers("explained_variance_")[1] == 0)
    #expect(distance(try constant.numbers("components_"), [0, 1, 1, 0]) < 1e-15)
    let error = #expect(throws: ApusError.self) { try PCA { $0.nComponents = 9 }.fit(sampleRows(20, 8)) }
    #expect("\(error!)" == "n_components: 9 exceeds min(n_samples, n_features) = min(20, 8) = 8")
    let wide = try PCA().fit(sampleRows(5, 40))
    #expect(try wide.array("components_").shape == [5, 40])
    #expect(try wide.numbers("explained_variance_")[4] < 1e-25)
  }

  @Test func missingValues() throws {
    let x = try sampleRows(400, 8, decay: 0.4)
    let gappy = try x.copied()
    for row in stride(from: 0, to: 400, by: 5) { gappy.pointer(Double.self)[row * 8 + row / 5 % 8] = .nan }
    #expect(throws: ApusError.self) { try PCA { $0.nComponents = 2 }.fit(gappy) }
    let em = try PCA {
      $0.nComponents = 2
      $0.missing = .em
    }.fit(gappy)
    let full = try PCA { $0.nComponents = 2 }.fit(x)
    let (a, b) = (try em.array("components_"), try full.array("components_"))
    let overlap = try LinearAlgebra.singularValues(LinearAlgebra.matmul(a, b.transposed)).numbers()
    #expect(overlap.last! > 0.999)
    let difference = zip(try em.transform(gappy).numbers(), try full.transform(x).numbers()).map { $0 - $1 }
    #expect((difference.reduce(0) { $0 + $1 * $1 } / Double(difference.count)).squareRoot() < 0.2)
  }

  @Test func incrementalPartitionsAgree() throws {
    let x = try sampleRows(1000, 20, offset: 1000)
    let whole = try IncrementalPCA { $0.nComponents = 6 }.fit(x)
    let estimator = IncrementalPCA { $0.nComponents = 6 }
    for sizes in [[1000], [10, 990], [333, 1, 666], [250, 250, 250, 250]] {
      var model: (any FittedModel)?
      var start = 0
      for size in sizes {
        let batch = TrainingData(.dense(try x.slice(start..<start + size)))
        model = try estimator.partialFit(batch, continuing: model, context: FitContext())
        start += size
      }
      for name in ["components_", "explained_variance_", "mean_", "var_", "noise_variance_"] {
        #expect(distance(try model!.numbers(name), try whole.numbers(name)) < 1e-10)
      }
    }
    let (first, second) = (try estimator.fit(x.slice(0..<300)), try estimator.fit(x.slice(300..<1000)))
    let merged = try estimator.merge(second, first)
    #expect(distance(try merged.numbers("components_"), try whole.numbers("components_")) < 1e-10)
    #expect(
      distance(try whole.numbers("components_"), try PCA { $0.nComponents = 6 }.fit(x).numbers("components_")) < 1e-9)
  }
}
