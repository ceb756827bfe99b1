import ApusNumerics

/// A strict reader of JSON text (RFC 8259) that its caller drives member by member.
///
/// It builds no tree and never calls itself, so nesting costs what the caller's grammar costs, and memory only the
/// strings handed out. Stricter than most: duplicate keys, lone surrogates, invalid UTF-8 and control characters are
/// errors, and so is anything that the caller does not ask for.
package struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  /// The first byte not yet read.
  private(set) var position = 0
  /// What is being read, for messages: `safetensors header`.
  private let subject: String

  /// Reads `bytes`, which must outlive the reader.
  package init(_ bytes: UnsafeRawBufferPointer, subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  /// An error at the current position.
  package func failure(_ reason: String) -> ApusError {
    .malformedFile(reason: "\(subject): \(reason) at byte \(position)")
  }

  /// The next byte that is not white space, without consuming it; nil at the end.
  package mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
      case let byte: return byte
      }
    }
    return nil
  }

  /// Consumes `character` when it comes next.
  package mutating func consume(_ character: Unicode.Scalar) -> Bool {
    guard let byte = peek(), UInt32(truncatingIfNeeded: byte) == character.value else { return false }
    position &+= 1
    return true
  }

  /// Consumes `character`, which must come next.
  package mutating func expect(_ character: Unicode.Scalar) throws(ApusError) {
    guard consume(character) else { throw failure("expected '\(character)'") }
  }

  /// Checks that only white space remains.
  package mutating func finish() throws(ApusError) {
    guard peek() == nil else { throw failure("unexpected text") }
  }

  /// Reads an object: calls `member` with each key, at the start of its value, which `member` must consume.
  ///
  /// - Parameters:
  ///   - keyLimit: longest permitted key, in bytes of the file.
  ///   - countLimit: most members permitted.
  package mutating func object(
    keyLimit: Int, countLimit: Int, _ member: (inout JSONReader, String) throws -> Void
  ) throws {
    try expect("{")
    if consume("}") { return }
    var keys = Set<String>()
    repeat {
      let key = try string(limit: keyLimit)
      guard keys.insert(key).inserted else { throw failure("key \(quoted(key)) appears twice") }
      guard keys.count <= countLimit else { throw failure("more than \(countLimit) members") }
      try expect(":")
      try member(&self, key)
    } while consume(",")
    try expect("}")
  }

  /// Reads an array: calls `element` at the start of each element, which `element` must consume.
  package mutating func array(countLimit: Int, _ element: (inout JSONReader) throws -> Void) throws {
    try expect("[")
    if consume("]") { return }
    var count = 0
    repeat {
      count &+= 1
      guard count <= countLimit else { throw failure("more than \(countLimit) elements") }
      try element(&self)
    } while consume(",")
    try expect("]")
  }

  /// Reads a value of any kind and forgets it. Nested deeper than 64 levels it is an error; the reader does not call itself.
  package mutating func skipValue() throws(ApusError) {
    var closers: [Unicode.Scalar] = []
    repeat {
      switch peek() {
      case 0x7B:
        try expect("{")
        if !consume("}") {
          closers.append("}")
          try skipKey()
          guard closers.count <= 64 else { throw failure("nested deeper than 64 levels") }
          continue
        }
      case 0x5B:
        try expect("[")
        if !consume("]") {
          closers.append("]")
          guard closers.count <= 64 else { throw failure("nested deeper than 64 levels") }
          continue
        }
      case 0x22: _ = try stringContent(limit: Int.max)
      case 0x74, 0x66: _ = try bool()
      case 0x6E: try null()
      default: _ = try number()
      }
      // After a value: the next member or element, or the end of what is open.
      while let closer = closers.last {
        if consume(",") {
          if closer == "}" { try skipKey() }
          break
        }
        try expect(closer)
        closers.removeLast()
      }
    } while !closers.isEmpty
  }

  private mutating func skipKey() throws(ApusError) {
    _ = try stringContent(limit: Int.max)
    try expect(":")
  }

  /// Reads `true` or `false`.
  package mutating func bool() throws(ApusError) -> Bool {
    if try consume(word: "true") { return true }
    if try consume(word: "false") { return false }
    throw failure("expected true or false")
  }

  /// Reads `null`.
  package mutating func null() throws(ApusError) {
    guard try consume(word: "null") else { throw failure("expected null") }
  }

  /// Reads an integer from 0 to `Int.max`, written without sign, fraction and exponent.
  package mutating func size() throws(ApusError) -> Int {
    guard case .int(let value) = try number(), let size = Int(exactly: value), size >= 0 else {
      throw failure("expected an integer from 0 to \(Int.max)")
    }
    return size
  }

  /// Reads a number. One without fraction and exponent is an integer and must fit 64 bits.
  package mutating func number() throws(ApusError) -> JSONNumber {
    _ = peek()
    let start = position
    _ = skip { $0 == 0x2D }
    let integerStart = position
    let integerDigits = skipDigits()
    guard integerDigits > 0, integerDigits == 1 || bytes[integerStart] != 0x30 else {
      throw failure("expected a number")
    }
    var isInteger = true
    if skip({ $0 == 0x2E }) {
      isInteger = false
      guard skipDigits() > 0 else { throw failure("expected a digit") }
    }
    if skip({ $0 == 0x65 || $0 == 0x45 }) {
      isInteger = false
      _ = skip { $0 == 0x2B || $0 == 0x2D }
      guard skipDigits() > 0 else { throw failure("expected a digit") }
    }
    guard position &- start <= JSONNumber.longestText else { throw failure("a number has too many digits") }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger {
      guard let value = Int64(text, radix: 10) else { throw failure("integer \(text) does not fit 64 bits") }
      return .int(value)
    }
    guard let value = Double(text), value.isFinite else { throw failure("number \(text) overflows float64") }
    return .double(value)
  }

  /// Reads a string of at most `limit` bytes between its quotes.
  package mutating func string(limit: Int) throws(ApusError) -> String {
    let (content, hasEscapes) = try stringContent(limit: limit)
    let text =
      hasEscapes
      ? String(validating: try unescaped(content), as: UTF8.self)
      : String(validating: bytes[content], as: UTF8.self)
    guard let text else { throw failure("a string is not UTF-8") }
    return text
  }

  /// Where the string that comes next lies, without its quotes; consumes it.
  private mutating func stringContent(limit: Int) throws(ApusError) -> (content: Range<Int>, hasEscapes: Bool) {
    try expect("\"")
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x22 {
        let content = start..<position
        guard content.count <= limit else { throw failure("a string is longer than \(limit) bytes") }
        position &+= 1
        return (content, hasEscapes)
      }
      guard byte >= 0x20 else { throw failure("a control character in a string") }
      if byte == 0x5C {
        hasEscapes = true
        position &+= 1
      }
      position &+= 1
    }
    position = bytes.count
    throw failure("a string does not end")
  }

  /// The bytes of a string with its escape sequences replaced.
  private func unescaped(_ content: Range<Int>) throws(ApusError) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var index = content.lowerBound
    while index < content.upperBound {
      let byte = bytes[index]
      index &+= 1
      if byte != 0x5C {
        result.append(byte)
        continue
      }
      // A string ends at an unescaped quote, so that a byte follows every backslash.
      let escape = bytes[index]
      index &+= 1
      switch escape {
      case 0x22, 0x5C, 0x2F: result.append(escape)
      case 0x62: result.append(0x08)
      case 0x66: result.append(0x0C)
      case 0x6E: result.append(0x0A)
      case 0x72: result.append(0x0D)
      case 0x74: result.append(0x09)
      case 0x75: result.append(contentsOf: try escapedScalar(&index, in: content))
      default: throw failure("an unknown escape sequence in a string")
      }
    }
    return result
  }

  /// The UTF-8 of a `\u` escape whose digits begin at `index`, with its second half if it is a surrogate pair.
  private func escapedScalar(_ index: inout Int, in content: Range<Int>) throws(ApusError) -> [UInt8] {
    let first = try hexadecimalUnit(&index, in: content)
    var value = UInt32(truncatingIfNeeded: first)
    if first & 0xFC00 == 0xD800 {
      guard content.upperBound &- index >= 2, bytes[index] == 0x5C, bytes[index &+ 1] == 0x75 else {
        throw failure("a lone surrogate in a string")
      }
      index &+= 2
      let second = try hexadecimalUnit(&index, in: content)
      guard second & 0xFC00 == 0xDC00 else { throw failure("a lone surrogate in a string") }
      value = 0x10000 &+ (UInt32(truncatingIfNeeded: first & 0x3FF) &<< 10 | UInt32(truncatingIfNeeded: second & 0x3FF))
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure("a lone surrogate in a string") }
    return Array(String(Character(scalar)).utf8)
  }

  private func hexadecimalUnit(_ index: inout Int, in content: Range<Int>) throws(ApusError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard index < content.upperBound, let digit = Hexadecimal.value(of: bytes[index]) else {
        throw failure("an incomplete \\u escape in a string")
      }
      unit = unit &<< 4 | UInt16(truncatingIfNeeded: digit)
      index &+= 1
    }
    return unit
  }

  private mutating func consume(word: StaticString) throws(ApusError) -> Bool {
    _ = peek()
    let count = word.utf8CodeUnitCount
    guard bytes.count &- position >= count else { return false }
    for offset in 0..<count where bytes[position &+ offset] != word.utf8Start[offset] { return false }
    position &+= count
    return true
  }

  /// Consumes one byte that satisfies `condition`, without skipping white space.
  private mutating func skip(_ condition: (UInt8) -> Bool) -> Bool {
    guard position < bytes.count, condition(bytes[position]) else { return false }
    position &+= 1
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while skip({ $0 >= 0x30 && $0 <= 0x39 }) {}
    return position &- start
  }

  /// `text` for a message: shortened, in quotes.
  private func quoted(_ text: String) -> String { MessageText.quoted(text) }
}

/// A JSON number as its text says: integers stay exact.
package enum JSONNumber {
  case int(Int64)
  case double(Double)

  /// Longest text taken for a number, in bytes; the shortest text that determines a double has at most 24.
  static let longestText = 1024
}
