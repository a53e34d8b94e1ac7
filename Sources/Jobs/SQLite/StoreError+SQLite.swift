import CLinux
import Foundation
import GRDB
import GRDBSQLite

extension StoreError {
  /// Says what a failure of SQLite means for the user.
  ///
  /// - Parameters:
  ///   - path: of the batch file.
  ///   - system: the system's own reason, `errno`, which SQLite's codes hide; 0 where it is unknown.
  ///   - needed: how many bytes were to be written, where that is known.
  init(_ error: any Error, at path: String, system: Int32 = 0, needed: Int? = nil) {
    if let error = error as? StoreError {
      self = error
      return
    }
    if error is RowDecodingError {
      // Its own words would quote the row.
      self.init(damaged: "a row cannot be read", at: path)
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(
        .inputOutput,
        "the batch file failed: \(error)",
        at: path,
        next: "check the disk and run the same command"
      )
      return
    }
    let isOfDisk = error.resultCode == .SQLITE_IOERR && Self.act(error.extendedResultCode) != "read"
    let reason = system == 0 && isOfDisk ? Self.reasonOfWrite(beside: path) : system
    self.init(sqlite: error, at: path, system: reason, needed: needed)
  }

  /// Why nothing can be written where a file lies, found out by a file without a name; 0 where something
  /// can: SQLite does not always keep the reason of a write that the system refused.
  private static func reasonOfWrite(beside path: String) -> Int32 {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = unsafe open(folder, nightjar_no_name | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return errno == EROFS ? EROFS : 0 }
    defer { close(descriptor) }
    let page = [UInt8](repeating: 0, count: 4_096)
    return unsafe write(descriptor, page, page.count) < 0 ? errno : 0
  }

  private init(sqlite error: DatabaseError, at path: String, system: Int32, needed: Int?) {
    // The least that SQLite writes.
    let page = 4_096
    let text = error.message ?? "\(error.resultCode)"
    switch (error.extendedResultCode, error.resultCode, system) {
    case (_, .SQLITE_FULL, _):
      self.init(noRoom: "cannot write the batch", isQuota: false, at: path, needed: needed ?? page)
    case (_, .SQLITE_IOERR, ENOSPC), (_, .SQLITE_IOERR, EDQUOT), (_, .SQLITE_IOERR, EROFS),
      (_, .SQLITE_CANTOPEN, ENOSPC), (_, .SQLITE_CANTOPEN, EDQUOT):
      self.init(errno: system, doing: "cannot write the batch", at: path, needed: needed ?? page)
    // Its header says so (sqlite.org/fileformat2.html, "File format version numbers"), which we never
    // write.
    case (.SQLITE_READONLY, _, _) where unsafe access(path, W_OK) == 0:
      self.init(damaged: text, at: path)
    case (_, .SQLITE_READONLY, _), (_, .SQLITE_CANTOPEN, _), (_, .SQLITE_PERM, _):
      self =
        StoreError(notOursAt: path, doing: "cannot open the batch file")
        ?? StoreError(notWritable: text, at: path)
    case (_, .SQLITE_NOTADB, _):
      self.init(
        .damaged,
        "this is no batch or queue, or its start was overwritten",
        at: path,
        next:
          "check the name: `nightjar enqueue` makes queues, `nightjar run` batches; nothing was "
          + "changed in this file"
      )
    // Statements and what they write are right, so that it is the tables which are not.
    case (_, .SQLITE_CORRUPT, _), (_, .SQLITE_ERROR, _),
      (_, .SQLITE_CONSTRAINT, _), (_, .SQLITE_MISMATCH, _), (_, .SQLITE_FORMAT, _),
      (_, .SQLITE_TOOBIG, _), (_, .SQLITE_SCHEMA, _):
      self.init(damaged: text, at: path)
    case (_, .SQLITE_BUSY, _), (_, .SQLITE_LOCKED, _):
      self.init(
        .busy,
        "\(LockWait(at: path).holder) keeps the batch locked",
        at: path,
        next: "wait until it is done, such as a backup, or end it; then give the same command again"
      )
    case (.SQLITE_IOERR_FSYNC, _, _), (.SQLITE_IOERR_DIR_FSYNC, _, _):
      self.init(
        unconfirmed: "the batch was written",
        reason: Self.reason(system) ?? "input/output error",
        at: path
      )
    // SQLite does not always keep the reason of a write that the system refused.
    case (_, .SQLITE_IOERR, EFBIG): self.init(tooLarge: "cannot write the batch", at: path)
    case (.SQLITE_IOERR_WRITE, _, 0) where Self.largestFile != nil:
      self.init(tooLarge: "cannot write the batch", at: path)
    case (_, .SQLITE_IOERR, _):
      self.init(
        .inputOutput,
        "cannot \(Self.act(error.extendedResultCode)) the batch: \(Self.reason(system) ?? text)",
        at: path,
        next: "check the disk (dmesg tells) and run the same command"
      )
    default:
      self.init(
        .inputOutput,
        "the batch file failed: \(text)",
        at: path,
        next: "check the disk and run the same command"
      )
    }
  }

  private init(notWritable text: String, at path: String) {
    self.init(
      .notWritable,
      "the batch file cannot be written: \(text)",
      at: path,
      next: "choose an output in a folder that you can write to"
    )
  }

  /// A page of the batch is not what was written to it.
  package init(damaged text: String, at path: String) {
    self.init(
      .damaged,
      "the batch file is damaged: \(text)",
      at: path,
      next:
        "`nightjar status \(path) --check` says where, `nightjar export \(path) -o saved.jsonl` "
        + "saves what can be read; then run the rest with another output"
    )
  }

  private static func act(_ code: ResultCode) -> String {
    switch code {
    case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_IOERR_FSTAT: "read"
    case .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE, .SQLITE_IOERR_DELETE: "write"
    case .SQLITE_IOERR_LOCK, .SQLITE_IOERR_UNLOCK, .SQLITE_IOERR_RDLOCK,
      .SQLITE_IOERR_CHECKRESERVEDLOCK:
      "lock"
    default: "use"
    }
  }

  private static func reason(_ number: Int32) -> String? {
    number == 0 ? nil : unsafe String(cString: strerror(number)).lowercased()
  }
}

extension Database {
  /// Runs `body`; a failure is told with the system's own reason for it, which the connection knows
  /// only until it is used again.
  func explained<T>(at path: String, needing bytes: Int? = nil, _ body: () throws -> T) throws -> T
  {
    do {
      return try body()
    } catch {
      let system = unsafe sqlite3_system_errno(sqliteConnection)
      throw StoreError(error, at: path, system: system, needed: bytes)
    }
  }
}
