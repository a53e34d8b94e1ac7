import JSON
import Jobs
import Runner

/// Shows how far a run is: one line that changes on a terminal, a plain one every ten seconds
/// elsewhere.
final class ProgressPrinter: Sendable {
  private let task: Task<Void, Never>

  /// - Parameter explained: whether how the pacers see their limits is printed every ten seconds.
  init(_ progress: RunProgress, explained: Bool) {
    let isTerminal = Console.shared.isTerminal
    let interval: Duration = isTerminal ? .milliseconds(200) : .seconds(10)
    task = Task {
      var line = ProgressLine(start: progress.snapshot, at: .now)
      var explainedAt = ContinuousClock.now
      while (try? await Task.sleep(for: interval)) != nil {
        if explained, .now - explainedAt >= .seconds(10) {
          explainedAt = .now
          for line in progress.snapshot.accounts.accounts.flatMap({ AccountText($0).explanation }) {
            Console.shared.note(line)
          }
        }
        let counters = progress.snapshot
        let text = line.text(counters, at: .now)
        if isTerminal {
          Console.shared.show(progress: ProgressLine.bar(counters) + text)
        } else {
          Console.shared.log(text)
        }
      }
    }
  }

  func stop() {
    task.cancel()
    Console.shared.endProgress()
  }
}

/// The words of a progress line; a pure value.
struct ProgressLine {
  /// Rates are over about this long.
  private static let window: Duration = .seconds(10)

  /// Nothing is said of a silence that is shorter.
  private static let silence: Duration = .seconds(10)

  private let first: RunCounters
  /// Since when requests are under way and none of them has ended, and how many had until then.
  private var silent: (since: ContinuousClock.Instant, returned: Int)
  private var samples: [(time: ContinuousClock.Instant, counters: RunCounters)]

  init(start: RunCounters, at now: ContinuousClock.Instant) {
    first = start
    samples = [(now, start)]
    silent = (now, start.returned)
  }

  /// What to say where answers are waited for, and none comes.
  private mutating func silence(
    _ counters: RunCounters,
    at now: ContinuousClock.Instant
  ) -> String? {
    if counters.inFlight == 0 || counters.returned != silent.returned {
      silent = (now, counters.returned)
    }
    guard now - silent.since >= Self.silence else { return nil }
    let hosts = counters.hosts.prefix(3).joined(separator: ", ")
    return "no answer from \(hosts) for \(span((now - silent.since).seconds))"
  }

  mutating func text(_ counters: RunCounters, at now: ContinuousClock.Instant) -> String {
    samples.append((now, counters))
    while samples.count > 2, now - samples[1].time >= Self.window { samples.removeFirst() }
    let (since, old) = samples[0]
    let seconds = max(0.001, (now - since).seconds)
    let rate = Double(counters.done - old.done) / seconds
    let tokens = counters.inputTokens + counters.outputTokens
    let tokenRate = Double(tokens - old.inputTokens - old.outputTokens) / seconds * 60
    // What a narrow terminal cuts off is what matters least.
    var parts = ["\(counters.done)/\(counters.read)\(counters.isInputComplete ? "" : "+")"]
    let isStill = rate <= 0 && counters.inFlight == 0 && counters.waiting > 0
    let trouble = counters.trouble ?? (isStill ? counters.lastTrouble : nil)
    if let trouble {
      parts.append("\(trouble), retrying; \(jobs(counters.waiting)) waiting")
    }
    if let silence = silence(counters, at: now) { parts.append(silence) }
    if counters.isPaused { parts.insert("paused", at: 0) }
    if counters.failed > 0 { parts.append("\(counters.failed) failed") }
    parts.append("\(rounded(rate))/s")
    if rate > 0, counters.isInputComplete {
      parts.append("ETA \(span(Double(counters.read - counters.done) / rate))")
    }
    parts += counters.accounts.accounts.compactMap { account in
      AccountText(account).hold(besides: trouble).map { "\(account.name) \($0)" }
    }
    parts += counters.parked.sorted { $0.key < $1.key }.map { "\($0.key) parked: \($0.value)" }
    parts += counters.stale.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    if let spent = counters.spent {
      parts.append(spent.text + (counters.budget.map { " of \($0.text)" } ?? ""))
    }
    parts += [
      "\(counters.inFlight) in flight", "\(counters.traffic.rateLimited) 429s",
      "\(short(tokenRate)) tok/min",
    ]
    return parts.joined(separator: ", ")
  }

  /// A bar of what is done, once it is known how much there is to do.
  static func bar(_ counters: RunCounters) -> String {
    guard counters.isInputComplete, counters.read > 0 else { return "" }
    let width = 8
    let filled = counters.done * width / counters.read
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: "-", count: width - filled) + "] "
  }

  private func short(_ number: Double) -> String {
    switch number {
    case 1e6...: "\(rounded(number / 1e6))M"
    case 1e3...: "\(rounded(number / 1e3))k"
    default: rounded(number)
    }
  }
}
