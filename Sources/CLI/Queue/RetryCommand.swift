import ArgumentParser
import Jobs

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

      --unknown means the jobs that --on-unknown hold has kept back: their request may have left, \
      and been billed, when its worker died. --id also takes completed jobs, which are then paid for \
      again, and those that wait for their next attempt. A queue may be changed while workers run, the batch of a run only while it rests.
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

  @Argument(help: "A queue, a job file (.yaml), a results file, or a .nightjar file.")
  var target: String

  @Flag var which: Which?

  @Option(
    name: .customLong("id"),
    help: ArgumentHelp("A job by its id, however it ended; repeatable.", valueName: "id")
  )
  var ids: [String] = []

  func validate() throws {
    guard which == nil || ids.isEmpty else {
      throw ValidationError("--id goes without --failed, --unknown and --cancelled")
    }
  }

  mutating func run() async throws {
    let change = try BatchChange(target)
    let selection =
      ids.isEmpty ? (which ?? .failed).selection : try await change.jobs(ids)
    let count = try await change.store.retry(selection)
    try await change.close()
    printResult("\(jobs(count)) available again" + (count > 0 ? "; \(try change.next)" : ""))
  }
}
