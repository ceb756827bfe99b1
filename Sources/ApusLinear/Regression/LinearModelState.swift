import ApusModels
import ApusNumerics

/// Linear models in model files.
extension LinearModel {
  init(
    _ result: LeastSquares.Result, _ data: RegressionData, schema: EstimatorSchema, fitIntercept: Bool,
    solver: String? = nil
  ) throws(ApusError) {
    try self.init(
      result.solution, moments: result.moments, featureCount: data.columns, targetCount: data.targetCount,
      targetsAreVector: data.targetsAreVector, schema: schema, fitIntercept: fitIntercept, dtype: data.dtype,
      solver: solver, rowCount: data.rows)
  }

  init(
    _ solution: LinearSolution, moments: CrossMoments?, featureCount: Int, targetCount: Int, targetsAreVector: Bool,
    schema: EstimatorSchema, fitIntercept: Bool, dtype: DType, solver: String?, rowCount: Int
  ) throws(ApusError) {
    let coefficients = try NDArray(uninitialized: [targetCount, featureCount], dtype: .float64)
    coefficients.pointer(Double.self).update(
      from: solution.coefficients.pointer, count: targetCount * featureCount)
    self.init(
      schema: schema, featureCount: featureCount, targetCount: targetCount, targetsAreVector: targetsAreVector,
      coefficients: coefficients, intercepts: try NDArray(solution.intercepts), fitIntercept: fitIntercept,
      dtype: dtype, rowCount: rowCount, rank: solution.rank, residualSums: solution.residualSums,
      factor: solution.factor, iterations: solution.iterations, solver: solver, moments: moments)
  }

  func state() throws -> ModelState {
    var state = ModelState(
      tensors: ["coef": coefficients, "intercept": intercepts, "residues": try NDArray(residualSums)],
      scalars: [
        "dtype": .string(dtype.name), "fit_intercept": .bool(fitIntercept), "one_target": .bool(targetsAreVector),
        "n_samples": .int(Int64(rowCount)),
      ])
    if let rank { state.scalars["rank"] = .int(Int64(rank)) }
    if let solver { state.scalars["solver"] = .string(solver) }
    if let factor { state.tensors["factor"] = factor }
    if let iterations { state.tensors["n_iter"] = try NDArray(iterations.map { Int64($0) }) }
    if let dualGaps { state.tensors["dual_gap"] = try NDArray(dualGaps) }
    state.store(extras: extras)
    if let inference { try inference.write(to: &state) }
    if let moments { try moments.write(to: &state) }
    return state
  }

  init(_ state: ModelState, schema: EstimatorSchema) throws {
    let coefficients = try state.tensor("coef", .float64, rank: 2)
    let (targets, columns) = (coefficients.shape[0], coefficients.shape[1])
    let intercepts = try state.tensor("intercept", .float64, rank: 1)
    let residues = try state.tensor("residues", .float64, rank: 1)
    let isVector = try state.bool("one_target")
    guard targets >= 1, columns >= 1, intercepts.count == targets, residues.count == targets, !isVector || targets == 1
    else { throw ApusError.malformedFile(reason: "model file: shapes of coef, intercept and residues do not fit") }
    let typeName = try state.string("dtype")
    guard typeName == "float32" || typeName == "float64" else {
      throw ApusError.malformedFile(reason: "model file: dtype '\(typeName)' is neither float32 nor float64")
    }
    var factor: NDArray?
    if state.tensors["factor"] != nil {
      let tensor = try state.tensor("factor", .float64, rank: 2)
      try InputValidation.requireFinite(tensor, name: "factor")
      factor = tensor
    }
    var iterations: [Int]?
    if state.tensors["n_iter"] != nil {
      iterations = try state.tensor("n_iter", .int64, rank: 1).elements(as: Int64.self).map { Int($0) }
    }
    self.init(
      schema: schema, featureCount: columns, targetCount: targets, targetsAreVector: isVector,
      coefficients: try coefficients.contiguous(), intercepts: try intercepts.contiguous(),
      fitIntercept: try state.bool("fit_intercept"), dtype: typeName == "float32" ? .float32 : .float64,
      rowCount: try state.integer("n_samples", in: 1...(1 << 48)),
      rank: state.scalars["rank"] == nil ? nil : try state.integer("rank", in: 0...columns),
      residualSums: try residues.elements(as: Double.self), factor: factor, iterations: iterations,
      solver: state.scalars["solver"] == nil ? nil : try state.string("solver"),
      moments: try CrossMoments(state, featureCount: columns, targetCount: targets))
    if state.tensors["dual_gap"] != nil {
      let gaps = try state.tensor("dual_gap", .float64, rank: 1)
      guard gaps.count == targets else {
        throw ApusError.malformedFile(reason: "model file: dual_gap does not fit the targets")
      }
      dualGaps = try gaps.elements(as: Double.self)
    }
    extras = state.extras
    inference = try InferenceRecord(state, featureCount: columns)
    guard iterations.map({ $0.count == targets }) ?? true else {
      throw ApusError.malformedFile(reason: "model file: n_iter does not fit the targets")
    }
  }
}

extension ModelState {
  /// Attributes that a model keeps by name alone.
  mutating func store(extras: [String: ParameterValue]) {
    for (name, value) in extras {
      if case .array(let array) = value {
        tensors["extra." + name] = array
      } else {
        scalars["extra." + name] = value
      }
    }
  }

  /// What `store(extras:)` stored.
  var extras: [String: ParameterValue] {
    var found: [String: ParameterValue] = [:]
    for (name, tensor) in tensors where name.hasPrefix("extra.") { found[String(name.dropFirst(6))] = .array(tensor) }
    for (name, value) in scalars where name.hasPrefix("extra.") { found[String(name.dropFirst(6))] = value }
    return found
  }
}

extension CrossMoments {
  fileprivate func write(to state: inout ModelState) throws(ApusError) {
    let high = try NDArray(zeros: [order, order], dtype: .float64)
    let low = try NDArray(zeros: [order, order], dtype: .float64)
    for i in 0..<order {
      for j in i..<order {
        high.pointer(Double.self)[i * order + j] = matrix[i, j].high
        low.pointer(Double.self)[i * order + j] = matrix[i, j].low
      }
    }
    state.tensors["moments"] = high
    state.tensors["moments_low"] = low
    state.tensors["moment_exponents"] = try NDArray(exponents.map { Int64($0) })
    state.scalars["moment_rows"] = .int(Int64(rowCount))
  }

  /// Nil when the state holds no moments.
  fileprivate init?(_ state: ModelState, featureCount: Int, targetCount: Int) throws(ApusError) {
    guard state.tensors["moments"] != nil else { return nil }
    let high = try state.tensor("moments", .float64, rank: 2)
    let low = try state.tensor("moments_low", .float64, rank: 2)
    let exponents = try state.tensor("moment_exponents", .int64, rank: 1).elements(as: Int64.self)
    let order = featureCount + targetCount + 1
    guard high.shape == [order, order], low.shape == [order, order], exponents.count == order,
      exponents.allSatisfy({ (-1100...1100).contains($0) })
    else { throw .malformedFile(reason: "model file: the moments do not fit the coefficients") }
    let matrix = try DoubleDoubleMatrix(rows: order, columns: order)
    let (first, second) = (try high.contiguous(), try low.contiguous())
    for i in 0..<order {
      for j in i..<order {
        let entry = DoubleDouble(
          high: first.pointer(Double.self)[i * order + j], low: second.pointer(Double.self)[i * order + j])
        guard entry.high.isFinite, entry.low.isFinite else {
          throw .malformedFile(reason: "model file: a moment is not finite")
        }
        matrix[i, j] = entry
      }
    }
    self.init(
      featureCount: featureCount, targetCount: targetCount,
      rowCount: try state.integer("moment_rows", in: 1...(1 << 48)), exponents: exponents.map { Int($0) },
      matrix: matrix)
  }
}
