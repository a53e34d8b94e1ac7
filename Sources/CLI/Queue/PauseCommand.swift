import ArgumentParser
import Jobs
import Runner

/// `nightjar pause`: lets workers start nothing new.
struct PauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Let the workers of a batch start nothing new until 'nightjar resume'.",
    discussion: """
      Requests in flight end and their results are kept. Workers stay where they are; those that \
      start later wait too. It works for queues and for runs:

        nightjar pause night.queue
        nightjar resume night.queue
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  mutating func run() throws {
    let batch = try BatchTarget(target).files.batch
    _ = try Batches.inspect(batch)
    let file = PauseFile(batch: batch)
    let wasPaused = file.isThere
    try file.create()
    printResult(
      "\(wasPaused ? "paused already" : "paused"): nothing new is sent until "
        + "`nightjar resume \(target)`; what is in flight ends"
    )
  }
}

/// `nightjar resume`: ends a pause.
struct ResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "End the pause of a batch.",
    discussion: """
      Workers that wait go on within a second. It starts none, and says which command does:

        nightjar resume night.queue
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  mutating func run() throws {
    let files = try BatchTarget(target).files
    let batch = files.batch
    let inspector = try Batches.inspect(batch)
    let workers = try inspector.workers().count { $0.state != .dead }
    let file = PauseFile(batch: batch)
    let wasPaused = file.isThere
    try file.remove()
    let now = workers == 0 ? "nobody works on it now" : "\(workers) at work"
    printResult("\(wasPaused ? "resumed" : "it was not paused"); \(now)")
    guard workers == 0 else { return }
    let continuation = Continuation(target, files, try inspector.input(), try inspector.summary())
    Console.shared.note("  next: \(continuation.text)")
  }
}
