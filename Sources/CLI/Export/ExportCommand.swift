import ArgumentParser
import Glibc
import Jobs
import Runner

/// `nightjar export`: writes the results of a batch again.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the results of a batch again, whole or not at all.",
    discussion: """
      The file takes its name only once it is whole and on disk. Works while the batch runs: what \
      is durable by then is written.

        nightjar export results.jsonl -o in-order.jsonl --ordered
        nightjar export results.jsonl -o failed.jsonl --failed
        nightjar export night.queue -o results.jsonl

      Of a damaged batch everything is written that can still be read; how many results that leaves \
      out is said on standard error, and the exit status is 1.
      """
  )

  @Argument(help: "A queue, a job file (.yaml), a results file, or a .nightjar file.")
  var target: String

  @Option(name: .shortAndLong, help: "The file to write.")
  var output: String

  @Flag(help: "Write the failed jobs, as lines that can be run again.")
  var failed = false

  @Flag(help: "Write in the order of the input instead of that of completion.")
  var ordered = false

  mutating func run() async throws {
    let files = try BatchTarget(target).files
    let own = [files.batch, files.output?.completed, files.output?.failed].compactMap(\.self)
    guard !own.contains(where: { $0 == output || Self.isSameFile($0, output) }) else {
      throw CLIError.usage("\(output) belongs to the batch", next: "choose another file")
    }
    let export = BatchExport(
      inspector: try Batches.inspect(files.batch),
      state: failed ? .failed : .completed,
      isOrdered: ordered
    )
    let outcome = try await export.write(to: output)
    let what = failed ? "failed jobs" : "results"
    Console.shared.note("\(outcome.written) \(what) written to \(output)")
    guard outcome.unreadable > 0 else { return }
    throw CLIError(
      "the batch is damaged: up to \(outcome.unreadable) results could not be read",
      at: files.batch,
      next:
        "`nightjar status \(target) --check` says where; run the input with another output to get "
        + "the missing ones again",
      exitCode: 1
    )
  }

  /// Whether two names lead to one file, however they are spelled.
  private static func isSameFile(_ name: String, _ other: String) -> Bool {
    var first = stat()
    var second = stat()
    guard unsafe stat(name, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }
}
