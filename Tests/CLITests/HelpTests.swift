import Foundation
import Testing

struct HelpTests {
  /// The commands that the program lists, down to the last level.
  private static func commands(below path: [String] = []) throws -> [[String]] {
    let help = try Scratch().nightjar(path + ["--help"]).output
    let listed = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first ?? ""
    let names = listed.split(separator: "\n").prefix { $0.hasPrefix("  ") }
      .filter { $0.dropFirst(2).first != " " }.compactMap { $0.split(separator: " ").first }
      .map(String.init).filter { $0 != "See" }
    return try names.flatMap { [path + [$0]] + (try commands(below: path + [$0])) }
  }

  @Test func `every command explains itself`() throws {
    let commands = try Self.commands()
    #expect(
      Set(commands.map { $0.joined(separator: " ") }).isSuperset(of: [
        "run", "status", "export", "simulate", "keys", "keys init", "keys add", "keys list",
        "keys remove",
      ])
    )
    let folder = try Scratch()
    for command in [[]] + commands {
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
