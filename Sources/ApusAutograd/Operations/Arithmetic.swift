import ApusNumerics

extension Tensor {
  // MARK: Conversions

  /// This tensor with another element type; the derivative converts back.
  public func converted(to target: DType) throws -> Tensor {
    if target == dtype { return self }
    let source = dtype
    let result = Tensor(try Casting.cast(array, to: target))
    if isFloatingPoint, target.isFloatingPoint {
      result.recorded("ToCopyBackward0", [self]) { call in [try call.gradient.converted(to: source)] }
    }
    return result
  }

  /// Both tensors with the element type their result has.
  static func promoted(_ a: Tensor, _ b: Tensor) throws -> (Tensor, Tensor) {
    if a.dtype == b.dtype { return (a, b) }
    // A scalar tensor does not widen a tensor of the same category.
    let (x, y) = (a.dtype.isFloatingPoint, b.dtype.isFloatingPoint)
    var target = Promotion.result(a.dtype, b.dtype)
    if x == y, a.dtype != .bool, b.dtype != .bool {
      if a.rank == 0, b.rank > 0 { target = b.dtype }
      if b.rank == 0, a.rank > 0 { target = a.dtype }
    }
    return (try a.converted(to: target), try b.converted(to: target))
  }

  /// A scalar beside this tensor: of its type, or of the default floating type for a fraction beside integers.
  func scalar(_ value: Double) throws -> Tensor {
    if isFloatingPoint { return try Tensor.full([], value, dtype: dtype) }
    if dtype != .bool, value == value.rounded(), abs(value) < 0x1p53 { return try Tensor.full([], value, dtype: dtype) }
    return try Tensor.full([], value, dtype: value == value.rounded() && abs(value) < 0x1p53 ? .int64 : .float32)
  }

  // MARK: Arithmetic

  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try a.adding(b) }
  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try a.subtracting(b) }
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try a.multiplied(by: b) }
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try a.divided(by: b) }
  public static prefix func - (a: Tensor) throws -> Tensor { try a.apply(.negative) }

  public static func + (a: Tensor, b: Double) throws -> Tensor { try a.adding(a.scalar(b)) }
  public static func - (a: Tensor, b: Double) throws -> Tensor { try a.subtracting(a.scalar(b)) }
  public static func * (a: Tensor, b: Double) throws -> Tensor { try a.multiplied(by: a.scalar(b)) }
  public static func / (a: Tensor, b: Double) throws -> Tensor { try a.divided(by: a.scalar(b)) }
  public static func - (a: Double, b: Tensor) throws -> Tensor { try b.scalar(a).subtracting(b) }
  public static func / (a: Double, b: Tensor) throws -> Tensor { try b.scalar(a).divided(by: b) }

  /// self + alpha · other, with broadcasting.
  public func adding(_ other: Tensor, alpha: Double = 1) throws -> Tensor {
    if alpha != 1 { return try adding(try other * alpha) }
    let (a, b) = try Tensor.promoted(self, other)
    let (shapeA, shapeB) = (a.shape, b.shape)
    return try Tensor(BinaryKernels.apply(.add, a.array, b.array, name: "add"))
      .recorded("AddBackward0", [a, b]) { call in
        [
          call.needs(0) ? try call.gradient.reduced(to: shapeA) : nil,
          call.needs(1) ? try call.gradient.reduced(to: shapeB) : nil,
        ]
      }
  }

  public func subtracting(_ other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    let (shapeA, shapeB) = (a.shape, b.shape)
    return try Tensor(BinaryKernels.apply(.subtract, a.array, b.array, name: "sub"))
      .recorded("SubBackward0", [a, b]) { call in
        [
          call.needs(0) ? try call.gradient.reduced(to: shapeA) : nil,
          call.needs(1) ? try (-call.gradient).reduced(to: shapeB) : nil,
        ]
      }
  }

  public func multiplied(by other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    let result = try Tensor(BinaryKernels.apply(.multiply, a.array, b.array, name: "mul"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("MulBackward0", [a, b]) { call in
      [
        call.needs(0) ? try (call.gradient * savedB.unpacked(for: call)).reduced(to: shapeA) : nil,
        call.needs(1) ? try (call.gradient * savedA.unpacked(for: call)).reduced(to: shapeB) : nil,
      ]
    }
  }

  /// True division: integers give float32.
  public func divided(by other: Tensor) throws -> Tensor {
    var (a, b) = try Tensor.promoted(self, other)
    if !a.isFloatingPoint { (a, b) = (try a.converted(to: .float32), try b.converted(to: .float32)) }
    let result = try Tensor(BinaryKernels.apply(.divide, a.array, b.array, name: "div"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("DivBackward0", [a, b]) { call in
      let divisor = try savedB.unpacked(for: call)
      let scaled = try call.gradient / divisor
      return [
        call.needs(0) ? try scaled.reduced(to: shapeA) : nil,
        call.needs(1) ? try (-(scaled * (savedA.unpacked(for: call) / divisor))).reduced(to: shapeB) : nil,
      ]
    }
  }

  /// self to the power of a constant.
  public func power(_ exponent: Double) throws -> Tensor {
    if exponent == 2, isFloatingPoint { return try apply(.square) }
    if exponent == 0.5, isFloatingPoint { return try apply(.squareRoot) }
    let base = self
    let operand = try base.scalar(exponent)
    let (a, b) = try Tensor.promoted(base, operand)
    let result = try Tensor(BinaryKernels.apply(.power, a.array, b.array, name: "pow"))
    guard Tensor.shouldRecord([a]) else { return result }
    let saved = SavedTensor(a)
    return result.recorded("PowBackward0", [a]) { call in
      if exponent == 0 { return [try Tensor.zeros(like: saved.unpacked(for: call))] }
      return [try call.gradient * (saved.unpacked(for: call).power(exponent - 1) * exponent)]
    }
  }

  /// self to the power of another tensor, elementwise.
  public func power(_ exponent: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, exponent)
    let result = try Tensor(BinaryKernels.apply(.power, a.array, b.array, name: "pow"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB, savedResult) = (SavedTensor(a), SavedTensor(b), SavedResult(result))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("PowBackward1", [a, b]) { call in
      let (base, power) = (try savedA.unpacked(for: call), try savedB.unpacked(for: call))
      var gradients: [Tensor?] = [nil, nil]
      if call.needs(0) {
        gradients[0] = try (call.gradient * power * base.power(power - 1)).reduced(to: shapeA)
      }
      if call.needs(1) {
        // 0 to any power does not depend on the power.
        let log = try Tensor.select(base.compared(.equal, 0), Tensor.zeros(like: base), base.apply(.log))
        gradients[1] = try (call.gradient * savedResult.unpacked(for: call) * log).reduced(to: shapeB)
      }
      return gradients
    }
  }

  /// The larger of two elements; where they are equal the gradient goes in halves to both.
  public func maximum(_ other: Tensor) throws -> Tensor { try extremum(other, .maximum, "MaximumBackward0", .greater) }

  /// The smaller of two elements; where they are equal the gradient goes in halves to both.
  public func minimum(_ other: Tensor) throws -> Tensor { try extremum(other, .minimum, "MinimumBackward0", .less) }

  private func extremum(
    _ other: Tensor, _ operation: BinaryOperation, _ name: String, _ wins: Comparison
  ) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    let result = try Tensor(BinaryKernels.apply(operation, a.array, b.array, name: "maximum"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded(name, [a, b]) { call in
      let (x, y) = (try savedA.unpacked(for: call), try savedB.unpacked(for: call))
      let type = call.gradient.dtype
      let halves = try x.compared(.equal, y).converted(to: type) * 0.5
      func share(_ winner: Tensor) throws -> Tensor {
        try call.gradient * (winner.converted(to: type) + halves)
      }
      return [
        call.needs(0) ? try share(x.compared(wins, y)).reduced(to: shapeA) : nil,
        call.needs(1) ? try share(y.compared(wins, x)).reduced(to: shapeB) : nil,
      ]
    }
  }

  /// The angle of the point (other, self).
  public func atan2(_ other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    let result = try Tensor(BinaryKernels.apply(.atan2, a.array, b.array, name: "atan2"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("Atan2Backward0", [a, b]) { call in
      let (y, x) = (try savedA.unpacked(for: call), try savedB.unpacked(for: call))
      let scaled = try call.gradient / (x * x + y * y)
      return [try (scaled * x).reduced(to: shapeA), try (-(scaled * y)).reduced(to: shapeB)]
    }
  }

  /// The remainder with the sign of the divisor, as Python's `%`.
  public func remainder(_ other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self, other)
    let result = try Tensor(BinaryKernels.apply(.remainder, a.array, b.array, name: "remainder"))
    guard Tensor.shouldRecord([a, b]) else { return result }
    let (savedA, savedB) = (SavedTensor(a), SavedTensor(b))
    let (shapeA, shapeB) = (a.shape, b.shape)
    return result.recorded("RemainderBackward0", [a, b]) { call in
      let quotient = try savedA.unpacked(for: call).floorDivided(by: savedB.unpacked(for: call))
      return [try call.gradient.reduced(to: shapeA), try (-(call.gradient * quotient)).reduced(to: shapeB)]
    }
  }

  /// The quotient rounded down; without derivative.
  public func floorDivided(by other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self.detached(), other.detached())
    return try Tensor(BinaryKernels.apply(.floorDivide, a.array, b.array, name: "floor_divide"))
  }

  // MARK: Comparison and selection

  func compared(_ comparison: Comparison, _ other: Tensor) throws -> Tensor {
    let (a, b) = try Tensor.promoted(self.detached(), other.detached())
    return try Tensor(BinaryKernels.compare(comparison, a.array, b.array, name: "comparison"))
  }

  func compared(_ comparison: Comparison, _ value: Double) throws -> Tensor { try compared(comparison, scalar(value)) }

  public func equal(to other: Tensor) throws -> Tensor { try compared(.equal, other) }
  public func notEqual(to other: Tensor) throws -> Tensor { try compared(.notEqual, other) }
  public func less(than other: Tensor) throws -> Tensor { try compared(.less, other) }
  public func lessOrEqual(_ other: Tensor) throws -> Tensor { try compared(.lessOrEqual, other) }
  public func greater(than other: Tensor) throws -> Tensor { try compared(.greater, other) }
  public func greaterOrEqual(_ other: Tensor) throws -> Tensor { try compared(.greaterOrEqual, other) }

  /// Where `condition` holds the element of `a`, else that of `b`; all three broadcast.
  public static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    let (x, y) = try promoted(a, b)
    let mask = try condition.converted(to: .bool)
    let shape = try Shapes.broadcast(
      try Shapes.broadcast(x.shape, y.shape, operation: "where"), mask.shape, operation: "where")
    let result = Tensor(try SelectionKernels.select(mask.array, x.array, y.array, shape: shape))
    let (shapeX, shapeY) = (x.shape, y.shape)
    return result.recorded("WhereBackward0", [x, y]) { call in
      let zero = try Tensor.zeros([], dtype: call.gradient.dtype)
      return [
        call.needs(0) ? try select(mask, call.gradient, zero).reduced(to: shapeX) : nil,
        call.needs(1) ? try select(mask, zero, call.gradient).reduced(to: shapeY) : nil,
      ]
    }
  }

  /// `value` where `mask` holds.
  public func maskedFill(_ mask: Tensor, _ value: Double) throws -> Tensor {
    try Tensor.select(mask, scalar(value).converted(to: dtype), self)
  }

  /// Elements limited to [minimum, maximum]; the gradient is 0 outside.
  public func clamped(minimum: Double? = nil, maximum: Double? = nil) throws -> Tensor {
    let result = Tensor(
      try clampedArray(minimum: minimum ?? -.infinity, maximum: maximum ?? .infinity))
    guard Tensor.shouldRecord([self]) else { return result }
    let saved = SavedTensor(self)
    return result.recorded("ClampBackward1", [self]) { call in
      let x = try saved.unpacked(for: call)
      let inside = try x.compared(.greaterOrEqual, minimum ?? -.infinity)
        .multiplied(by: x.compared(.lessOrEqual, maximum ?? .infinity))
      return [try call.gradient * inside.converted(to: call.gradient.dtype)]
    }
  }

  private func clampedArray(minimum: Double, maximum: Double) throws -> NDArray {
    var values = detached()
    if minimum > -.infinity { values = try values.maximum(scalar(minimum)) }
    if maximum < .infinity { values = try values.minimum(scalar(maximum)) }
    return values === self ? array : values.array
  }
}
