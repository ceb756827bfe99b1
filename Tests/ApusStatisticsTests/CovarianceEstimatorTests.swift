import ApusModels
import ApusNumerics
import ApusStatistics
import Testing

@Suite struct CovarianceEstimatorTests {
  private func data() throws -> NDArray {
    let d = try MultivariateNormal(
      mean: try NDArray([10.0, 0, -3]), covariance: try NDArray(rows: [[2.0, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 0.5]]))
    let sample = try d.sample(200, seed: 8)
    // A tenth of outliers.
    for i in 0..<20 { for j in 0..<3 { sample.pointer(Double.self)[i * 3 + j] += 30 + Double(i) } }
    return sample
  }

  private func estimators() -> [any Estimator] {
    [
      EmpiricalCovariance(), ShrunkCovariance { $0.shrinkage = 0.3 }, LedoitWolf(), OAS(),
      MinCovDet { $0.randomState = 1 },
      EllipticEnvelope { $0.contamination = 0.1 },
    ]
  }

  @Test func stateRoundTrip() throws {
    let x = try data()
    for estimator in estimators() {
      let kind = type(of: estimator).schema.kind
      let model = try estimator.fit(x)
      let restored = try estimator.restore(try model.state())
      for attribute in type(of: estimator).schema.attributes {
        let (a, b) = (try model.array(attribute.name), try restored.array(attribute.name))
        #expect(
          try a.converted(to: .float64).elements(as: Double.self)
            == b.converted(to: .float64).elements(as: Double.self),
          "\(kind) \(attribute.name)")
      }
      let operation = Operation("mahalanobis")
      let (d, e): ([Double], [Double]) = (
        try model.apply(operation, to: .dense(x)).elements(), try restored.apply(operation, to: .dense(x)).elements()
      )
      #expect(d == e)
      // A row by itself gives what it gives among others.
      for i in [0, 63, 64, 199] {
        let row: [Double] = try model.apply(operation, to: .dense(try x.slice(i..<i + 1))).elements()
        #expect(row[0] == d[i])
      }
    }
  }

  @Test func hostileStates() throws {
    let model = try MinCovDet().fit(try data())
    let good = try model.state()
    for name in good.tensors.keys {
      var missing = good
      missing.tensors[name] = nil
      #expect(throws: ApusError.self, "\(name)") { try MinCovDet().restore(missing) }
      var wrong = good
      wrong.tensors[name] = try NDArray([1.0, 2])
      #expect(throws: ApusError.self, "\(name)") { try MinCovDet().restore(wrong) }
    }
  }

  @Test func robustEstimatesIgnoreOutliers() throws {
    let x = try data()
    let model = try MinCovDet().fit(x)
    let location: [Double] = try model.array("location_").elements()
    for (a, b) in zip(location, [10.0, 0, -3]) { #expect(abs(a - b) < 0.5) }
    let support: [Bool] = try model.array("support_").elements()
    #expect(support[..<20].allSatisfy { !$0 })
    let labels: [Int64] = try EllipticEnvelope().fit(x).predict(x).elements()
    #expect(labels[..<20].allSatisfy { $0 == -1 } && labels.count { $0 == -1 } == 20)
  }

  /// One variable is solved exactly: no subset of that size has a smaller variance.
  @Test func oneVariable() throws {
    let values = [0.0, 0.1, 0.25, 5, 5.1, 5.15, 5.3, 9, 12]
    let result = try Covariance.minimumDeterminant(try NDArray(values, shape: [9, 1]))
    let h = 6
    var best = Double.infinity
    for start in 0...values.count - h {
      let run = values[start..<start + h]
      let mean = run.reduce(0, +) / Double(h)
      best = min(best, run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(h))
    }
    let variance: [Double] = try result.rawCovariance.elements()
    #expect(isClose(variance[0], best, 1e-12))
  }

  @Test func collinearColumns() throws {
    let x = try data()
    let wide = try NDArray(uninitialized: [200, 4], dtype: .float64)
    for i in 0..<200 {
      for j in 0..<4 { wide.pointer(Double.self)[i * 4 + j] = x.pointer(Double.self)[i * 3 + j % 3] }
    }
    let context = FitContext()
    let model = try MinCovDet().fit(TrainingData(.dense(wide)), context: context)
    let messages = context.warnings.map(\.message)
    #expect(messages.count == 1 && messages[0].contains("rank 3"))
    let distances: [Double] = try model.apply(Operation("mahalanobis"), to: .dense(wide)).elements()
    #expect(distances.allSatisfy { $0.isFinite })
    #expect(throws: ApusError.self) { try EmpiricalCovariance().fit(try NDArray(rows: [[1e200], [-1e200]])) }
  }
}
