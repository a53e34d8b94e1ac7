import Foundation
import Testing

struct HelpTests {
  @Test func `every command explains itself`() throws {
    let commands = try HelpText.commands()
    #expect(
      Set(commands.map { $0.joined(separator: " ") }).isSuperset(of: [
        "run", "status", "export", "simulate", "keys", "keys init", "keys add", "keys list",
        "keys remove",
      ])
    )
    let folder = try Scratch()
    for command in commands {
      let help = try folder.nightjar(command + ["--help"])
      #expect(help.status == 0, "\(command)")
      #expect(help.errors.isEmpty, "\(command)")
      let discussion = help.output.components(separatedBy: "\n\n").dropFirst().first ?? "USAGE"
      #expect(!discussion.hasPrefix("USAGE"), "\(command) has no discussion")
      let operands =
        (help.output.contains("ARGUMENTS:") ? ["some"] : [])
        + (help.output.contains("-o, --output") ? ["-o", "file"] : [])
      let unknown = try folder.nightjar(command + operands + ["--no-such-flag"])
      #expect(unknown.status == 64, "\(command)")
      #expect(unknown.errors.contains("--no-such-flag"), "\(command): \(unknown.errors)")
    }
  }

  @Test(arguments: try HelpText.commands())
  func `a help text names no types, tells a default once and wraps no example`(
    command: [String]
  ) throws {
    let parts = try HelpText.of(command).components(separatedBy: "USAGE:")
    for option in parts[1].split(separator: /\n  (?=[-<])/) {
      #expect(!option.contains(/[A-Z][A-Za-z]+\([a-z]+:/), "\(option)")
      #expect(!option.contains("\\"), "\(option)")
      #expect(option.matches(of: /\bdefault\b(?! keystore)/).count <= 1, "\(option)")
    }
    let lines = parts[0].components(separatedBy: "\n")
    for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  ") {
      #expect(next.isEmpty || next.hasPrefix("  "), "\(line)\n\(next)")
    }
  }

  @Test func `what a run needs first comes first in its help`() throws {
    let help = try HelpText.of(["run"])
    let flags = [
      "-o, --output", "--provider <", "--model <", "--max-tokens <", "--key <", "--concurrency <",
      "--keystore <", "--log-level <",
    ]
    let places = flags.map { help.range(of: "\n  " + $0)?.lowerBound }
    #expect(!places.contains(nil))
    let found = places.compactMap(\.self)
    #expect(found == found.sorted())
  }

  @Test(arguments: [
    (["rnu"], "did you mean `nightjar run`?"), (["keys", "ad"], "`nightjar keys add`?"),
    (["keys", "lsit"], "`nightjar keys list`?"),
    (["sing"], "`nightjar --help`"), (["keys", "whistle"], "`nightjar keys --help`"),
    (["in.jsonl"], "`nightjar run in.jsonl -o results.jsonl`"),
  ])
  func `a mistyped command is told the nearest`(arguments: [String], words: String) throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", prompts(0..<1))
    let ending = try folder.nightjar(arguments)
    #expect(ending.status == 64 && ending.errors.contains(words), "\(ending.errors)")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions complete the names of files`(shell: String) throws {
    let script = try Scratch().nightjar(["--generate-completion-script", shell]).output
    let files = ["bash": "add_completions -f", "zsh": ":path:_files", "fish": "-rF"]
    #expect(script.contains(files[shell] ?? ""), "\(script.prefix(2_000))")
  }

  @Test func `the version and unknown commands`() throws {
    let folder = try Scratch()
    let version = try folder.nightjar(["--version"])
    #expect(version.status == 0)
    #expect(version.output.split(separator: ".").count == 3)
    let unknown = try folder.nightjar(["sing"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("sing"))
  }

  @Test func `the simulator says that it is no model`() throws {
    let help = try Scratch().nightjar(["simulate", "--help"]).output
    #expect(help.contains("a rehearsal, not a model"))
  }
}
