import Logging
import Runner
import Synchronization

/// Tells the user what happens in a run, without flooding the screen.
final class EventLog: EventSink {
  /// Failures told one by one; the file of failed jobs has them all.
  private static let failuresTold = 5

  private let logger: Logger
  private let failures = Mutex(0)

  init(level: Logger.Level) {
    var logger = Logger(label: "nightjar") { _ in ConsoleLogHandler() }
    logger.logLevel = level
    self.logger = logger
  }

  func record(_ event: RunEvent) {
    switch event {
    case .retry(let job, let reason): logger.info("job \(job) will be tried again: \(reason)")
    case .rateLimited(let account, let wait):
      let time = wait.map { " for \($0.seconds) s" } ?? ""
      logger.info("account \(account) was asked to slow down\(time)")
    case .parked(let account, let reason):
      logger.warning("account \(account) is parked, its jobs wait: \(reason)")
    case .resumed(let account): logger.notice("account \(account) works again")
    case .failed(let job, let reason): failed(job, reason)
    case .inputComplete, .jobsRead, .sent, .returned, .committed: break
    }
  }

  private func failed(_ job: String, _ reason: String) {
    let number = failures.withLock { failures in
      failures += 1
      return failures
    }
    let level: Logger.Level = number > Self.failuresTold ? .info : .warning
    logger.log(level: level, "job \(job) failed: \(reason)")
    if number == Self.failuresTold {
      logger.warning("further failures are told in the file of failed jobs only")
    }
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
    Console.shared.note("\(word)\(event.message)")
  }
}
