import ApusAutograd
import ApusNumerics

/// The order in which the samples of a data set are taken, epoch by epoch.
///
/// The samplers here draw what PyTorch's of the same names draw from a generator in the same state.
public protocol Sampler: AnyObject, Sendable {
  /// Samples of one epoch.
  var count: Int { get }

  /// The samples of the next epoch, int64 (count).
  func indices() throws -> Tensor
}

/// The samples as they stand: 0, 1, … count − 1.
public final class SequentialSampler: Sampler {
  public let count: Int

  /// - Throws: ``ApusError/invalidArgument(name:reason:)`` for a negative count.
  public init(count: Int) throws {
    guard count >= 0 else { throw ApusError.invalidArgument(name: "count", reason: "\(count) is negative") }
    self.count = count
  }

  public func indices() throws -> Tensor { try Tensor.arange(0, Double(count)) }
}
