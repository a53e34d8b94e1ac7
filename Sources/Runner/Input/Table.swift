import JSON

/// The columns of a table, by which each of its rows becomes a line of JSON; a pure value.
package struct Table: Sendable, Equatable {
  /// What a cell becomes in the line of its row.
  private enum Kind {
    case text
    /// An empty cell says nothing.
    case optionalText
    case integer
    case object
    /// A list in JSON, or a text.
    case list
  }

  /// The names of the columns as they stand in the first line.
  package let names: [String]
  /// The same as a template can name them.
  package let fields: [String]
  package let separator: UInt8
  /// Bytes before the first row.
  package let start: Int
  /// One-based number of the line of the first row.
  package let firstLine: Int
  /// Whether the number of a row is its id, since no column holds one.
  package let numbersRows: Bool
  private let members: [[UInt8]]
  private let kinds: [Kind]

  package init(
    names: [String],
    fields: [String],
    separator: UInt8,
    start: Int,
    firstLine: Int,
    numbersRows: Bool
  ) {
    self.names = names
    self.fields = fields
    self.separator = separator
    self.start = start
    self.firstLine = firstLine
    self.numbersRows = numbersRows
    members = fields.map { name in
      var member: [UInt8] = []
      member.appendJSON(name)
      member.append(UInt8(ascii: ":"))
      return member
    }
    kinds = fields.map(Self.kind)
  }

  private static func kind(of field: String) -> Kind {
    switch field {
    case "system", "model": .optionalText
    case "max_tokens": .integer
    case "params": .object
    case "files": .list
    default: .text
    }
  }

  /// Cuts the table into its rows.
  ///
  /// - Parameters:
  ///   - offset: where in the stream the first bytes come from.
  ///   - line: one-based number of the first line.
  package func splitter(
    longest: Int = InputSource.longestLine,
    offset: Int = 0,
    line: Int = 1
  ) -> RecordSplitter {
    RecordSplitter(
      separator: separator,
      columns: names.count,
      longest: longest,
      offset: offset,
      line: line
    )
  }

  /// The line of JSON that stands for a row, in the place of its record; blank where it has no text.
  ///
  /// - Parameter row: its one-based number among the rows that are not blank.
  package func line(of record: RecordSplitter.Record, row: Int) -> LineSplitter.Line {
    LineSplitter.Line(
      bytes: bytes(of: record, row: row)[...],
      offset: record.offset,
      length: record.length,
      number: record.line,
      breaks: record.breaks
    )
  }

  private func bytes(of record: RecordSplitter.Record, row: Int) -> [UInt8] {
    guard !record.bytes.isEmpty else { return [] }
    guard !record.bytes.isBlankLine else { return [UInt8(ascii: "\n")] }
    if let fault = record.fault { return bad(record, message(of: fault)) }
    let cells = cells(of: record.bytes)
    guard cells.contains(where: { !$0.isBlankLine }) else { return [UInt8(ascii: "\n")] }
    var line: [UInt8] = []
    line.reserveCapacity(record.length + members.reduce(48) { $0 + $1.count + 3 })
    line.appendRaw(InputLine.rowStart)
    if numbersRows { line.appendRaw(",\"id\":\(row)") }
    for ((member, kind), cell) in zip(zip(members, kinds), cells) {
      line.append(UInt8(ascii: ","))
      line += member
      append(cell, as: kind, to: &line)
    }
    line.appendRaw("}\n")
    guard line.count <= InputSource.longestOfAll else {
      return bad(record, "makes a line of JSON of more than \(InputSource.longestOfAll >> 20) MiB")
    }
    return line
  }

  private func append(_ cell: ArraySlice<UInt8>, as kind: Kind, to line: inout [UInt8]) {
    switch kind {
    case .optionalText where cell.isEmpty: line.appendRaw("null")
    case .text, .optionalText: line.appendJSON(utf8: cell.span)
    case .integer:
      let text = String(decoding: cell, as: UTF8.self).filter { $0 != " " }
      if text.isEmpty {
        line.appendRaw("null")
      } else if let number = Int(text) {
        line.appendJSON(number)
      } else {
        line.appendJSON(utf8: cell.span)
      }
    case .object, .list:
      guard !cell.isBlankLine else { return line.appendRaw("null") }
      let isJSON = (try? JSONScanner.wholeValue(in: cell.span)) != nil
      if isJSON, kind == .object || cell.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") {
        // JSON has line breaks between its tokens only.
        line += cell.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? 0x20 : $0 }
      } else {
        line.appendJSON(utf8: cell.span)
      }
    }
  }

  /// What the cells of a whole record hold.
  package func cells(of record: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var (machine, start) = (RecordMachine(separator: separator), record.startIndex)
    var cells: [ArraySlice<UInt8>] = []
    for place in record.indices where machine.read(record[place]) == .field {
      cells.append(Self.text(of: record[start..<place]))
      start = place + 1
    }
    return cells + [Self.text(of: record[start...].withoutLineBreak)]
  }

  /// A cell without the quotes around it.
  private static func text(of cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard cell.first == quote else { return cell }
    let inner = cell.dropFirst().dropLast()
    guard inner.contains(quote) else { return inner }
    var text: [UInt8] = []
    text.reserveCapacity(inner.count)
    var isSecond = false
    for byte in inner {
      isSecond = byte == quote && !isSecond
      if byte != quote || isSecond { text.append(byte) }
    }
    return text[...]
  }

  private func message(of fault: RecordSplitter.Fault) -> String {
    switch fault {
    case .fields(let count):
      "has \(count) \(count == 1 ? "field" : "fields"), and the table has \(names.count) "
        + "\(names.count == 1 ? "column" : "columns"); a field with \(Self.name(of: separator)) or a "
        + "line break in it stands in quotes"
    case .textBehindQuote:
      "has something behind the closing quote of a field; a quote within a field is written twice"
    case .openQuote:
      "opens a quote that is not closed as it should be; the rows behind it are read for themselves"
    }
  }

  static func name(of separator: UInt8) -> String {
    separator == UInt8(ascii: "\t") ? "a tab" : "`\(Character(UnicodeScalar(separator)))`"
  }

  /// A line that says what is wrong with a record.
  private func bad(_ record: RecordSplitter.Record, _ message: String) -> [UInt8] {
    InputLine.broken(
      record.bytes.withoutLineBreak,
      number: record.line,
      Refusal(status: nil, code: "malformed_row", message: message)
    ) + [UInt8(ascii: "\n")]
  }
}
