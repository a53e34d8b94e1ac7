import JSON

/// Rows of words in columns, for people.
enum TextTable {
  /// The lines of a table, its columns two blanks apart.
  static func text(_ rows: [[String]]) -> String {
    let rows = rows.map { $0.map(\.shown) }
    let columns = rows.first?.count ?? 0
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }
      return String(line.joined().reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
