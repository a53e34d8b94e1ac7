/// How an export writes down each result.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// A line of JSON: the result line as it is, or an object of the fields that are named.
  case jsonl
  /// A row of a table, as RFC 4180 has it.
  case csv
  /// The same with tabs between the fields, and line feeds at their end.
  case tsv
  /// The text of the answer, under a line with the job's id.
  case text

  /// What the name of a file says by its ending; lines of JSON where it says nothing.
  package init(ofName name: String) {
    let name = name.lowercased()
    self = [ExportFormat.csv, .tsv].first { name.hasSuffix(".\($0.rawValue)") } ?? .jsonl
  }
}
