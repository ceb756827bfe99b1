import ApusNumerics

/// The elastic net by coordinate descent on working sets, for one penalty after the other.
///
/// Each penalty begins with the features that the sequential strong rule keeps (Tibshirani et al., "Strong rules for
/// discarding predictors in lasso-type problems", J. R. Stat. Soc. B 74, 2012, eq. 9). They are cycled through until their own
/// duality gap is small; then the correlations of all features are computed afresh, which gives the duality gap of the
/// whole problem and the features that were left out wrongly. Nothing is left out of the gap that ends the descent, so the
/// rule costs no accuracy; and errors of updated correlations do not add up.
///
/// Without an L1 term the minimum solves the linear system (G + l2) W = q, by Cholesky where it is safely positive definite.
/// Where it is not, or coefficients must not be negative, the gap bounds nothing, so that descent also goes on until the
/// coefficients change by less than the tolerance, relative to the largest one.
struct WorkingSetDescent {
  let source: any CorrelationSource
  /// The targets it works on: one, or several that share their zeros.
  let targets: Range<Int>
  let positive: Bool
  /// Gap, relative to the mean square of the targets, at which to stop.
  let tolerance: Double
  /// Most passes over the coordinates for one penalty.
  let maximumIterations: Int
  /// Nil for cyclic passes.
  var order: PassOrder?
  let members: WorkingSet
  /// (columns, tasks), in the units of the source.
  let w: Buffer<Double>
  /// q − G W.
  private let gradient: Buffer<Double>
  private let crossProducts: Buffer<Double>
  private let targetSquare: Double
  private var isExact = false
  /// Whether the last descent ended with coefficients that hardly changed any more.
  private var isSettled = false
  private var previousL1 = Double.infinity

  struct Outcome {
    var iterations = 0
    var gap = 0.0
    var converged = false
  }

  private var tasks: Int { targets.count }

  init(
    _ source: any CorrelationSource, members: WorkingSet, targets: Range<Int>, positive: Bool, tolerance: Double,
    maximumIterations: Int, shuffleSeed: UInt64?
  ) throws(ApusError) {
    self.source = source
    self.members = members
    self.targets = targets
    self.positive = positive
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
    order = shuffleSeed.map { PassOrder(seed: $0) }
    let (p, t) = (source.columns, targets.count)
    w = try Buffer<Double>(zeroed: p * t)
    gradient = try Buffer<Double>(count: p * t)
    crossProducts = try Buffer<Double>(count: p * t)
    for j in 0..<p {
      for k in 0..<t { crossProducts.pointer[j * t + k] = source.cross[(targets.lowerBound + k) * p + j] }
    }
    targetSquare = source.targetSquares[targets].reduce(0, +)
  }

  /// Starts from other coefficients than zeros.
  mutating func start(_ coefficient: (_ column: Int, _ task: Int) -> Double) throws {
    var support: [Int] = []
    for j in 0..<source.columns {
      var isZero = true
      for t in 0..<tasks {
        w.pointer[j * tasks + t] = coefficient(j, t)
        if w.pointer[j * tasks + t] != 0 { isZero = false }
      }
      if !isZero, !members.contains(j) { support.append(j) }
    }
    try members.add(support, from: source)
    isExact = false
  }

  /// Goes on to the minimum for the given penalties, in the units of the source.
  mutating func minimise(l1: Double, l2: Double, checkpoint: (Double) throws -> Void) throws -> Outcome {
    var outcome = Outcome()
    if !isExact { try refresh() }
    isSettled = l1 > 0
    var threshold = previousL1.isFinite ? Swift.max(0, 2 * l1 - previousL1) : l1
    previousL1 = l1
    var isStuck = false
    while true {
      outcome.gap = gap(l1, l2)
      outcome.converged = outcome.gap <= tolerance * targetSquare && (isSettled || outcome.gap == 0)
      if outcome.converged || outcome.iterations >= maximumIterations { return outcome }
      let candidates = newcomers(above: threshold, l1, l2)
      if candidates.isEmpty, isStuck { return outcome }
      try members.add(candidates, from: source)
      threshold = l1
      if l1 == 0, !positive, outcome.iterations == 0, try solve(l2) {
        outcome.iterations = 1
        try refresh()
        continue
      }
      // While features are still missing, precision beyond theirs is wasted.
      let target = Swift.max(0.9 * tolerance * targetSquare, candidates.isEmpty || l1 == 0 ? 0 : 0.1 * outcome.gap)
      isStuck = try !descend(l1, l2, until: target, &outcome, checkpoint)
      try refresh()
    }
  }

  /// W ← (G + l2)⁻¹ q over the working set; false where inner products are not kept, and where rounding could show.
  ///
  /// - Complexity: O(count³).
  private mutating func solve(_ l2: Double) throws -> Bool {
    let (count, tasks) = (members.count, tasks)
    guard members.keepsProducts, count > 0 else { return false }
    let factor = try Buffer<Double>(count: count * count)
    let scales = try Buffer<Double>(count: count)
    let (gram, stride) = (UnsafePointer(members.gram.pointer), members.stride)
    for j in 0..<count {
      let square = gram[j * (stride + 1)] + l2
      scales[j] = square > 0 ? 1 / square.squareRoot() : 0
    }
    for j in 0..<count {
      for i in j..<count { factor[j * count + i] = gram[j * stride + i] * scales[i] * scales[j] }
      factor[j * (count + 1)] = 1
    }
    guard try LAPACK.cholesky(lower: true, n: count, a: factor.pointer, lda: count) == 0 else { return false }
    // The squared distance of a feature from those before it, in units of its length.
    for j in 0..<count where factor[j * (count + 1)] < 1e-5 { return false }
    let right = try Buffer<Double>(count: count * tasks)
    for (index, j) in members.members.enumerated() {
      for t in 0..<tasks { right[t * count + index] = crossProducts.pointer[j * tasks + t] * scales[index] }
    }
    BLAS.trsm(lower: true, m: count, n: tasks, a: factor.pointer, lda: count, b: right.pointer, ldb: count)
    BLAS.trsm(lower: true, trans: true, m: count, n: tasks, a: factor.pointer, lda: count, b: right.pointer, ldb: count)
    for (index, j) in members.members.enumerated() {
      for t in 0..<tasks { w.pointer[j * tasks + t] = right[t * count + index] * scales[index] }
    }
    (isExact, isSettled) = (false, true)
    return true
  }

  /// Whether a largest change of the coefficients is small beside the largest of them.
  private func isSmall(_ change: Double, _ coefficients: UnsafePointer<Double>, count: Int) -> Bool {
    var largest = 0.0
    for index in 0..<count { largest = Swift.max(largest, coefficients[index].magnitude) }
    return change <= tolerance * largest
  }

  /// ‖B − A W‖² / Σw for each target, of the last minimum.
  func residualSquares() -> [Double] {
    (0..<tasks).map { t in
      var square = source.targetSquares[targets.lowerBound + t]
      for j in 0..<source.columns {
        let index = j * tasks + t
        square -= w.pointer[index] * (crossProducts.pointer[index] + gradient.pointer[index])
      }
      return Swift.max(0, square)
    }
  }

  private mutating func refresh() throws {
    try source.gradient(
      w.pointer, members: members, first: targets.lowerBound, tasks: tasks, into: gradient.pointer)
    isExact = true
  }

  /// Features outside the working set whose correlation exceeds the threshold; where inner products have to be computed, and
  /// an L1 term leaves features out, at most as many as belong already and a hundred more, the strongest ones.
  private func newcomers(above threshold: Double, _ l1: Double, _ l2: Double) -> [Int] {
    var found: [(feature: Int, slope: Double)] = []
    for j in 0..<source.columns where !members.contains(j) {
      let slope: Double
      if tasks == 1 {
        slope = positive ? gradient.pointer[j] : gradient.pointer[j].magnitude
      } else {
        var square = 0.0
        for t in 0..<tasks { square += gradient.pointer[j * tasks + t] * gradient.pointer[j * tasks + t] }
        slope = square.squareRoot()
      }
      if slope > threshold { found.append((j, slope)) }
    }
    let limit =
      source.computesProducts && members.keepsProducts && l1 > 0 ? members.count + 100 : source.columns
    if found.count > limit {
      found.sort { $0.slope > $1.slope || ($0.slope == $1.slope && $0.feature < $1.feature) }
      found.removeSubrange(limit...)
      found.sort { $0.feature < $1.feature }
    }
    return found.map(\.feature)
  }

  /// Passes over the working set until its gap reaches `target`; false when rounding hid all changes.
  private mutating func descend(
    _ l1: Double, _ l2: Double, until target: Double, _ outcome: inout Outcome, _ checkpoint: (Double) throws -> Void
  ) throws -> Bool {
    let (count, tasks) = (members.count, tasks)
    if count == 0 { return false }
    if !members.keepsProducts, let sparse = source as? SparseColumnSource {
      return try descendOnResiduals(sparse, l1, l2, until: target, &outcome, checkpoint)
    }
    let scratch = try Buffer<Double>(count: 3 * count * tasks + tasks)
    let (own, slopes, q) = (scratch.pointer, scratch.pointer + count * tasks, scratch.pointer + 2 * count * tasks)
    for (index, j) in members.members.enumerated() {
      for t in 0..<tasks {
        own[index * tasks + t] = w.pointer[j * tasks + t]
        slopes[index * tasks + t] = gradient.pointer[j * tasks + t]
        q[index * tasks + t] = crossProducts.pointer[j * tasks + t]
      }
    }
    let gram = UnsafePointer(members.gram.pointer)
    let stride = members.stride
    let pass = CoordinatePass(gram: gram, stride: stride, count: count, l1: l1, l2: l2, positive: positive)
    var coordinates = Array(0..<count)
    var changedAtAll = false
    while outcome.iterations < maximumIterations {
      outcome.iterations += 1
      try checkpoint(Double(outcome.iterations) / Double(maximumIterations))
      if order != nil { coordinates = order!.next(count) }
      let change = coordinates.withUnsafeBufferPointer { coordinates in
        tasks == 1
          ? pass.run(coordinates, own, slopes)
          : pass.run(coordinates, own, slopes, tasks: tasks, scratch: scratch.pointer + 3 * count * tasks)
      }
      isSettled = l1 > 0 || isSmall(change, own, count: count * tasks)
      if change == 0 { break }
      changedAtAll = true
      if !isSettled { continue }
      let gap = DualityGap.value(
        own, slopes, crossProducts: q, count: count, tasks: tasks, targetSquare: targetSquare, l1: l1, l2: l2,
        positive: positive, curvature: { gram[$0 * stride + $0] })
      if gap <= target { break }
    }
    for (index, j) in members.members.enumerated() {
      for t in 0..<tasks { w.pointer[j * tasks + t] = own[index * tasks + t] }
    }
    isExact = false
    return changedAtAll
  }

  /// As `descend`, without inner products. The gap costs half a pass, so it is looked at now and then.
  private mutating func descendOnResiduals(
    _ source: SparseColumnSource, _ l1: Double, _ l2: Double, until target: Double, _ outcome: inout Outcome,
    _ checkpoint: (Double) throws -> Void
  ) throws -> Bool {
    let count = members.count
    let scratch = try Buffer<Double>(count: 3 * count)
    let (own, slopes, q) = (scratch.pointer, scratch.pointer + count, scratch.pointer + 2 * count)
    for (index, j) in members.members.enumerated() { q[index] = crossProducts.pointer[j] }
    let (pass, residual) = source.residualPass(
      w.pointer, members: members, target: targets.lowerBound, l1: l1, l2: l2, positive: positive)
    let coefficients = w.pointer
    var features = members.members
    var (shift, passes, changedAtAll) = (0.0, 0, false)
    while outcome.iterations < maximumIterations {
      outcome.iterations += 1
      passes += 1
      try checkpoint(Double(outcome.iterations) / Double(maximumIterations))
      if order != nil { features = order!.next(count).map { members.members[$0] } }
      let change = features.withUnsafeBufferPointer { pass.run($0, coefficients, residual, shift: &shift) }
      isSettled = l1 > 0 || isSmall(change, coefficients, count: source.columns)
      if change == 0 { break }
      changedAtAll = true
      if !isSettled { continue }
      guard passes <= 2 || passes % 4 == 0 else { continue }
      for (index, j) in members.members.enumerated() {
        own[index] = coefficients[j]
        slopes[index] = pass.gradient(j, residual, shift: shift)
      }
      let gap = DualityGap.value(
        own, slopes, crossProducts: q, count: count, tasks: 1, targetSquare: targetSquare, l1: l1, l2: l2,
        positive: positive, curvature: { pass.meanSquares[members.members[$0]] })
      if gap <= target { break }
    }
    isExact = false
    withExtendedLifetime((source, scratch)) {}
    return changedAtAll
  }

  private func gap(_ l1: Double, _ l2: Double) -> Double {
    let sparse = source as? SparseColumnSource
    return DualityGap.value(
      w.pointer, gradient.pointer, crossProducts: crossProducts.pointer, count: source.columns, tasks: tasks,
      targetSquare: targetSquare, l1: l1, l2: l2, positive: positive,
      curvature: { members.keepsProducts ? members.meanSquare($0) : sparse?.meanSquares.pointer[$0] ?? 0 })
  }
}

/// Random orders of the coordinates.
struct PassOrder {
  private var stream: RandomStream

  init(seed: UInt64) { stream = RandomStream(seed: seed) }

  /// A permutation of 0..<count (Fisher–Yates).
  mutating func next(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, stream.below(i + 1))
    }
    return order
  }
}
