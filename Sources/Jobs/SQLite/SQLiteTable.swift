import Dispatch
import Foundation
import GRDB
import GRDBSQLite
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
  /// Bytes that are gathered for one write into the pipe; a number of threes, as Base64 has them.
  private static let block = 48 << 10

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
      configuration.busyMode = .timeout(5)
      let database = try DatabaseQueue(path: path, configuration: configuration)
      (sql, columns) = try database.read { db in
        let sql = try Self.sql(of: query, in: db)
        return (sql, try db.makeStatement(sql: sql).columnNames)
      }
      self.database = database
    } catch {
      throw Self.refusal(error, at: path)
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

  private static func refusal(_ error: any Error, at path: String) -> StoreError {
    let error = error as? DatabaseError
    switch error?.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return StoreError(
        .busy,
        "another program keeps the database locked",
        at: path,
        next: "wait until it is done, then give the same command again"
      )
    case .SQLITE_NOMEM, .SQLITE_TOOBIG:
      return StoreError(
        .inputMissing,
        "a row of the database is too large to be read",
        at: path,
        next: "leave such rows out: --sql 'SELECT … WHERE length(prompt) < 10000000'"
      )
    default: return refusal(error?.message ?? "it is no database", at: path)
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
        end.failure = Self.refusal(error, at: path)
      }
      close(writing)
    }
    return file
  }

  private func write(to pipe: Int32) throws {
    var text: [UInt8] = []
    for (place, name) in columns.enumerated() {
      if place > 0 { text.append(UInt8(ascii: ",")) }
      unsafe name.utf8.span.withUnsafeBytes { unsafe Self.append($0, to: &text) }
    }
    try database.read { db in
      let statement = try db.makeStatement(sql: sql)
      let rows = try Row.fetchCursor(statement)
      while try rows.next() != nil {
        text.append(UInt8(ascii: "\n"))
        for column in columns.indices {
          if column > 0 { text.append(UInt8(ascii: ",")) }
          try unsafe writeCell(column, of: statement.sqliteStatement, &text, to: pipe)
        }
      }
    }
    text.append(UInt8(ascii: "\n"))
    try write(text, to: pipe)
  }

  /// Appends a cell in quotes, and writes what is there when it is much; a long one is never copied
  /// whole, and a text that is not UTF-8 goes as it is, for its row to fail alone.
  private func writeCell(
    _ column: Int,
    of statement: OpaquePointer,
    _ text: inout [UInt8],
    to pipe: Int32
  ) throws {
    let kind = unsafe sqlite3_column_type(statement, Int32(column))
    guard kind != SQLITE_NULL else { return text += [Self.quote, Self.quote] }
    let isBlob = kind == SQLITE_BLOB
    let start =
      unsafe isBlob
      ? sqlite3_column_blob(statement, Int32(column))
      : UnsafeRawPointer(sqlite3_column_text(statement, Int32(column)))
    let count = unsafe Int(sqlite3_column_bytes(statement, Int32(column)))
    guard unsafe start != nil || isBlob else { throw DatabaseError(resultCode: .SQLITE_NOMEM) }
    let cell = unsafe UnsafeRawBufferPointer(start: start, count: count)
    // What is no text stands there as one, so that its row can be a job.
    let isText = unsafe !isBlob || Self.isText(cell)
    text.append(Self.quote)
    for first in stride(from: 0, to: count, by: Self.block) {
      let part = unsafe UnsafeRawBufferPointer(
        rebasing: cell[first..<min(count, first + Self.block)]
      )
      if isText {
        unsafe Self.append(inner: part, to: &text)
      } else {
        text += unsafe Data(part).base64EncodedData()
      }
      guard text.count >= Self.block else { continue }
      try write(text, to: pipe)
      text.removeAll(keepingCapacity: true)
    }
    text.append(Self.quote)
  }

  private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let bytes = unsafe bytes.assumingMemoryBound(to: UInt8.self)
    return unsafe (try? UTF8Span(validating: bytes.span)) != nil
  }

  private static let quote = UInt8(ascii: "\"")

  private static func append(_ cell: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    text.append(quote)
    unsafe append(inner: cell, to: &text)
    text.append(quote)
  }

  private static func append(inner cell: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    for place in cell.indices {
      let byte = unsafe cell[place]
      if byte == quote { text.append(quote) }
      text.append(byte)
    }
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
