import HeapModule

/// Jobs that wait for their time: a pure value.
struct DelayedJobs: Sendable {
  private struct Entry: Comparable, Sendable {
    let due: ContinuousClock.Instant
    let job: Job

    static func == (one: Entry, other: Entry) -> Bool { one.job.number == other.job.number }

    static func < (one: Entry, other: Entry) -> Bool {
      (one.due, one.job.number) < (other.due, other.job.number)
    }
  }

  private var entries = Heap<Entry>()

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }
  /// When the first of them is due.
  var nextDue: ContinuousClock.Instant? { entries.min?.due }

  mutating func add(_ job: Job, until due: ContinuousClock.Instant) {
    entries.insert(Entry(due: due, job: job))
  }

  /// Takes out a job whose time has come.
  mutating func popDue(at now: ContinuousClock.Instant) -> Job? {
    guard let first = entries.min, first.due <= now else { return nil }
    return entries.removeMin().job
  }

  /// Takes jobs out; returns them.
  mutating func remove(where isGone: (Job) -> Bool) -> [Job] {
    let gone = entries.unordered.map(\.job).filter(isGone)
    if !gone.isEmpty { entries = Heap(entries.unordered.filter { !isGone($0.job) }) }
    return gone
  }
}
