import Foundation
import Testing

@testable import ApusNumerics

/// The streams of `Tests/Golden/random/torch-streams.json`; its generator describes the fields.
struct GoldenStream: Decodable, Sendable, CustomTestStringConvertible {
  struct Step: Decodable, Sendable {
    let call: String
    let dtype: String
    let count: Int
    let from: Double?
    let to: Double?
    let mean: Double?
    let std: Double?
    let p: Double?
    let rate: Double?
    let median: Double?
    let scale: Double?
    let categories: Int?
    let replacement: Bool?
    let low: Number?
    let high: Number?
    let head: String?
    let hash: String?

    var elementType: DType {
      get throws { try #require(DType.allCases.first { $0.name == dtype }) }
    }
  }

  /// A bound of integers, exact, or of floating-point numbers.
  enum Number: Decodable, Sendable {
    case integer(Int64)
    case real(Double)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let integer = try? container.decode(Int64.self) {
        self = .integer(integer)
      } else {
        self = .real(try container.decode(Double.self))
      }
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    var real: Double {
      switch self {
      case .integer(let value): Double(value)
      case .real(let value): value
      }
    }
  }

  let seed: String
  let steps: [Step]
  let after: Int64

  var testDescription: String { "\(steps[0].call) \(steps[0].dtype) × \(steps[0].count), seed \(seed)" }

  static let all: [GoldenStream] = {
    struct File: Decodable { let cases: [GoldenStream] }
    return load(File.self, "torch-streams.json").cases
  }()

  static func load<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = tests.deletingLastPathComponent().appendingPathComponent("Golden/random/\(name)")
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: file))
    } catch {
      fatalError("\(file.path): \(error)")
    }
  }
}

extension GoldenStream.Step {
  /// Makes the call and returns the bytes it wrote.
  func run(_ generator: Generator) throws -> [UInt8] {
    let dtype = try elementType
    if call == "multinomial" { return try runMultinomial(generator, dtype: dtype) }
    let memory = try Buffer<UInt8>(zeroed: count * dtype.stride)
    let elements = UnsafeMutableRawPointer(memory.pointer)
    switch call {
    case "uniform":
      try generator.fillUniform(elements, dtype: dtype, count: count, from: #require(from), to: #require(to))
    case "normal", "normal_strided":
      try generator.fillNormal(
        elements, dtype: dtype, count: count, mean: #require(mean), standardDeviation: #require(std),
        isContiguous: call == "normal")
    case "random":
      generator.fillIntegers(elements, dtype: dtype, count: count)
    case "integers":
      try generator.fillIntegers(
        elements, dtype: dtype, count: count, from: #require(low?.integer), to: high.map { try #require($0.integer) })
    case "randperm":
      try generator.fillPermutation(elements, dtype: dtype, count: count)
    case "bernoulli":
      try generator.fillBernoulli(elements, dtype: dtype, count: count, probability: #require(p))
    case "bernoulli_tensor":
      try runBernoulliTensor(generator, elements, dtype: dtype)
    case "dropout":
      try generator.fillDropoutFactors(elements, dtype: dtype, count: count, probability: #require(p))
    case "exponential":
      try generator.fillExponential(elements, dtype: dtype, count: count, rate: #require(rate))
    case "cauchy":
      try generator.fillCauchy(elements, dtype: dtype, count: count, median: #require(median), scale: #require(scale))
    case "log_normal":
      try generator.fillLogNormal(
        elements, dtype: dtype, count: count, mean: #require(mean), standardDeviation: #require(std))
    case "geometric":
      try generator.fillGeometric(elements, dtype: dtype, count: count, probability: #require(p))
    case "truncated_normal":
      try generator.fillTruncatedNormal(
        elements, dtype: dtype, count: count, mean: #require(mean), standardDeviation: #require(std),
        low: #require(low?.real), high: #require(high?.real))
    default:
      Issue.record("unknown call \(call)")
    }
    return Array(memory.elements)
  }

  private func runBernoulliTensor(
    _ generator: Generator, _ elements: UnsafeMutableRawPointer, dtype: DType
  ) throws {
    if dtype == .float32 {
      let probabilities = (0..<count).map { Float($0 % 11) / 10 }
      try generator.fillBernoulli(elements, probabilities: probabilities, dtype: dtype, count: count)
    } else {
      let probabilities = (0..<count).map { Double($0 % 11) / 10 }
      try generator.fillBernoulli(elements, probabilities: probabilities, dtype: dtype, count: count)
    }
  }

  private func runMultinomial(_ generator: Generator, dtype: DType) throws -> [UInt8] {
    let categories = try #require(categories)
    let output = try Buffer<Int64>(count: 3 * count)
    let weights = (0..<3 * categories).map { Double($0 % 7) + 0.25 }
    let narrow = weights.map { Float($0) }
    try weights.withUnsafeBytes { wide in
      try narrow.withUnsafeBytes { narrow in
        try generator.fillMultinomial(
          output.pointer, weights: try #require(dtype == .float32 ? narrow.baseAddress : wide.baseAddress),
          dtype: dtype, rows: 3, categories: categories, draws: count, replacement: #require(replacement as Bool?))
      }
    }
    return Array(UnsafeRawBufferPointer(UnsafeBufferPointer(output.elements)))
  }
}

/// FNV-1a, 64 bits.
func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// Two lower-case hexadecimal digits a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
