package import JSON
package import Jobs

/// How an export writes results: in which format, and which fields of each; a pure value.
package struct ExportShape: Sendable {
  private let format: ExportFormat
  private let fields: [ExportField]
  private let readsAnswer: Bool

  /// - Parameters:
  ///   - fields: of each result, in their order, at least one.
  ///   - columns: members of the input's lines that go before them.
  package init(_ format: ExportFormat, _ fields: [ExportField], joining columns: [ExportField] = [])
  {
    self.format = format
    let taken = Set(columns.map(\.name))
    let own = fields.map { field in
      var name = field.name
      while taken.contains(name) { name = "nightjar_" + name }
      return name == field.name ? field : field.renamed(name)
    }
    self.fields = columns + own
    readsAnswer = fields.contains { $0.name.hasPrefix("answer.") }
  }

  /// What stands before the results; nil for nothing.
  var header: OutputLine? {
    switch format {
    case .jsonl, .text: nil
    case .csv, .tsv: row(fields.map(\.name))
    }
  }

  /// A result as it is written.
  ///
  /// - Parameter input: the line that its job was.
  package func line(of result: OutputLine, input: JSONValue?) -> OutputLine {
    let result = ExportedResult(result.bytes, input: input, readsAnswer: readsAnswer)
    switch format {
    case .csv, .tsv: return row(fields.map { $0.value(in: result)?.text ?? "" })
    case .text: return text(of: result)
    case .jsonl: return object(of: result)
    }
  }

  private func object(of result: ExportedResult) -> OutputLine {
    var line: [UInt8] = []
    for field in fields {
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      line.appendJSON(field.name)
      line.append(UInt8(ascii: ":"))
      switch field.value(in: result) {
      case let value? where value.isJSON: line.appendRaw(value.text)
      case let value?: line.appendJSON(value.text)
      case nil: line.appendRaw("null")
      }
    }
    return OutputLine(line + "}".utf8)
  }

  private func text(of result: ExportedResult) -> OutputLine {
    let text = result.text ?? result.error?["message"]?.string ?? ""
    return OutputLine(Array("==> \(result.id.shown) <==\n\(text)\n".utf8))
  }

  private func row(_ cells: [String]) -> OutputLine {
    let separator = UInt8(ascii: format == .tsv ? "\t" : ",")
    var row: [UInt8] = []
    for (place, cell) in cells.enumerated() {
      if place > 0 { row.append(separator) }
      Self.append(cell, separator, to: &row)
    }
    // The line feed behind each line makes it CRLF.
    if format == .csv { row.append(UInt8(ascii: "\r")) }
    return OutputLine(row)
  }

  private static func append(_ cell: String, _ separator: UInt8, to row: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let isPlain = cell.utf8.allSatisfy {
      $0 != separator && $0 != quote && $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r")
    }
    guard !isPlain || cell.utf8.first == UInt8(ascii: " ") || cell.utf8.last == UInt8(ascii: " ")
    else { return row.append(contentsOf: cell.utf8) }
    row.append(quote)
    for byte in cell.utf8 {
      if byte == quote { row.append(quote) }
      row.append(byte)
    }
    row.append(quote)
  }
}
