import COpenBLAS

/// CBLAS's enumerations from our Booleans.
enum BLASFlag {
  @inline(__always)
  static func transpose(_ flag: Bool) -> CBLAS_TRANSPOSE { flag ? CblasTrans : CblasNoTrans }

  @inline(__always)
  static func triangle(lower: Bool) -> CBLAS_UPLO { lower ? CblasLower : CblasUpper }
}

/// LAPACK's option letters.
enum LAPACKFlag {
  static let oneNorm = CChar(UInt8(ascii: "1"))
  static let indexRange = CChar(UInt8(ascii: "I"))
  static let identity = CChar(UInt8(ascii: "I"))
  static let byBlock = CChar(UInt8(ascii: "B"))
  static let none = CChar(UInt8(ascii: "N"))

  static func transpose(_ flag: Bool) -> CChar { CChar(UInt8(ascii: flag ? "T" : "N")) }
  static func triangle(lower: Bool) -> CChar { CChar(UInt8(ascii: lower ? "L" : "U")) }
  static func diagonal(unit: Bool) -> CChar { CChar(UInt8(ascii: unit ? "U" : "N")) }
  static func side(left: Bool) -> CChar { CChar(UInt8(ascii: left ? "L" : "R")) }
  static func job(vectors: Bool) -> CChar { CChar(UInt8(ascii: vectors ? "V" : "N")) }

  static func job(_ vectors: SingularVectors) -> CChar {
    switch vectors {
    case .none: return CChar(UInt8(ascii: "N"))
    case .thin: return CChar(UInt8(ascii: "S"))
    case .full: return CChar(UInt8(ascii: "A"))
    }
  }
}

/// An extent as BLAS wants it. ``BLAS/checkExtents(_:name:)`` has made sure that it fits.
@inline(__always)
func blasInt(_ value: Int) -> Int32 { Int32(truncatingIfNeeded: value) }
