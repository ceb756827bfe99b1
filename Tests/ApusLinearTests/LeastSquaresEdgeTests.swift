import ApusModels
import ApusNumerics
import Testing

@testable import ApusLinear

/// Degenerate and hostile input.
@Suite struct LeastSquaresEdgeTests {
  @Test func dependentColumnsWarnAndGiveTheMinimumNorm() throws {
    let (x, y) = try sampleRegression(rows: 40, columns: 3)
    let values = try x.elements(as: Double.self)
    let rows = (0..<40).map { row -> [Double] in
      let z = Array(values[(row * 3)..<(row * 3 + 3)])
      return z + [z[0], z[1] + z[2], 7]
    }
    let wide = try NDArray(rows: rows)
    let context = FitContext()
    let model = try LinearRegression().fit(TrainingData(.dense(wide), y), context: context)
    #expect(try model.numbers("rank_") == [3])
    #expect(context.warnings.contains { $0.kind == .data && $0.message.contains("rank 3") })
    let (b, c) = (try LinearRegression().fit(x, y).numbers("coef_"), try model.numbers("coef_"))
    #expect(abs(c[0] - c[3]) < 1e-12 && abs(c[0] + c[3] - b[0]) < 1e-11)
    #expect(c[5] == 0)
    // b₁ = c₁ + c₄, b₂ = c₂ + c₄ with c₄ = c₁ + c₂ at the minimum.
    #expect(abs(c[4] - c[1] - c[2]) < 1e-11 && abs(c[1] + c[4] - b[1]) < 1e-11)
    // A tiny penalty tends to the same solution.
    for alpha in [1e-8, 1e-14, 1e-30, 0] {
      let ridge = try Ridge().setting("alpha", to: .double(alpha)).fit(wide, y).numbers("coef_")
      #expect(relativeDistance(ridge, c) < 1e-6 + alpha)
    }
  }

  /// Columns of very different scale that nevertheless add up exactly.
  @Test func dependenceIsFoundAcrossScales() throws {
    let (x, y) = try sampleRegression(rows: 60, columns: 2)
    let values = try x.elements(as: Double.self)
    let rows = (0..<60).map { row -> [Double] in
      let (small, large) = (values[2 * row], 1e6 * values[2 * row + 1])
      return [small, large, small + large]
    }
    let scaled = try NDArray(rows: rows)
    #expect(try LinearRegression().fit(scaled, y).numbers("rank_") == [2])
  }

  @Test func hugeAndTinyFeatures() throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 20)
    let reference = try LinearRegression().fit(x, y).numbers("coef_")
    for scale in [1e200, 1e-200] {
      let values = try x.elements(as: Double.self).map { $0 * scale }
      let targets = try y.elements(as: Double.self).map { $0 * scale }
      for estimator in [LinearRegression() as any Estimator, try Ridge().setting("alpha", to: .double(0))] {
        for rows in [15, 50, 3000] {
          let model = try estimator.fit(
            try NDArray(values, shape: x.shape).slice(0..<rows), try NDArray(targets).slice(0..<rows))
          let found = try model.numbers("coef_") + model.numbers("intercept_")
          #expect(found.allSatisfy { $0.isFinite })
          if rows == 3000 { #expect(relativeDistance(try model.numbers("coef_"), reference) < 1e-12) }
        }
      }
    }
  }

  @Test func oneSampleAndConstantFeature() throws {
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      let model = try estimator.fit(try NDArray(rows: [[1.0, 2.0]]), try NDArray([3.0]))
      #expect(try model.numbers("coef_") == [0, 0])
      #expect(try model.numbers("intercept_") == [3])
      let constant = try estimator.fit(try NDArray(rows: [[1.0, 5], [2, 5], [4, 5]]), try NDArray([1.0, 2, 4]))
      #expect(try constant.numbers("coef_")[1] == 0)
      #expect(try constant.numbers("coef_").allSatisfy { $0.isFinite })
    }
  }

  @Test func parametersAreChecked() throws {
    #expect(throws: ApusError.self) { try Ridge().setting("alpha", to: .double(-1)) }
    #expect(throws: ApusError.self) { try Ridge().setting("alpha", to: .double(.nan)) }
    #expect(throws: ApusError.self) { try Ridge().setting("solver", to: .string("choleski")) }
    let (x, y) = try sampleRegression(rows: 20, columns: 2)
    var ridge = Ridge()
    ridge.alpha = .double(-1)
    #expect(throws: ApusError.self) { try ridge.fit(x, y) }
    ridge.alpha = .array(try NDArray([1.0, 2]))
    #expect(throws: ApusError.self) { try ridge.fit(x, y) }
    ridge.alpha = .double(1e300)
    #expect(try ridge.fit(x, y).numbers("coef_").allSatisfy { $0.isFinite })
    let bad = try NDArray(rows: [[1.0, .nan], [2, 3]])
    #expect(throws: ApusError.self) { try LinearRegression().fit(bad, try NDArray([1.0, 2])) }
    #expect(throws: ApusError.self) { try LinearRegression().fit(x, try NDArray([1.0, 2])) }
    #expect(throws: ApusError.self) {
      try LinearRegression().fit(x, y).predict(try NDArray(rows: [[1.0]]))
    }
  }

  /// Large features are not read once more for it: the sums of squares tell.
  @Test(arguments: [DType.float32, .float64]) func oneBadElementAmongManyIsNamed(dtype: DType) throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 60)
    let weights = try NDArray((0..<3000).map { $0 == 2999 ? 0.0 : 1.0 })
    for (fault, word) in [(Double.nan, "NaN"), (.infinity, "infinity"), (-.infinity, "infinity")] {
      for row in [0, 1234, 2999] {
        let bad = try x.copied()
        bad.pointer(Double.self)[row * 60 + 59] = fault
        for columnsTogether in [false, true] {
          var features = try bad.converted(to: dtype)
          if columnsTogether { features = try features.transposed.copied().transposed }
          for estimator in [LinearRegression() as any Estimator, Ridge()] {
            for sampleWeight in [nil, weights] {
              let error = #expect(throws: ApusError.self) {
                try estimator.fit(
                  TrainingData(.dense(features), y, sampleWeight: sampleWeight), context: FitContext())
              }
              let message = error.map { "\($0)" } ?? ""
              #expect(message.contains(word) && message.contains("row \(row), column 59"), "\(message)")
            }
          }
        }
      }
    }
  }

  /// Column-major features go another way to the same sums.
  @Test func layoutsOfLargeFeaturesAgree() throws {
    let (x, y) = try sampleRegression(rows: 2500, columns: 47)
    let weights = try NDArray((0..<2500).map { 0.5 + Double($0 % 7) })
    let reference = try LinearRegression().fit(
      TrainingData(.dense(x), y, sampleWeight: weights), context: FitContext()
    ).numbers("coef_")
    let turned = try x.transposed.copied().transposed
    for (dtype, bound) in [(DType.float64, 1e-12), (.float32, 1e-5)] {
      for layout in [x, turned] {
        let features = dtype == .float64 ? layout : try layout.converted(to: dtype)
        let model = try LinearRegression().fit(
          TrainingData(.dense(features), y, sampleWeight: weights), context: FitContext())
        #expect(relativeDistance(try model.numbers("coef_"), reference) < bound)
      }
    }
  }

  @Test func cancelledFitsStop() throws {
    let (x, y) = try sampleRegression(rows: 20, columns: 2)
    let token = CancelToken()
    token.trip()
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      #expect(throws: ApusError.cancelled) {
        try estimator.fit(TrainingData(.dense(x), y), context: FitContext(cancel: token))
      }
    }
  }

  /// Wide sparse features go through LSQR.
  @Test func wideSparseFeatures() throws {
    var numbers = TestNumbers(4)
    let (rows, columns) = (60, 1500)
    let values = (0..<(rows * columns)).map { _ in numbers.next() > 0.95 ? numbers.next() : 0 }
    let x = try NDArray(values, shape: [rows, columns])
    let y = try NDArray(numbers.vector(rows))
    let dense = try LinearRegression().fit(x, y)
    var estimator = LinearRegression()
    estimator.tol = 1e-13
    let model = try estimator.fit(TrainingData(.sparse(try sparse(x)), y), context: FitContext())
    #expect(relativeDistance(try model.numbers("coef_"), try dense.numbers("coef_")) < 1e-8)
  }
}
