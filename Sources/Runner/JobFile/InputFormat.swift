/// How jobs are written down in a file or pipe.
package enum InputFormat: String, Sendable, CaseIterable {
  /// A line of JSON for each job.
  case jsonl
  /// A row of a table for each job; what parts its fields is told from its first line.
  case csv
  /// The same with tabs between the fields.
  case tsv

  /// What the name of a file says by its ending; nil where it says nothing.
  package init?(ofName name: String) {
    let name = name.lowercased()
    guard let format = [InputFormat.csv, .tsv].first(where: { name.hasSuffix(".\($0.rawValue)") })
    else { return nil }
    self = format
  }

  /// What may part the fields of a row; empty where there are no rows.
  var separators: [UInt8] {
    switch self {
    case .jsonl: []
    case .csv: [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
    case .tsv: [UInt8(ascii: "\t")]
    }
  }
}
