import Glibc
import Testing

@testable import ApusNumerics

/// Errors against mpmath over the whole domain: subnormals, zeros, infinities, NaN, thresholds, branch borders.
@Suite struct VectorAccuracyTests {
  @Test(arguments: VectorFunction.all) func float64(function: VectorFunction) throws {
    let lines = try vectorGolden("\(function.name).f64.txt")
    let x = lines.map { double($0[0]) }
    var result = [Double](repeating: 0, count: x.count)
    function.double(x, &result, x.count, false)
    for (index, line) in lines.enumerated() {
      let error = ulpError(result[index], double(line[1]), rest: Double(line[2])!)
      #expect(error <= function.bound.double, "\(function.name)(\(x[index])) = \(result[index]), \(double(line[1]))")
    }
  }

  @Test(arguments: VectorFunction.all) func float32(function: VectorFunction) throws {
    let lines = try vectorGolden("\(function.name).f32.txt")
    let x = lines.map { float($0[0]) }
    var result = [Float](repeating: 0, count: x.count)
    function.float(x, &result, x.count, false)
    for (index, line) in lines.enumerated() {
      let error = ulpError(result[index], double(line[1]))
      #expect(error <= function.bound.float, "\(function.name)(\(x[index])) = \(result[index]), \(double(line[1]))")
    }
  }

  @Test func power() throws {
    let lines = try vectorGolden("pow.f64.txt")
    let (x, y) = (lines.map { double($0[0]) }, lines.map { double($0[1]) })
    var result = [Double](repeating: 0, count: x.count)
    VectorMath.pow(x, y, &result, count: x.count)
    for (index, line) in lines.enumerated() {
      let expected = double(line[2])
      let error = ulpError(result[index], expected, rest: Double(line[3])!)
      #expect(
        error <= (Swift.abs(expected) < 0x1p-1022 ? 1.5 : 1),
        "\(x[index]) ^ \(y[index]) = \(result[index]), \(expected)")
    }
  }

  @Test func powerFloat32() throws {
    let lines = try vectorGolden("pow.f32.txt")
    let (x, y) = (lines.map { float($0[0]) }, lines.map { float($0[1]) })
    var result = [Float](repeating: 0, count: x.count)
    VectorMath.pow(x, y, &result, count: x.count)
    for (index, line) in lines.enumerated() {
      let error = ulpError(result[index], double(line[2]))
      #expect(error <= 1, "\(x[index]) ^ \(y[index]) = \(result[index]), \(double(line[2]))")
    }
  }

  @Test func powerWithOneExponent() {
    let x: [Double] = [0.5, 2, 3, -2, 0, .infinity, 1.5, 7, 1e300, 1e-300]
    for exponent in [2.0, -1, 0.5, 3, 0] {
      var (one, each) = ([Double](repeating: 0, count: x.count), [Double](repeating: 0, count: x.count))
      VectorMath.pow(x, exponent: exponent, &one, count: x.count)
      VectorMath.pow(x, [Double](repeating: exponent, count: x.count), &each, count: x.count)
      #expect(isIdentical(one, each))
    }
  }

  @Test func squareRootIsCorrectlyRounded() throws {
    let x = try vectorGolden("exp.f64.txt").map { double($0[0]) }
    var result = [Double](repeating: 0, count: x.count)
    VectorMath.sqrt(x, &result, count: x.count)
    #expect(isIdentical(result, x.map { $0.squareRoot() }))
    let y = try vectorGolden("exp.f32.txt").map { float($0[0]) }
    var single = [Float](repeating: 0, count: y.count)
    VectorMath.sqrt(y, &single, count: y.count)
    #expect(isIdentical(single, y.map { $0.squareRoot() }))
  }

  /// A dense sample in float32 against the float64 functions of the C library, whose errors are far below.
  @Test func float32Densely() {
    let count = 1 << 14
    let references: [String: (Double) -> Double] = [
      "exp": { Glibc.exp($0) }, "exp2": { Glibc.exp2($0) }, "expm1": { Glibc.expm1($0) }, "log": { Glibc.log($0) },
      "log2": { Glibc.log2($0) }, "log1p": { Glibc.log1p($0) }, "tanh": { Glibc.tanh($0) }, "erf": { Glibc.erf($0) },
      "erfc": { Glibc.erfc($0) }, "sin": { Glibc.sin($0) }, "cos": { Glibc.cos($0) },
      "sigmoid": { 1 / (1 + Glibc.exp(-$0)) },
    ]
    var state: UInt64 = 1
    let x = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(bitPattern: UInt32(state >> 32))
    }
    for function in VectorFunction.all {
      guard let reference = references[function.name] else { continue }
      var result = [Float](repeating: 0, count: count)
      function.float(x, &result, count, false)
      for index in 0..<count where !x[index].isNaN {
        let expected = reference(Double(x[index]))
        #expect(
          expected == 0 ? result[index] == 0 : ulpError(result[index], expected) <= function.bound.float + 0.001,
          "\(function.name)(\(x[index])) = \(result[index]), \(expected)")
      }
    }
  }
}
