package import Jobs
import KeySources
import Synchronization

/// The counters behind progress lines and the report.
package struct RunCounters: Sendable, Equatable {
  package var read = 0
  package var isInputComplete = false
  package var completed = 0
  package var failed = 0
  package var isPaused = false
  package var inFlight = 0
  /// Requests that have ended, however they did.
  package var returned = 0
  /// Where requests go.
  package var hosts: [String] = []
  package var traffic = Traffic()
  package var inputTokens = 0
  package var outputTokens = 0
  /// What the batch has cost; nil where no model has a price.
  package var spent: USD?
  package var budget: USD?
  /// How the accounts stand.
  package var accounts = AccountsReport()
  /// Why the last request failed that is tried again; nil once an answer has come since.
  package var trouble: String?
  /// The same, whatever came since.
  package var lastTrouble: String?
  /// Why accounts wait, by account.
  package var parked: [String: String] = [:]

  /// Sources of keys that have not answered for long, by account.
  package var stale: [String: String] = [:]

  package init() {}

  fileprivate mutating func note(_ event: KeyEvent, _ account: String) {
    switch event.kind {
    case .stale: stale[account] = "\(event.reference) does not answer"
    case .sourceAnswered: stale[account] = nil
    default: break
    }
  }

  /// What others who work on the batch did counts too.
  fileprivate mutating func take(_ summary: BatchSummary) {
    read = summary.total - summary.cancelled
    (completed, failed) = (summary.completed, summary.failed)
    (inputTokens, outputTokens) = (summary.inputTokens, summary.outputTokens)
  }

  /// Jobs that are known of and neither under way nor ended.
  package var waiting: Int { max(0, read - done - inFlight) }

  /// Jobs that have ended.
  package var done: Int { completed + failed }
}

/// Adds events up.
package final class RunProgress: EventSink {
  private let counters: Mutex<RunCounters>

  /// - Parameter start: where the batch stood when the run began.
  package init(startingFrom start: RunCounters) {
    counters = Mutex(start)
  }

  package var snapshot: RunCounters { counters.withLock { $0 } }

  package func record(_ event: RunEvent) {
    counters.withLock { counters in
      switch event {
      case .jobsRead(let count): counters.read += count
      case .inputComplete: counters.isInputComplete = true
      case .sent:
        counters.inFlight += 1
        counters.traffic.requestsSent += 1
      case .returned:
        counters.inFlight -= 1
        counters.returned += 1
      case .retry(_, let refusal):
        counters.traffic.retries += 1
        counters.trouble = refusal.words
        counters.lastTrouble = refusal.words
      case .rateLimited: counters.traffic.rateLimited += 1
      case .accounts(let report): counters.accounts = report
      case .parked(let account, let reason): counters.parked[account] = reason
      case .resumed(let account): counters.parked[account] = nil
      case .spent(let amount, let budget): (counters.spent, counters.budget) = (amount, budget)
      case .stands(let summary): counters.take(summary)
      case .paused(let isPaused): counters.isPaused = isPaused
      case .failed, .redacted, .disbelieved, .repaired, .sharedOrganisation, .takenOver, .locked,
        .lostLease:
        break
      case .key(let account, let event): counters.note(event, account)
      case .committed(let completed, let failed, let inputTokens, let outputTokens):
        if completed > 0 { counters.trouble = nil }
        counters.completed += completed
        counters.failed += failed
        counters.inputTokens += inputTokens
        counters.outputTokens += outputTokens
      }
    }
  }
}
