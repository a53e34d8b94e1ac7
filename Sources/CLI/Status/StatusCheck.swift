import ArgumentParser
import FoundationEssentials
import Jobs
import Runner

/// `nightjar status --check`: what is wrong with a batch and its results files.
struct StatusCheck {
  private let files: BatchFiles

  init(_ files: BatchFiles) {
    self.files = files
  }

  /// Prints a line for each finding; leaves with 1 where there is any.
  func report(json: Bool) async throws {
    let found = try await BatchCheck(files).findings()
    let findings = found.batch + found.files
    if json {
      let text = try JSONEncoder().encode(["findings": findings])
      printResult(String(decoding: text, as: UTF8.self))
    } else {
      for finding in findings { printResult(finding) }
      if findings.isEmpty { printResult("nothing is wrong with \(files.batch)") }
    }
    guard !findings.isEmpty else { return }
    Console.shared.note(
      found.batch.isEmpty
        ? "next: the batch is whole and has every result: move the file away, and the command of the "
          + "run writes it anew; nothing is sent again"
        : "next: `nightjar export \(files.batch) -o saved.jsonl` saves what can be read; keep the "
          + "damaged files, and run the input with another output to get the rest"
    )
    throw ExitCode(1)
  }
}
