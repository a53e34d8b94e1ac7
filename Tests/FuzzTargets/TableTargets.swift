import JSON
import Jobs
import Runner

enum TableTargets {
  /// Every byte is in one record, however the table is cut into pieces, and each makes a line of JSON.
  static func table(_ bytes: [UInt8]) -> String? {
    for longest in [Int.max, 24] {
      let whole = records(bytes, by: max(1, bytes.count), longest)
      for piece in [1, 7] where records(bytes, by: piece, longest) != whole {
        return "a table in pieces of \(piece) has other records"
      }
      var end = 0
      for record in whole {
        guard record.offset == end, record.bytes.isEmpty || record.length == record.bytes.count,
          record.breaks >= 0, record.bytes.count <= longest
        else { return "a record is not where the one before it ends" }
        end += record.length
        if let fault = fault(of: record, bytes) { return fault }
      }
      guard end == bytes.count else { return "there are bytes behind the last record" }
    }
    return nil
  }

  private static let table = Table(
    names: ["id", "prompt"],
    fields: ["id", "prompt"],
    separator: UInt8(ascii: ","),
    start: 0,
    firstLine: 1,
    numbersRows: false
  )

  private static func records(
    _ bytes: [UInt8],
    by piece: Int,
    _ longest: Int
  ) -> [RecordSplitter.Record] {
    var splitter = table.splitter(longest: longest)
    var records: [RecordSplitter.Record] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      splitter.take(Array(bytes[start..<min(start + piece, bytes.count)])) { records.append($0) }
    }
    splitter.finish { records.append($0) }
    return records
  }

  /// A record read again from its own bytes is the same, and its line is one of JSON.
  private static func fault(of record: RecordSplitter.Record, _ bytes: [UInt8]) -> String? {
    guard !record.bytes.isEmpty else { return nil }
    let line = table.line(of: record, row: 1).bytes
    guard line.firstIndex(of: UInt8(ascii: "\n")) == line.endIndex - 1 else {
      return "a row makes no line"
    }
    let isText = String(validating: record.bytes, as: UTF8.self) != nil
    if isText, line.count > 1, (try? JSONValue(parsing: Array(line.dropLast()))) == nil {
      return "the line of a row is no JSON"
    }
    var again: [LineSplitter.Line] = []
    var splitter = table.splitter(line: record.line)
    splitter.take(Array(record.bytes)) { again.append(table.line(of: $0, row: 1)) }
    splitter.finish { again.append(table.line(of: $0, row: 1)) }
    guard again.map(\.bytes) == [line] else { return "a record by itself makes another line" }
    return nil
  }
}
