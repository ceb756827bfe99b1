import ApusAutograd
import ApusModels
import ApusNumerics

/// Tables and arrays from files: CSV, NumPy's `.npy`, and IDX (the format of MNIST), each also compressed with gzip.
///
/// Damaged and hostile files give ``ApusError/malformedFile(reason:)``; nothing is allocated on the word of a header that
/// the file's size does not bear out.
public enum DataFiles {
  /// A CSV file as a tensor.
  public struct Table: Sendable {
    /// float64 (rows, columns); empty cells are NaN.
    public let values: Tensor
    /// The first line's cells when it is a header, else empty.
    public let names: [String]
  }

  /// Reads numbers separated by `delimiter`, one row a line.
  ///
  /// - Parameter hasHeader: whether the first line names the columns; nil finds out: it does when a cell of it is no number.
  public static func csv(_ path: String, delimiter: Character = ",", hasHeader: Bool? = nil) throws -> Table {
    let bytes = try contents(path)
    return try withExtendedLifetime(bytes) {
      try CSVReader.parse(
        UnsafeBufferPointer(start: bytes.pointer, count: bytes.count), delimiter: delimiter, hasHeader: hasHeader)
    }
  }

  /// Reads an array of NumPy's format, versions 1 to 3.
  ///
  /// Element types are bool, uint8, int32, int64, float32 and float64; int8, int16 and uint16 become int32, uint32 becomes
  /// int64, float16 becomes float32. Object arrays are refused.
  public static func npy(_ path: String) throws -> Tensor {
    let bytes = try contents(path)
    return try withExtendedLifetime(bytes) {
      try NumpyReader.parse(UnsafeRawBufferPointer(start: bytes.pointer, count: bytes.count))
    }
  }

  /// Reads an IDX file. int8 and int16 become int32.
  public static func idx(_ path: String) throws -> Tensor {
    let bytes = try contents(path)
    return try withExtendedLifetime(bytes) {
      try IDXReader.parse(UnsafeRawBufferPointer(start: bytes.pointer, count: bytes.count))
    }
  }

  /// Reads a file by the ending of its name: `.csv`, `.tsv`, `.npy`, `.idx…-ubyte`, each also with `.gz`.
  public static func read(_ path: String) throws -> Tensor {
    var name = path[...]
    if name.hasSuffix(".gz") { name = name.dropLast(3) }
    if name.hasSuffix(".npy") { return try npy(path) }
    if name.hasSuffix(".csv") { return try csv(path).values }
    if name.hasSuffix(".tsv") { return try csv(path, delimiter: "\t").values }
    if name.hasSuffix("ubyte") || name.hasSuffix(".idx") { return try idx(path) }
    throw ApusError.invalidArgument(
      name: "path", reason: "'\(path)' ends in none of .csv, .tsv, .npy, .idx, ubyte (and .gz)")
  }

  /// The file's bytes, decompressed when they begin as gzip does.
  private static func contents(_ path: String) throws -> Buffer<UInt8> {
    let bytes = try FileContents.read(path: path)
    guard bytes.count >= 2, bytes.pointer[0] == 0x1F, bytes.pointer[1] == 0x8B else { return bytes }
    return try withExtendedLifetime(bytes) {
      try Gzip.decompress(UnsafeBufferPointer(start: bytes.pointer, count: bytes.count))
    }
  }
}
