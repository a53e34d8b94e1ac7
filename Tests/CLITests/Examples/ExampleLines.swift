import Foundation

/// The command lines that a document or a help text shows.
enum ExampleLines {
  /// Programs whose lines are run; others prepare a machine, or read what a command wrote.
  private static let programs: Set<String> = [
    "nightjar", "echo", "pass", "sops", "age", "issue-new-key", "generate-prompts",
    "ANTHROPIC_API_KEY=made-up", "REHEARSAL=any-made-up-key",
  ]

  /// Lines as a shell takes them, those that go on joined, without comments.
  ///
  /// - Parameter indent: the blanks before a line that is an example.
  static func lines(in text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    return text.replacing(/[ ]*\\\n[ ]*/, with: " ").split(separator: "\n").compactMap { line in
      guard line.hasPrefix(margin) else { return nil }
      let command = String(line.dropFirst(indent).replacing(/\s+#.*$/, with: ""))
      guard let program = command.split(separator: " ").first.map(String.init),
        !command.hasPrefix(" "), programs.contains(program), command.contains(/[a-z]/)
      else { return nil }
      let isRun = command.contains("nightjar ") || program == "echo"
      return isRun ? command : nil
    }
  }

  /// Those of a help text, which stand before its usage.
  static func lines(ofHelp text: String) -> [String] {
    lines(in: text.components(separatedBy: "USAGE:")[0], indent: 2)
  }
}
