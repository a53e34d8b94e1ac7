import Foundation

/// `docs/mistakes.md`, which is made of what the program says.
enum MistakesPage {
  /// The parts of the page, in its order.
  static let parts: [(title: String, mistakes: [Mistake])] = [
    ("The command line", Mistake.onTheCommandLine),
    ("Input", Mistake.inInputs),
    ("Output and batches", Mistake.withOutputs),
    ("Keys", Mistake.withKeys),
    ("Provider", Mistake.atProviders),
  ]

  static var mistakes: [Mistake] { parts.flatMap { $0.mistakes } }

  /// Whether the page is written anew instead of compared.
  static let isWritten = ProcessInfo.processInfo.environment["NIGHTJAR_WRITE_MISTAKES"] != nil

  private static let path = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "docs/mistakes.md")

  /// The page as it lies in the repository.
  static func text() throws -> String { try String(contentsOf: path, encoding: .utf8) }

  static func write() throws {
    var text = beginning
    for (title, mistakes) in parts {
      text += "\n## \(title)\n"
      for mistake in mistakes { text += "\n" + (try mistake.made().section) }
    }
    try text.write(to: path, atomically: true, encoding: .utf8)
  }

  private static let beginning = """
    # Mistakes of the first week

    What people do, what nightjar says, and the exit status. A test makes each of these mistakes and \
    compares this page with what it sees; `NIGHTJAR_WRITE_MISTAKES=1 scripts/run-tests --filter \
    MistakeTests` writes the page anew.

    `…` stands for `\(Mistake.usual.joined(separator: " "))`, without \
    `--key` where a key is shown. The numbers of runs, ports and times differ.

    """
}
