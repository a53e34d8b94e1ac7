import JSON
import Jobs
import KeySources
import Runner

/// What the end of a run means for the user.
struct RunOutcome {
  private let report: RunReport
  private let files: BatchFiles

  init(_ report: RunReport, files: BatchFiles) {
    self.report = report
    self.files = files
  }

  var exitCode: Int32 {
    let summary = report.summary
    switch report.stop {
    case .aborted: return 130
    case .interrupted where summary.pending > 0 || !isInputComplete: return 75
    case .parked, .budget: return 75
    case .unpriced: return 78
    case .failingAlike(let cause): return cause.isInput ? 65 : 78
    case .keyRefused: return 77
    case .unavailable: return 69
    case .impossible: return 70
    case .failed(let error): return CLIError(any: error)?.exitCode ?? 70
    case nil where summary.total == 0 && !summary.isQueue: return 66
    case nil where report.isHeld: return 75
    case nil where summary.pending > 0 && !report.isLimited: return 70
    case nil, .interrupted: return summary.failed > 0 ? 1 : 0
    }
  }

  /// A queue is never at its end for good; what is in it counts.
  private var isInputComplete: Bool { report.summary.isInputComplete || report.summary.isQueue }

  /// Prints the summary and, where the run stopped, why and what to do next.
  func tell() {
    let summary = report.summary
    Console.shared.note(
      "\(summary.completed) completed, \(summary.failed) failed, \(suspended)"
        + "\(summary.pending) pending of \(summary.total) jobs in \(rounded(report.elapsed.seconds)) s; "
        + "\(summary.traffic.requestsSent) requests, \(summary.traffic.retries) retries, "
        + "\(summary.traffic.rateLimited) times asked to slow down; "
        + "\(summary.inputTokens) input and \(summary.outputTokens) output tokens; "
        + summary.costText
    )
    if let cutOff { Console.shared.note(cutOff) }
    for account in report.accounts.accounts {
      Console.shared.note(AccountText(account).binding)
    }
    for line in ResultText(report: report.results, target: target).lines {
      Console.shared.note(line)
    }
    for line in whereResultsAre { Console.shared.note(line) }
    if let reason { Console.shared.error(reason) }
  }

  private var cutOff: String? {
    guard report.cutOff > 0 else { return nil }
    let requests = report.cutOff == 1 ? "1 request was" : "\(report.cutOff) requests were"
    return "\(requests) cut off and may have been billed; they count as unknown"
  }

  /// Jobs that are not to be done now, as part of a sentence; empty where there are none.
  private var suspended: String {
    let counts = [(report.summary.cancelled, "cancelled"), (report.summary.held, "held")]
    return counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1), " }.joined()
  }

  private var whereResultsAre: [String] {
    let export = "nightjar export \(files.batch) -o FILE"
    let (completed, failed) =
      if let output = files.output { (output.completed, output.failed) } else {
        (files.stream == nil ? export : "standard output", "\(export) --failed")
      }
    let hasFailed = report.summary.failed > 0 && !report.summary.isQueue
    let isAtEnd = if case nil = report.stop { true } else { false }
    return ["results: \(completed)"] + (hasFailed ? ["failed jobs: \(failed)"] : [])
      + (hasFailed && isAtEnd ? [again] : [])
      + (report.summary.cancelled > 0 && isAtEnd ? [cancelled] : [])
  }

  private var target: String { files.target }

  private var cancelled: String {
    "next: `nightjar retry \(target) --cancelled` brings the cancelled jobs back, and the same "
      + "command does them"
  }

  /// What makes failed jobs run again, which the same command alone does not.
  private var again: String {
    "next: `nightjar retry \(target)` and the same command try the failed jobs again"
  }

  private func whatIsKept(after cause: CommonFailure.Cause) -> String {
    guard cause.refusal.paid != nil else { return "every job was kept" }
    return "those that failed keep their answers, which may have been paid for, and are asked "
      + "again only after `nightjar retry \(target)`; every other job was kept"
  }

  private var trouble: String { report.trouble.map { "; the last error: \($0)" } ?? "" }

  private var held: CLIError {
    let count = report.summary.held
    return CLIError(
      "\(count) \(count == 1 ? "job is" : "jobs are") held: their requests may have left, and been "
        + "billed, when a worker died",
      at: files.batch,
      next: "send them again with `nightjar retry \(files.batch) --unknown` and run the same "
        + "command",
      exitCode: 75
    )
  }

  static let noJobs = CLIError(
    "the input has no jobs",
    next: "check that it is the file you meant",
    exitCode: 66
  )

  private var reason: CLIError? {
    let again = "run the same command to do the rest; finished jobs will not be sent again"
    switch report.stop {
    case nil where report.isHeld: return held
    case nil where report.summary.total == 0 && report.summary.isQueue: return nil
    case nil where report.summary.total == 0:
      return Self.noJobs
    case nil where report.summary.pending > 0 && !report.isLimited:
      return CLIError("some jobs were left without a result", next: again, exitCode: 70)
    case nil: return nil
    case .interrupted, .aborted:
      return exitCode == 0 || exitCode == 1
        ? nil : CLIError("stopped before the end\(trouble)", next: again, exitCode: exitCode)
    case .parked(let why):
      return CLIError(
        "no account can be used: \(why)",
        next:
          "see to what the provider says, such as credit or a limit of yours there; then \(again)",
        exitCode: 75
      )
    case .budget(let spent, let cap, let next):
      return CLIError(
        "the budget is used up: \(spent.text) of \(cap.text) spent, and the next job may cost up to "
          + "\(next.text); \(report.summary.pending) jobs are left",
        next: "raise the budget (--budget, or `budget` in the job file) and run the same command; "
          + "finished jobs will not be sent again",
        exitCode: 75
      )
    case .unpriced(let model):
      return CLIError(
        "there is a budget, but no price for the model \(model)",
        next: PricesFile.advice(for: model),
        exitCode: 78
      )
    case .keyRefused(let why):
      return CLIError(
        "the provider refused the key: \(why)",
        next: "put a key that works where the reference points and run the same command; no job "
          + "was lost",
        exitCode: 77
      )
    case .unavailable(let why):
      return CLIError(
        "the provider cannot be reached: \(why)",
        next:
          "check --base-url and the network\(unusedProxy(why)), then run the same command; no job "
          + "was lost",
        exitCode: 69
      )
    case .failingAlike(let cause):
      return CLIError(
        "all jobs so far failed alike, so the run stopped: \(cause.refusal.words)",
        at: cause.url.isEmpty ? nil : cause.url,
        next: "\(cause.advice); then run the same command: \(whatIsKept(after: cause)). "
          + "To go on all the same, add --keep-going",
        exitCode: exitCode
      )
    case .impossible(let what):
      return CLIError(
        "a fault in nightjar: \(what); the batch is intact",
        next: "please report this; \(again)",
        exitCode: 70
      )
    case .failed(let error):
      return CLIError(any: error) ?? CLIError("\(error)", next: again, exitCode: 70)
    }
  }
}

/// A number of seconds with at most one decimal.
func rounded(_ value: Double) -> String {
  value >= 100 ? "\(Int(saturating: value))" : "\((value * 10).rounded() / 10)"
}

/// What is said of a proxy that the environment names, where none was used.
private func unusedProxy(_ why: String) -> String {
  guard !why.contains("proxy"), let name = CustomaryProxy.variable(in: KeySources.variable)
  else { return "" }
  return " (\(name) is set, and used with --proxy env)"
}
