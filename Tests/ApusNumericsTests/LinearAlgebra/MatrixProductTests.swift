import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  @Suite struct MatrixProductTests {
    static let extents = [1, 2, 7, 64, 130]

    @Test(arguments: extents, extents) func matmulIsTheNaiveProduct(m: Int, n: Int) throws {
      for k in Self.extents {
        let (a, b) = (Matrix(random: m, k, seed: 1), Matrix(random: k, n, seed: 2))
        let expected = a * b
        let bound = 1e-14 * Double(k)
        #expect((try Matrix(LinearAlgebra.matmul(a.array(), b.array())) - expected).largest < bound)
        let single = try Matrix(LinearAlgebra.matmul(a.array(.float32), b.array(.float32)))
        #expect((single - expected).largest < 5e-6 * Double(k))
      }
    }

    @Test(arguments: [DType.float32, .float64]) func everyLayoutGivesTheSameProduct(dtype: DType) throws {
      let (a, b) = (Matrix(random: 23, 31, seed: 3), Matrix(random: 31, 12, seed: 4))
      let expected = try Matrix(LinearAlgebra.matmul(a.array(dtype), b.array(dtype)))
      let bound = dtype == .float32 ? 1e-4 : 1e-13
      for left in try a.layouts(dtype) {
        for right in try b.layouts(dtype) {
          let product = try Matrix(LinearAlgebra.matmul(left.array, right.array))
          #expect((product - expected).largest < bound, "\(left.name) by \(right.name)")
        }
        let gram = try Matrix(LinearAlgebra.gram(left.array))
        #expect((gram - a.transposed * a).largest < 10 * bound, "gram of \(left.name)")
      }
    }

    /// Checked through (A B) x = A (B x) for vectors x, because the naive product would take too long.
    @Test func largeProductsAreCutIntoTilesAndStillRight() throws {
      for (m, n, k) in [
        (300, 280, 260), (5, 3, 60_000), (3000, 2, 400), (1, 700, 900), (900, 1, 700), (200, 200, 4000),
      ] {
        let (a, b) = (try randomArray([m, k], seed: 5), try randomArray([k, n], seed: 6))
        let x = try randomArray([n], seed: 7)
        let product = try LinearAlgebra.matmul(a, b)
        let image = try LinearAlgebra.matmul(product, x).elements(as: Double.self)
        let expected = try LinearAlgebra.matmul(a, LinearAlgebra.matmul(b, x)).elements(as: Double.self)
        #expect(zip(image, expected).allSatisfy { ($0 - $1).magnitude < 1e-10 }, "\(m) x \(k) x \(n)")
        let transposed = try LinearAlgebra.matmul(b.transposed, a.transposed)
        let difference = zip(
          try transposed.transposed.elements(as: Double.self), try product.elements(as: Double.self))
        #expect(difference.allSatisfy { ($0 - $1).magnitude < 1e-10 }, "\(n) x \(k) x \(m)")
      }
      for (m, n) in [(9000, 37), (400, 401), (300, 700)] {
        let a = try randomArray([m, n], seed: 8)
        let gram = try LinearAlgebra.gram(a)
        let product = try LinearAlgebra.matmul(a.transposed, a)
        let difference = zip(try gram.elements(as: Double.self), try product.elements(as: Double.self))
        #expect(difference.allSatisfy { ($0 - $1).magnitude < 1e-10 }, "gram of \(m) x \(n)")
        #expect(try gram.elements(as: Double.self) == gram.transposed.elements(as: Double.self))
      }
    }

    /// The products that the large ones are compared with.
    @Test func matrixByVectorIsTheNaiveSum() throws {
      for (m, n) in [(1000, 700), (7, 100_000), (100_000, 3), (300, 300)] {
        let (a, x) = (try randomArray([m, n], seed: 1), try randomArray([n], seed: 2))
        let (pa, px) = (a.pointer(Double.self), x.pointer(Double.self))
        let product = try LinearAlgebra.matmul(a, x).elements(as: Double.self)
        let transposed = try LinearAlgebra.matmul(x, a.transposed).elements(as: Double.self)
        for i in 0..<m {
          var sum = 0.0
          var j = 0
          while j < n {
            sum += pa[i &* n &+ j] * px[j]
            j &+= 1
          }
          #expect((product[i] - sum).magnitude < 1e-11 && (transposed[i] - sum).magnitude < 1e-11)
        }
      }
    }

    @Test func productsHaveTheSameBitsForEveryThreadCount() throws {
      for dtype in [DType.float32, .float64] {
        let a = try randomArray([301, 257], seed: 8, dtype: dtype)
        let b = try randomArray([257, 303], seed: 9, dtype: dtype)
        let tall = try randomArray([20_000, 12], seed: 10, dtype: dtype)
        let vector = try randomArray([20_000], seed: 11, dtype: dtype)
        try expectSameBits {
          [
            try LinearAlgebra.matmul(a, b), try LinearAlgebra.matmul(a.transposed, a),
            try LinearAlgebra.gram(a), try LinearAlgebra.gram(tall), try LinearAlgebra.matmul(tall.transposed, tall),
            try LinearAlgebra.matmul(tall.transposed, vector), try LinearAlgebra.matmul(vector, tall),
          ]
        }
      }
    }

    @Test func vectorsFollowNumpysRules() throws {
      let matrix = try NDArray(rows: [[1.0, 2, 3], [4, 5, 6]])
      let vector = try NDArray([1.0, 10, 100])
      let product = try LinearAlgebra.matmul(matrix, vector)
      #expect(product.shape == [2])
      #expect(try product.elements(as: Double.self) == [321, 654])
      let left = try LinearAlgebra.matmul(NDArray([1.0, 10]), matrix)
      #expect(try left.elements(as: Double.self) == [41, 52, 63])
      let inner = try LinearAlgebra.matmul(vector, vector)
      #expect(inner.shape == [])
      #expect(try inner.elements(as: Double.self) == [10101])
    }

    @Test func mixedTypesAreTakenAsFloat64() throws {
      let product = try LinearAlgebra.matmul(
        NDArray(rows: [[1, 2]] as [[Int32]]), NDArray(rows: [[0.5], [0.25]] as [[Float]]))
      #expect(product.dtype == .float64)
      #expect(try product.elements(as: Double.self) == [1])
    }

    @Test func nothingPropagatesButWhatIsThere() throws {
      let zeroInner = try LinearAlgebra.matmul(NDArray(zeros: [3, 0]), NDArray(zeros: [0, 2]))
      #expect(try zeroInner.elements(as: Double.self) == [0, 0, 0, 0, 0, 0])
      #expect(try LinearAlgebra.matmul(NDArray(zeros: [0, 4]), NDArray(zeros: [4, 2])).shape == [0, 2])
      #expect(try LinearAlgebra.gram(NDArray(zeros: [0, 2])).elements(as: Double.self) == [0, 0, 0, 0])
      let withNaN = try LinearAlgebra.matmul(NDArray(rows: [[Double.nan, 1], [1, 1]]), NDArray(rows: [[1.0], [1]]))
      let elements = try withNaN.elements(as: Double.self)
      #expect(elements[0].isNaN && elements[1] == 2)
    }

    @Test func zeroStridesAreRepeatedElements() throws {
      let row = try NDArray([1.0, 2, 3])
      let repeated = NDArray(storage: row.storage, data: row.data, dtype: .float64, shape: [4, 3], strides: [0, 8])
      let product = try LinearAlgebra.matmul(repeated, NDArray([1.0, 1, 1]))
      #expect(try product.elements(as: Double.self) == [6, 6, 6, 6])
      #expect(try LinearAlgebra.gram(repeated).elements(as: Double.self) == [4, 8, 12, 8, 16, 24, 12, 24, 36])
    }

    @Test func shapesThatDoNotFitAreNamed() throws {
      #expect(throws: ApusError.shapeMismatch(name: "b", reason: "has 2 rows beside a of shape [2, 3], needs 3")) {
        try LinearAlgebra.matmul(NDArray(zeros: [2, 3]), NDArray(zeros: [2, 3]))
      }
      #expect(throws: ApusError.shapeMismatch(name: "a", reason: "has 0 dimensions, needs 1 or 2")) {
        try LinearAlgebra.matmul(NDArray(zeros: []), NDArray(zeros: [2, 3]))
      }
    }

    @Test func failedAllocationsAreErrors() throws {
      let a = try randomArray([4000, 20], seed: 12)
      let strided = try Matrix(random: 30, 20, seed: 12).layouts()[2].array
      try expectSurvivesAllocationFailure("matmul") { _ = try LinearAlgebra.matmul(a.transposed, a) }
      try expectSurvivesAllocationFailure("matmul strided") {
        _ = try LinearAlgebra.matmul(strided.transposed, strided)
      }
      try expectSurvivesAllocationFailure("gram") { _ = try LinearAlgebra.gram(a) }
      let vector = try randomArray([400_000, 1], seed: 12)
      try expectSurvivesAllocationFailure("dot") { _ = try LinearAlgebra.matmul(vector.transposed, vector) }
    }
  }
}
