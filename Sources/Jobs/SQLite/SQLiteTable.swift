import Dispatch
import Foundation
import GRDB
import Glibc

/// Rows of a database of somebody else, which is only read.
package struct SQLiteTable: Sendable {
  /// Which rows.
  package enum Query: Sendable {
    case sql(String)
    /// All of a table, in the order in which they were written.
    case table(String)
  }

  private static let magic = Array("SQLite format 3\0".utf8)
  /// Bytes that are gathered for one write into the pipe.
  private static let block = 64 << 10

  package let path: String
  private let database: DatabaseQueue
  private let sql: String
  private let columns: [String]

  /// Whether a file is a database.
  package static func isDatabase(_ path: String) -> Bool {
    guard FileKind(at: path) == .regular, let file = try? InputFile(path: path) else {
      return false
    }
    return (try? file.bytes(magic.count, at: 0)) == magic
  }

  /// Opens a database and prepares the query.
  ///
  /// - Throws: ``StoreError`` `.inputMissing` where the query is none that gives rows.
  package init(_ path: String, _ query: Query) throws(StoreError) {
    self.path = path
    do {
      var configuration = Configuration.distrusting(label: "nightjar.input")
      configuration.readonly = true
      let database = try DatabaseQueue(path: path, configuration: configuration)
      (sql, columns) = try database.read { db in
        let sql = try Self.sql(of: query, in: db)
        return (sql, try db.makeStatement(sql: sql).columnNames)
      }
      self.database = database
    } catch {
      throw Self.refusal("\((error as? DatabaseError)?.message ?? "\(error)")", at: path)
    }
    if columns.isEmpty { throw Self.refusal("the query gives no rows", at: path) }
  }

  private static func sql(of query: Query, in db: Database) throws -> String {
    switch query {
    case .sql(let sql): return sql
    case .table(let name):
      let all = "SELECT * FROM \(name.quotedDatabaseIdentifier)"
      // A table without rowids has a key for its order.
      let isOrdered = (try? db.makeStatement(sql: all + " ORDER BY rowid")) != nil
      return isOrdered ? all + " ORDER BY rowid" : all
    }
  }

  private static func refusal(_ words: String, at path: String) -> StoreError {
    StoreError(
      .inputMissing,
      "the rows cannot be read: \(words)",
      at: path,
      next:
        "name a table, as in prompts.db?prompts, or give a query that only reads: --sql 'SELECT "
        + "id, prompt FROM prompts'; nothing was sent, and no file was made"
    )
  }

  /// The rows as CSV, whose first line names the columns, from a pipe into which they are written as
  /// they are read.
  ///
  /// - Throws: ``StoreError`` where there is no pipe to be had.
  package func pipe() throws(StoreError) -> InputFile {
    var ends: [Int32] = [0, 0]
    guard unsafe Glibc.pipe(&ends) == 0 else {
      throw StoreError(errno: errno, doing: "cannot read the database", at: path)
    }
    let (reading, writing) = (ends[0], ends[1])
    // A program that is asked for a key must not keep the pipe open.
    _ = fcntl(writing, F_SETFD, FD_CLOEXEC)
    let end = PipeEnd()
    let file = InputFile(pipe: reading, end: end)
    close(reading)
    DispatchQueue(label: "nightjar.rows").async {
      do {
        try write(to: writing)
      } catch is ReaderGone {
      } catch {
        end.failure = Self.refusal("\((error as? DatabaseError)?.message ?? "\(error)")", at: path)
      }
      close(writing)
    }
    return file
  }

  private func write(to pipe: Int32) throws {
    var text: [UInt8] = []
    append(columns.map { Array($0.utf8) }, to: &text)
    try database.read { db in
      let rows = try Row.fetchCursor(db, sql: sql)
      while let row = try rows.next() {
        append(row.databaseValues.map(Self.bytes), to: &text)
        guard text.count >= Self.block else { continue }
        try write(text, to: pipe)
        text.removeAll(keepingCapacity: true)
      }
    }
    try write(text, to: pipe)
  }

  private static func bytes(of value: DatabaseValue) -> [UInt8] {
    switch value.storage {
    case .null: []
    case .int64(let number): Array("\(number)".utf8)
    case .double(let number): Array("\(number)".utf8)
    case .string(let text): Array(text.utf8)
    case .blob(let data):
      // What is no text stands there as one, so that its row can be a job.
      String(validating: data, as: UTF8.self) == nil
        ? Array(data.base64EncodedString().utf8) : [UInt8](data)
    }
  }

  /// Appends a row, each cell of which stands in quotes.
  private func append(_ cells: [[UInt8]], to text: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    for (place, cell) in cells.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      text.append(quote)
      for byte in cell {
        if byte == quote { text.append(quote) }
        text.append(byte)
      }
      text.append(quote)
    }
    text.append(UInt8(ascii: "\n"))
  }

  private struct ReaderGone: Error {}

  private func write(_ bytes: [UInt8], to pipe: Int32) throws {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[written...])
        return unsafe Glibc.write(pipe, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ReaderGone() }
      written += count
    }
  }
}
