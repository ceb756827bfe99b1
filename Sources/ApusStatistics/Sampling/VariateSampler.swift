import ApusNumerics
import RealModule

/// Draws variates of one distribution with location 0 and scale 1.
package protocol VariateSampler: Sendable {
  func draw(_ stream: inout RandomStream) -> Double

  /// `count` variates, times `scale` plus `location`.
  func fill(
    _ out: UnsafeMutablePointer<Double>, count: Int, _ stream: inout RandomStream, location: Double, scale: Double)
}

extension VariateSampler {
  package func fill(
    _ out: UnsafeMutablePointer<Double>, count: Int, _ stream: inout RandomStream, location: Double, scale: Double
  ) {
    for i in 0..<count { out[i] = draw(&stream) * scale + location }
  }
}

extension RandomStream {
  /// A uniform variate of (0, 1): an odd multiple of 2⁻⁵³, so that neither it nor its complement is 0.
  @inline(__always)
  mutating func openUniform() -> Double { (Double(Int64(bitPattern: next() &>> 12)) + 0.5) * 0x1p-52 }

  /// An exponential variate of mean 1.
  @inline(__always)
  mutating func exponential() -> Double { -Double.log(openUniform()) }
}

struct NormalSampler: VariateSampler {
  func draw(_ stream: inout RandomStream) -> Double { stream.normal() }

  func fill(
    _ out: UnsafeMutablePointer<Double>, count: Int, _ stream: inout RandomStream, location: Double, scale: Double
  ) {
    stream.fillNormal(out, count: count, mean: location, standardDeviation: scale)
  }
}

struct UniformSampler: VariateSampler {
  func draw(_ stream: inout RandomStream) -> Double { stream.uniform() }
}

struct ExponentialSampler: VariateSampler {
  func draw(_ stream: inout RandomStream) -> Double { stream.exponential() }
}

/// By inversion.
struct LogisticSampler: VariateSampler {
  func draw(_ stream: inout RandomStream) -> Double {
    let u = stream.openUniform()
    return Double.log(u / (1 - u))
  }
}

struct LogNormalSampler: VariateSampler {
  let sigma: Double
  func draw(_ stream: inout RandomStream) -> Double { Double.exp(sigma * stream.normal()) }
}

/// By inversion.
struct WeibullSampler: VariateSampler {
  let shape: Double
  func draw(_ stream: inout RandomStream) -> Double { Double.pow(stream.exponential(), 1 / shape) }
}

/// By inversion: ⌈ln U / ln(1 − p)⌉.
struct GeometricSampler: VariateSampler {
  let logFailure: Double
  init(probability: Double) { logFailure = Double.log(onePlus: -probability) }
  func draw(_ stream: inout RandomStream) -> Double {
    Swift.max(1, (Double.log(stream.openUniform()) / logFailure).rounded(.up))
  }
}
