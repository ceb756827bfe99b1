// The functions on arrays. Each runs the register kernel of the same name (see there for errors and special values) over
// `count` contiguous elements; `target` may be `source`, but must not overlap it otherwise. More than
// `VectorMath.blockSize` elements are shared among threads unless `parallel` is false.

extension VectorMath {
  /// eˣ of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func exp<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.exp(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// 2ˣ of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func exp2<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.exp2(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// eˣ − 1 of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func expm1<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.expm1(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Natural logarithm of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func log<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.log(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Logarithm to the base 2 of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func log2<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.log2(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// log(1 + x) of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func log1p<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.log1p(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// log(1 + eˣ) of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func log1pExp<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.log1pExp(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Hyperbolic tangent of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func tanh<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.tanh(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// The logistic function 1 / (1 + e⁻ˣ) of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func sigmoid<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.sigmoid(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// The error function of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func erf<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.erf(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// The complementary error function of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func erfc<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.erfc(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Sine of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func sin<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.sin(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Cosine of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func cos<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.cos(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Square root of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func sqrt<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.sqrt(lanes: x) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(source + start, target + start, count: count, kernel)
    }
  }

  /// Sine and cosine of every element.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func sinCos<T: VectorMathScalar>(
    _ source: UnsafePointer<T>, sines: UnsafeMutablePointer<T>, cosines: UnsafeMutablePointer<T>, count: Int,
    parallel: Bool = true
  ) {
    forEachBlock(count: count, parallel: parallel) { start, count in
      var position = start
      while position < start &+ count {
        let lanes = Swift.min(T.Lanes.scalarCount, start &+ count &- position)
        let (sin, cos) = T.sinCos(lanes: load(source + position, lanes))
        store(sin, sines + position, lanes)
        store(cos, cosines + position, lanes)
        position &+= lanes
      }
    }
  }

  /// target[i] = bases[i] ^ exponents[i].
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func pow<T: VectorMathScalar>(
    _ bases: UnsafePointer<T>, _ exponents: UnsafePointer<T>, _ target: UnsafeMutablePointer<T>, count: Int,
    parallel: Bool = true
  ) {
    @inline(__always) func kernel(_ x: T.Lanes, _ y: T.Lanes) -> T.Lanes { T.pow(lanes: x, y) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(bases + start, exponents + start, target + start, count: count, kernel)
    }
  }

  /// target[i] = bases[i] ^ exponent.
  @specialized(where T == Float)
  @specialized(where T == Double)
  package static func pow<T: VectorMathScalar>(
    _ bases: UnsafePointer<T>, exponent: T, _ target: UnsafeMutablePointer<T>, count: Int, parallel: Bool = true
  ) {
    let y = T.Lanes(repeating: exponent)
    @inline(__always) func kernel(_ x: T.Lanes) -> T.Lanes { T.pow(lanes: x, y) }
    forEachBlock(count: count, parallel: parallel) { start, count in
      transform(bases + start, target + start, count: count, kernel)
    }
  }
}
