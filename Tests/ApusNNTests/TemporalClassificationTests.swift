import ApusAutograd
import ApusNN
import ApusNumerics
import Foundation
import Testing

/// CTC against the definition: the sum over all paths of frames.
@Suite struct TemporalClassificationTests {
  /// What is left of a path when repeats are merged and blanks removed.
  private func collapsed(_ path: [Int], blank: Int) -> [Int] {
    var result: [Int] = []
    var last = -1
    for label in path {
      if label != last, label != blank { result.append(label) }
      last = label
    }
    return result
  }

  private func enumerated(_ x: [[Double]], _ labels: [Int], blank: Int) -> Double {
    let classes = x[0].count
    var total = 0.0
    for code in 0..<Int(pow(Double(classes), Double(x.count))) {
      var (rest, path) = (code, [Int]())
      for _ in x.indices {
        path.append(rest % classes)
        rest /= classes
      }
      if collapsed(path, blank: blank) == labels {
        total += exp(path.enumerated().reduce(0) { $0 + x[$1.offset][$1.element] })
      }
    }
    return -log(total)
  }

  @Test(arguments: [[], [1], [1, 1], [2, 1], [1, 2, 1]]) func sumsOverAllPaths(_ labels: [Int]) throws {
    let x = try Tensor.randn([5, 1, 3], dtype: .float64, generator: Generator(seed: 2)).logSoftmax(2)
    let values = try x.elements(as: Double.self)
    let rows = (0..<5).map { Array(values[3 * $0..<3 * $0 + 3]) }
    let loss = try Losses.temporalClassification(
      x, Tensor(labels.map { Int64($0) }, shape: [labels.count]), inputLengths: [5], targetLengths: [labels.count],
      reduction: .sum
    ).item()
    #expect(abs(loss - enumerated(rows, labels, blank: 0)) < 1e-12)
  }

  @Test func derivativeAgreesWithDifferences() throws {
    let x = try Tensor.randn([6, 2, 4], dtype: .float64, generator: Generator(seed: 3))
    try x.setRequiresGrad(true)
    let targets = try Tensor([1, 2, 2, 3, 0, 0].map { Int64($0) }, shape: [2, 3])
    try GradientCheck.check([x], absolute: 1e-8, relative: 1e-6) { inputs in
      [
        try Losses.temporalClassification(
          inputs[0].logSoftmax(2), targets, inputLengths: [6, 4], targetLengths: [3, 1])
      ]
    }
  }

  @Test func tooFewFramesAreImpossible() throws {
    let x = try Tensor.zeros([2, 1, 3]).logSoftmax(2)
    let targets = try Tensor([1, 1].map { Int64($0) }, shape: [1, 2])
    func loss(zeroInfinity: Bool) throws -> Double {
      try Losses.temporalClassification(
        x, targets, inputLengths: [2], targetLengths: [2], zeroInfinity: zeroInfinity
      ).item()
    }
    #expect(try loss(zeroInfinity: false) == .infinity)
    #expect(try loss(zeroInfinity: true) == 0)
  }

  @Test func badLabelsAreNamed() throws {
    let x = try Tensor.zeros([4, 1, 3])
    for label: Int64 in [0, 3, -1] {
      #expect(throws: ApusError.self) {
        try Losses.temporalClassification(x, Tensor([label], shape: [1, 1]), inputLengths: [4], targetLengths: [1])
      }
    }
    #expect(throws: ApusError.self) {
      try Losses.temporalClassification(
        x, Tensor([Int64(1)], shape: [1, 1]), inputLengths: [5], targetLengths: [1])
    }
    #expect(throws: ApusError.self) {
      try Losses.temporalClassification(
        x, Tensor([Int64(1)], shape: [1, 1]), inputLengths: [4], targetLengths: [2])
    }
  }
}
