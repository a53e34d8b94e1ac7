import ArgumentParser
import Jobs
import Runner

/// `nightjar retry`: makes finished jobs available again.
struct RetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Make failed, held or cancelled jobs available again.",
    discussion: """
      Without a flag the failed ones. They start anew: what is known of their earlier attempts and \
      results is forgotten, and their lines leave the files of results.

        nightjar retry night.queue
        nightjar retry night.queue --unknown
        nightjar retry results.jsonl --id letter-17 --id letter-18
        nightjar retry results.jsonl --finish length

      --unknown means the jobs that --on-unknown hold has kept back: their request may have left, \
      and been billed, when its worker died. --id also takes completed jobs, which are then paid for \
      again, and those that wait for their next attempt. --finish takes answers that ended for this \
      reason, such as length (cut at max_tokens), refusal or content_filter; 'nightjar status' \
      counts them. A queue may be changed while workers run, the batch of a run only while it rests.
      """
  )

  enum Which: String, EnumerableFlag {
    case failed
    case unknown
    case cancelled

    static func help(for value: Which) -> ArgumentHelp? {
      switch value {
      case .failed: "Every failed job (the default)."
      case .unknown: "Every job that is held, since its request may have left."
      case .cancelled: "Every cancelled job."
      }
    }

    var selection: JobSelection {
      switch self {
      case .failed: .failed
      case .unknown: .held
      case .cancelled: .cancelled
      }
    }
  }

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  @Flag var which: Which?

  @Option(
    name: .customLong("id"),
    help: ArgumentHelp("A job by its id, however it ended; repeatable.", valueName: "id")
  )
  var ids: [String] = []

  @Option(
    help: ArgumentHelp(
      "Every completed job whose answer ended for this reason: length, refusal, content_filter …",
      valueName: "reason"
    ),
    transform: reason
  )
  var finish: FinishReason?

  private static func reason(_ text: String) throws -> FinishReason {
    guard let reason = FinishReason(text), !reason.isOrdinary else {
      throw ValidationError("--finish must be a reason such as length, refusal or content_filter")
    }
    return reason
  }

  func validate() throws {
    guard [which != nil, !ids.isEmpty, finish != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("give one of --id, --finish, --failed, --unknown and --cancelled")
    }
  }

  mutating func run() async throws {
    let change = try BatchChange(target)
    let selection = try await selection(change)
    let count = try await change.make { try await $0.retry(selection) }
    let more = try count > 0 ? "; \(change.next)" : nothing(change)
    printResult("\(jobs(count)) available again" + more)
  }

  /// What is said where nothing was found.
  private func nothing(_ change: BatchChange) throws -> String {
    if let finish {
      return "; no answer ended for `\(finish)`, 'nightjar status \(target)' tells the reasons"
    }
    guard ids.isEmpty else { return "" }
    let summary = try Batches.inspect(change.files.batch).summary()
    let others: [(Which, Int, String)] = [
      (.failed, summary.failed, "failed"), (.unknown, summary.held, "held"),
      (.cancelled, summary.cancelled, "cancelled"),
    ]
    return others.filter { $0.1 > 0 }.map { other, count, word in
      let (are, them) = count == 1 ? ("is", "it") : ("are", "them")
      guard other != which ?? .failed else {
        return "; \(jobs(count)) \(are) \(word) that cannot be sent like this: "
          + "correct the input, and run the same command"
      }
      let command = "'nightjar retry \(target) --\(other.rawValue)'"
      return "; \(jobs(count)) \(are) \(word): \(command) brings \(them) back"
    }.joined()
  }

  private func selection(_ change: BatchChange) async throws -> JobSelection {
    if let finish { return .finished("\(finish)") }
    return ids.isEmpty ? (which ?? .failed).selection : try await change.jobs(ids)
  }
}
