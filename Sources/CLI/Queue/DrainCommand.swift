import ArgumentParser
import Glibc
import Jobs
import Runner

/// `nightjar drain`: asks every worker to stop.
struct DrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Let every worker of a batch finish what is in flight and stop.",
    discussion: """
      It is as if each were given ^C once (SIGTERM): nothing new is sent, requests in flight end \
      within --grace of the worker, its other jobs go back. No job is lost. It works for queues and \
      for runs:

        nightjar drain night.queue
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  mutating func run() throws {
    let batch = try BatchTarget(target).files.batch
    let workers = try Batches.inspect(batch).workers().filter { $0.state != .dead }
    let asked = workers.filter { kill(pid_t($0.record.pid), SIGTERM) == 0 }
    for (record, _) in workers where !asked.contains(where: { $0.record == record }) {
      throw CLIError(
        "worker \(record.worker) (process \(record.pid)) cannot be asked to stop: it belongs to "
          + "another user",
        at: batch,
        next: "give this command as the user whose worker it is",
        exitCode: 75
      )
    }
    guard !asked.isEmpty else { return printResult("nobody works on it") }
    let processes = asked.map { String($0.record.pid) }.joined(separator: ", ")
    printResult(
      "asked \(asked.count == 1 ? "1 worker" : "\(asked.count) workers") to stop (\(processes)); "
        + "each ends when its requests in flight have"
    )
    for (record, _) in asked.filter({ $0.state == .stalled }) {
      Console.shared.note(
        "worker \(record.worker) (process \(record.pid)) has not been heard of for longer than its "
          + "lease; it stops when it runs again"
      )
    }
  }
}
