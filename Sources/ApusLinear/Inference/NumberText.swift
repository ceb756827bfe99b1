/// Numbers as C's printf writes them in the C locale, from the shortest digits that identify them, rounded half to even.
enum NumberText {
  /// As `%.<decimals>f`.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return special(value) }
    let number = DecimalDigits(value)
    let rounded = number.rounded(to: number.exponent + 1 + decimals)
    return rounded.sign + rounded.fixedText(decimals)
  }

  /// As `%.<significant>g`, or with `keepsZeros` as `%#.<significant>g`.
  static func general(_ value: Double, _ significant: Int, keepsZeros: Bool = false) -> String {
    guard value.isFinite else { return special(value) }
    let rounded = DecimalDigits(value).rounded(to: significant)
    if rounded.exponent < -4 || rounded.exponent >= significant {
      var mantissa = Array(rounded.digits.prefix(significant))
      while mantissa.count < significant { mantissa.append(0) }
      if !keepsZeros { while mantissa.count > 1, mantissa.last == 0 { mantissa.removeLast() } }
      let fraction = mantissa.dropFirst().map { "\($0)" }.joined()
      let magnitude = rounded.exponent.magnitude
      let point = fraction.isEmpty && !keepsZeros ? "" : "."
      return "\(rounded.sign)\(mantissa[0])\(point)\(fraction)e\(rounded.exponent < 0 ? "-" : "+")"
        + (magnitude < 10 ? "0\(magnitude)" : "\(magnitude)")
    }
    var text = rounded.fixedText(Swift.max(0, significant - 1 - rounded.exponent))
    if !keepsZeros, text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return rounded.sign + text
  }

  /// With three decimals while the size is ordinary, else three significant digits.
  static func short(_ value: Double) -> String { ordinary(value) ? fixed(value, 3) : general(value, 3) }

  /// With four decimals while the size is ordinary, else four significant digits.
  static func long(_ value: Double) -> String { ordinary(value) ? fixed(value, 4) : general(value, 4) }

  private static func ordinary(_ value: Double) -> Bool { value.magnitude >= 1e-4 && value.magnitude < 1e4 }

  private static func special(_ value: Double) -> String { value.isNaN ? "nan" : (value < 0 ? "-inf" : "inf") }
}

/// 0.d₁d₂… · 10^(exponent + 1): the shortest decimal digits of a finite double.
private struct DecimalDigits {
  var isNegative: Bool
  var digits: [UInt8]
  /// Power of ten of the first digit.
  var exponent: Int

  var sign: String { isNegative ? "-" : "" }

  init(_ value: Double) {
    isNegative = value.sign == .minus
    digits = []
    exponent = 0
    var (point, power, seenPoint, seenExponent, negativePower) = (0, 0, false, false, false)
    for byte in value.magnitude.description.utf8 {
      switch byte {
      case 0x2E: seenPoint = true
      case 0x65: seenExponent = true
      case 0x2D: negativePower = true
      case 0x30...0x39 where seenExponent: power = power * 10 + Int(byte - 0x30)
      case 0x30...0x39:
        digits.append(byte - 0x30)
        if !seenPoint { point += 1 }
      default: break
      }
    }
    let leading = digits.prefix { $0 == 0 }.count
    if leading == digits.count {
      digits = [0]
      return
    }
    digits.removeFirst(leading)
    exponent = point - 1 - leading + (negativePower ? -power : power)
  }

  /// The first `count` digits, rounded half to even; `count` may be negative.
  func rounded(to count: Int) -> DecimalDigits {
    if count >= digits.count { return self }
    var result = self
    if count < 0 {
      result.digits = [0]
      result.exponent = 0
      return result
    }
    result.digits = Array(digits.prefix(count))
    let (next, rest) = (digits[count], digits.dropFirst(count + 1))
    let isTie = next == 5 && rest.allSatisfy { $0 == 0 }
    let goesUp = isTie ? (result.digits.last ?? 0) % 2 == 1 : next >= 5
    if goesUp {
      var index = count - 1
      while index >= 0, result.digits[index] == 9 {
        result.digits[index] = 0
        index -= 1
      }
      if index >= 0 {
        result.digits[index] += 1
      } else {
        result.digits.insert(1, at: 0)
        result.exponent += 1
      }
    }
    if result.digits.isEmpty {
      result.digits = [0]
      result.exponent = 0
    }
    return result
  }

  /// The magnitude with this many decimals; the digits must have been rounded to them.
  func fixedText(_ decimals: Int) -> String {
    func digit(_ power: Int) -> String {
      let index = exponent - power
      return index >= 0 && index < digits.count ? "\(digits[index])" : "0"
    }
    var text = ""
    for power in stride(from: Swift.max(0, exponent), through: 0, by: -1) { text += digit(power) }
    if decimals > 0 {
      text += "."
      for place in 1...decimals { text += digit(-place) }
    }
    return text
  }
}
