import Foundation

/// What `--help` prints.
enum HelpText {
  /// The help of a command.
  static func of(_ command: [String]) throws -> String {
    try Scratch().nightjar(command + ["--help"]).output
  }

  /// The commands that the program lists, down to the last level, and the program itself.
  static func commands() throws -> [[String]] { [[]] + (try below([])) }

  private static func below(_ path: [String]) throws -> [[String]] {
    let listed = try of(path).components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first ?? ""
    let names = listed.split(separator: "\n").prefix { $0.hasPrefix("  ") }
      .filter { $0.dropFirst(2).first != " " }.compactMap { $0.split(separator: " ").first }
      .map(String.init).filter { $0 != "See" }
    return try names.flatMap { [path + [$0]] + (try below(path + [$0])) }
  }
}
