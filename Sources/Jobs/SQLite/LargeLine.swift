import CSQLite
import GRDB

/// The line of a large result, which lies in a table of its own: the last column of a row is the one
/// that SQLite writes and reads piece by piece (sqlite.org/c3ref/blob_open.html), where a line that is
/// bound to a statement is held twice.
enum LargeLine {
  /// Lines of more bytes lie there.
  private static let least = 1 << 20
  private static let table = "large_line"

  /// Whether a line lies there, and its result has none.
  static func isLarge(_ line: OutputLine) -> Bool { line.count > least }

  /// Writes the line of a result that was just inserted.
  static func insert(_ line: OutputLine, of sequence: Int, in db: Database) throws {
    let insert = "INSERT INTO \(table) (sequence, line) VALUES (?, zeroblob(?))"
    try db.cachedStatement(sql: insert).execute(arguments: [sequence, line.count])
    let blob = try unsafe open(sequence, for: 1, in: db)
    var place = 0
    var status = SQLITE_OK
    line.forEachBlock { block in
      guard status == SQLITE_OK else { return }
      status = unsafe block.withUnsafeBytes { bytes in
        unsafe sqlite3_blob_write(blob, bytes.baseAddress, Int32(bytes.count), Int32(place))
      }
      place += block.count
    }
    let closed = unsafe sqlite3_blob_close(blob)
    try check(status == SQLITE_OK ? closed : status, db)
  }

  /// The line of a result that has none itself; nil where there is none here either.
  static func read(of sequence: Int, in db: Database) throws -> [UInt8]? {
    let exists = "SELECT 1 FROM \(table) WHERE sequence = ?"
    guard try Int.fetchOne(db.cachedStatement(sql: exists), arguments: [sequence]) != nil else {
      return nil
    }
    let blob = try unsafe open(sequence, for: 0, in: db)
    defer { _ = unsafe sqlite3_blob_close(blob) }
    let count = unsafe sqlite3_blob_bytes(blob)
    var status = SQLITE_OK
    let line = unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { room, filled in
      status = unsafe sqlite3_blob_read(blob, room.baseAddress, count, 0)
      filled = status == SQLITE_OK ? Int(count) : 0
    }
    try check(status, db)
    return line
  }

  /// Drops the lines of results that are no more.
  static let dropForgotten = """
    DELETE FROM \(table) WHERE sequence NOT IN (SELECT sequence FROM result)
    """

  private static func open(
    _ sequence: Int,
    for writing: Int32,
    in db: Database
  ) throws -> OpaquePointer? {
    var blob: OpaquePointer?
    let status = unsafe sqlite3_blob_open(
      db.sqliteConnection,
      "main",
      table,
      "line",
      Int64(sequence),
      writing,
      &blob
    )
    try check(status, db)
    return unsafe blob
  }

  private static func check(_ status: Int32, _ db: Database) throws {
    guard status != SQLITE_OK else { return }
    let message = unsafe String(cString: sqlite3_errmsg(db.sqliteConnection))
    throw DatabaseError(resultCode: ResultCode(rawValue: status), message: message)
  }
}
