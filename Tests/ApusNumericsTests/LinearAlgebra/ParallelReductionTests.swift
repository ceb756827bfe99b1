import Foundation
import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  /// The blocked parallel reductions, on matrices beyond the extent from which they are used and, called directly, below it.
  @Suite struct ParallelReductionTests {
    private func spectrum(_ values: [Double], seed: UInt64, rows: Int? = nil) throws -> NDArray {
      let n = values.count
      let left = try LinearAlgebra.qr(randomArray([rows ?? n, n], seed: seed)).q
      let right = try LinearAlgebra.qr(randomArray([n, n], seed: seed + 1)).q
      let scaled = try left.copied()
      for i in 0..<scaled.shape[0] {
        for j in 0..<n { scaled.pointer(Double.self)[i * n + j] *= values[j] }
      }
      return try LinearAlgebra.matmul(scaled, right.transposed)
    }

    private func zoo() throws -> [(String, NDArray)] {
      let n = 200
      var zoo: [(String, NDArray)] = [("random", try randomArray([n, n], seed: 1))]
      zoo.append(("tall", try randomArray([430, 190], seed: 2)))
      zoo.append(("wide", try randomArray([190, 430], seed: 3)))
      zoo.append(("one more row", try randomArray([193, 192], seed: 4)))
      zoo.append(("zero", try NDArray(zeros: [n, n])))
      zoo.append(("identity", try Matrix.identity(n).array()))
      var clusters = [Double](repeating: 1e-6, count: n)
      for i in 0..<60 { clusters[i] = 1 }
      for i in 60..<150 { clusters[i] = 1 + 1e-13 * Double(i) }
      zoo.append(("clustered", try spectrum(clusters, seed: 5)))
      let rank7: [Double] = (0..<n).map { $0 < 7 ? 1 : 0 }
      zoo.append(("rank 7", try spectrum(rank7, seed: 6)))
      let grades: [Double] = (0..<n).map { pow(10, -Double($0) * 1.5) }
      zoo.append(("graded", try spectrum(grades, seed: 7, rows: 260)))
      zoo.append(("Kahan", try Matrix.kahan(n).array()))
      let bidiagonal = Matrix(n, n) { i, j in i == j ? 1 : j == i + 1 ? 0.5 : 0 }
      zoo.append(("bidiagonal", try bidiagonal.array()))
      let random = Matrix(random: 170, 170, seed: 8)
      zoo.append(("1e200", try (random * 1e200).array()))
      zoo.append(("1e-200", try (random * 1e-200).array()))
      let constant = Matrix(300, 180) { i, j in j == 40 ? 0 : Double((i * (j + 3)) % 17) }
      zoo.append(("constant column", try constant.array()))
      // Each copy of a column leaves a remainder about ε times that of the one before: down to where squares vanish.
      let copies = Matrix(300, 180) { i, j in sin(Double(i * (j % 3 + 1)) + 0.5) }
      zoo.append(("copies", try copies.array()))
      return zoo
    }

    @Test(arguments: [DType.float64, .float32]) func singularValues(_ dtype: DType) throws {
      for (name, wide) in try zoo() where dtype == .float64 || !name.hasPrefix("1e") {
        let a = try wide.converted(to: dtype)
        let factors = try LinearAlgebra.svd(a)
        let epsilon = dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
        let s = try factors.singularValues.converted(to: .float64).elements(as: Double.self)
        let size = s[0]
        #expect(zip(s, s.dropFirst()).allSatisfy { $0 >= $1 } && s.allSatisfy { $0 >= 0 }, "\(name)")
        let (u, vt) = (try factors.u.converted(to: .float64), try factors.vTransposed.converted(to: .float64))
        let bound = 300 * epsilon
        #expect(try deviation(LinearAlgebra.gram(u)) < bound, "left of \(name)")
        #expect(try deviation(LinearAlgebra.gram(vt.transposed)) < bound, "right of \(name)")
        let full = try LinearAlgebra.svd(a, full: true)
        #expect(full.u.shape == [a.shape[0], a.shape[0]] && full.vTransposed.shape == [a.shape[1], a.shape[1]])
        #expect(try deviation(LinearAlgebra.gram(full.u.converted(to: .float64))) < bound, "full left of \(name)")
        #expect(
          try deviation(LinearAlgebra.gram(full.vTransposed.transposed.converted(to: .float64))) < bound, "\(name)")
        let half = Swift.min(a.shape[0], a.shape[1]) / 2
        if ["random", "tall", "wide", "one more row"].contains(name) {
          let leading = try Matrix(full.u.slice(0..<half, axis: 1)) - Matrix(factors.u.slice(0..<half, axis: 1))
          #expect(leading.largest < 1e5 * bound, "full and thin of \(name)")
        }
        let unit = size > 0 ? size : 1
        let scaled = try u.copied()
        let k = s.count
        for i in 0..<scaled.shape[0] { for j in 0..<k { scaled.pointer(Double.self)[i * k + j] *= s[j] / unit } }
        let product = try Matrix(LinearAlgebra.matmul(scaled, vt))
        let original = try Matrix(a) * (1 / unit)
        #expect((product - original).largest < bound, "product of \(name)")
        let values = try LinearAlgebra.singularValues(a).converted(to: .float64).elements(as: Double.self)
        #expect(zip(values, s).allSatisfy { ($0 - $1).magnitude <= 50 * epsilon * size }, "values of \(name)")
      }
    }

    private func deviation(_ gram: NDArray) throws -> Double {
      (try Matrix(gram) - .identity(gram.shape[0])).largest
    }

    @Test(arguments: [DType.float64, .float32]) func eigenvalues(_ dtype: DType) throws {
      let epsilon = dtype == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
      for (name, factor) in try zoo() where !name.hasPrefix("1e") {
        let square = factor.shape[0] < factor.shape[1] ? factor.transposed : factor
        let a = try LinearAlgebra.gram(square).converted(to: dtype)
        let n = a.shape[0]
        let size = try Swift.max(LinearAlgebra.norm(a, .frobenius), 1e-300)
        let bound = 100 * epsilon
        let wide = try a.converted(to: .float64)
        for largest in [n, n / 2, n / 5, 1] {
          let result = try LinearAlgebra.eigh(a, largest: largest)
          let vectors = try result.vectors.converted(to: .float64)
          let values = try result.values.converted(to: .float64).elements(as: Double.self)
          #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }, "\(largest) of \(name)")
          #expect(try deviation(LinearAlgebra.gram(vectors)) < bound, "orthogonality of \(largest) of \(name)")
          let image = try Matrix(LinearAlgebra.matmul(wide, vectors))
          let v = try Matrix(vectors)
          let residual = image - Matrix(n, largest) { v[$0, $1] * values[$1] }
          #expect(residual.largest < bound * size, "residual of \(largest) of \(name)")
          let alone = try LinearAlgebra.eigvalsh(a, largest: largest).converted(to: .float64).elements(as: Double.self)
          #expect(zip(alone, values).allSatisfy { ($0 - $1).magnitude < bound * size }, "\(largest) of \(name)")
        }
      }
    }

    @Test func smallOrders() throws {
      for n in [1, 2, 3, 5, 31, 32, 33, 34, 63, 64, 65, 100, 129] {
        let a = try LinearAlgebra.gram(randomArray([n + 2, n], seed: UInt64(n)))
        let work = try LinearAlgebra.columnMajorCopy(a)
        let values = try NDArray(zeros: [n])
        try LAPACK.parallelEigen(
          vectors: true, lower: true, n: n, a: work.pointer(Double.self), lda: n, values: values.pointer(Double.self))
        let expected = try LinearAlgebra.singularValues(a).elements(as: Double.self).reversed()
        let found = try values.elements(as: Double.self)
        #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude < 1e-13 * found[n - 1] }, "\(n)")
        #expect(try deviation(LinearAlgebra.gram(work)) < 1e-13, "\(n)")
        let m = n + n / 3
        let b = try LinearAlgebra.columnMajorCopy(randomArray([m, n], seed: UInt64(n + 1)))
        let s = try NDArray(zeros: [n])
        let (u, v) = (try NDArray(zeros: [n, m]), try NDArray(zeros: [n, n]))
        let reference = try LinearAlgebra.singularValues(b).elements(as: Double.self)
        #expect(
          try LAPACK.parallelSVD(
            vectors: true, leftColumns: n, m: m, n: n, a: b.pointer(Double.self), lda: m, s: s.pointer(Double.self),
            u: u.pointer(Double.self), ldu: m, v: v.pointer(Double.self), ldv: n))
        let values2 = try s.elements(as: Double.self)
        #expect(zip(values2, reference).allSatisfy { ($0 - $1).magnitude < 1e-13 * reference[0] }, "\(n)")
        #expect(try deviation(LinearAlgebra.gram(u.transposed)) < 1e-13 && deviation(LinearAlgebra.gram(v)) < 1e-13)
      }
    }

    @Test func theSameBitsForEveryThreadCount() throws {
      for dtype in [DType.float64, .float32] {
        let a = try randomArray([500, 420], seed: 11, dtype: dtype)
        let gram = try LinearAlgebra.gram(a)
        try expectSameBits {
          let (svd, wide) = (try LinearAlgebra.svd(a), try LinearAlgebra.svd(a.transposed))
          let (all, part) = (try LinearAlgebra.eigh(gram), try LinearAlgebra.eigh(gram, largest: 30))
          return [
            svd.u, svd.singularValues, svd.vTransposed, wide.u, wide.vTransposed, all.vectors, part.vectors,
            try LinearAlgebra.eigvalsh(gram), try LinearAlgebra.singularValues(a),
          ]
        }
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try randomArray([180, 170], seed: 12)
      let gram = try LinearAlgebra.gram(a)
      try expectSurvivesAllocationFailure("svd") { _ = try LinearAlgebra.svd(a) }
      try expectSurvivesAllocationFailure("values") { _ = try LinearAlgebra.singularValues(a.transposed) }
      try expectSurvivesAllocationFailure("eigh") { _ = try LinearAlgebra.eigh(gram) }
      try expectSurvivesAllocationFailure("eigh 3") { _ = try LinearAlgebra.eigh(gram, largest: 3) }
    }
  }
}
