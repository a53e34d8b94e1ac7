import JSON
import Jobs
import KeySources
import Logging
import Runner
import Synchronization

/// Tells the user what happens in a run, without flooding the screen.
final class EventLog: EventSink {
  /// Failures told one by one, alike ones once; the file of failed jobs has them all.
  private static let failuresTold = 5

  /// A wait that people wonder about.
  private static let longWait: Duration = .seconds(60)

  private let logger: Logger
  /// Until when each account was told to wait.
  private let waits = Mutex<[String: ContinuousClock.Instant]>([:])
  private let failures = Mutex<Set<String>>([])
  /// Whether it was said that there are more.
  private let hasMore = Atomic(false)
  private let redactions = Mutex(0)
  /// What jobs were tried again for, each told once.
  private let troubles = Mutex<Set<String>>([])
  /// Accounts of which a key has worked.
  private let accepted = Mutex<Set<String>>([])

  init(level: Logger.Level) {
    var logger = Logger(label: "nightjar") { _ in ConsoleLogHandler() }
    logger.logLevel = level
    self.logger = logger
  }

  func record(_ event: RunEvent) {
    switch event {
    case .retry(let job, let refusal): retry(job, refusal)
    case .rateLimited(let account, let wait): rateLimited(account, wait)
    case .parked(let account, let reason):
      logger.warning("account \(account) is parked, its jobs wait: \(reason)")
    case .resumed(let account): logger.notice("account \(account) works again")
    case .failed(let job, let refusal): failed(job, refusal)
    case .key(let account, let event): key(event, account)
    case .sharedOrganisation(let account, let other):
      logger.warning(
        """
        accounts \(other) and \(account) belong to one organisation at the provider: they share its \
        limits, so make them one account with several keys
        """
      )
    case .takenOver(let recovery): takenOver(recovery)
    case .lostLease:
      logger.warning(
        """
        this worker was not heard of for longer than its lease: its jobs went to others, and what \
        is still on its way counts as late
        """
      )
    case .locked(let wait): Console.shared.tell(wait)
    case .paused(let isPaused):
      // Also for those who want to hear little: nothing goes on by itself.
      Console.shared.log(isPaused ? "paused; `nightjar resume` goes on" : "resumed")
    case .redacted(let job): redacted(job)
    case .disbelieved(let job, let usage, let booked): disbelieved(job, usage, booked)
    case .repaired(let path):
      logger.warning(
        "\(path) was cut, removed or exchanged while the run wrote it; it is whole again"
      )
    case .accounts(let report):
      // Also what an earlier run was told.
      for account in report.accounts where account.state == "running" {
        let wait = Duration.seconds(account.heldFor ?? 0)
        if wait >= Self.longWait { rateLimited(account.name, wait) }
      }
    case .stands, .inputComplete, .jobsRead, .sent, .returned, .committed, .spent: break
    }
  }

  /// A long wait is told once, since nothing else moves meanwhile.
  private func rateLimited(_ account: String, _ wait: Duration?) {
    guard let wait, wait >= Self.longWait else {
      let time = wait.map { " for \($0.seconds) s" } ?? ""
      return logger.info("account \(account) was asked to slow down\(time)")
    }
    let end = ContinuousClock.now + wait
    let isNews = waits.withLock { waits in
      defer { waits[account] = max(end, waits[account] ?? end) }
      return waits[account].map { end - $0 >= Self.longWait } ?? true
    }
    guard isNews else { return }
    let isBelieved = wait <= AskedWait.longestBelieved
    let consequence =
      isBelieved ? "its jobs wait" : "that is not believed, and one request asks again in an hour"
    logger.warning(
      "account \(account) was asked by the provider to wait \(span(wait.seconds)); \(consequence)"
    )
  }

  private func key(_ event: KeyEvent, _ account: String) {
    let fingerprint = event.fingerprint == event.reference ? nil : event.fingerprint
    let name = [event.reference, event.label.map { "version \($0)" }, fingerprint]
      .compactMap(\.self).joined(separator: " ")
    let detail = event.detail.map { ": \($0)" } ?? ""
    let isFirst = accepted.withLock { accounts in
      event.kind == .accepted && accounts.insert(account).inserted
    }
    let level: Logger.Level =
      event.kind.isWarning ? .warning : event.kind == .accepted && !isFirst ? .notice : .info
    logger.log(level: level, "account \(account): \(event.kind.words) \(name)\(detail)")
  }

  private func takenOver(_ recovery: Recovery) {
    let names = recovery.workers.map(String.init).joined(separator: ", ")
    logger.warning(
      """
      worker \(names) is gone: \(recovery.unknown.count) of its requests may have been billed without \
      an answer, \(recovery.recovered.count) answers were saved; its jobs go on
      """
    )
  }

  private func retry(_ job: String, _ refusal: Refusal) {
    let isFirst = troubles.withLock { $0.insert(refusal.code).inserted }
    logger.log(
      level: isFirst ? .warning : .info,
      "job \(job) will be tried again: \(refusal.words)"
    )
  }

  private func redacted(_ job: String) {
    let isFirst = redactions.withLock { count in
      count += 1
      return count == 1
    }
    let word = "`nightjar.redacted` in the result says how often"
    logger.log(
      level: isFirst ? .warning : .info,
      "the provider's answer to job \(job) holds the key, which was cut out of it; \(word)"
    )
  }

  private func disbelieved(_ job: String, _ usage: Usage, _ booked: USD?) {
    let isFirst = troubles.withLock { $0.insert("disbelieved").inserted }
    let price = booked.map { "; \($0.text) were booked for it" } ?? ""
    logger.log(
      level: isFirst ? .warning : .info,
      """
      the provider says that job \(job) used \(usage.inputTokens) input and \(usage.outputTokens) \
      output tokens, more than its request can have, which is not believed\(price)
      """
    )
  }

  private func failed(_ job: String, _ refusal: Refusal) {
    let isTold = failures.withLock { failures in
      failures.count < Self.failuresTold && failures.insert(refusal.words).inserted
    }
    logger.log(
      level: isTold ? .warning : .info,
      "job \(job) failed: \(refusal.words); next: \(refusal.advice)"
    )
    guard !isTold, !hasMore.exchange(true, ordering: .relaxed) else { return }
    logger.warning("further failures stand in the file of failed jobs; the summary counts them")
  }
}

/// Prints log lines above the progress line.
private struct ConsoleLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.notice

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let word = event.level >= .warning ? "\(event.level): " : ""
    Console.shared.log("\(word)\(event.message)")
  }
}

extension KeyEvent.Kind {
  fileprivate var words: String {
    switch self {
    case .loaded: "has read"
    case .accepted: "now uses"
    case .refused: "the provider refused"
    case .retried: "tries again"
    case .draining: "no new requests with"
    case .retired: "has wiped"
    case .expiring: "expires soon:"
    case .sourceFailed: "cannot read"
    case .stale: "still uses the last value of"
    case .sourceAnswered: "can read again"
    }
  }
}
