import ArgumentParser
import Jobs
import KeySources
import Runner

/// `nightjar enqueue`: adds jobs to a queue.
struct EnqueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue",
    abstract: "Add jobs to a queue, also while workers run.",
    discussion: """
      A queue is one file that any number of 'nightjar work' processes on this machine share. The \
      first 'enqueue' makes it. Lines may be plain, OpenAI's batch format or Anthropic's, as for \
      'run'; of a folder each text is a job, and is kept in the queue:

        nightjar enqueue prompts.jsonl --queue night.queue
        nightjar enqueue urgent.jsonl --queue night.queue --priority 10
        generate-prompts | nightjar enqueue - --queue night.queue

      A job is known by its id: what is queued already is passed over, so that the same command can \
      be given again, also after a crash in the middle. Jobs of a higher priority go first, those of \
      one priority in the order in which they came. A line that can never be a job is kept as a \
      failed one that names its file and line.

      Prints how many jobs were new and how many were known.
      """
  )

  @Argument(
    help:
      "A .jsonl, .csv or .tsv file, a folder, - for standard input, or a job file with an input.",
    completion: .file()
  )
  var input: String

  @OptionGroup var queue: QueueOption

  @OptionGroup(title: "Input") var reading: InputOptions

  @Option(
    help: ArgumentHelp("Higher ones go first.", valueName: "n"),
    transform: SettingValue.priority.flag
  )
  var priority = 0

  @Flag(help: "Refuse an input that has any bad line, before anything is queued.")
  var strict = false

  @Flag(help: "Print the counts as one line of JSON.")
  var json = false

  mutating func run() async throws {
    let isJobFile = JobFile.isName(input)
    let file = isJobFile ? try JobFile(at: input) : JobFile()
    let path = try queue.path(file)
    let name = isJobFile ? try file.inputName(at: input) : input
    let withheld = KeystoreLocation().files + [path]
    // Rows of two tables would have the same numbers in one queue.
    let input = try await reading.input(named: name, file, withheld: withheld, numbersRows: false)
    try await input.refuseForeignFormat()
    if strict { try await input.refuseBadLines() }
    let store = try Batches.open(
      path,
      input: BatchInput(kind: .queue, path: ""),
      as: .producer,
      onWait: Console.shared.tell
    )
    var count = EnqueueCount(path)
    let reader = QueueReader(input) { [priority] lines in
      count.add(lines.count, new: try await store.enqueue(lines, priority: priority))
    }
    count.bad = try await reader.run()
    try store.close(isClean: true)
    Console.shared.endProgress()
    printResult(json ? count.json : count.text)
    if !json, count.known > 0 {
      Console.shared.note("a job whose id was known stays as it was queued first")
    }
  }
}

/// What an input brought.
private struct EnqueueCount {
  private static let interval: Duration = .seconds(Console.shared.isTerminal ? 1 : 10)

  private let queue: String
  private var new = 0
  private(set) var known = 0
  var bad = 0
  private var told = ContinuousClock.now

  init(_ queue: String) { self.queue = queue }

  mutating func add(_ count: Int, new: Int) {
    self.new += new
    known += count - new
    guard .now - told >= Self.interval else { return }
    told = .now
    let line = "\(self.new) new, \(known) known so far"
    if Console.shared.isTerminal {
      Console.shared.show(progress: line)
    } else {
      Console.shared.note(line)
    }
  }

  var text: String {
    let unusable = bad > 0 ? "; \(bad) can never be sent: 'nightjar status' counts them failed" : ""
    return "\(queue): \(new) new, \(known) known\(unusable)"
  }

  var json: String { "{\"new\":\(new),\"known\":\(known),\"bad\":\(bad)}" }
}
