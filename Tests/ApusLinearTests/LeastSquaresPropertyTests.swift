import ApusModels
import ApusNumerics
import Testing

@testable import ApusLinear

/// What must hold whatever the data.
@Suite(.serialized) struct LeastSquaresPropertyTests {
  private static let shapes = [(rows: 60, columns: 4), (rows: 4000, columns: 30), (rows: 700, columns: 280)]

  /// X in column-major order.
  private func fortran(_ x: NDArray) throws -> NDArray { try x.transposed.copied().transposed }

  @Test(arguments: shapes) func threadCountChangesNothing(rows: Int, columns: Int) throws {
    let (x, y) = try sampleRegression(rows: rows, columns: columns)
    let before = ThreadPool.threadCount
    defer { try? ThreadPool.setThreadCount(before) }
    for features in [x, try x.converted(to: .float32), try fortran(x)] {
      for estimator in [LinearRegression() as any Estimator, Ridge()] {
        var reference: [Double]?
        for threads in [1, 2, 3, 8] {
          try ThreadPool.setThreadCount(threads)
          let model = try estimator.fit(features, y)
          let result =
            try model.numbers("coef_") + model.numbers("intercept_") + model.numbers("residues_")
            + model.predict(features).converted(to: .float64).elements(as: Double.self)
          if let reference { #expect(result == reference) } else { reference = result }
        }
      }
    }
  }

  @Test(arguments: shapes) func layoutChangesNothingThatMatters(rows: Int, columns: Int) throws {
    let (x, y) = try sampleRegression(rows: rows, columns: columns)
    let wide = try NDArray(zeros: [rows, 2 * columns])
    let strided = NDArray(
      storage: wide.storage, data: wide.data, dtype: .float64, shape: [rows, columns],
      strides: [wide.strides[0], 16])
    try strided.assign(from: x)
    let reference = try LinearRegression().fit(x, y)
    let reversed = NDArray(
      storage: x.storage, data: x.data + (rows - 1) * x.strides[0], dtype: .float64, shape: x.shape,
      strides: [-x.strides[0], x.strides[1]])
    let reversedTargets = NDArray(
      storage: y.storage, data: y.data + (rows - 1) * y.strides[0], dtype: .float64, shape: y.shape,
      strides: [-y.strides[0]])
    for (features, targets) in [(try fortran(x), y), (strided, y), (reversed, reversedTargets)] {
      let model = try LinearRegression().fit(features, targets)
      #expect(relativeDistance(try model.numbers("coef_"), try reference.numbers("coef_")) < 1e-11)
      let (a, b) = (try reference.predict(features), try reference.predict(try features.copied()))
      #expect(try a.elements(as: Double.self) == b.elements(as: Double.self))
    }
  }

  /// The fast method agrees with double-double arithmetic.
  @Test(arguments: [false, true]) func largeAgreesWithMoments(weighted: Bool) throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 40, targets: 2, offset: 300)
    var numbers = TestNumbers(9)
    let weights = weighted ? try NDArray((0..<3000).map { _ in numbers.next() + 1.5 }) : nil
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      let fast = try estimator.fit(x, y, sampleWeight: weights)
      let exact = try estimator.partialFit(
        TrainingData(.dense(x), y, sampleWeight: weights), continuing: nil, context: FitContext())
      #expect(relativeDistance(try fast.numbers("coef_"), try exact.numbers("coef_")) < 1e-13)
      #expect(relativeDistance(try fast.numbers("intercept_"), try exact.numbers("intercept_")) < 1e-11)
      #expect(relativeDistance(try fast.numbers("residues_"), try exact.numbers("residues_")) < 1e-12)
    }
  }

  @Test func float32StaysFloat32() throws {
    let (x, y) = try sampleRegression(rows: 5000, columns: 30)
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      let narrow = try estimator.fit(try x.converted(to: .float32), try y.converted(to: .float32))
      let wide = try estimator.fit(
        try x.converted(to: .float32).converted(to: .float64), try y.converted(to: .float32).converted(to: .float64))
      guard case .array(let coefficients)? = try narrow.attribute("coef_") else {
        Issue.record("no coef_")
        return
      }
      #expect(coefficients.dtype == .float32)
      #expect(try narrow.predict(try x.converted(to: .float32)).dtype == .float32)
      #expect(try narrow.predict(x).dtype == .float64)
      #expect(relativeDistance(try narrow.numbers("coef_"), try wide.numbers("coef_")) < 2e-7)
    }
  }

  @Test func weightsAreRepetitions() throws {
    let (x, y) = try sampleRegression(rows: 30, columns: 3)
    let weights = (0..<30).map { Double($0 % 3) }
    let rows = (0..<30).flatMap { row in [Int](repeating: row, count: row % 3) }
    let values = try x.elements(as: Double.self)
    let targets = try y.elements(as: Double.self)
    let repeated = try NDArray(rows.flatMap { Array(values[($0 * 3)..<($0 * 3 + 3)]) }, shape: [rows.count, 3])
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      let weighted = try estimator.fit(x, y, sampleWeight: try NDArray(weights))
      let plain = try estimator.fit(repeated, try NDArray(rows.map { targets[$0] }))
      #expect(relativeDistance(try weighted.numbers("coef_"), try plain.numbers("coef_")) < 1e-14)
    }
  }

  @Test func scalingColumnsScalesCoefficients() throws {
    let (x, y) = try sampleRegression(rows: 2000, columns: 30)
    let scales = (0..<30).map { pow10($0 * 20 - 290) }
    let values = try x.elements(as: Double.self)
    let scaled = try NDArray(values.indices.map { values[$0] * scales[$0 % 30] }, shape: x.shape)
    let reference = try LinearRegression().fit(x, y).numbers("coef_")
    let found = try LinearRegression().fit(scaled, y).numbers("coef_")
    #expect(relativeDistance(zip(found, scales).map { $0 * $1 }, reference) < 1e-12)
  }

  private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)")! }

  /// Any partition of the rows gives the same coefficients, whether batches follow each other or are merged.
  @Test(arguments: [LinearRegression() as any Estimator, Ridge()]) func partitionsAgree(estimator: any Estimator) throws
  {
    let (x, y) = try sampleRegression(rows: 500, columns: 6, targets: 2, offset: 1000)
    let whole = try estimator.partialFit(TrainingData(.dense(x), y), continuing: nil, context: FitContext())
    for cuts in [[1, 2, 3, 500], [250, 500], [100, 101, 350, 499, 500]] {
      var streamed: (any FittedModel)?
      var merged: (any FittedModel)?
      var start = 0
      for end in cuts {
        let batch = TrainingData(.dense(try x.slice(start..<end)), try y.slice(start..<end))
        streamed = try estimator.partialFit(batch, continuing: streamed, context: FitContext())
        let part = try estimator.partialFit(batch, continuing: nil, context: FitContext())
        merged = try merged.map { try estimator.merge($0, part) } ?? part
        start = end
      }
      for model in [streamed, merged] {
        let found = try #require(model)
        #expect(relativeDistance(try found.numbers("coef_"), try whole.numbers("coef_")) < 1e-13)
        #expect(relativeDistance(try found.numbers("residues_"), try whole.numbers("residues_")) < 1e-12)
      }
    }
  }

  @Test func restoringGivesTheSameModel() throws {
    let (x, y) = try sampleRegression(rows: 50, columns: 3)
    for estimator in [LinearRegression() as any Estimator, Ridge()] {
      let model = try estimator.fit(x, y)
      let copy = try estimator.restore(try model.state())
      for attribute in type(of: estimator).schema.attributes {
        #expect(try model.numbers(attribute.name) == copy.numbers(attribute.name))
      }
      let (a, b) = (try model.predict(x), try copy.predict(x))
      #expect(try a.elements(as: Double.self) == b.elements(as: Double.self))
      let further = TrainingData(.dense(x), y)
      let continued = try estimator.partialFit(further, continuing: copy, context: FitContext())
      let doubled = [2 * (try model.numbers("residues_")[0])]
      if estimator is LinearRegression {
        #expect(relativeDistance(try continued.numbers("residues_"), doubled) < 1e-12)
      }
      var broken = try model.state()
      broken.tensors["intercept"] = try NDArray([1.0, 2.0])
      #expect(throws: ApusError.self) { try estimator.restore(broken) }
    }
  }

  /// Predictions of a row do not depend on the rows around it.
  @Test func predictionsAreRowwise() throws {
    let (x, y) = try sampleRegression(rows: 3000, columns: 37)
    let model = try LinearRegression().fit(x, y)
    let all = try model.predict(x).elements(as: Double.self)
    for row in [0, 1, 63, 64, 1500, 2999] {
      #expect(try model.predict(try x.slice(row..<row + 1)).elements(as: Double.self) == [all[row]])
    }
  }
}
