import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  /// Divide and conquer for tridiagonal and bidiagonal matrices, each given by its diagonal and the elements beside it.
  @Suite struct DivideAndConquerTests {
    private typealias Bands = (name: String, d: [Double], e: [Double])

    private func bands(_ n: Int) -> [Bands] {
      func make(_ name: String, _ d: (Int) -> Double, _ e: (Int) -> Double) -> Bands {
        (name, (0..<n).map(d), (0..<n).map { $0 < n - 1 ? e($0) : 0 })
      }
      var generator = TestGenerator(seed: UInt64(n))
      let (x, y) = ((0..<n).map { _ in generator.normal() }, (0..<n).map { _ in generator.normal() })
      return [
        make("random", { x[$0] }, { y[$0] }),
        make("growing", { x[$0] }, { Double($0 + 1).squareRoot() }),
        make("glued Wilkinson", { Double(abs($0 % 21 - 10)) }, { $0 % 21 == 20 ? 1e-8 : 1 }),
        make("second difference", { _ in 2 }, { _ in -1 }),
        make("identity", { _ in 1 }, { _ in 0 }),
        make("zero", { _ in 0 }, { _ in 0 }),
        make("repeated", { Double($0 % 3) }, { $0 % 7 == 0 ? 1e-3 : 1e-17 }),
        make("clustered", { 1 + 1e-8 * x[$0] }, { 1e-8 * y[$0] }),
        make("graded", { pow(10, -30 * Double($0) / Double(n)) }, { pow(10, -30 * Double($0 + 1) / Double(n)) / 4 }),
        make("rank deficient", { $0 % 5 == 0 ? 0 : x[$0] }, { $0 % 3 == 0 ? 0 : y[$0] }),
      ]
    }

    private static let orders = [1, 2, 3, 31, 32, 33, 34, 63, 64, 65, 97, 130, 300]

    /// The largest element of QᵀQ − I.
    private func orthogonality<T: LinearAlgebraScalar>(_ q: [T], _ n: Int) -> Double {
      var gram = [T](repeating: 0, count: n * n)
      T.syrk(lower: true, trans: true, n: n, k: n, alpha: 1, a: q, lda: n, beta: 0, c: &gram, ldc: n)
      var worst = 0.0
      for j in 0..<n {
        for i in j..<n { worst = Swift.max(worst, (Double(gram[i + j * n]) - (i == j ? 1 : 0)).magnitude) }
      }
      return worst
    }

    private func eigen<T: LinearAlgebraScalar>(_ d: [T], _ e: [T]) throws -> (values: [T], vectors: [T]) {
      let n = d.count
      var (values, beside, vectors) = (d, e, [T](repeating: .nan, count: n * n))
      try TridiagonalDivideAndConquer<T>.decompose(n: n, d: &values, e: &beside, z: &vectors)
      return (values, vectors)
    }

    private func singular<T: LinearAlgebraScalar>(_ d: [T], _ e: [T]) throws -> (values: [T], u: [T], v: [T]) {
      let n = d.count
      var (values, beside) = (d, e)
      var (u, v) = ([T](repeating: .nan, count: n * n), [T](repeating: .nan, count: n * n))
      try BidiagonalDivideAndConquer<T>.decompose(
        n: n, d: &values, e: &beside, u: &u, ldu: n, v: &v, ldv: n)
      return (values, u, v)
    }

    private func checkEigen<T: LinearAlgebraScalar>(_ type: T.Type, _ bands: Bands) throws {
      let (n, d, e) = (bands.d.count, bands.d.map { T($0) }, bands.e.map { T($0) })
      let (values, z) = try eigen(d, e)
      let size = Double((d + e).map(\.magnitude).max()!)
      let bound = 4 * Double(n) * Double(T.ulpOfOne)
      var residual = 0.0
      for j in 0..<n {
        for i in 0..<n {
          var sum = (Double(d[i]) - Double(values[j])) * Double(z[i + j * n])
          if i > 0 { sum += Double(e[i - 1]) * Double(z[i - 1 + j * n]) }
          if i < n - 1 { sum += Double(e[i]) * Double(z[i + 1 + j * n]) }
          residual = Swift.max(residual, sum.magnitude)
        }
      }
      #expect(residual <= bound * size, "\(type) \(n) \(bands.name)")
      #expect(orthogonality(z, n) <= bound, "\(type) \(n) \(bands.name)")
      var (expected, beside) = (d, e)
      #expect(T.sterf(n: n, d: &expected, e: &beside) == 0)
      #expect(zip(values, expected).allSatisfy { Double(($0 - $1).magnitude) <= bound * size }, "\(n) \(bands.name)")
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "\(n) \(bands.name)")
    }

    private func checkSingular<T: LinearAlgebraScalar>(_ type: T.Type, _ bands: Bands) throws {
      let (n, d, e) = (bands.d.count, bands.d.map { T($0) }, bands.e.map { T($0) })
      let (values, u, v) = try singular(d, e)
      let size = Double((d + e).map(\.magnitude).max()!)
      // LAPACK's bdsqr, which solves the leaves, neglects elements of up to 100 rounding errors.
      let bound = (4 * Double(n) + 50) * Double(T.ulpOfOne)
      var residual = 0.0
      for j in 0..<n {
        for i in 0..<n {
          var sum = Double(d[i]) * Double(v[i + j * n]) - Double(values[j]) * Double(u[i + j * n])
          if i < n - 1 { sum += Double(e[i]) * Double(v[i + 1 + j * n]) }
          residual = Swift.max(residual, sum.magnitude)
        }
      }
      #expect(residual <= bound * size, "\(type) \(n) \(bands.name)")
      #expect(Swift.max(orthogonality(u, n), orthogonality(v, n)) <= bound, "\(type) \(n) \(bands.name)")
      var (expected, beside, work) = (d, e, [T](repeating: 0, count: 4 * n))
      let info = T.bdsqr(
        n: n, columns: 0, rows: 0, d: &expected, e: &beside, vt: nil, ldvt: 1, u: nil, ldu: 1, work: &work)
      #expect(info == 0)
      #expect(zip(values, expected).allSatisfy { Double(($0 - $1).magnitude) <= bound * size }, "\(n) \(bands.name)")
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 } && values.last! >= 0, "\(n) \(bands.name)")
    }

    @Test func diagonalisesTridiagonalMatrices() throws {
      for n in Self.orders {
        for bands in bands(n) {
          try checkEigen(Double.self, bands)
          try checkEigen(Float.self, bands)
        }
      }
    }

    @Test func decomposesBidiagonalMatrices() throws {
      for n in Self.orders {
        for bands in bands(n) {
          try checkSingular(Double.self, bands)
          try checkSingular(Float.self, bands)
        }
      }
    }

    @Test func scalesExtremeMatrices() throws {
      let bands = bands(100)[0]
      let (values, vectors) = try eigen(bands.d, bands.e)
      let singularValues = try singular(bands.d, bands.e).values
      for scale in [0x1p1000, 0x1p-900] {
        let scaled = try eigen(bands.d.map { $0 * scale }, bands.e.map { $0 * scale })
        #expect(scaled.values == values.map { $0 * scale } && scaled.vectors == vectors)
        let scaledSingular = try singular(bands.d.map { $0 * scale }, bands.e.map { $0 * scale })
        #expect(scaledSingular.values == singularValues.map { $0 * scale })
      }
    }

    /// λₖ = 2 − 2 cos(kπ / (n + 1)) of the second difference, whose vectors are sines; a bidiagonal matrix of ones has the
    /// singular values 2 cos(kπ / (2n + 1)).
    @Test func findsKnownSpectra() throws {
      let n = 500
      let second = try eigen([Double](repeating: 2, count: n), [Double](repeating: -1, count: n))
      for k in 1...n {
        let value = 2 - 2 * cos(Double(k) * .pi / Double(n + 1))
        #expect((second.values[k - 1] - value).magnitude < 1e-14)
        let sign: Double = second.vectors[(k - 1) * n] < 0 ? -1 : 1
        for i in stride(from: 0, to: n, by: 50) {
          let sine = sin(Double((i + 1) * k % (2 * n + 2)) * .pi / Double(n + 1)) * (2 / Double(n + 1)).squareRoot()
          #expect((sign * second.vectors[i + (k - 1) * n] - sine).magnitude < 1e-10)
        }
      }
      let ones = try singular([Double](repeating: 1, count: n), [Double](repeating: 1, count: n))
      for k in 1...n {
        #expect((ones.values[k - 1] - 2 * cos(Double(k) * .pi / Double(2 * n + 1))).magnitude < 1e-14)
      }
    }

    @Test func doesNotDependOnThreads() throws {
      let before = ThreadPool.threadCount
      defer { try? ThreadPool.setThreadCount(before) }
      for bands in bands(300).prefix(4) {
        try ThreadPool.setThreadCount(1)
        let (values, vectors) = try eigen(bands.d, bands.e)
        let triple = try singular(bands.d, bands.e)
        for threads in [2, 3, 8] {
          try ThreadPool.setThreadCount(threads)
          let again = try eigen(bands.d, bands.e)
          #expect(again.values == values && again.vectors == vectors, "\(bands.name)")
          let tripleAgain = try singular(bands.d, bands.e)
          #expect(tripleAgain.values == triple.values, "\(bands.name)")
          #expect(tripleAgain.u == triple.u && tripleAgain.v == triple.v, "\(bands.name)")
        }
      }
    }

    /// Roots of 1 + w₀ / (d₀ − Λ) + w₁ / (d₁ − Λ), a quadratic equation, between poles that nearly coincide and beyond.
    @Test func solvesSecularEquations() throws {
      let padding = SecularEquation<Double>.padding
      for (gap, first, second) in [
        (1, 0.25, 0.5), (1e-10, 0.3, 0.7), (0.5, 1e-25, 1), (0.5, 1, 1e-25), (1e-12, 1e-20, 1e-22),
      ] {
        var poles = [Double](repeating: SecularEquation<Double>.outside, count: 2 + 2 * padding)
        var weights = [Double](repeating: 0, count: 2 + 2 * padding)
        (poles[padding], poles[padding + 1]) = (1, 1 + gap)
        (weights[padding], weights[padding + 1]) = (first, second)
        // Differences as the solver sees them.
        let width = poles[padding + 1] - 1
        try poles.withUnsafeBufferPointer { poles in
          try weights.withUnsafeBufferPointer { weights in
            let equation = SecularEquation<Double>(
              count: 2, poles: poles.baseAddress! + padding, weights: weights.baseAddress! + padding,
              totalWeight: first + second, isSquared: false)
            // t² − (w₀ + w₁ + g) t + w₀ g = 0 with t = Λ − d₀.
            let sum = first + second + width
            let large = (sum + (sum * sum - 4 * first * width).squareRoot()) / 2
            for (index, expected) in [(0, first * width / large), (1, large)] {
              let root = try #require(equation.root(index))
              let distance = root.shift + (root.origin == 1 ? width : 0)
              #expect((distance - expected).magnitude <= 1e-14 * expected, "\(gap) \(first) \(second)")
            }
          }
        }
      }
    }
  }
}
