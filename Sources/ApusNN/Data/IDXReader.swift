import ApusAutograd
import ApusNumerics

/// IDX, the format of MNIST: two zero bytes, element type, number of dimensions, their extents as big-endian 32-bit integers,
/// the elements big-endian (Y. LeCun, C. Cortes, C. Burges, "The MNIST database").
enum IDXReader {
  static func parse(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw ApusError.malformedFile(reason: "idx: does not begin with two zero bytes")
    }
    let kinds: [UInt8: ElementReader.Kind] = [
      0x08: .uint8, 0x09: .int8, 0x0B: .int16, 0x0C: .int32, 0x0D: .float32, 0x0E: .float64,
    ]
    guard let kind = kinds[bytes[2]] else {
      throw ApusError.malformedFile(reason: "idx: element type \(bytes[2]) is unknown")
    }
    let rank = Int(bytes[3])
    guard rank <= 32, bytes.count >= 4 &+ 4 &* rank else {
      throw ApusError.malformedFile(reason: "idx: \(rank) dimensions do not fit the file")
    }
    let shape = (0..<rank).map { axis in
      Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4 &+ 4 &* axis, as: UInt32.self)))
    }
    let elements = UnsafeRawBufferPointer(rebasing: bytes[(4 &+ 4 &* rank)...])
    return Tensor(try ElementReader.array(elements, shape, kind, isBigEndian: true, format: "idx"))
  }
}
