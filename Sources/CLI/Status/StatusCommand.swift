import ArgumentParser
import Jobs
import Runner

/// `nightjar status`: where a batch stands.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show where a batch stands; works while it runs.",
    discussion: """
      TARGET is a job file, the results file of a run, or its .nightjar file:

        nightjar status results.jsonl
        nightjar status results.jsonl --watch

      Each account says what holds it back: a limit (requests, input tokens, output tokens, tokens) \
      and how much of it is used, requests in flight, the provider's retry-after, an overload or \
      an outage. --explain adds what is known of every limit and from where.
      """
  )

  @Argument(help: "A job file (.yaml), a results file, or a .nightjar file.")
  var target: String

  @Flag(help: "Print one line of JSON.")
  var json = false

  @Flag(help: "Print how the pacer sees the limits of each account and model.")
  var explain = false

  @Flag(help: "Print again every second until the batch is no longer worked on.")
  var watch = false

  @Flag(help: "Look for damage, reading the whole batch; exit 1 where there is any.")
  var check = false

  mutating func run() async throws {
    let files = try BatchTarget(target).files
    if check { return try await StatusCheck(files).report(json: json) }
    while true {
      let inspector = try BatchInspector(path: files.batch)
      let summary = try inspector.summary()
      let isRunning = try inspector.isRunning
      printResult(
        json ? Self.json(summary, isRunning) : Self.text(summary, isRunning, explained: explain)
      )
      guard watch, isRunning else { return }
      try await Task.sleep(for: .seconds(1))
    }
  }

  private static func state(_ summary: BatchSummary, _ isRunning: Bool) -> String {
    if isRunning { return "running" }
    return summary.pending == 0 && summary.isInputComplete ? "finished" : "stopped"
  }

  private static func text(
    _ summary: BatchSummary,
    _ isRunning: Bool,
    explained: Bool
  ) -> String {
    """
    \(state(summary, isRunning)): \(summary.completed) completed, \(summary.failed) failed, \
    \(summary.pending) pending of \(summary.total) jobs\
    \(summary.isInputComplete ? "" : " (the input is not read to its end)"); \
    \(summary.unknown) unknown; \(summary.traffic.requestsSent) requests, \
    \(summary.traffic.retries) retries, \(summary.traffic.rateLimited) times asked to slow down; \
    \(summary.inputTokens) input and \(summary.outputTokens) output tokens; \
    \(summary.costText)\
    \(accounts(summary, isRunning: isRunning, explained: explained))
    """
  }

  /// A line for each account; of a run that is over only those that it stopped for.
  private static func accounts(
    _ summary: BatchSummary,
    isRunning: Bool,
    explained: Bool
  ) -> String {
    let report = AccountsReport(json: summary.accounts)
    let shown = report.accounts.filter { isRunning || explained || $0.state == "parked" }
    let waiting =
      isRunning && report.waiting > 0 ? ["\(report.waiting) jobs wait for room"] : []
    let lines = shown.map(AccountText.init).map { explained ? $0.explanation : $0.line }
    return (waiting + lines).map { "\n" + $0 }.joined()
  }

  private static func json(_ summary: BatchSummary, _ isRunning: Bool) -> String {
    """
    {"state":"\(state(summary, isRunning))","total":\(summary.total),\
    "completed":\(summary.completed),"failed":\(summary.failed),"pending":\(summary.pending),\
    "unknown":\(summary.unknown),"requests_sent":\(summary.traffic.requestsSent),\
    "retries":\(summary.traffic.retries),"rate_limited":\(summary.traffic.rateLimited),\
    "usage":{"input_tokens":\(summary.inputTokens),"output_tokens":\(summary.outputTokens)},\
    \(summary.costMembers),\
    "waiting":\(AccountsReport(json: summary.accounts).waiting),\
    "accounts":\(AccountsReport(json: summary.accounts).accountsJSON)}
    """
  }
}
