import CLinux
import FoundationEssentials
import Glibc

/// Waits for the right to use a database file, says so where that takes long, and ends a stopped
/// worker that keeps it from everybody.
///
/// Whoever has the lock will let go of it, so that there is no end to the wait: jobs are with nobody
/// else meanwhile, since their leases are in the same file.
///
/// A worker that is frozen (SIGSTOP) in the middle of a write keeps SQLite's lock, and nobody could
/// go on until it wakes. Once it has been stopped for longer than a lease, its jobs belong to others
/// anyway, and its death is safe at any instant; so it is killed, which hands the lock back. Any other
/// process, such as a suspended `sqlite3`, is its user's to wake.
package struct LockHolder {
  /// Where SQLite keeps its locks in a file (os_unix.c, PENDING_BYTE), and how many bytes.
  private static let lockBytes = (start: 0x4000_0000, count: 512)
  private static let pause: useconds_t = 2_000
  /// So many times a wait is told from, two seconds, and again a minute later.
  private static let told = (first: 1_000, every: 30_000)

  private let batch: String
  private let tries: Int
  private let onWait: @Sendable (LockWait) -> Void

  /// - Parameters:
  ///   - patience: how long a stopped worker may stay in the way.
  ///   - onWait: is told of a wait that takes long, on the thread that waits.
  init(batch: String, patience: Duration, onWait: @escaping @Sendable (LockWait) -> Void) {
    self.batch = batch
    self.onWait = onWait
    tries = max(1, Int(max(patience, .seconds(5)) / .microseconds(Int(Self.pause))))
  }

  /// Waits a little.
  ///
  /// - Parameters:
  ///   - count: how often it was asked for the same lock.
  ///   - lock: of the same file; it asks who holds SQLite's.
  func wait(again count: Int, for lock: BatchLock) {
    if count % Self.told.every == Self.told.first { onWait(LockWait(at: batch)) }
    if count >= tries, count % 50 == 0,
      let holder = lock.holder(of: Self.lockBytes.start, Self.lockBytes.count),
      Self.isStopped(holder), Self.isWorker(holder, of: batch)
    {
      Self.end(holder)
    }
    usleep(Self.pause)
  }

  /// Kills a process, and waits until all that it had open is closed: some of its locks are gone before
  /// others, and it would look alive meanwhile (pidfd_open(2)).
  private static func end(_ process: Int32) {
    var descriptor = pollfd(fd: nightjar_process(process), events: Int16(POLLIN), revents: 0)
    kill(process, SIGKILL)
    guard descriptor.fd >= 0 else { return }
    _ = unsafe poll(&descriptor, 1, 1_000)
    close(descriptor.fd)
  }

  /// Whether a process works on a batch: only its workers keep one of the batch's worker files open
  /// (proc(5), /proc/PID/fd).
  package static func isWorker(_ process: Int32, of batch: String) -> Bool {
    let open = "/proc/\(process)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: open)) ?? []
    let files = WorkerFiles.all(of: batch).compactMap { FileID($0.sent) }
    return names.contains { name in FileID("\(open)/\(name)").map(files.contains) ?? false }
  }

  /// Whether a process was stopped by a signal (proc(5), the state in /proc/PID/stat).
  private static func isStopped(_ process: Int32) -> Bool {
    guard let file = unsafe fopen("/proc/\(process)/stat", "r") else { return false }
    defer { unsafe fclose(file) }
    var text = [CChar](repeating: 0, count: 512)
    let got = unsafe fread(&text, 1, text.count - 1, file)
    let fields = text.prefix(got).map { UInt8(bitPattern: $0) }
    // The name in parentheses may hold anything, so what counts follows the last of them.
    guard let end = fields.lastIndex(of: UInt8(ascii: ")")), end + 2 < fields.count else {
      return false
    }
    return fields[end + 2] == UInt8(ascii: "T")
  }
}
