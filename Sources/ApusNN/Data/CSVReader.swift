import ApusAutograd
import ApusNumerics
import Glibc

/// Numbers in lines of text (RFC 4180 without line breaks inside quotes).
enum CSVReader {
  static func parse(
    _ bytes: UnsafeBufferPointer<UInt8>, delimiter: Character, hasHeader: Bool?
  ) throws -> DataFiles.Table {
    guard let separator = delimiter.asciiValue, separator != 10, separator != 13, separator != 34 else {
      throw ApusError.invalidArgument(name: "delimiter", reason: "'\(delimiter)' is no ASCII character to separate by")
    }
    let lines = Lines(bytes)
    guard let first = lines.range(from: 0) else {
      throw ApusError.malformedFile(reason: "csv: has no lines")
    }
    let cells = cellRanges(bytes, first.line, separator)
    let isHeader = try hasHeader ?? cells.contains { try number(bytes, $0) == nil }
    let names = isHeader ? cells.map { text(bytes, $0) } : []
    let columns = cells.count
    var rows = 0
    let start = isHeader ? first.next : 0
    var position = start
    while let line = lines.range(from: position) {
      rows &+= 1
      position = line.next
    }
    position = start
    // Every cell takes at least what ends it, so that more cells than bytes mean a row with too few. It is found before
    // there is memory for all of them.
    let (cellCount, overflow) = rows.multipliedReportingOverflow(by: columns)
    if overflow || cellCount > bytes.count &- start &+ 1 {
      var row = 0
      while let line = lines.range(from: position) {
        position = line.next
        _ = try completeRow(bytes, line.line, separator, columns, row: row)
        row &+= 1
      }
    }
    let array = try NDArray(zeros: [rows, columns], dtype: .float64)
    let target = array.data.assumingMemoryBound(to: Double.self)
    position = start
    var row = 0
    while let line = lines.range(from: position) {
      position = line.next
      try fill(bytes, line.line, separator, columns, target + row &* columns, row: row)
      row &+= 1
    }
    return DataFiles.Table(values: Tensor(array), names: names)
  }

  private static func fill(
    _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ separator: UInt8, _ columns: Int,
    _ target: UnsafeMutablePointer<Double>, row: Int
  ) throws {
    for (column, cell) in try completeRow(bytes, line, separator, columns, row: row).enumerated() {
      guard let value = try number(bytes, cell) else {
        throw ApusError.malformedFile(
          reason: "csv: row \(row), column \(column) is '\(text(bytes, cell).prefix(40))', no number")
      }
      target[column] = value
    }
  }

  private static func completeRow(
    _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ separator: UInt8, _ columns: Int, row: Int
  ) throws -> [Range<Int>] {
    let cells = cellRanges(bytes, line, separator)
    guard cells.count == columns else {
      throw ApusError.malformedFile(reason: "csv: row \(row) has \(cells.count) cells, \(columns) are expected")
    }
    return cells
  }

  /// The cells of a line, without surrounding spaces and quotes.
  private static func cellRanges(
    _ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>, _ separator: UInt8
  ) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var start = line.lowerBound
    var isQuoted = false
    for index in line {
      if bytes[index] == 34 { isQuoted.toggle() }
      if bytes[index] == separator, !isQuoted {
        cells.append(trimmed(bytes, start..<index))
        start = index &+ 1
      }
    }
    cells.append(trimmed(bytes, start..<line.upperBound))
    return cells
  }

  private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high, bytes[low] == 32 || bytes[low] == 9 { low &+= 1 }
    while high > low, bytes[high &- 1] == 32 || bytes[high &- 1] == 9 { high &-= 1 }
    if high &- low >= 2, bytes[low] == 34, bytes[high &- 1] == 34 { return (low &+ 1)..<(high &- 1) }
    return low..<high
  }

  /// The number in a cell, NaN for an empty one; nil for anything else.
  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: Range<Int>) throws -> Double? {
    if cell.isEmpty { return .nan }
    guard cell.count < 64 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { copy in
      for (place, index) in cell.enumerated() { copy[place] = CChar(bitPattern: bytes[index]) }
      copy[cell.count] = 0
      guard let start = copy.baseAddress, start[0] != 32, start[0] != 9 else { return nil }
      var end: UnsafeMutablePointer<CChar>?
      let value = strtod(start, &end)
      return end == start + cell.count ? value : nil
    }
  }

  private static func text(_ bytes: UnsafeBufferPointer<UInt8>, _ cell: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[cell]), as: UTF8.self)
  }

  /// Lines that are not empty; the end may be LF, CR LF or the end of the file.
  private struct Lines {
    let bytes: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func range(from start: Int) -> (line: Range<Int>, next: Int)? {
      var begin = start
      while begin < bytes.count {
        var end = begin
        while end < bytes.count, bytes[end] != 10 { end &+= 1 }
        let next = end &+ 1
        if end > begin, bytes[end &- 1] == 13 { end &-= 1 }
        if end > begin { return (begin..<end, next) }
        begin = next
      }
      return nil
    }
  }
}
