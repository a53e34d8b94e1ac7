import Foundation
import GRDB

/// Reads a batch file without changing it.
///
/// A process that was killed in the middle of a commit leaves a journal that the next one to come
/// must play back, which a read-only connection cannot (SQLITE_READONLY_ROLLBACK,
/// sqlite.org/rescode.html). Only then is the file opened to be written, by SQLite itself.
struct BatchReader: Sendable {
  private let database: DatabaseQueue
  private let path: String
  /// Whether parts of the file's schema cannot be read.
  private let isTorn: Bool

  /// - Throws: ``StoreError`` when there is no batch at `path`, or none that this version can read.
  init(path: String) throws(StoreError) {
    self.path = path
    let kind = FileKind(following: path)
    guard kind == .regular else {
      throw StoreError(
        .inputMissing,
        kind == .absent ? "there is no batch here" : "this is \(kind.name), and no batch",
        at: path,
        next: "name the output of a run (such as results.jsonl), its job file, or the file that "
          + "its --queue named"
      )
    }
    try ForeignFile.refuse(inPlaceOfJournalsOf: path)
    do {
      (database, isTorn) = try Self.opened(path)
    } catch {
      throw StoreError(error, at: path)
    }
    try read { db in try BatchFile.checkFormat(db, path: path) }
  }

  private static func opened(_ path: String) throws -> (DatabaseQueue, isTorn: Bool) {
    do {
      let database = try connect(path, isReadOnly: true)
      try database.read { db in _ = try BatchFile.version(of: db) }
      return (database, false)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      return (try connect(path, isReadOnly: true, salvages: true), true)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
      return (try connect(path, isReadOnly: true), false)
    }
  }

  /// - Throws: ``StoreError``.
  func read<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do {
      return try database.read(body)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
      return try readAfterRecovery(body)
    } catch let error as DatabaseError where isTorn && error.resultCode == .SQLITE_CORRUPT {
      return try readAgain(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  /// Once a statement has found no such table, SQLite refuses the next one too, whatever it asks for.
  private func readAgain<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do {
      return try database.read(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  private func readAfterRecovery<T>(_ body: (Database) throws -> T) throws(StoreError) -> T {
    do {
      return try Self.connect(path, isReadOnly: false).read(body)
    } catch {
      throw StoreError(error, at: path)
    }
  }

  private static func connect(
    _ path: String,
    isReadOnly: Bool,
    salvages: Bool = false
  ) throws -> DatabaseQueue {
    var configuration = Configuration.distrusting(label: "nightjar.reader", salvages: salvages)
    configuration.readonly = isReadOnly
    configuration.busyMode = .timeout(5)
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch let error as DatabaseError where isReadOnly && isAtRest(path) {
      guard needsToWrite.contains(error.resultCode) else { throw error }
      return try DatabaseQueue(path: immutable(path), configuration: configuration)
    }
  }

  /// How it fails that the file which readers of a WAL database share cannot be made.
  private static let needsToWrite: [ResultCode] = [
    .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_FULL,
  ]

  /// True while all of the batch is in its one file, as after a clean end: nobody writes to it then.
  private static func isAtRest(_ path: String) -> Bool {
    let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return (log?[.size] as? Int ?? 0) == 0
  }

  /// The file as one that cannot change, for a disk that is full or can only be read
  /// (sqlite.org/uri.html#uriimmutable).
  private static func immutable(_ path: String) -> String {
    let special = Set("%?#".utf8)
    let name = path.utf8.map { byte in
      byte >= 0x80 || special.contains(byte)
        ? "%" + String(byte, radix: 16) : String(UnicodeScalar(byte))
    }
    return "file:\(name.joined())?immutable=1"
  }
}
