import ApusNumerics

extension SpecialFunctions {
  /// Names under which ``evaluate(_:_:)`` knows the functions, scipy.special's.
  public static let names = [
    "erf", "erfc", "erfcx", "erfinv", "erfcinv", "ndtr", "log_ndtr", "ndtri", "ndtri_exp", "gammaln", "gamma",
    "digamma",
    "trigamma", "logit", "expit", "log_expit", "betaln", "gammainc", "gammaincc", "log_gammainc", "log_gammaincc",
    "gammaincinv", "gammainccinv", "betainc", "betaincc", "log_betainc", "log_betaincc", "betaincinv", "betainccinv",
  ]

  /// A function of one, two or three arguments at every element, under numpy's broadcasting rules and in parallel.
  ///
  /// - Returns: float64 of the common shape.
  public static func evaluate(_ name: String, _ arguments: [NDArray]) throws(ApusError) -> NDArray {
    let one: [String: @Sendable (Double) -> Double] = [
      "erf": { erf($0) }, "erfc": { erfc($0) }, "erfcx": { erfcx($0) }, "erfinv": { erfInverse($0) },
      "erfcinv": { erfcInverse($0) }, "ndtr": { normalCDF($0) }, "log_ndtr": { logNormalCDF($0) },
      "ndtri": { normalQuantile($0) }, "ndtri_exp": { logNormalQuantile($0) }, "gammaln": { logGamma($0) },
      "gamma": { gamma($0) }, "digamma": { digamma($0) }, "trigamma": { trigamma($0) }, "logit": { logit($0) },
      "expit": { expit($0) }, "log_expit": { logExpit($0) },
    ]
    let two: [String: @Sendable (Double, Double) -> Double] = [
      "betaln": { logBeta($0, $1) }, "gammainc": { gammaLower($0, $1) }, "gammaincc": { gammaUpper($0, $1) },
      "log_gammainc": { logGammaLower($0, $1) }, "log_gammaincc": { logGammaUpper($0, $1) },
      "gammaincinv": { gammaLowerInverse($0, $1) }, "gammainccinv": { gammaUpperInverse($0, $1) },
    ]
    let three: [String: @Sendable (Double, Double, Double) -> Double] = [
      "betainc": { betaLower($0, $1, $2) }, "betaincc": { betaUpper($0, $1, $2) },
      "log_betainc": { logBetaLower($0, $1, $2) }, "log_betaincc": { logBetaUpper($0, $1, $2) },
      "betaincinv": { betaLowerInverse($0, $1, $2) }, "betainccinv": { betaUpperInverse($0, $1, $2) },
    ]
    let needed = one[name] != nil ? 1 : two[name] != nil ? 2 : three[name] != nil ? 3 : 0
    guard needed > 0 else {
      throw .invalidArgument(
        name: "function", reason: "'\(name)' is unknown, allowed are \(names.joined(separator: ", "))")
    }
    guard arguments.count == needed else {
      throw .invalidArgument(name: "arguments", reason: "\(arguments.count) given, \(name) takes \(needed)")
    }
    let shape = try Distribution.broadcastShape(arguments.map(\.shape))
    var sources: [NDArray] = []
    for argument in arguments {
      sources.append(
        try Distribution.expanded(try argument.converted(to: .float64, name: "arguments"), to: shape).contiguous())
    }
    let result = try NDArray(uninitialized: shape, dtype: .float64)
    let out = result.pointer(Double.self)
    let inputs = sources.map { UnsafePointer($0.pointer(Double.self)) }
    ThreadPool.parallelBlocks(count: result.count, blockSize: 1024) { range in
      if let function = one[name] {
        for i in range { out[i] = function(inputs[0][i]) }
      } else if let function = two[name] {
        for i in range { out[i] = function(inputs[0][i], inputs[1][i]) }
      } else if let function = three[name] {
        for i in range { out[i] = function(inputs[0][i], inputs[1][i], inputs[2][i]) }
      }
    }
    withExtendedLifetime(sources) {}
    return result
  }
}
