import ArgumentParser
import Jobs

/// `nightjar cancel`: takes jobs back.
struct CancelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Take jobs back that have no result yet.",
    discussion: """
      A cancelled job is not sent any more. One whose request is on its way already still gets its \
      answer where one comes, since it is paid for; it is not tried again.

        nightjar cancel night.queue --id letter-17 --id letter-18
        nightjar cancel night.queue --all

      'nightjar retry TARGET --cancelled' brings them back. A queue may be changed while workers \
      run, the batch of a run only while it rests.
      """
  )

  @Argument(
    help: "A queue, a job file (.yaml), a results file, or a .nightjar file.",
    completion: .file()
  )
  var target: String

  @Option(
    name: .customLong("id"),
    help: ArgumentHelp("A job by its id; repeatable.", valueName: "id")
  )
  var ids: [String] = []

  @Flag(help: "Every job without a result.")
  var all = false

  mutating func run() async throws {
    guard all != !ids.isEmpty else {
      throw CLIError.usage("no jobs are named", next: "say which: --id ID, once for each, or --all")
    }
    let change = try BatchChange(target)
    let selection = all ? .all : try await change.jobs(ids)
    let states = try await change.store.storedJobs().states
    let count = try await change.make { try await $0.cancel(selection) }
    let left = all ? "" : Self.left(selection, states)
    printResult("\(jobs(count)) cancelled\(left)")
    guard !left.isEmpty else { return }
    Console.shared.note(
      "  next: they stay as they are; `nightjar retry \(target) --id ID` makes one available again"
    )
  }

  /// Why jobs that were named stay as they are; empty where all were cancelled.
  private static func left(_ selection: JobSelection, _ states: [StoredJobs.State]) -> String {
    guard case .jobs(let numbers) = selection else { return "" }
    let known = numbers.filter(states.indices.contains).map { states[$0] }
    let reasons: [(count: Int, words: String)] = [
      (known.count { $0 == .completed }, "completed already"),
      (known.count { $0 == .failed }, "failed already"),
      (known.count { $0 == .suspended }, "cancelled or held already"),
    ]
    return reasons.filter { $0.count > 0 }.map { "; \(jobs($0.count)) \($0.words)" }.joined()
  }
}
