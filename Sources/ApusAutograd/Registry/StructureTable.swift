import ApusNumerics

extension OperationTable {
  static let reductions: [String: Operation] = [
    "sum": { inputs, options in
      [try inputs[0].sum(try options.optionalInts("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "mean": { inputs, options in
      [try inputs[0].mean(try options.optionalInts("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "var": { inputs, options in
      [
        try inputs[0].variance(
          try options.optionalInts("dim"), correction: try options.double("correction", 1),
          keepDims: try options.bool("keepdim", false))
      ]
    },
    "std": { inputs, options in
      [
        try inputs[0].standardDeviation(
          try options.optionalInts("dim"), correction: try options.double("correction", 1),
          keepDims: try options.bool("keepdim", false))
      ]
    },
    "prod": { inputs, options in
      if let dim = try options.optionalInt("dim") {
        return [try inputs[0].product(dim, keepDims: try options.bool("keepdim", false))]
      }
      return [try inputs[0].reshaped([-1]).product(0)]
    },
    "amax": { inputs, options in
      [
        try inputs[0].extreme(
          try options.optionalInts("dim"), largest: true, keepDims: try options.bool("keepdim", false))
      ]
    },
    "amin": { inputs, options in
      [
        try inputs[0].extreme(
          try options.optionalInts("dim"), largest: false, keepDims: try options.bool("keepdim", false))
      ]
    },
    "max": { inputs, options in try extremum(inputs, options, largest: true) },
    "min": { inputs, options in try extremum(inputs, options, largest: false) },
    "argmax": { inputs, options in
      [try inputs[0].argmax(try options.optionalInt("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "argmin": { inputs, options in
      [try inputs[0].argmin(try options.optionalInt("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "all": { inputs, options in
      [try inputs[0].truth(all: true, try options.optionalInts("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "any": { inputs, options in
      [try inputs[0].truth(all: false, try options.optionalInts("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "logsumexp": { inputs, options in
      [try inputs[0].logSumExp(try options.ints("dim"), keepDims: try options.bool("keepdim", false))]
    },
    "norm": { inputs, options in
      [
        try inputs[0].norm(
          try options.double("p", 2), try options.optionalInts("dim"), keepDims: try options.bool("keepdim", false))
      ]
    },
    "cumsum": { inputs, options in [try inputs[0].cumulativeSum(try options.int("dim"))] },
    "sort": { inputs, options in
      let (values, indices) = try inputs[0].sorted(
        try options.int("dim", -1), descending: try options.bool("descending", false))
      return [values, indices]
    },
    "argsort": { inputs, options in
      [try inputs[0].argsort(try options.int("dim", -1), descending: try options.bool("descending", false))]
    },
    "topk": { inputs, options in
      let (values, indices) = try inputs[0].topK(
        try options.int("k"), dim: try options.int("dim", -1), largest: try options.bool("largest", true))
      return [values, indices]
    },
    "softmax": { inputs, options in [try inputs[0].softmax(try options.int("dim", -1))] },
    "log_softmax": { inputs, options in [try inputs[0].logSoftmax(try options.int("dim", -1))] },
  ]

  private static func extremum(_ inputs: Inputs, _ options: Options, largest: Bool) throws -> [Tensor] {
    guard let dim = try options.optionalInt("dim") else { return [try inputs[0].extremum(largest: largest)] }
    let (values, indices) = try inputs[0].extremum(
      dim, largest: largest, keepDims: try options.bool("keepdim", false))
    return [values, indices]
  }

  static let shapes: [String: Operation] = [
    "reshape": { inputs, options in [try inputs[0].reshaped(try options.ints("shape"))] },
    "view": { inputs, options in [try inputs[0].viewed(try options.ints("shape"))] },
    "flatten": { inputs, options in
      [try inputs[0].flattened(from: try options.int("start_dim", 0), to: try options.int("end_dim", -1))]
    },
    "transpose": { inputs, options in [try inputs[0].transposed(try options.int("dim0"), try options.int("dim1"))] },
    "t": { inputs, _ in [try inputs[0].transposed()] },
    "permute": { inputs, options in [try inputs[0].permuted(try options.ints("dims"))] },
    "squeeze": { inputs, options in [try inputs[0].squeezed(try options.optionalInt("dim"))] },
    "unsqueeze": { inputs, options in [try inputs[0].unsqueezed(try options.int("dim"))] },
    "expand": { inputs, options in [try inputs[0].expanded(try options.ints("size"))] },
    "repeat": { inputs, options in [try inputs[0].repeated(try options.ints("repeats"))] },
    "flip": { inputs, options in [try inputs[0].flipped(try options.ints("dims"))] },
    "roll": { inputs, options in [try inputs[0].rolled(try options.int("shifts"), dim: try options.int("dim"))] },
    "narrow": { inputs, options in
      [
        try inputs[0].narrow(
          dim: try options.int("dim"), start: try options.int("start"), length: try options.int("length"),
          step: try options.int("step", 1))
      ]
    },
    "select": { inputs, options in
      [try inputs[0].select(dim: try options.int("dim"), index: try options.int("index"))]
    },
    "cat": { inputs, options in [try Tensor.concatenated(inputs.all(), dim: try options.int("dim", 0))] },
    "stack": { inputs, options in [try Tensor.stacked(inputs.all(), dim: try options.int("dim", 0))] },
    "split": { inputs, options in
      let sizes = try options.ints("split_size_or_sections")
      let dim = try options.int("dim", 0)
      return sizes.count == 1 ? try inputs[0].split(sizes[0], dim: dim) : try inputs[0].split(sizes, dim: dim)
    },
    "split_sections": { inputs, options in
      try inputs[0].split(try options.ints("sections"), dim: try options.int("dim", 0))
    },
    "chunk": { inputs, options in try inputs[0].chunked(try options.int("chunks"), dim: try options.int("dim", 0)) },
    "pad": { inputs, options in
      let value = try options.double("value", 0)
      let padding: Tensor.Padding
      switch try options.string("mode", "constant") {
      case "constant": padding = .constant(value)
      case "reflect": padding = .reflect
      case "replicate": padding = .replicate
      case "circular": padding = .circular
      case let mode: throw ApusError.invalidArgument(name: "mode", reason: "'\(mode)' is unknown")
      }
      return [try inputs[0].padded(try options.ints("pad"), padding)]
    },
  ]

  static let indexing: [String: Operation] = [
    "index_select": { inputs, options in [try inputs[0].indexSelect(dim: try options.int("dim"), inputs[1])] },
    "gather": { inputs, options in [try inputs[0].gather(dim: try options.int("dim"), inputs[1])] },
    "scatter": { inputs, options in
      [try inputs[0].scattering(dim: try options.int("dim"), inputs[1], inputs[2])]
    },
    "scatter_add": { inputs, options in
      [try inputs[0].scatterAdding(dim: try options.int("dim"), inputs[1], inputs[2])]
    },
    "index_add": { inputs, options in
      [try inputs[0].indexAdding(dim: try options.int("dim"), inputs[1], inputs[2])]
    },
    "index": { inputs, options in
      [try inputs[0].index(Array(inputs.all().dropFirst()), dim: try options.int("dim", 0))]
    },
    "masked_select": { inputs, _ in [try inputs[0].maskedSelect(inputs[1])] },
    "nonzero": { inputs, _ in [try inputs[0].nonzero()] },
    "embedding": { inputs, options in
      [try Tensor.embedding(inputs[0], weight: inputs[1], paddingIndex: try options.optionalInt("padding_idx"))]
    },
    "one_hot": { inputs, options in [try inputs[0].oneHot(try options.int("num_classes", -1))] },
    "tril": { inputs, options in
      [try inputs[0].triangle(upper: false, diagonal: try options.int("diagonal", 0))]
    },
    "triu": { inputs, options in [try inputs[0].triangle(upper: true, diagonal: try options.int("diagonal", 0))] },
  ]

  static let products: [String: Operation] = [
    "matmul": { inputs, _ in [try inputs[0].matmul(inputs[1])] },
    "linear": { inputs, _ in [try Tensor.linear(inputs[0], weight: inputs[1], bias: inputs.optional(2))] },
    "einsum": { inputs, options in [try Tensor.einsum(try options.string("equation", ""), inputs.all())] },
  ]
}
