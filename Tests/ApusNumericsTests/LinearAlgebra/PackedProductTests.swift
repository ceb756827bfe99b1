import Testing

@testable import ApusNumerics

extension LinearAlgebraTests {
  /// Every kernel this processor can run, against the chain of multiply-adds that it promises, bit for bit.
  @Suite struct PackedProductTests {
    static let registers: [Int32] = [64, 32].filter { $0 <= (ProductKernels<Double>.available?.registerBytes ?? 0) }

    @Test(arguments: registers) func everyEdgeOfATile(registerBytes: Int32) throws {
      for m in 1...50 {
        for n in [1, 2, 3, 4, 5, 7, 8, 9, 17] {
          try checkProduct(Double.self, registerBytes, m, n, 1 + (m + n) % 11)
          try checkProduct(Float.self, registerBytes, m, n, 1 + (m + n) % 11)
        }
      }
      for n in 1...40 {
        for m in [1, 8, 23, 49, 97] {
          try checkProduct(Double.self, registerBytes, m, n, 1 + (m + n) % 19)
          try checkProduct(Float.self, registerBytes, m, n, 1 + (m + n) % 19)
        }
      }
    }

    @Test(arguments: registers) func blocksAndTheirNeighbours(registerBytes: Int32) throws {
      for (m, n, k) in [(239, 5, 255), (241, 513, 3), (481, 9, 257), (121, 511, 256), (50, 1025, 2), (3, 600, 520)] {
        try checkProduct(Double.self, registerBytes, m, n, k)
        try checkProduct(Float.self, registerBytes, m, n, k)
      }
    }

    @Test(arguments: registers) func everyEdgeOfATriangle(registerBytes: Int32) throws {
      for n in 1...101 {
        try checkSquare(Double.self, registerBytes, n, 1 + n % 7)
        try checkSquare(Float.self, registerBytes, n, 1 + n % 7)
      }
      // Beyond what is packed at once, and beyond one block along k.
      try checkSquare(Double.self, registerBytes, 775, 3)
      try checkSquare(Float.self, registerBytes, 1539, 2)
      try checkSquare(Double.self, registerBytes, 30, 517)
      try checkSquare(Float.self, registerBytes, 30, 517)
    }

    @Test func aRowHasTheSameBitsWhateverSurroundsIt() throws {
      if Self.registers.isEmpty { return }
      let (m, n, k) = (67, 45, 300)
      let (a, b) = (
        try randomArray([m, k], seed: 1, dtype: .float32), try randomArray([k, n], seed: 2, dtype: .float32)
      )
      let product = try LinearAlgebra.matmul(a, b)
      for rows in [3..<5, 10..<58, 20..<67] {
        let part = try LinearAlgebra.matmul(a.slice(rows), b)
        #expect(try part.elements(as: Float.self) == product.slice(rows).elements(as: Float.self))
      }
    }

    @Test func sharedPackingChangesNoBitAndNoThreadCountDoes() throws {
      if Self.registers.isEmpty { return }
      // More rows than are packed at once, more columns, several blocks along k, and edges everywhere.
      for (m, n, k) in [(2103, 23, 37), (77, 2100, 30), (251, 130, 521)] {
        let (a, b) = (try random(Double.self, m * k, seed: 6), try random(Double.self, k * n, seed: 7))
        let expected = try NDArray(zeros: [n, m])
        let pointer = expected.pointer(Double.self)
        Double.gemm(
          transA: true, transB: false, m: m, n: n, k: k, alpha: 1.5, a: a.pointer, lda: k, b: b.pointer, ldb: k,
          beta: 0,
          c: pointer, ldc: m)
        let bits = try expected.elements(as: Double.self)
        try expectSameBits {
          let c = try NDArray(zeros: [n, m])
          try BLAS.gemm(
            transA: true, m: m, n: n, k: k, alpha: 1.5, a: UnsafePointer(a.pointer), lda: k,
            b: UnsafePointer(b.pointer),
            ldb: k, c: c.pointer(Double.self), ldc: m)
          #expect(try c.elements(as: Double.self) == bits)
          return [c]
        }
      }
    }

    @Test func sharedPackingChangesNoBitOfASquare() throws {
      guard let kernels = ProductKernels<Float>.available else { return }
      for (n, k) in [(401, 7), (390, 1301), (777, 300)] {
        let a = try random(Float.self, n * k, seed: 9)
        for (lower, trans) in [(true, false), (false, false), (true, true), (false, true)] {
          let expected = try NDArray(zeros: [n, n], dtype: .float32)
          PackedProduct.square(
            kernels, scratch: try #require(PackingScratch.block()), lower: lower, trans: trans, n: n, k: k, alpha: 0.5,
            a: a.pointer, lda: trans ? k : n, beta: 0, c: expected.pointer(Float.self), ldc: n)
          let bits = try expected.elements(as: Float.self)
          try expectSameBits {
            let c = try NDArray(zeros: [n, n], dtype: .float32)
            try BLAS.syrk(
              lower: lower, trans: trans, n: n, k: k, alpha: 0.5, a: UnsafePointer(a.pointer), lda: trans ? k : n,
              c: c.pointer(Float.self), ldc: n)
            #expect(try c.elements(as: Float.self) == bits)
            return [c]
          }
        }
      }
    }

    @Test func packedRowsGiveTheSumsOfProducts() throws {
      for width in [1, 8, 24, 25, 101, 150] {
        guard let packed = PackedRows<Float>(width: width) else { return }
        let (rows, layout) = (19, packed.layout)
        let z = try random(Float.self, rows * width, seed: 8)
        let block = try Buffer<Float>(zeroed: packed.count(rows: rows))
        for i in 0..<rows {
          for j in 0..<width {
            let start = j / layout.panelColumns * layout.panelColumns
            block[start * rows + i * layout.rowStride(ofPanelAt: start) + j - start] = z[i * width + j]
          }
        }
        let sums = try [0, 1].map { parallel in
          let sum = try Buffer<Float>(repeating: 0.5, count: width * width)
          if parallel == 1 {
            packed.squareInParallel(block.pointer, rows: rows, beta: 2, c: sum.pointer, ldc: width)
          } else {
            packed.square(block.pointer, rows: rows, beta: 2, c: sum.pointer, ldc: width)
          }
          return sum
        }
        for j in 0..<width {
          for i in 0..<width {
            let expected =
              i < j ? 0.5 : chain(z.pointer + i, width, z.pointer + j, width, rows, 1, 2, Float(0.5))
            #expect(sums[0][i + j * width] == expected && sums[1][i + j * width] == expected)
          }
        }
      }
    }

    @Test func productsSurviveAFailedAllocation() throws {
      let (a, b) = (try randomArray([300, 200], seed: 1), try randomArray([200, 310], seed: 2))
      try expectSurvivesAllocationFailure("matmul") { _ = try LinearAlgebra.matmul(a, b) }
      try expectSurvivesAllocationFailure("gram") { _ = try LinearAlgebra.gram(b) }
    }

    @Test func zeroExtentsAndAZeroFactorNeedNoOperands() throws {
      let (empty, c) = (try Buffer<Double>(repeating: .nan, count: 4), try Buffer<Double>(repeating: 3, count: 4))
      Double.gemm(
        transA: false, transB: false, m: 2, n: 2, k: 1, alpha: 0, a: empty.pointer, lda: 2, b: empty.pointer, ldb: 1,
        beta: 2, c: c.pointer, ldc: 2)
      #expect(Array(c.elements) == [6, 6, 6, 6])
      Double.syrk(
        lower: true, trans: false, n: 2, k: 1, alpha: 0, a: empty.pointer, lda: 2, beta: 0.5, c: c.pointer, ldc: 2)
      #expect(Array(c.elements) == [3, 3, 6, 3])
      try BLAS.gemm(m: 2, n: 2, k: 0, a: empty.pointer, lda: 2, b: empty.pointer, ldb: 1, c: c.pointer, ldc: 2)
      #expect(Array(c.elements) == [0, 0, 0, 0])
    }

    /// All four layouts, with three values of beta and of alpha.
    private func checkProduct<T: LinearAlgebraScalar>(
      _ type: T.Type, _ registerBytes: Int32, _ m: Int, _ n: Int, _ k: Int
    ) throws {
      let scratch = try #require(PackingScratch.block())
      let (a, b) = (try random(T.self, m * k, seed: 1), try random(T.self, k * n, seed: 2))
      let ldc = m + 3
      let layout = (m + 2 * n + k) % 4
      let (transA, transB) = (layout & 1 == 1, layout & 2 == 2)
      let (alpha, beta): (T, T) = [(1, 0), (-2.5, 1), (0.75, -0.5)][(m + n + k) % 3]
      let before = try random(T.self, ldc * n, seed: 3)
      if beta == 0 { for index in 0..<ldc * n { before[index] = .nan } }
      let c = try Buffer<T>(count: ldc * n)
      c.pointer.update(from: before.pointer, count: ldc * n)
      PackedProduct.multiply(
        ProductKernels<T>(registerBytes: registerBytes), scratch: scratch, transA: transA, transB: transB, m: m, n: n,
        k: k, alpha: alpha, a: a.pointer, lda: transA ? k : m, b: b.pointer, ldb: transB ? n : k, beta: beta,
        c: c.pointer, ldc: ldc)
      // All elements of small products, a selection of large ones.
      let step = m * n * k > 1 << 15 ? 61 : 1
      var wrong = 0
      for place in stride(from: 0, to: m * n, by: step) {
        let (i, j) = (place % m, place / m)
        let (left, right) = (transA ? a.pointer + i * k : a.pointer + i, transB ? b.pointer + j : b.pointer + j * k)
        let expected = chain(
          left, transA ? 1 : m, right, transB ? n : 1, k, alpha, beta, before[i + j * ldc])
        if c[i + j * ldc] != expected { wrong += 1 }
      }
      for j in 0..<n {
        for i in m..<ldc where !(c[i + j * ldc] == before[i + j * ldc] || (beta == 0 && c[i + j * ldc].isNaN)) {
          wrong += 1
        }
      }
      #expect(wrong == 0, "\(T.self) \(registerBytes) bytes \(m) x \(n) x \(k), \(transA) \(transB), beta \(beta)")
    }

    private func checkSquare<T: LinearAlgebraScalar>(
      _ type: T.Type, _ registerBytes: Int32, _ n: Int, _ k: Int
    ) throws {
      let scratch = try #require(PackingScratch.block())
      let a = try random(T.self, n * k, seed: 4)
      let ldc = n + 1
      let before = try random(T.self, ldc * n, seed: 5)
      let c = try Buffer<T>(count: ldc * n)
      for choice in 0..<4 {
        let (lower, trans) = (choice & 1 == 1, choice & 2 == 2)
        let beta: T = [0, 1, -0.5][(n + choice) % 3]
        c.pointer.update(from: before.pointer, count: ldc * n)
        if beta == 0 {
          for j in 0..<n { for i in lower ? j..<n : 0..<j + 1 { c[i + j * ldc] = .nan } }
        }
        PackedProduct.square(
          ProductKernels<T>(registerBytes: registerBytes), scratch: scratch, lower: lower, trans: trans, n: n, k: k,
          alpha: 1.5, a: a.pointer, lda: trans ? k : n, beta: beta, c: c.pointer, ldc: ldc)
        let step = n > 101 ? 97 : 1
        var wrong = 0
        for place in stride(from: 0, to: ldc * n, by: step) {
          let (i, j) = (place % ldc, place / ldc)
          var expected = before[place]
          if i < n && (lower ? i >= j : i <= j) {
            expected = chain(
              a.pointer + (trans ? i * k : i), trans ? 1 : n, a.pointer + (trans ? j * k : j), trans ? 1 : n, k, 1.5,
              beta,
              before[place])
          }
          if c[place] != expected { wrong += 1 }
        }
        #expect(wrong == 0, "\(T.self) \(registerBytes) bytes \(n) x \(k), lower \(lower) trans \(trans) beta \(beta)")
      }
    }

    /// One element as the documentation of the kernels has it.
    private func chain<T: ProductScalar>(
      _ x: UnsafePointer<T>, _ stepX: Int, _ y: UnsafePointer<T>, _ stepY: Int, _ k: Int, _ alpha: T, _ beta: T,
      _ before: T
    ) -> T {
      let block = PackedProduct<T>.depthBlock(k)
      var (result, p) = (before, 0)
      while p < k {
        var sum: T = 0
        for index in p..<Swift.min(p + block, k) { sum.addProduct(x[index * stepX], y[index * stepY]) }
        let scale = p == 0 ? beta : 1
        result = scale == 0 ? alpha * sum : (scale * result).addingProduct(alpha, sum)
        p += block
      }
      return result
    }

    private func random<T: LinearAlgebraScalar>(_ type: T.Type, _ count: Int, seed: UInt64) throws -> Buffer<T> {
      let result = try Buffer<T>(count: count)
      var generator = TestGenerator(seed: seed)
      for index in 0..<count { result[index] = T(Int64(bitPattern: generator.next()) >> 40) / T(1 << 24) }
      return result
    }
  }
}
