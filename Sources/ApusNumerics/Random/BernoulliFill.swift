/// Success indicators, 1 or 0, with PyTorch's bits.
enum BernoulliFill {
  /// One probability for all: 53 bits are drawn for each element, whatever its type (`tensor.bernoulli_(p)`, dropout).
  ///
  /// `u < p` for `u = k · 2⁻⁵³` is decided on the integers: `k < ⌈p · 2⁵³⌉`. Requires `probability` in [0, 1].
  static func fill<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int, probability: Double,
    success: Element
  ) {
    let threshold = Int64((probability * 0x1p53).rounded(.up))
    let failure = Element(drawn: 0)
    var done = 0
    while done < count {
      let (words, taken) = twister.takePairs(atMost: count &- done)
      let pairs = UnsafeRawPointer(words)
      let output = elements + done
      for index in 0..<taken {
        let pair = pairs.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self)
        let draw = Int64(bitPattern: (pair & 0x1F_FFFF) &<< 32 | pair &>> 32)
        output[index] = draw < threshold ? success : failure
      }
      done &+= taken
    }
  }

  /// A float32 probability for each element: 24 bits are drawn for each.
  static func fill<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int,
    probabilities: UnsafePointer<Float>
  ) {
    var done = 0
    while done < count {
      let (words, taken) = twister.takeWords(atMost: count &- done)
      let output = elements + done
      let limits = probabilities + done
      for index in 0..<taken {
        output[index] = Element(drawn: UniformFill.fraction(words[index]) < limits[index] ? 1 : 0)
      }
      done &+= taken
    }
  }

  /// A float64 probability for each element: 53 bits are drawn for each.
  static func fill<Element: IntegerDrawable>(
    _ twister: inout MersenneTwister, _ elements: UnsafeMutablePointer<Element>, count: Int,
    probabilities: UnsafePointer<Double>
  ) {
    var done = 0
    while done < count {
      let (words, taken) = twister.takePairs(atMost: count &- done)
      let pairs = UnsafeRawPointer(words)
      let output = elements + done
      let limits = probabilities + done
      for index in 0..<taken {
        let draw = UniformFill.fraction(pairs.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
        output[index] = Element(drawn: draw < limits[index] ? 1 : 0)
      }
      done &+= taken
    }
  }
}
