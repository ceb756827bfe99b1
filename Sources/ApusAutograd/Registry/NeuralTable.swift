import ApusNumerics

extension OperationTable {
  static let neural: [String: Operation] = [
    "dropout": { inputs, options in
      [try inputs[0].dropout(try options.double("p", 0.5), channelAxes: try options.optionalInt("channel_axes"))]
    },
    "layer_norm": { inputs, options in
      [
        try inputs[0].layerNorm(
          try options.ints("normalized_shape"), weight: inputs.optional(1), bias: inputs.optional(2),
          eps: try options.double("eps", 1e-5))
      ]
    },
    "rms_norm": { inputs, options in
      [
        try inputs[0].rmsNorm(
          try options.ints("normalized_shape"), weight: inputs.optional(1), eps: try options.optionalDouble("eps"))
      ]
    },
    "group_norm": { inputs, options in
      [
        try inputs[0].groupNorm(
          try options.int("num_groups"), weight: inputs.optional(1), bias: inputs.optional(2),
          eps: try options.double("eps", 1e-5))
      ]
    },
    "batch_norm": { inputs, options in
      [
        try inputs[0].batchNorm(
          runningMean: inputs.optional(1), runningVariance: inputs.optional(2), weight: inputs.optional(3),
          bias: inputs.optional(4), isTraining: try options.bool("training", false),
          momentum: try options.double("momentum", 0.1), eps: try options.double("eps", 1e-5))
      ]
    },
    "normalize": { inputs, options in
      [
        try inputs[0].normalizedLength(
          try options.double("p", 2), dim: try options.int("dim", 1), eps: try options.double("eps", 1e-12))
      ]
    },
    "cosine_similarity": { inputs, options in
      [
        try inputs[0].cosineSimilarity(
          inputs[1], dim: try options.int("dim", 1), eps: try options.double("eps", 1e-8))
      ]
    },
    "conv1d": { inputs, options in [try convolution(inputs, options, dimensions: 1)] },
    "conv2d": { inputs, options in [try convolution(inputs, options, dimensions: 2)] },
    "max_pool1d": { inputs, options in [try pooling(inputs, options, dimensions: 1, isMaximum: true)] },
    "max_pool2d": { inputs, options in [try pooling(inputs, options, dimensions: 2, isMaximum: true)] },
    "avg_pool1d": { inputs, options in [try pooling(inputs, options, dimensions: 1, isMaximum: false)] },
    "avg_pool2d": { inputs, options in [try pooling(inputs, options, dimensions: 2, isMaximum: false)] },
    "adaptive_avg_pool1d": { inputs, options in
      [try inputs[0].adaptiveAveragePool(try options.ints("output_size"), dimensions: 1)]
    },
    "adaptive_avg_pool2d": { inputs, options in
      [try inputs[0].adaptiveAveragePool(try options.ints("output_size"), dimensions: 2)]
    },
  ]

  private static func convolution(_ inputs: Inputs, _ options: Options, dimensions: Int) throws -> Tensor {
    try inputs[0].convolution(
      weight: inputs[1], bias: inputs.optional(2), dimensions: dimensions,
      stride: try options.optionalInts("stride") ?? [1], padding: try options.convolutionPadding(),
      dilation: try options.optionalInts("dilation") ?? [1], groups: try options.int("groups", 1))
  }

  private static func pooling(
    _ inputs: Inputs, _ options: Options, dimensions: Int, isMaximum: Bool
  ) throws -> Tensor {
    let kernel = try options.ints("kernel_size")
    let stride = try options.optionalInts("stride") ?? kernel
    let padding = try options.optionalInts("padding") ?? [0]
    let ceilMode = try options.bool("ceil_mode", false)
    if isMaximum {
      return try inputs[0].maxPool(
        kernel, stride: stride, padding: padding, dilation: try options.optionalInts("dilation") ?? [1],
        ceilMode: ceilMode, dimensions: dimensions)
    }
    return try inputs[0].averagePool(
      kernel, stride: stride, padding: padding, ceilMode: ceilMode,
      countsPadding: try options.bool("count_include_pad", true), dimensions: dimensions)
  }

  static let losses: [String: Operation] = [
    "mse_loss": { inputs, options in
      [try Tensor.meanSquaredError(inputs[0], inputs[1], reduction: try options.reduction())]
    },
    "nll_loss": { inputs, options in
      [
        try Tensor.negativeLogLikelihood(
          inputs[0], inputs[1], weight: inputs.optional(2), ignoreIndex: try options.int("ignore_index", -100),
          reduction: try options.reduction())
      ]
    },
    "cross_entropy": { inputs, options in
      [
        try Tensor.crossEntropy(
          inputs[0], inputs[1], weight: inputs.optional(2), ignoreIndex: try options.int("ignore_index", -100),
          reduction: try options.reduction(), labelSmoothing: try options.double("label_smoothing", 0))
      ]
    },
  ]
}
