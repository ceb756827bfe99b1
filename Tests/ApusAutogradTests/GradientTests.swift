import ApusAutograd
import ApusNumerics
import Testing

/// Derivatives of every operation against central differences in float64.
@Suite struct GradientTests {
  /// Elements away from kinks and poles, different in every place.
  private func input(_ shape: [Int], seed: UInt64 = 1, from: Double = -2, to: Double = 2) throws -> Tensor {
    let values = try Generator(seed: seed).uniform(shape, from: from, to: to, dtype: .float64)
    return try Tensor(copying: values, requiresGrad: true)
  }

  @Test func arithmetic() throws {
    let (a, b) = (try input([3, 1, 2]), try input([4, 1], seed: 2, from: 0.5, to: 2))
    try GradientCheck.check([a, b]) { [try $0[0] + $0[1], try $0[0] - $0[1], try $0[0] * $0[1], try $0[0] / $0[1]] }
    try GradientCheck.checkSecondOrder([a, b]) { [try $0[0] * $0[1] / ($0[1] + 3.0)] }
    try GradientCheck.check([b, try input([4, 1], seed: 5)]) { [try $0[0].power($0[1])] }
    try GradientCheck.check([a, b]) { [try $0[0].maximum($0[1]), try $0[0].minimum($0[1])] }
  }

  @Test(arguments: [
    UnaryFunction.negative, .absolute, .square, .exp, .expMinusOne, .exp2, .sin, .cos, .tan, .atan, .sinh, .cosh, .tanh,
    .erf, .relu, .sigmoid, .logSigmoid, .silu, .mish, .geluExact, .geluTanh, .softsign, .tanhshrink, .relu6,
    .hardSigmoid, .hardSwish, .leakyRelu(slope: 0.1), .elu(alpha: 1.3), .selu, .celu(alpha: 0.7),
    .softplus(beta: 1.5, threshold: 20), .hardtanh(minimum: -1, maximum: 1), .threshold(0.3, value: 0.1),
    .hardshrink(0.5), .softshrink(0.5),
  ])
  func elementwise(_ function: UnaryFunction) throws {
    let x = try input([11], seed: 3)
    try GradientCheck.check([x]) { [try $0[0].apply(function)] }
    try GradientCheck.checkSecondOrder([x], absolute: 1e-4) { [try $0[0].apply(function).square()] }
  }

  @Test(arguments: [
    UnaryFunction.squareRoot, .reciprocal, .reciprocalSquareRoot, .log, .log2, .log10, .logOnePlus, .asin, .acos,
  ])
  func elementwiseOfPositiveNumbers(_ function: UnaryFunction) throws {
    let x = try input([7], seed: 4, from: 0.2, to: 0.9)
    try GradientCheck.check([x]) { [try $0[0].apply(function)] }
    try GradientCheck.checkSecondOrder([x], absolute: 1e-3) { [try $0[0].apply(function)] }
  }

  @Test func products() throws {
    let (a, b) = (try input([3, 4]), try input([4, 2], seed: 2))
    try GradientCheck.check([a, b]) { [try $0[0].matmul($0[1])] }
    try GradientCheck.checkSecondOrder([a, b]) { [try $0[0].matmul($0[1]).tanh()] }
    let (x, y) = (try input([2, 1, 2, 3]), try input([3, 3, 2], seed: 2))
    try GradientCheck.check([x, y]) { [try $0[0].matmul($0[1])] }
    let (weight, bias) = (try input([5, 4], seed: 6), try input([5], seed: 7))
    try GradientCheck.check([a, weight, bias]) { [try Tensor.linear($0[0], weight: $0[1], bias: $0[2])] }
    try GradientCheck.check([a, b]) { [try Tensor.einsum("ij,jk->ki", $0)] }
  }

  @Test func reductions() throws {
    let x = try input([2, 3, 4])
    try GradientCheck.check([x]) { t in
      [
        try t[0].sum(), try t[0].sum([0, 2]), try t[0].mean([1], keepDims: true), try t[0].variance([1, 2]),
        try t[0].standardDeviation([2]), try t[0].product(1), try t[0].logSumExp([0, 2]), try t[0].norm(2, [1]),
        try t[0].norm(1), try t[0].norm(3, [0]), try t[0].extremum(1, largest: true).values,
        try t[0].extremum(largest: false), try t[0].cumulativeSum(1), try t[0].sorted(2).values,
        try t[0].topK(2, dim: 1).values,
      ]
    }
    try GradientCheck.check([x]) { [try $0[0].softmax(1), try $0[0].logSoftmax(2)] }
    try GradientCheck.checkSecondOrder([x]) { [try $0[0].softmax(2), try $0[0].logSoftmax(2)] }
  }

  @Test func shapesAndIndices() throws {
    let x = try input([3, 4])
    let rows = try Tensor([Int64(2), 0, 2])
    let places = try Tensor([Int64(1), 0, 3, 2, 2, 2], shape: [3, 2])
    try GradientCheck.check([x]) { t in
      [
        try t[0].reshaped([2, -1]), try t[0].transposed(), try t[0].narrow(dim: 1, start: 1, length: 2),
        try t[0].select(dim: 0, index: -1), try t[0].unsqueezed(1).expanded([3, 2, 4]), try t[0].repeated([2, 2]),
        try t[0].flipped([1]), try t[0].rolled(1, dim: 0), try t[0].indexSelect(dim: 0, rows),
        try t[0].gather(dim: 1, places), try t[0].triangle(upper: true), try t[0].padded([1, 2, 0, 1], .constant(3)),
        try t[0].padded([2, 1], .reflect), try Tensor.embedding(rows, weight: t[0]),
        try t[0].maskedSelect(t[0].detached().greater(than: Tensor.scalar(0, dtype: .float64))),
        try Tensor.concatenated([t[0], t[0].square()], dim: 1), try Tensor.stacked([t[0], t[0]], dim: 1),
        try t[0].clamped(minimum: -1, maximum: 1),
      ] + (try t[0].chunked(3, dim: 1))
    }
    try GradientCheck.check([x, try input([3, 2], seed: 8)]) {
      [try $0[0].scatterAdding(dim: 1, places, $0[1])]
    }
  }

  @Test func windows() throws {
    let (x, w, b) = (try input([2, 4, 5, 4]), try input([6, 2, 3, 2], seed: 2), try input([6], seed: 3))
    try GradientCheck.check([w, b]) { t in
      [
        try x.detached().convolution(weight: t[0], bias: t[1], dimensions: 2, stride: [2, 1], padding: [1], groups: 2)
          .sum([0])
      ]
    }
    let small = try input([1, 2, 4, 3], seed: 9)
    try GradientCheck.check([small]) { t in
      [
        try t[0].maxPool([2], stride: [1], padding: [1], dimensions: 2),
        try t[0].averagePool([2], stride: [2], padding: [1], ceilMode: true, countsPadding: false, dimensions: 2),
        try t[0].adaptiveAveragePool([3, 2], dimensions: 2),
        try t[0].convolution(weight: w.detached().narrow(dim: 0, start: 0, length: 2), dimensions: 2, padding: [1, 0]),
      ]
    }
  }

  @Test func normalizations() throws {
    let x = try input([3, 4])
    try GradientCheck.check([x, try input([4], seed: 2), try input([4], seed: 3)]) { t in
      [
        try t[0].layerNorm([4], weight: t[1], bias: t[2]), try t[0].rmsNorm([4], weight: t[1]),
        try t[0].groupNorm(2, weight: t[1], bias: t[2]),
        try t[0].batchNorm(runningMean: nil, runningVariance: nil, weight: t[1], bias: t[2], isTraining: true),
        try t[0].normalizedLength(dim: 1),
      ]
    }
  }

  @Test func losses() throws {
    let x = try input([4, 3])
    let target = try Tensor([Int64(2), 0, -100, 1])
    let weight = try Tensor([0.5, 2, 1.5])
    try GradientCheck.check([x]) { t in
      [
        try Tensor.meanSquaredError(t[0], x.detached().square()),
        try Tensor.crossEntropy(t[0], target, weight: weight, labelSmoothing: 0.1),
        try Tensor.crossEntropy(t[0], target, reduction: .none),
        try Tensor.crossEntropy(t[0], x.detached().softmax(1), labelSmoothing: 0.2),
      ]
    }
    try GradientCheck.checkSecondOrder([x]) { [try Tensor.crossEntropy($0[0], target, weight: weight)] }
  }
}
