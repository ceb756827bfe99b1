import Testing

/// A file that violates the format in one way.
struct HostileFile: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let bytes: [UInt8]

  init(_ description: String, _ bytes: [UInt8]) {
    self.testDescription = description
    self.bytes = bytes
  }

  init(_ description: String, _ header: String, data: Int = 0, fill: UInt8 = 0) {
    self.init(description, FileBytes.safetensors(header, data: [UInt8](repeating: fill, count: data)))
  }
}

/// Files that violate the safetensors format, each in one way.
enum HostileFiles {
  static let all = lengths + grammar + ranges + shapes

  static let lengths = [
    HostileFile("empty", []), HostileFile("seven bytes", [0, 0, 0, 0, 0, 0, 0]), HostileFile("no header", "", data: 0),
    HostileFile("length 2^63", FileBytes.word(1 << 63) + Array("{}".utf8)),
    HostileFile("length -1", FileBytes.word(UInt64.max) + Array("{}".utf8)),
    HostileFile("length 2^63 - 1", FileBytes.word(1 << 63 - 1) + Array("{}".utf8)),
    HostileFile("length 2^64 - 8", FileBytes.word(UInt64.max - 7) + Array("{}".utf8)),
    HostileFile("length one too long", FileBytes.word(3) + Array("{}".utf8)),
    HostileFile("length one too short", FileBytes.word(1) + Array("{}".utf8)),
    HostileFile("trailing byte", "{}", data: 1),
  ]

  static let grammar = [
    HostileFile("not an object", "[]"), HostileFile("leading space", " {}"), HostileFile("text after", "{}{}"),
    HostileFile("byte order mark", "\u{FEFF}{}"), HostileFile("null metadata", "{\"__metadata__\":null}"),
    HostileFile("metadata number", "{\"__metadata__\":{\"a\":1}}"),
    HostileFile("metadata object", "{\"__metadata__\":{\"a\":{}}}"),
    HostileFile("duplicate metadata", "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}"),
    HostileFile("two metadata", "{\"__metadata__\":{},\"__metadata__\":{}}"),
    HostileFile(
      "duplicate tensor", entries(("a", "U8", [1], 0, 1), ("a", "U8", [1], 1, 2)), data: 2),
    HostileFile(
      "duplicate by escape", entries(("a", "U8", [1], 0, 1), ("\\u0061", "U8", [1], 1, 2)), data: 2),
    HostileFile(
      "duplicate field", "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("unknown field", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"offsets\":[0,1]}}", data: 1),
    HostileFile("further field", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", data: 1),
    HostileFile("missing dtype", "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("missing shape", "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("missing offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", data: 1),
    HostileFile("no fields", "{\"a\":{}}"), HostileFile("tensor is a number", "{\"a\":1}"),
    HostileFile("unknown type", entries(("a", "F31", [1], 0, 1)), data: 1),
    HostileFile("lower-case type", entries(("a", "u8", [1], 0, 1)), data: 1),
    HostileFile("numeric type", "{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("truth value 2", entries(("a", "BOOL", [1], 0, 1)), data: 1, fill: 2),
    HostileFile("deep objects", String(repeating: "{\"a\":", count: 100_000)),
    HostileFile("deep arrays", "{\"a\":" + String(repeating: "[", count: 100_000)),
    HostileFile(
      "deep shape", "{\"a\":{\"dtype\":\"U8\",\"shape\":" + String(repeating: "[", count: 100_000)),
    HostileFile(
      "deep and closed",
      String(repeating: "{\"a\":", count: 100_000) + "1" + String(repeating: "}", count: 100_000)),
    HostileFile("long name", entries((String(repeating: "n", count: 4097), "U8", [1], 0, 1)), data: 1),
    HostileFile("invalid UTF-8", FileBytes.word(6) + [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7D]),
    HostileFile(
      "large metadata", "{\"__metadata__\":{\"a\":\"" + String(repeating: "x", count: 16_777_217) + "\"}}"),
    HostileFile(
      "large metadata in two",
      "{\"__metadata__\":{\"a\":\"" + String(repeating: "x", count: 9_000_000) + "\",\"b\":\""
        + String(repeating: "x", count: 9_000_000) + "\"}}"),
    HostileFile(
      "many metadata", "{\"__metadata__\":{" + (0...65_536).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}}"),
    HostileFile(
      "many tensors",
      "{"
        + (0...131_072).map { "\"\($0)\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}" }
        .joined(separator: ",") + "}"),
  ]

  static let ranges = [
    HostileFile("beyond the end", entries(("a", "U8", [2], 0, 2)), data: 1),
    HostileFile("not to the end", entries(("a", "U8", [1], 0, 1)), data: 2),
    HostileFile("backwards", entries(("a", "U8", [1], 1, 0)), data: 1),
    HostileFile("overlap", entries(("a", "U8", [2], 0, 2), ("b", "U8", [2], 1, 3)), data: 3),
    HostileFile("same bytes twice", entries(("a", "U8", [2], 0, 2), ("b", "U8", [2], 0, 2)), data: 2),
    HostileFile("hole", entries(("a", "U8", [1], 0, 1), ("b", "U8", [1], 2, 3)), data: 3),
    HostileFile("hole at the start", entries(("a", "U8", [1], 1, 2)), data: 2),
    HostileFile("empty inside another", entries(("a", "U8", [4], 0, 4), ("b", "U8", [0], 2, 2)), data: 4),
    HostileFile("empty beyond the end", entries(("a", "U8", [4], 0, 4), ("b", "U8", [0], 9, 9)), data: 4),
    HostileFile("empty with bytes", entries(("a", "U8", [0], 0, 4)), data: 4),
    HostileFile("too few bytes", entries(("a", "F64", [1], 0, 4)), data: 4),
    HostileFile("too many bytes", entries(("a", "F32", [1], 0, 8)), data: 8),
    HostileFile("offset 2^63", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,9223372036854775808]}}"),
    HostileFile(
      "offset 2^64 - 1", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,18446744073709551615]}}"),
    HostileFile(
      "offset 2^64 + 1", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,18446744073709551617]}}"),
    HostileFile("negative offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-1,0]}}"),
    HostileFile("fractional offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1.0]}}", data: 1),
    HostileFile("one offset", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", data: 1),
    HostileFile("three offsets", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}", data: 1),
    HostileFile("huge offsets", entries(("a", "U8", [1], Int.max - 1, Int.max)), data: 1),
  ]

  static let shapes = [
    HostileFile("wraps to 32", entries(("a", "U8", [4_194_305, 4_194_305, 211_106_198_978_564], 0, 36)), data: 36),
    HostileFile("2^32 squared", entries(("a", "U8", [1 << 32, 1 << 32], 0, 0))),
    HostileFile("2^61 doubles", entries(("a", "F64", [1 << 61], 0, 0))),
    HostileFile("2^62, 2, 0", entries(("a", "F64", [1 << 62, 2, 0], 0, 0))),
    HostileFile("-1", "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}"),
    HostileFile("-1 twice", "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1,-1],\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("1e0", "{\"a\":{\"dtype\":\"U8\",\"shape\":[1e0],\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("2^64", "{\"a\":{\"dtype\":\"U8\",\"shape\":[18446744073709551616],\"data_offsets\":[0,0]}}"),
    HostileFile("string", "{\"a\":{\"dtype\":\"U8\",\"shape\":\"1\",\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("null", "{\"a\":{\"dtype\":\"U8\",\"shape\":null,\"data_offsets\":[0,1]}}", data: 1),
    HostileFile("33 axes", entries(("a", "U8", [Int](repeating: 1, count: 33), 0, 1)), data: 1),
    HostileFile("a million axes", entries(("a", "U8", [Int](repeating: 1, count: 1_000_000), 0, 1)), data: 1),
  ]

  typealias Entry = (name: String, type: String, shape: [Int], begin: Int, end: Int)

  /// A header of these tensors.
  static func entries(_ entries: Entry...) -> String {
    let texts = entries.map {
      "\"\($0.name)\":{\"dtype\":\"\($0.type)\",\"shape\":[\($0.shape.map(String.init).joined(separator: ","))],"
        + "\"data_offsets\":[\($0.begin),\($0.end)]}"
    }
    return "{" + texts.joined(separator: ",") + "}"
  }
}
