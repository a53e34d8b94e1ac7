import Foundation
import Testing

/// What README, the documents and `--help` show is done here as it stands.
struct ExampleTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  @Test(
    arguments: [
      ("README.md", .new), ("docs/keys.md", .used), ("docs/money.md", .withKey),
      ("docs/queues.md", .withKey), ("examples/keystore/README.md", .new),
      ("examples/shared-queue/README.md", .withKey), ("jobs/README.md", .new),
    ] as [(String, ExampleHome.State)]
  )
  func `every command of a page works`(page: String, state: ExampleHome.State) throws {
    let text = try String(contentsOfFile: "\(Self.root)/\(page)", encoding: .utf8)
    let lines = ExampleLines.lines(in: text, indent: 4)
    #expect(lines.count > 1)
    let home = try ExampleHome(state)
    if page.hasPrefix("jobs/") { try home.copy(Self.root) }
    for line in lines { try home.expectSuccess(line) }
  }

  @Test func `every command of a first batch works, its failed jobs among them`() throws {
    let folder = "\(Self.root)/examples/first-batch"
    let text = try String(contentsOfFile: folder + "/README.md", encoding: .utf8)
    let home = try ExampleHome(.new)
    try home.copy(folder)
    for line in ExampleLines.lines(in: text, indent: 4) {
      if line.contains("answers.failed.jsonl") {
        try home.expectSuccess("echo '{\"id\":\"a\",\"prompt\":\"b\"}' > answers.failed.jsonl")
      }
      try home.expectSuccess(line)
    }
  }

  @Test(arguments: try HelpText.commands())
  func `every example of a help text works`(command: [String]) throws {
    let lines = ExampleLines.lines(ofHelp: try HelpText.of(command))
    guard !lines.isEmpty else { return }
    let home = try ExampleHome(command == ["simulate"] ? .withKey : .used)
    for line in lines { try home.expectSuccess(line) }
  }

  @Test func `lines that go on are one, and comments are none of them`() {
    let text = """
      Prose

          nightjar run a \\
            --json     # this
          cat nightjar.log
          pass show x | nightjar keys add x#y
      """
    #expect(
      ExampleLines.lines(in: text, indent: 4)
        == ["nightjar run a --json", "pass show x | nightjar keys add x#y"]
    )
  }
}
