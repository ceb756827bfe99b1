/// Uniform variates of [from, to) with PyTorch's bits.
///
/// A float32 takes the low 24 bits of one word, a float64 the low 53 bits of two. The fraction is scaled with one fused
/// multiply-add, as PyTorch's AVX2 and AVX512 builds do; where rounding reaches `to` the result is `from`.
enum UniformFill {
  /// Requires `from <= to` and a finite `to - from`.
  static func fill(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Float>, count: Int, from: Float, to: Float
  ) {
    let width = to - from
    var done = 0
    while done < count {
      let (words, taken) = twister.takeWords(atMost: count &- done)
      let output = elements + done
      if from == 0 && width == 1 {
        for index in 0..<taken { output[index] = fraction(words[index]) }
      } else if from == 0 {
        for index in 0..<taken {
          let value = fraction(words[index]) * width
          output[index] = value == to ? from : value
        }
      } else {
        for index in 0..<taken {
          let value = from.addingProduct(fraction(words[index]), width)
          output[index] = value == to ? from : value
        }
      }
      done &+= taken
    }
  }

  /// Requires `from <= to` and a finite `to - from`.
  static func fill(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Double>, count: Int, from: Double, to: Double
  ) {
    let width = to - from
    var done = 0
    while done < count {
      let (words, taken) = twister.takePairs(atMost: count &- done)
      let pairs = UnsafeRawPointer(words)
      let output = elements + done
      if from == 0 {
        for index in 0..<taken {
          let value = fraction(pairs.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)) * width
          output[index] = value == to ? from : value
        }
      } else {
        for index in 0..<taken {
          let unit = fraction(pairs.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
          let value = from.addingProduct(unit, width)
          output[index] = value == to ? from : value
        }
      }
      done &+= taken
    }
  }

  /// One float64 of [0, 1).
  @inline(__always)
  static func next(_ twister: inout MersenneTwister) -> Double {
    let bits = twister.nextDoubleWord() & 0x1F_FFFF_FFFF_FFFF
    return Double(Int64(bitPattern: bits)) * 0x1p-53
  }

  /// The low 24 bits as a multiple of 2⁻²⁴.
  @inline(__always)
  static func fraction(_ word: UInt32) -> Float {
    Float(Int32(bitPattern: word & 0xFF_FFFF)) * 0x1p-24
  }

  /// 53 bits as a multiple of 2⁻⁵³. `pair` is two words as they lie in memory, so the first, the high half of the number,
  /// is in the low bits. Both halves become exact doubles by way of the bits of 2⁵².
  @inline(__always)
  static func fraction(_ pair: UInt64) -> Double {
    let high = Double(bitPattern: 0x4330_0000_0000_0000 | (pair & 0x1F_FFFF)) - 0x1p52
    let low = Double(bitPattern: 0x4330_0000_0000_0000 | (pair &>> 32)) - 0x1p52
    return high * 0x1p-21 + low * 0x1p-53
  }
}
