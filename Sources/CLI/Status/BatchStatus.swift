import JSON
import Jobs
import KeySources
import Runner

/// The words and the JSON for where a batch stands.
struct BatchStatus {
  /// What dead workers left included, as the next one will count it.
  private let summary: BatchSummary
  private let workers: [(record: WorkerRecord, state: WorkerRecord.State)]
  /// What dead workers left, which the next one takes in.
  private let recovery: Recovery
  private let isPaused: Bool
  private let results: ResultReport
  private let delayed: DelayedCount

  /// - Throws: ``StoreError`` when the batch cannot be read.
  init(of batch: String) throws {
    let inspector = try Batches.inspect(batch)
    workers = try inspector.workers()
    recovery = try inspector.recovery()
    summary = try inspector.summary().counting(
      unknown: recovery.unknown.count,
      answered: recovery.recovered.count,
      unanswered: recovery.unanswered
    )
    results = ResultReport(try inspector.causes(ResultReport.most))
    delayed = try inspector.delayed(at: Int(Timestamp.now()))
    isPaused = PauseFile(batch: batch).isThere
  }

  var isRunning: Bool { workers.contains { $0.state != .dead } }

  private var state: String {
    if isRunning { return "running" }
    if summary.pending == 0, summary.isInputComplete || summary.isQueue { return "finished" }
    return summary.isQueue ? "idle" : "stopped"
  }

  /// - Parameters:
  ///   - explained: whether the pacers' views are told.
  ///   - target: the batch as the user names it.
  func text(explained: Bool, of target: String) -> String {
    let lines =
      workerLines + delayedLines + waitingLines(target) + accountLines(explained: explained)
      + ResultText(report: results, target: target).lines
    return """
      \(state)\(isPaused ? ", paused" : ""): \(jobs) of \(summary.total) jobs\
      \(summary.isInputComplete || summary.isQueue ? "" : " (the input is not read to its end)"); \
      \(summary.unknown) unknown\(left)\(late); \(summary.traffic.requestsSent) requests, \
      \(summary.traffic.retries) retries, \(summary.traffic.rateLimited) times asked to slow down; \
      \(summary.inputTokens) input and \(summary.outputTokens) output tokens; \
      \(summary.costText)\
      \(lines.map { "\n" + $0.shown }.joined())
      """
  }

  private var jobs: String {
    var parts = ["\(summary.completed) completed", "\(summary.failed) failed"]
    if summary.cancelled > 0 { parts.append("\(summary.cancelled) cancelled") }
    let held = summary.held > 0 ? " (\(summary.held) of them held)" : ""
    return (parts + ["\(summary.pending) pending\(held)"]).joined(separator: ", ")
  }

  private var left: String {
    let answers = recovery.recovered.count
    return answers == 0 ? "" : ", \(answers) answers kept for the next run to take in"
  }

  private var late: String {
    summary.late > 0 ? ", \(summary.late) late (\(summary.lateKept) kept)" : ""
  }

  /// A line for each worker of a queue; that of a run is told by the state.
  private var workerLines: [String] {
    guard summary.isQueue else { return [] }
    return workers.map { record, state in
      let started = Timestamp.text(Int64(record.started))
      return "worker \(record.worker): process \(record.pid), \(state.words), since \(started)"
    }
  }

  private var nextAttempt: String? { delayed.next.map { Timestamp.text(Int64($0)) } }

  private var delayedLines: [String] {
    guard let nextAttempt else { return [] }
    let wait = delayed.jobs == 1 ? "job waits" : "jobs wait"
    return ["\(delayed.jobs) \(wait) for another attempt, the first until \(nextAttempt)"]
  }

  private var accounts: AccountsReport {
    let report = AccountsReport(json: summary.accounts)
    return isRunning ? report : report.atRest
  }

  /// A line for each account; of a run that is over only those that it stopped for.
  private func accountLines(explained: Bool) -> [String] {
    let report = accounts
    let shown = report.accounts.filter { isRunning || explained || $0.state == "parked" }
    return shown.map(AccountText.init).flatMap { explained ? $0.explanation : $0.lines }
  }

  /// How many jobs wait, and what for.
  private func waitingLines(_ target: String) -> [String] {
    let resume = "  next: `nightjar resume \(target)` lets it go on"
    guard isRunning, accounts.waiting > 0 else { return isPaused ? [resume] : [] }
    let waiting = accounts.waiting == 1 ? "1 job waits" : "\(accounts.waiting) jobs wait"
    if isPaused { return ["\(waiting) since the batch is paused", resume] }
    guard accounts.accounts.contains(where: { $0.state == "running" }) else {
      return [
        "\(waiting) for an account that can be used",
        "  next: see to what the account says below; the run goes on by itself",
      ]
    }
    return ["\(waiting) for room"]
  }

  /// One line.
  var json: String {
    let accounts = accounts
    return """
      {"state":"\(state)","paused":\(isPaused),"total":\(summary.total),\
      "completed":\(summary.completed),"failed":\(summary.failed),"pending":\(summary.pending),\
      "cancelled":\(summary.cancelled),"held":\(summary.held),\
      "unknown":\(summary.unknown),"kept":\(recovery.recovered.count),"late":\(summary.late),"late_kept":\(summary.lateKept),\
      "requests_sent":\(summary.traffic.requestsSent),\
      "retries":\(summary.traffic.retries),"rate_limited":\(summary.traffic.rateLimited),\
      "usage":{"input_tokens":\(summary.inputTokens),"output_tokens":\(summary.outputTokens)},\
      \(summary.costMembers),\(results.members),\
      "waiting":\(accounts.waiting),"delayed":\(delayed.jobs),\
      "next_attempt":\(nextAttempt.map { "\"\($0)\"" } ?? "null"),"workers":[\(workersJSON)],\
      "accounts":\(accounts.accountsJSON)}
      """
  }

  private var workersJSON: String {
    workers.map { record, state in
      """
      {"worker":\(record.worker),"pid":\(record.pid),"state":"\(state.rawValue)",\
      "started":"\(Timestamp.text(Int64(record.started)))"}
      """
    }.joined(separator: ",")
  }
}

extension WorkerRecord.State {
  fileprivate var words: String {
    switch self {
    case .working: "working"
    case .stalled: "stalled (not heard of for longer than its lease)"
    case .dead: "dead (the next one to ask for work takes over what it left)"
    }
  }
}
