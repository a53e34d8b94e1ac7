import ArgumentParser
import FoundationEssentials
import Runner

/// A word in place of a command that is none.
struct UnknownCommand {
  /// The whole command as it was given, up to the word.
  let command: String
  let next: String

  /// Nil where the arguments begin with a command, or with something else than a word.
  init?(in arguments: [String], of root: any ParsableCommand.Type) {
    var parent = root
    var path = ["nightjar"]
    for word in arguments {
      let known = Dictionary(
        parent.configuration.subcommands.map { ($0.configuration.commandName ?? "", $0) }
      ) { first, _ in first }
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
      guard let command = known[word] else {
        self.init(word, in: path.joined(separator: " "), of: known.keys.sorted())
        return
      }
      parent = command
      path.append(word)
    }
    return nil
  }

  private init(_ word: String, in path: String, of names: [String]) {
    command = "\(path) \(word)"
    if let name = nearest(to: word, among: names) {
      next = "did you mean `\(path) \(name)`?"
    } else if path == "nightjar", FileManager.default.fileExists(atPath: word) {
      next = "to run it: `nightjar run \(word) -o results.jsonl`"
    } else {
      next = "`\(path) --help` lists the commands"
    }
  }
}
