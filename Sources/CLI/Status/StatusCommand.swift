import ArgumentParser
import Runner

/// `nightjar status`: where a batch stands.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show where a batch stands; works while it runs.",
    discussion: """
      TARGET is a job file, the results file of a run, its .nightjar file, or a queue:

        nightjar status results.jsonl
        nightjar status results.jsonl --watch
        nightjar status night.queue

      'unknown' counts the requests, over the life of the batch, that may have left before their \
      worker died and may have been billed without an answer. 'held' jobs wait for your word on \
      that ('nightjar retry TARGET --unknown'). 'late' counts answers of workers that had lost their \
      lease; they change nothing, but where the job had no result they are kept.

      Each account says what holds it back: a limit (requests, input tokens, output tokens, tokens) \
      and how much of it is used, requests in flight, the provider's retry-after, a rate limit \
      without one, or an outage, and what the provider said last. --explain adds what is known of every limit and from where.
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
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
      let status = try BatchStatus(of: files.batch)
      printResult(json ? status.json : status.text(explained: explain, of: target))
      guard watch, status.isRunning else { return }
      try await Task.sleep(for: .seconds(1))
    }
  }
}
