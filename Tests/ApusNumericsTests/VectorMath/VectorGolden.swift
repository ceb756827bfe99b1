import Foundation
import Testing

@testable import ApusNumerics

/// A function of ``VectorMath`` with the largest error, in units of the last place, that its documentation allows.
struct VectorFunction: Sendable, CustomTestStringConvertible {
  typealias Driver<T> = @Sendable (UnsafePointer<T>, UnsafeMutablePointer<T>, Int, Bool) -> Void

  let name: String
  let bound: (double: Double, float: Double)
  let double: Driver<Double>
  let float: Driver<Float>

  var testDescription: String { name }

  /// All functions of one argument but the square root, which has no golden file.
  static let all: [VectorFunction] = [
    VectorFunction(
      name: "exp", bound: (1.25, 1.25),
      double: { VectorMath.exp($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.exp($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "exp2", bound: (1.25, 1.25),
      double: { VectorMath.exp2($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.exp2($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "expm1", bound: (1.25, 1.25),
      double: { VectorMath.expm1($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.expm1($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "log", bound: (1, 1),
      double: { VectorMath.log($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.log($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "log2", bound: (1, 1),
      double: { VectorMath.log2($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.log2($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "log1p", bound: (1, 1),
      double: { VectorMath.log1p($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.log1p($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "log1pExp", bound: (1.5, 1.5),
      double: { VectorMath.log1pExp($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.log1pExp($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "tanh", bound: (1.5, 1.5),
      double: { VectorMath.tanh($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.tanh($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "sigmoid", bound: (1.5, 1.5),
      double: { VectorMath.sigmoid($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.sigmoid($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "erf", bound: (1.5, 1.5),
      double: { VectorMath.erf($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.erf($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "erfc", bound: (1.5, 1.5),
      double: { VectorMath.erfc($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.erfc($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "sin", bound: (1, 1.75),
      double: { VectorMath.sin($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.sin($0, $1, count: $2, parallel: $3) }),
    VectorFunction(
      name: "cos", bound: (1, 1.75),
      double: { VectorMath.cos($0, $1, count: $2, parallel: $3) },
      float: { VectorMath.cos($0, $1, count: $2, parallel: $3) }),
  ]
}

/// Numbers of the lines of a file of `Tests/Golden/vector-math`.
func vectorGolden(_ name: String) throws -> [[Substring]] {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Golden/vector-math")
  let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  return text.split(separator: "\n").map { $0.split(separator: " ") }
}

func double(_ bits: Substring) -> Double { Double(bitPattern: UInt64(bits, radix: 16)!) }
func float(_ bits: Substring) -> Float { Float(bitPattern: UInt32(bits, radix: 16)!) }

/// |result − (expected + rest/254 ulp)| in units of the last place of `expected`; infinite where special values differ.
func ulpError(_ result: Double, _ expected: Double, rest: Double) -> Double {
  if expected.isNaN { return result.isNaN ? 0 : .infinity }
  if expected.isInfinite || expected == 0 && rest == 0 {
    return result.bitPattern == expected.bitPattern ? 0 : .infinity
  }
  return result.isFinite ? Swift.abs((result - expected) / expected.ulp - rest / 254) : .infinity
}

/// |result − expected| in units of the last place of a float32; infinite where special values differ.
func ulpError(_ result: Float, _ expected: Double) -> Double {
  if expected.isNaN { return result.isNaN ? 0 : .infinity }
  let rounded = Float(expected)
  if rounded.isInfinite || expected == 0 { return result.bitPattern == rounded.bitPattern ? 0 : .infinity }
  return result.isFinite ? Swift.abs(Double(result) - expected) / Double(rounded.ulp) : .infinity
}

/// Whether two arrays have the same bits, any NaN being as good as another.
func isIdentical(_ a: [Double], _ b: [Double]) -> Bool {
  zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) } && a.count == b.count
}

func isIdentical(_ a: [Float], _ b: [Float]) -> Bool {
  zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) } && a.count == b.count
}
