import FoundationEssentials
import Jobs
import Runner

/// The command that does the rest of a batch on which nobody works.
struct Continuation {
  /// What to do next, in words.
  let text: String

  /// - Parameter target: the batch as the user named it.
  init(_ target: String, _ files: BatchFiles, _ input: BatchInput, _ summary: BatchSummary) {
    if input.kind == .queue {
      text =
        summary.pending == 0
        ? "nothing is left to do; `nightjar enqueue` adds jobs"
        : "`nightjar work --queue \(files.batch) …` starts a worker for the "
          + "\(jobs(summary.pending)) that are left"
    } else if summary.pending == 0, summary.isInputComplete {
      text = "nothing is left to do; `nightjar retry \(target)` makes failed jobs available again"
    } else if JobFile.isName(target) {
      text = "`nightjar run \(target)` does the rest"
    } else {
      let output = files.output?.completed ?? "results.jsonl"
      text =
        "`nightjar run \(Self.name(of: input)) -o \(output) …`, with the flags of before, does the "
        + "rest"
    }
  }

  /// The input as it is named from here.
  private static func name(of input: BatchInput) -> String {
    let here = FileManager.default.currentDirectoryPath + "/"
    return input.path.hasPrefix(here) ? String(input.path.dropFirst(here.count)) : input.path
  }
}
