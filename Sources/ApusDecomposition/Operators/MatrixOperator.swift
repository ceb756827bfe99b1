import ApusNumerics

/// A matrix known by what it does to blocks of vectors: all that the iterative decompositions of this room need.
///
/// Blocks are float64 matrices with one vector a column, in any strides. Products must be deterministic.
public protocol MatrixOperator {
  var rows: Int { get }
  var columns: Int { get }

  /// A · v for the columns of v: (columns, b) → (rows, b).
  func apply(_ v: NDArray) throws -> NDArray

  /// Aᵀ · u for the columns of u: (rows, b) → (columns, b).
  func applyAdjoint(_ u: NDArray) throws -> NDArray

  /// Aᵀ · A · v: (columns, b) → (columns, b).
  func applyNormal(_ v: NDArray) throws -> NDArray

  /// The operator Aᵀ.
  var adjoint: any MatrixOperator { get }

  /// Rounding errors of products relative to ‖A‖: that of the type they run in.
  var roundoff: Double { get }
}

extension MatrixOperator {
  public func applyNormal(_ v: NDArray) throws -> NDArray { try applyAdjoint(apply(v)) }
  public var adjoint: any MatrixOperator { AdjointOperator(base: self) }
  public var roundoff: Double { Double.ulpOfOne }
}

/// The transpose of an operator.
struct AdjointOperator: MatrixOperator {
  let base: any MatrixOperator

  var rows: Int { base.columns }
  var columns: Int { base.rows }
  func apply(_ v: NDArray) throws -> NDArray { try base.applyAdjoint(v) }
  func applyAdjoint(_ u: NDArray) throws -> NDArray { try base.apply(u) }
  var adjoint: any MatrixOperator { base }
  var roundoff: Double { base.roundoff }
}

/// A matrix given by two functions.
///
/// Each receives a block of vectors, one a column, and returns the block of products; both are called on the thread of the
/// computation.
public struct ClosureOperator: MatrixOperator {
  public let rows: Int
  public let columns: Int
  private let product: (NDArray) throws -> NDArray
  private let adjointProduct: (NDArray) throws -> NDArray

  public init(
    rows: Int, columns: Int, apply: @escaping (NDArray) throws -> NDArray,
    applyAdjoint: @escaping (NDArray) throws -> NDArray
  ) {
    self.rows = rows
    self.columns = columns
    product = apply
    adjointProduct = applyAdjoint
  }

  public func apply(_ v: NDArray) throws -> NDArray {
    try ClosureOperator.checked(product(v), [rows, v.shape[1]], "apply")
  }

  public func applyAdjoint(_ u: NDArray) throws -> NDArray {
    try ClosureOperator.checked(adjointProduct(u), [columns, u.shape[1]], "applyAdjoint")
  }

  private static func checked(_ result: NDArray, _ shape: [Int], _ name: String) throws(ApusError) -> NDArray {
    guard result.shape == shape else {
      throw .shapeMismatch(name: name, reason: "returned shape \(result.shape), needs \(shape)")
    }
    let numbers = try result.converted(to: .float64, name: name)
    try FiniteCheck.requireFinite(numbers, name: name)
    return numbers
  }
}
