import GRDB

/// A table, index, trigger or view of a file, with the words that make it.
struct SchemaObject: Hashable {
  let kind: String
  let name: String
  private let sql: String

  /// What stands in a file, but for what SQLite keeps for itself.
  static func all(in db: Database) throws -> Set<SchemaObject> {
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema
        WHERE substr(name, 1, 7) <> 'sqlite_'
        """
    )
    return Set(
      try rows.map { row in
        SchemaObject(
          kind: try row.text("type"),
          name: try row.text("name"),
          sql: try row.text("sql")
        )
      }
    )
  }

  /// What is in a new batch; nil where SQLite cannot make one.
  private static let ours = try? DatabaseQueue().write { db in
    for step in Schema.steps { try db.execute(sql: step) }
    return try all(in: db)
  }

  /// Where a file has something else than a new batch, in words.
  static func findings(in found: Set<SchemaObject>) -> [String] {
    guard let ours else { return [] }
    let names = Set(ours.map { [$0.kind, $0.name] })
    let extra = found.subtracting(ours).map { object in
      names.contains([object.kind, object.name])
        ? "\(object.kind) \(object.name) is not made as nightjar makes it"
        : "there is a \(object.kind) \(object.name) that is not nightjar's; it is never run"
    }
    let missing = names.subtracting(found.map { [$0.kind, $0.name] })
      .map { "there is no \($0.joined(separator: " "))" }
    return (extra + missing).sorted()
  }
}
