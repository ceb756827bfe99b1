import ApusNumerics
import Testing

@testable import ApusModels

@Suite struct JSONReaderTests {
  @Test func readsStrings() throws {
    #expect(try string(#""""#) == "")
    #expect(try string(#" "abc" "#) == "abc")
    #expect(try string(#""a\"\\\/\b\f\n\r\tz""#) == "a\"\\/\u{8}\u{C}\n\r\tz")
    #expect(try string(#""\u00e9\u20AC\uD83E\uDD85""#) == "é€🦅")
    #expect(try string("\"é🦅\"") == "é🦅")
    #expect(try string(#""\u0000""#) == "\u{0}")
  }

  @Test(arguments: [
    "", "\"", "\"a", "a\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\uD800\"", "\"\\uD800x\"",
    "\"\\uD800\\u0041\"", "\"\\uDC00\"", "\"\\uD83E\\uD83E\"", "\"a\nb\"", "\"\u{1}\"", "'a'", "\"\\",
  ]) func refusesStrings(text: String) { #expect(throws: ApusError.self) { try string(text) } }

  @Test(
    arguments: [
      [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x5C, 0x6E, 0x80],
    ] as [[UInt8]]) func refusesInvalidUTF8(content: [UInt8])
  {
    #expect(throws: ApusError.self) { try read([0x22] + content + [0x22]) { try $0.string(limit: 100) } }
  }

  @Test func readsNumbers() throws {
    for (text, value) in [("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int64.max)] {
      guard case .int(let read) = try read(Array(text.utf8), { try $0.number() }) else {
        Issue.record("\(text) is no integer")
        continue
      }
      #expect(read == value)
    }
    for (text, value) in [("0.5", 0.5), ("-0.0", -0.0), ("1e3", 1000), ("1E-2", 0.01), ("1.25e+1", 12.5)] {
      guard case .double(let read) = try read(Array(text.utf8), { try $0.number() }) else {
        Issue.record("\(text) is no double")
        continue
      }
      #expect(read.bitPattern == value.bitPattern)
    }
  }

  @Test(arguments: [
    "", "-", "+1", "01", "-01", ".5", "1.", "1.e3", "1e", "1e+", "0x1", "1e400", "-1e400", "9223372036854775808", "inf",
    "nan", "1_0", "1 2", String(repeating: "1", count: 2000), "0." + String(repeating: "1", count: 2000),
  ]) func refusesNumbers(text: String) {
    #expect(throws: ApusError.self) { try read(Array(text.utf8)) { try $0.number() } }
  }

  @Test func refusesSizes() {
    for text in ["-1", "1.0", "1e0", "18446744073709551615", "9223372036854775808"] {
      #expect(throws: ApusError.self) { try read(Array(text.utf8)) { try $0.size() } }
    }
  }

  @Test func readsContainers() throws {
    let members = try read(Array(#" { "a" : 1 , "b":2}"#.utf8)) { reader in
      var members: [String: Int] = [:]
      try reader.object(keyLimit: 10, countLimit: 10) { members[$1] = try $0.size() }
      return members
    }
    #expect(members == ["a": 1, "b": 2])
    for text in [
      #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"a":1,}"#, #"{"a":1"#, #"{"a" 1}"#, #"{a:1}"#, #"{,}"#,
      #"{"a":1}}"#, #"{"aaaaaaaaaaa":1}"#, #"{"a":1,"b":1,"c":1}"#, "{", "[]", "",
    ] {
      #expect(throws: ApusError.self, "\(text)") {
        try read(Array(text.utf8)) { try $0.object(keyLimit: 10, countLimit: 2) { reader, _ in _ = try reader.size() } }
      }
    }
    for text in ["[1,2,3]", "[1,]", "[1", "[", "]", "[1 2]", "[1]]", "{}"] {
      #expect(throws: ApusError.self, "\(text)") {
        try read(Array(text.utf8)) { try $0.array(countLimit: 2) { _ = try $0.size() } }
      }
    }
  }

  @Test func writerAndReaderAgree() throws {
    let text = "\" \\ / \u{0} \u{1F} \u{7F} \n\r\t é 🦅 \u{2028}"
    var writer = JSONWriter()
    writer.string(text)
    #expect(try read(writer.bytes) { try $0.string(limit: 1000) } == text)
  }

  private func string(_ text: String) throws -> String { try read(Array(text.utf8)) { try $0.string(limit: 100) } }

  private func read<Value>(_ bytes: [UInt8], _ body: (inout JSONReader) throws -> Value) throws -> Value {
    try bytes.withUnsafeBytes { buffer in
      var reader = JSONReader(buffer, subject: "text")
      let value = try body(&reader)
      try reader.finish()
      return value
    }
  }
}
