import JSON
package import Jobs

/// How a run ended; the JSON of `--json`.
package struct RunReport: Sendable {
  package let summary: BatchSummary
  package let elapsed: Duration
  /// Why the run stopped before its end; nil when it did not.
  package let stop: StopReason?
  /// How its accounts stood at the end.
  package let accounts: AccountsReport
  /// The most that the batch may cost; nil for no limit.
  package let budget: USD?
  /// Which results are not as asked for.
  package let results: ResultReport
  /// Why the last request failed that was to be tried again; nil where an answer came since.
  package let trouble: String?
  /// Whether jobs above a limit were left to another run, as was asked for.
  package let isLimited: Bool
  /// Requests that were cut off at its end and may have been billed, counted in ``summary``.
  package let cutOff: Int

  package init(
    summary: BatchSummary,
    elapsed: Duration,
    stop: StopReason?,
    accounts: AccountsReport = AccountsReport(),
    budget: USD? = nil,
    results: ResultReport = ResultReport(),
    trouble: String? = nil,
    isLimited: Bool = false,
    cutOff: Int = 0
  ) {
    self.cutOff = cutOff
    self.isLimited = isLimited
    self.trouble = trouble
    self.results = results
    self.budget = budget
    self.summary = summary
    self.elapsed = elapsed
    self.stop = stop
    self.accounts = accounts
  }

  /// True when all that is left waits for the user to say whether it is sent again.
  package var isHeld: Bool { stop == nil && summary.pending > 0 && summary.isDrained }

  /// The word for ``stop`` in reports.
  package var stopped: String? {
    switch stop {
    case nil: isHeld ? "held" : nil
    case .interrupted, .aborted: "interrupted"
    case .parked, .keyRefused, .unavailable: "parked"
    case .budget: "budget"
    case .failed, .failingAlike, .unpriced, .impossible: "failed"
    }
  }

  /// One line of JSON.
  package var json: String {
    var line: [UInt8] = []
    line.appendRaw("{\"total\":\(summary.total),\"completed\":\(summary.completed)")
    line.appendRaw(",\"failed\":\(summary.failed),\"pending\":\(summary.pending)")
    line.appendRaw(",\"cancelled\":\(summary.cancelled),\"held\":\(summary.held)")
    line.appendRaw(",\"unknown\":\(summary.unknown),\"late\":\(summary.late)")
    line.appendRaw(",\"late_kept\":\(summary.lateKept)")
    line.appendRaw(",\"requests_sent\":\(summary.traffic.requestsSent)")
    line.appendRaw(",\"retries\":\(summary.traffic.retries)")
    line.appendRaw(",\"rate_limited\":\(summary.traffic.rateLimited)")
    line.appendRaw(",\"usage\":{\"input_tokens\":\(summary.inputTokens)")
    line.appendRaw(",\"output_tokens\":\(summary.outputTokens)}")
    line.appendRaw(",\(summary.costMembers)")
    if let budget { line.appendRaw(",\"budget_usd\":\(budget.decimal)") }
    line.appendRaw(",\(results.members)")
    line.appendRaw(",\"accounts\":\(accounts.accountsJSON)")
    line.appendRaw(",\"elapsed_s\":")
    line.appendJSON(Double(elapsed.milliseconds) / 1_000)
    line.appendRaw(",\"stopped\":")
    if let stopped { line.appendJSON(stopped) } else { line.appendRaw("null") }
    line.appendRaw("}")
    return String(decoding: line, as: UTF8.self)
  }
}
