/// An element that a random integer or a success indicator can be stored in.
protocol IntegerDrawable: NDElement {
  /// The value itself; truncated to an integer type's width, rounded to a floating-point type, nonzero for `Bool`.
  init(drawn value: Int64)
}

extension Float: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = Float(value) }
}
extension Double: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = Double(value) }
}
extension Int32: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = Int32(truncatingIfNeeded: value) }
}
extension Int64: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = value }
}
extension UInt8: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = UInt8(truncatingIfNeeded: value) }
}
extension Bool: IntegerDrawable {
  @inline(__always) init(drawn value: Int64) { self = value != 0 }
}

/// Random integers as an ``IntegerDraw`` describes.
enum IntegerFill {
  static func fill<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, draw: IntegerDraw
  ) {
    let isPowerOfTwo = draw.modulus & (draw.modulus &- 1) == 0
    switch (draw.isWide, isPowerOfTwo) {
    case (false, true): fillMasked(&twister, elements, count: count, mask: draw.modulus &- 1, base: draw.base)
    case (false, false): fillReduced(&twister, elements, count: count, modulus: draw.modulus, base: draw.base)
    case (true, true): fillWideMasked(&twister, elements, count: count, mask: draw.modulus &- 1, base: draw.base)
    case (true, false): fillWideReduced(&twister, elements, count: count, modulus: draw.modulus, base: draw.base)
    }
  }

  private static func fillMasked<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, mask: UInt64, base: Int64
  ) {
    var done = 0
    while done < count {
      let (words, taken) = twister.takeWords(atMost: count &- done)
      let output = elements + done
      for index in 0..<taken {
        output[index] = Element(drawn: Int64(bitPattern: UInt64(words[index]) & mask) &+ base)
      }
      done &+= taken
    }
  }

  /// The remainder by multiplication; exact for 32-bit words and a modulus of at most 32 bits.
  ///
  /// D. Lemire, O. Kaser, N. Kurz, *Faster remainder by direct computation*, Softw. Pract. Exper. 49 (2019),
  /// doi:10.1002/spe.2689.
  private static func fillReduced<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, modulus: UInt64,
    base: Int64
  ) {
    let inverse = UInt64.max / modulus &+ 1
    var done = 0
    while done < count {
      let (words, taken) = twister.takeWords(atMost: count &- done)
      let output = elements + done
      for index in 0..<taken {
        let fraction = inverse &* UInt64(words[index])
        let remainder = fraction.multipliedFullWidth(by: modulus).high
        output[index] = Element(drawn: Int64(bitPattern: remainder) &+ base)
      }
      done &+= taken
    }
  }

  private static func fillWideMasked<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, mask: UInt64, base: Int64
  ) {
    var done = 0
    while done < count {
      let (words, taken) = twister.takePairs(atMost: count &- done)
      let output = elements + done
      for index in 0..<taken {
        output[index] = Element(drawn: Int64(bitPattern: wide(words, index) & mask) &+ base)
      }
      done &+= taken
    }
  }

  private static func fillWideReduced<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, modulus: UInt64,
    base: Int64
  ) {
    var done = 0
    while done < count {
      let (words, taken) = twister.takePairs(atMost: count &- done)
      let output = elements + done
      for index in 0..<taken {
        output[index] = Element(drawn: Int64(bitPattern: wide(words, index) % modulus) &+ base)
      }
      done &+= taken
    }
  }

  /// Pair `index` as one number, the first word high.
  @inline(__always)
  private static func wide(_ words: UnsafePointer<UInt32>, _ index: Int) -> UInt64 {
    let pair = UnsafeRawPointer(words).loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
    return pair &<< 32 | pair &>> 32
  }
}
