import Glibc
import Synchronization

/// When a file of results was changed, as far as the clock of the system tells.
struct Stamps {
  /// After the last write of ours, in nanoseconds since 1970.
  var ours: Int?
  var isTouched = false
}

extension OutputFile {
  /// True where somebody else may have written to the file since it was opened here.
  package var isTouched: Bool {
    noteOthers()
    return stamps.withLock(\.isTouched)
  }

  /// Called before a write.
  func noteOthers() {
    let now = changed
    stamps.withLock { $0.isTouched = $0.isTouched || $0.ours != nil && $0.ours != now }
  }

  /// Called after a write.
  func noteOurs() {
    let now = changed
    stamps.withLock { $0.ours = now }
  }

  private var changed: Int? { (try? status()).map { Self.nanoseconds($0.st_ctim) } }

  /// Whether a file was changed after a batch was written last, which only others do.
  ///
  /// A batch whose end was not clean has a log, and may have shown results after its last commit.
  package static func isChanged(_ path: String, after batch: String) -> Bool {
    var (file, store, log) = (stat(), stat(), stat())
    guard unsafe stat(path, &file) == 0, unsafe stat(batch, &store) == 0 else { return false }
    // Who only looks at a batch leaves an empty one.
    let hasLog = unsafe stat(batch + "-wal", &log) == 0 && log.st_size > 0
    let last = max(nanoseconds(store.st_mtim), hasLog ? nanoseconds(log.st_mtim) : 0)
    return nanoseconds(file.st_ctim) > last + (hasLog ? 2_000_000_000 : 0)
  }

  private static func nanoseconds(_ time: timespec) -> Int {
    time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
