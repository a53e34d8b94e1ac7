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

  /// The job files that the documents show, which begin with one of these fields.
  private static let jobFiles: [String] = {
    let pages = (try? FileManager.default.contentsOfDirectory(atPath: root + "/docs")) ?? []
    return (["README.md"] + pages.map { "docs/" + $0 }).flatMap { page in
      let text = (try? String(contentsOfFile: "\(root)/\(page)", encoding: .utf8)) ?? ""
      return text.components(separatedBy: "\n\n").filter { block in
        ["    input:", "    accounts:", "    secrets:"].contains { block.hasPrefix($0) }
      }
    }
  }()

  @Test(arguments: jobFiles)
  func `every job file runs, with what the others say where it says nothing`(block: String) throws {
    let folder = try Scratch()
    var text = block.replacing(/(?m)^[ ]{4}/, with: "") + "\n"
    let fields = [
      "input": "prompts.jsonl", "output": "results.jsonl", "provider": "anthropic",
      "model": "claude-opus-4-6", "max_tokens": "64",
    ]
    for (name, value) in fields where !text.contains("\n\(name):") && !text.hasPrefix(name + ":") {
      text += "\(name): \(value)\n"
    }
    try folder.write("job.yaml", text)
    try folder.write("prompts.jsonl", prompts(0..<1))
    try folder.write("documents/a.txt", "A text.")
    try folder.write("answer.schema.json", "{}")
    try folder.write("scans/a.png", Data([0x89] + "PNG\r\n\u{1A}\n".utf8))
    try folder.write("scans/b.md", "A note.")
    let ending = try folder.nightjar(["run", "job.yaml", "--dry-run"])
    #expect(ending.status == 0, "\(text)\n\(ending.errors)")
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
