import DequeModule
import HeapModule

/// Jobs that could leave now, by model and rank: a pure value.
///
/// Models have limits of their own, so that jobs for one do not stand behind those for another.
struct ReadyJobs: Sendable {
  private struct Ranked: Comparable, Sendable {
    let job: Job
    let ticket: Int

    static func == (one: Ranked, other: Ranked) -> Bool { one.ticket == other.ticket }

    static func < (one: Ranked, other: Ranked) -> Bool {
      (one.job.rank, one.ticket) < (other.job.rank, other.ticket)
    }
  }

  private struct Line: Sendable {
    /// By rank.
    var fresh = Deque<Job>()
    /// Those that were sent or waited before.
    var returned = Heap<Ranked>()

    var count: Int { fresh.count + returned.count }

    var first: Job? {
      guard let old = returned.min?.job else { return fresh.first }
      guard let new = fresh.first else { return old }
      return new.rank < old.rank ? new : old
    }
  }

  private var lines: [String: Line] = [:]
  private var tickets = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// Models that jobs wait for, that of the lowest rank first.
  var models: [String] {
    guard lines.count > 1 else { return Array(lines.keys) }
    return lines.map { ($0.key, $0.value.first?.rank ?? .max) }
      .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
  }

  func isWaiting(for model: String) -> Bool { lines[model] != nil }

  func first(for model: String) -> Job? { lines[model]?.first }

  /// Adds jobs that were never sent.
  mutating func add(_ jobs: [Job]) {
    count += jobs.count
    for job in jobs {
      var place = lines[job.shape.model]?.fresh.endIndex ?? 0
      while place > 0, let before = lines[job.shape.model]?.fresh[place - 1],
        job.rank < before.rank
      {
        place -= 1
      }
      lines[job.shape.model, default: Line()].fresh.insert(job, at: place)
    }
  }

  /// Adds a job that was sent or waited before.
  mutating func putBack(_ job: Job) {
    tickets += 1
    count += 1
    lines[job.shape.model, default: Line()].returned.insert(Ranked(job: job, ticket: tickets))
  }

  mutating func removeFirst(for model: String) {
    guard var line = lines.removeValue(forKey: model) else { return }
    count -= 1
    if let old = line.returned.min?.job, line.fresh.first.map({ old.rank <= $0.rank }) ?? true {
      line.returned.removeMin()
    } else {
      line.fresh.removeFirst()
    }
    if line.count > 0 { lines[model] = line }
  }

  /// Takes jobs out; returns them.
  mutating func remove(where isGone: (Job) -> Bool) -> [Job] {
    var gone: [Job] = []
    for (model, var line) in lines {
      let returned = line.returned.unordered
      gone += line.fresh.filter(isGone) + returned.map(\.job).filter(isGone)
      line.fresh.removeAll(where: isGone)
      line.returned = Heap(returned.filter { !isGone($0.job) })
      lines[model] = line.count > 0 ? line : nil
    }
    count -= gone.count
    return gone
  }
}
