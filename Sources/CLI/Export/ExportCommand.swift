import ArgumentParser
import Jobs
import Runner

/// `nightjar export`: writes the results of a batch again.
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write the results of a batch again, whole or not at all.",
    discussion: """
      The file takes its name only once it is whole and on disk. Works while the batch runs: what \
      is durable by then is written. A file that is there is replaced only where an earlier export \
      of the same batch wrote it and nobody has changed it since, or with --force; a link, a pipe, a \
      device or a folder never is. - is standard output.

        nightjar export results.jsonl -o in-order.jsonl --ordered
        nightjar export results.jsonl -o failed.jsonl --failed
        nightjar export night.queue -o night.jsonl
        nightjar export results.jsonl -o - | wc -l
        nightjar export results.jsonl -o results.csv --join
        nightjar export results.jsonl -o names.csv --fields id,answer.name,cost_usd

      A table (--format csv or tsv, or an output of that ending) has the columns id, text, finish, \
      model, input_tokens, output_tokens and cost_usd, or those that --fields names: also attempts, \
      latency_ms, account and endpoint, error and message of failed jobs, answer.NAME for a member \
      of an answer that is JSON, body.NAME for one of the provider's body, and input.NAME for one \
      of the input's line. --join puts the whole line of the input before them, in the input's \
      order. --format text writes the text of each answer under a line with its id.

      Of a damaged batch everything is written that can still be read; how many results that leaves \
      out is said on standard error, and the exit status is 1; only in an order of the input \
      (--ordered, --join) nothing is, with 73.
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  @Option(
    name: .shortAndLong,
    help: "The file to write, or - for standard output.",
    completion: .file()
  )
  var output: String

  @OptionGroup(title: "Form") var form: ExportOptions

  @Flag(help: "Write the failed jobs, as lines that can be run again.")
  var failed = false

  @Flag(help: "Write in the order of the input instead of that of completion.")
  var ordered = false

  @Flag(help: "Replace a file that is not an earlier export of this batch.")
  var force = false

  mutating func run() async throws {
    let files = try BatchTarget(target).files
    let inspector = try Batches.inspect(files.batch)
    // That of a damaged batch may not be known any more.
    let input = try? inspector.input().found(beside: files.batch)
    let fields = try form.fields(ofFailed: failed)
    var join: ExportJoin?
    if form.join || fields.contains(where: \.isOfInput) {
      join = try await ExportJoin(inspector, try input ?? inspector.input(), form.inputFormat)
    }
    let export = BatchExport(
      inspector: inspector,
      state: failed ? .failed : .completed,
      isOrdered: ordered,
      shape: form.shape(fields, of: output, joining: form.join ? join : nil),
      join: join
    )
    let outcome: BatchExport.Outcome
    do {
      outcome = try await write(export, files, input: input)
    } catch let error as StoreError where error.code == .readerGone {
      return
    }
    try tell(outcome, at: files.batch)
  }

  private func write(
    _ export: BatchExport,
    _ files: BatchFiles,
    input: BatchInput?
  ) async throws -> BatchExport.Outcome {
    if let stream = OutputFile.stream(named: output) {
      return try await export.write(to: OutputFile(stream: stream))
    }
    let own = [files.batch, files.output?.completed, files.output?.failed].compactMap(\.self)
    let isOwn = own.contains { FileID.areSame($0, output) } || output.hasPrefix(files.batch + "-")
    guard !isOwn else {
      throw CLIError(
        "this belongs to the batch",
        at: output,
        next: "choose another file",
        exitCode: 73
      )
    }
    guard !FileID.areSame(input?.path ?? "", output) else {
      throw CLIError(
        "this is the input of the batch",
        at: output,
        next: "choose another file",
        exitCode: 73
      )
    }
    return try await export.write(to: ExportPlace(output, batch: files.batch, isForced: force))
  }

  private func tell(_ outcome: BatchExport.Outcome, at batch: String) throws {
    let what = failed ? "failed jobs" : "results"
    let place = OutputFile.stream(named: output) == nil ? output : "the stream"
    Console.shared.note("\(outcome.written) \(what) written to \(place)")
    guard outcome.unreadable > 0 else { return }
    throw CLIError(
      "the batch is damaged: up to \(outcome.unreadable) results could not be read",
      at: batch,
      next:
        "`nightjar status \(target) --check` says where; run the input with another output to get "
        + "the missing ones again",
      exitCode: 1
    )
  }
}
