package import Jobs
package import KeySources
import Synchronization

/// Notes in an audit log which key served which attempts, in groups, and what happens to keys and
/// accounts.
package final class AttemptAudit: EventSink {
  /// What became of an attempt.
  package enum Outcome: String, Sendable {
    case completed
    case failed
    /// The job is tried again.
    case retried
    /// The provider asked to slow down.
    case paced
    /// The provider refused the key or the account.
    case refused
    /// Ended by us before its answer.
    case cutOff = "cut_off"
    /// Answered before a crash, and kept.
    case recovered
    /// On its way when a crash came.
    case unknown
  }

  /// What attempts of one line have in common.
  private struct Group: Hashable {
    let account: String?
    let key: AuditEntry.KeyName?
    let outcome: Outcome
  }

  private struct State {
    var jobs: [Group: [Int]] = [:]
    var events: [AuditEntry] = []

    /// The lines for the attempts gathered so far.
    mutating func attempts() -> [AuditEntry] {
      defer { jobs = [:] }
      return jobs.sorted { $0.value[0] < $1.value[0] }.map { group, jobs in
        .attempts(
          key: group.key,
          account: group.account,
          outcome: group.outcome.rawValue,
          jobs: jobs
        )
      }
    }
  }

  private let log: AuditLog
  private let state = Mutex(State())
  /// Keeps lines in the order of what they tell.
  private let writing = Mutex(())

  package init(_ log: AuditLog) {
    self.log = log
  }

  /// An attempt at a job is over.
  func note(_ outcome: Outcome, job: Int, of account: String, with key: Key) {
    let group = Group(account: account, key: AuditEntry.KeyName(key), outcome: outcome)
    state.withLock { $0.jobs[group, default: []].append(job) }
  }

  /// Attempts of a worker that died, of which it could tell no more.
  package func note(_ recovery: Recovery) {
    note(.recovered, jobs: recovery.recovered)
    note(.unknown, jobs: recovery.unknown)
  }

  private func note(_ outcome: Outcome, jobs: [Int]) {
    guard !jobs.isEmpty else { return }
    let group = Group(account: nil, key: nil, outcome: outcome)
    state.withLock { $0.jobs[group, default: []] += jobs }
  }

  /// Notes what happens to keys and accounts; other events are not its trade.
  package func record(_ event: RunEvent) {
    switch event {
    case .key(let account, let event): add(Self.entry(for: event, of: account))
    case .parked(let account, let reason): add(.key(.parked, account: account, detail: reason))
    case .resumed(let account): add(.key(.resumed, account: account))
    case .sharedOrganisation(let account, let other):
      add(.key(.organisation, account: account, detail: "it is that of account \(other)"))
    default: break
    }
  }

  private static func entry(for event: KeyEvent, of account: String) -> AuditEntry {
    guard let fingerprint = event.fingerprint else {
      let detail = [event.reference, event.detail].compactMap(\.self).joined(separator: ": ")
      return .key(event.kind.audited, account: account, detail: detail)
    }
    let key = AuditEntry.KeyName(
      reference: event.reference,
      label: event.label,
      fingerprint: fingerprint
    )
    return .key(event.kind.audited, account: account, key: key, detail: event.detail)
  }

  /// Attempts that ended before an event stand before it in the log.
  private func add(_ entry: AuditEntry) {
    state.withLock { state in
      state.events += state.attempts()
      state.events.append(entry)
    }
  }

  /// Writes what has come since it was last called; without company for the disk.
  ///
  /// - Throws: ``KeySourceError`` of kind `cannotWrite`.
  package func flush() throws(KeySourceError) {
    try writing.withLock { _ throws(KeySourceError) in
      let entries = state.withLock { state in
        state.events += state.attempts()
        defer { state.events = [] }
        return state.events
      }
      if !entries.isEmpty { try log.append(entries) }
    }
  }

  /// Writes everything and waits until it is on disk.
  package func close() throws(KeySourceError) {
    try flush()
    try log.sync()
  }
}

extension KeyEvent.Kind {
  /// The audit log's word for it.
  fileprivate var audited: AuditEntry.Event {
    switch self {
    case .loaded: .loaded
    case .accepted: .proven
    case .refused: .refused
    case .retried: .retried
    case .draining: .draining
    case .retired: .retired
    case .expiring: .expiring
    case .sourceFailed: .storeUnavailable
    case .stale: .stale
    case .sourceAnswered: .storeAnswered
    }
  }
}
