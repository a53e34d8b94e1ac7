import GRDB
import GRDBSQLite
import Synchronization

/// The write-ahead log of one connection, and when it is copied to the file (a checkpoint).
///
/// SQLite would do that by itself, but keeps a failure to itself and tries again at a later commit;
/// a disk that has failed to confirm a write must not be asked again as if nothing had happened.
final class WriteAheadLog: Sendable {
  /// Pages from which on it is copied, as SQLite's own default
  /// (sqlite.org/wal.html#automatic_checkpoint).
  private static let most = 1_000

  private let pages = Atomic(0)

  /// Counts the pages after each commit, and keeps SQLite from acting on the count.
  ///
  /// Whoever commits on the connection must keep this alive meanwhile.
  func follow(_ db: Database) {
    let log = unsafe Unmanaged.passUnretained(self).toOpaque()
    let count:
      @convention(c) (
        UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, CInt
      ) -> CInt = { log, _, _, pages in
        guard let log = unsafe log else { return SQLITE_OK }
        let follower = unsafe Unmanaged<WriteAheadLog>.fromOpaque(log).takeUnretainedValue()
        follower.pages.store(Int(pages), ordering: .relaxed)
        return SQLITE_OK
      }
    _ = unsafe sqlite3_wal_hook(db.sqliteConnection, count, log)
  }

  /// Copies the log to the file if it has become long, as far as no reader still needs it.
  ///
  /// - Throws: `DatabaseError` when the disk does not take it or does not confirm it.
  func checkpointIfLong(_ db: Database) throws {
    guard pages.load(ordering: .relaxed) >= Self.most else { return }
    do {
      _ = try db.checkpoint(.passive)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      return
    }
  }
}
