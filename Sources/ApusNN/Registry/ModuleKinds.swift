import ApusAutograd
import ApusNumerics

/// Modules by kind, for callers outside Swift. Kinds are PyTorch's class names, options its parameter names.
public enum ModuleKinds {
  typealias Maker = @Sendable (Options) throws -> Module

  /// A new module.
  ///
  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for an unknown kind or option, else what the module throws.
  public static func make(_ kind: String, _ options: Options) throws -> Module {
    guard let maker = table[kind] else {
      throw ApusError.invalidArgument(
        name: "kind", reason: "'\(kind)' is no kind of module" + NearestName.suggestion(for: kind, in: names))
    }
    let module = try maker(options)
    try options.finish(kind)
    return module
  }

  public static var names: [String] { table.keys.sorted() }

  private static let table: [String: Maker] = layers.merging(activations) { a, _ in a }.merging(losses) { a, _ in a }

  private static let layers: [String: Maker] = [
    "Linear": { o in
      try Linear(
        try o.int("in_features"), try o.int("out_features"), bias: try o.bool("bias", true),
        dtype: try o.dtype("dtype", .float32))
    },
    "Bilinear": { o in
      try Bilinear(
        try o.int("in1_features"), try o.int("in2_features"), try o.int("out_features"), bias: try o.bool("bias", true),
        dtype: try o.dtype("dtype", .float32))
    },
    "Embedding": { o in
      try Embedding(
        try o.int("num_embeddings"), try o.int("embedding_dim"), paddingIndex: try o.optionalInt("padding_idx"),
        dtype: try o.dtype("dtype", .float32))
    },
    "Identity": { _ in Identity() },
    "Flatten": { o in Flatten(startDim: try o.int("start_dim", 1), endDim: try o.int("end_dim", -1)) },
    "Unflatten": { o in Unflatten(dim: try o.int("dim"), sizes: try o.ints("unflattened_size")) },
    "LayerNorm": { o in
      try LayerNorm(
        try o.ints("normalized_shape"), eps: try o.double("eps", 1e-5),
        elementwiseAffine: try o.bool("elementwise_affine", true), bias: try o.bool("bias", true),
        dtype: try o.dtype("dtype", .float32))
    },
    "RMSNorm": { o in
      try RMSNorm(
        try o.ints("normalized_shape"), eps: try o.optionalDouble("eps"),
        elementwiseAffine: try o.bool("elementwise_affine", true), dtype: try o.dtype("dtype", .float32))
    },
    "GroupNorm": { o in
      try GroupNorm(
        try o.int("num_groups"), try o.int("num_channels"), eps: try o.double("eps", 1e-5),
        affine: try o.bool("affine", true), dtype: try o.dtype("dtype", .float32))
    },
    "BatchNorm1d": { o in try batchNorm(o, dimensions: 1) },
    "BatchNorm2d": { o in try batchNorm(o, dimensions: 2) },
    "Conv1d": { o in try convolution(o, dimensions: 1) },
    "Conv2d": { o in try convolution(o, dimensions: 2) },
    "MaxPool1d": { o in try pooling(o, maximum: true, dimensions: 1) },
    "MaxPool2d": { o in try pooling(o, maximum: true, dimensions: 2) },
    "AvgPool1d": { o in try pooling(o, maximum: false, dimensions: 1) },
    "AvgPool2d": { o in try pooling(o, maximum: false, dimensions: 2) },
    "RNN": { o in try recurrent(o, "RNN") },
    "LSTM": { o in try recurrent(o, "LSTM") },
    "GRU": { o in try recurrent(o, "GRU") },
    "RNNCell": { o in
      try RecurrentCell.rnn(
        try o.int("input_size"), try o.int("hidden_size"), nonlinearity: try o.string("nonlinearity", "tanh"),
        bias: try o.bool("bias", true), dtype: try o.dtype("dtype", .float32))
    },
    "LSTMCell": { o in
      try RecurrentCell.lstm(
        try o.int("input_size"), try o.int("hidden_size"), bias: try o.bool("bias", true),
        dtype: try o.dtype("dtype", .float32))
    },
    "GRUCell": { o in
      try RecurrentCell.gru(
        try o.int("input_size"), try o.int("hidden_size"), bias: try o.bool("bias", true),
        dtype: try o.dtype("dtype", .float32))
    },
    "AdaptiveAvgPool1d": { o in AdaptiveAveragePooling(try o.ints("output_size"), dimensions: 1) },
    "AdaptiveAvgPool2d": { o in AdaptiveAveragePooling(try o.ints("output_size"), dimensions: 2) },
  ]

  private static func recurrent(_ o: Options, _ kind: String) throws -> Module {
    let (inputSize, hiddenSize) = (try o.int("input_size"), try o.int("hidden_size"))
    let (layers, bias) = (try o.int("num_layers", 1), try o.bool("bias", true))
    let (batchFirst, dropout) = (try o.bool("batch_first", false), try o.double("dropout", 0))
    let (bidirectional, dtype) = (try o.bool("bidirectional", false), try o.dtype("dtype", .float32))
    switch kind {
    case "LSTM":
      return try RecurrentLayer.lstm(
        inputSize, hiddenSize, layers: layers, bias: bias, batchFirst: batchFirst, dropout: dropout,
        bidirectional: bidirectional, dtype: dtype)
    case "GRU":
      return try RecurrentLayer.gru(
        inputSize, hiddenSize, layers: layers, bias: bias, batchFirst: batchFirst, dropout: dropout,
        bidirectional: bidirectional, dtype: dtype)
    default:
      return try RecurrentLayer.rnn(
        inputSize, hiddenSize, layers: layers, nonlinearity: try o.string("nonlinearity", "tanh"), bias: bias,
        batchFirst: batchFirst, dropout: dropout, bidirectional: bidirectional, dtype: dtype)
    }
  }

  private static func batchNorm(_ o: Options, dimensions: Int) throws -> Module {
    let isCumulative = try o.bool("cumulative", false)
    let momentum = try o.double("momentum", 0.1)
    return try BatchNorm(
      try o.int("num_features"), dimensions: dimensions, eps: try o.double("eps", 1e-5),
      momentum: isCumulative ? nil : momentum, affine: try o.bool("affine", true),
      trackRunningStats: try o.bool("track_running_stats", true), dtype: try o.dtype("dtype", .float32))
  }

  private static func convolution(_ o: Options, dimensions: Int) throws -> Module {
    try Convolution(
      try o.int("in_channels"), try o.int("out_channels"), kernel: try o.ints("kernel_size"), dimensions: dimensions,
      stride: try o.optionalInts("stride") ?? [1], padding: try o.convolutionPadding(),
      dilation: try o.optionalInts("dilation") ?? [1], groups: try o.int("groups", 1), bias: try o.bool("bias", true),
      dtype: try o.dtype("dtype", .float32))
  }

  private static func pooling(_ o: Options, maximum: Bool, dimensions: Int) throws -> Module {
    Pooling(
      maximum: maximum, dimensions: dimensions, kernel: try o.ints("kernel_size"), stride: try o.optionalInts("stride"),
      padding: try o.optionalInts("padding") ?? [0],
      dilation: maximum ? try o.optionalInts("dilation") ?? [1] : [1], ceilMode: try o.bool("ceil_mode", false),
      countsPadding: maximum ? true : try o.bool("count_include_pad", true))
  }

  private static let activations: [String: Maker] = [
    "ReLU": { _ in ReLU() }, "Sigmoid": { _ in Sigmoid() }, "Tanh": { _ in Tanh() }, "SiLU": { _ in SiLU() },
    "Mish": { _ in Mish() }, "Softsign": { _ in Softsign() }, "Tanhshrink": { _ in Tanhshrink() },
    "ReLU6": { _ in ReLU6() }, "Hardsigmoid": { _ in Hardsigmoid() }, "Hardswish": { _ in Hardswish() },
    "LogSigmoid": { _ in LogSigmoid() }, "SELU": { _ in SELU() },
    "GELU": { o in GELU(tanhApproximation: try o.string("approximate", "none") == "tanh") },
    "LeakyReLU": { o in LeakyReLU(negativeSlope: try o.double("negative_slope", 0.01)) },
    "ELU": { o in ELU(alpha: try o.double("alpha", 1)) },
    "CELU": { o in CELU(alpha: try o.double("alpha", 1)) },
    "Softplus": { o in Softplus(beta: try o.double("beta", 1), threshold: try o.double("threshold", 20)) },
    "Hardtanh": { o in Hardtanh(minimum: try o.double("min_val", -1), maximum: try o.double("max_val", 1)) },
    "PReLU": { o in
      try PReLU(
        try o.int("num_parameters", 1), initial: try o.double("init", 0.25), dtype: try o.dtype("dtype", .float32))
    },
    "Softmax": { o in Softmax(dim: try o.int("dim", -1)) },
    "LogSoftmax": { o in Softmax(dim: try o.int("dim", -1), isLog: true) },
    "Dropout": { o in try Dropout(try o.double("p", 0.5)) },
    "Dropout2d": { o in try Dropout(try o.double("p", 0.5), channelAxes: 2) },
  ]

  private static let losses: [String: Maker] = [
    "MSELoss": { o in MSELoss(reduction: try o.reduction()) },
    "L1Loss": { o in L1Loss(reduction: try o.reduction()) },
    "HuberLoss": { o in HuberLoss(delta: try o.double("delta", 1), reduction: try o.reduction()) },
    "SmoothL1Loss": { o in SmoothL1Loss(beta: try o.double("beta", 1), reduction: try o.reduction()) },
    "CrossEntropyLoss": { o in
      CrossEntropyLoss(
        weight: try o.tensor("weight"), ignoreIndex: try o.int("ignore_index", -100),
        labelSmoothing: try o.double("label_smoothing", 0), reduction: try o.reduction())
    },
    "NLLLoss": { o in
      NLLLoss(
        weight: try o.tensor("weight"), ignoreIndex: try o.int("ignore_index", -100), reduction: try o.reduction())
    },
    "BCELoss": { o in BCELoss(weight: try o.tensor("weight"), reduction: try o.reduction()) },
    "BCEWithLogitsLoss": { o in
      BCEWithLogitsLoss(
        weight: try o.tensor("weight"), positiveWeight: try o.tensor("pos_weight"), reduction: try o.reduction())
    },
    "KLDivLoss": { o in
      let reduction = try o.string("reduction", "mean")
      let isBatchMean = reduction == "batchmean"
      return KLDivLoss(
        reduction: Reduction(rawValue: reduction) ?? .mean, batchMean: isBatchMean,
        logTarget: try o.bool("log_target", false))
    },
    "HingeEmbeddingLoss": { o in
      HingeEmbeddingLoss(margin: try o.double("margin", 1), reduction: try o.reduction())
    },
    "CosineEmbeddingLoss": { o in
      CosineEmbeddingLoss(margin: try o.double("margin", 0), reduction: try o.reduction())
    },
    "MarginRankingLoss": { o in
      MarginRankingLoss(margin: try o.double("margin", 0), reduction: try o.reduction())
    },
    "TripletMarginLoss": { o in
      TripletMarginLoss(margin: try o.double("margin", 1), p: try o.double("p", 2), reduction: try o.reduction())
    },
    "CTCLoss": { o in
      CTCLoss(
        blank: try o.int("blank", 0), reduction: try o.reduction(), zeroInfinity: try o.bool("zero_infinity", false))
    },
    "MaskedTokenLoss": { o in
      MaskedTokenLoss(normalization: try Losses.TokenNormalization.named(try o.string("normalization", "batch")))
    },
  ]
}
