import ArgumentParser
import FoundationEssentials
import Runner

extension CLIError {
  /// What the argument parser did not understand; nil for help, and for what was told already.
  init?(parsing error: any Error, arguments: [String] = CommandLine.arguments) {
    let message = Nightjar.message(for: error)
    guard Nightjar.exitCode(for: error) == .validationFailure, !message.isEmpty else { return nil }
    if let unknown = UnknownCommand(in: Array(arguments.dropFirst()), of: Nightjar.self) {
      self = .usage("there is no command `\(unknown.command)`", next: unknown.next)
      return
    }
    if let negative = NegativeValue(in: arguments), message.contains("'\(negative.option) ") {
      self = .usage(
        "\(negative.option) is given \(negative.value), and nothing below zero can be meant",
        next: "give a number above zero"
      )
      return
    }
    let help = Nightjar.fullMessage(for: error).firstMatch(of: /See '(.+)' for more/)?.output.1
    self = .usage(
      message.prefix(1).lowercased() + message.dropFirst(),
      next: "`\(help ?? "nightjar --help")` tells what can be given"
    )
  }
}

/// A value below zero, which the argument parser takes for an option, so that it misses the value.
private struct NegativeValue {
  let option: String
  let value: String

  init?(in arguments: [String]) {
    let pairs = zip(arguments, arguments.dropFirst())
    guard
      let (option, value) = pairs.first(where: { option, value in
        option.hasPrefix("--") && value.wholeMatch(of: /-[0-9.][0-9.a-zA-Z]*/) != nil
      })
    else { return nil }
    (self.option, self.value) = (option, value)
  }
}

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
