import Glibc
import Jobs

/// A worker of a batch together with its journals, as a run keeps them; it dies when it is let go of.
protocol TestWorker: AnyObject {
  var store: any JobStore { get }
  /// What it found of dead workers at its start.
  var recovery: Recovery { get }

  /// A request is about to leave.
  func send(_ job: Int, worst: USD) throws
  /// The answer to a request has come.
  func keep(_ result: JobResult, under lease: SegmentLease) throws
  /// A request was given up, which may have cost as much as it could.
  func giveUp(_ job: Int, worst: USD)
  /// A result is durable.
  func settle(_ job: Int)
  /// Every answer that was kept is durable.
  func forgetAnswers()
  /// Others have taken note of what was on its way.
  func disown()
  /// Leaves the batch in good order.
  func close() throws
  /// The process is killed; returns once others can see that.
  func die() async
}

extension TestWorker {
  func send(_ job: Int) throws { try send(job, worst: .zero) }
}

/// A worker of a batch in a SQLite file.
final class SQLiteWorker: TestWorker {
  private var sqlite: SQLiteJobStore?
  private var sends: SendJournal?
  private var answers: AnswerJournal
  private var slots: [Int: Int] = [:]
  private let files: WorkerFiles
  let recovery: Recovery

  var store: any JobStore {
    guard let sqlite else { preconditionFailure("a dead worker does nothing") }
    return sqlite
  }

  init(_ store: SQLiteJobStore) throws {
    sqlite = store
    files = store.files
    recovery = store.recovery
    sends = try SendJournal(path: store.files.sent, capacity: 64)
    answers = try AnswerJournal(in: store.files)
  }

  func send(_ job: Int, worst: USD) throws {
    slots[job] = sends?.mark(job, worst: worst)
  }

  func keep(_ result: JobResult, under lease: SegmentLease) throws {
    try answers.append(result, under: lease)
  }

  func giveUp(_ job: Int, worst: USD) {
    sends?.charge(worst)
    settle(job)
  }

  func settle(_ job: Int) {
    guard let slot = slots.removeValue(forKey: job) else { return }
    sends?.clear(slot)
  }

  func forgetAnswers() { answers.forget(answers.takeTurns()) }

  func disown() { sends?.disown() }

  func close() throws {
    sends = nil
    try sqlite?.close(isClean: true)
  }

  func die() async {
    sends = nil
    sqlite = nil
    // The thread of the database may still be about to let go of it.
    var patience = 1_000_000
    while isLocked(files.sent) {
      precondition(patience > 0, "something keeps the store of a dead worker")
      patience -= 1
      await Task.yield()
    }
  }
}

/// True while any process, this one included, holds a lock on a file.
func isLocked(_ path: String) -> Bool {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return false }
  defer { Glibc.close(descriptor) }
  return flock(descriptor, LOCK_SH | LOCK_NB) != 0
}
