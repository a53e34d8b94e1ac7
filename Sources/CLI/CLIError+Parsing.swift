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
    if message.contains("unexpected argument"), let files = ExpandedPattern(in: arguments) {
      self = .usage(
        "\(files.count) inputs are given, and a run takes one",
        next: "give the folder, or a pattern in quotes, so that the shell leaves it to nightjar: "
          + "'\(files.pattern)'"
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

/// Files that a shell has put in place of a pattern.
private struct ExpandedPattern {
  let count: Int
  /// A pattern that takes them all.
  let pattern: String

  /// Nil where the arguments name no two files of one folder with one ending.
  init?(in arguments: [String]) {
    let files = arguments.dropFirst().filter {
      !$0.hasPrefix("-") && FileManager.default.fileExists(atPath: $0)
    }
    let patterns = Dictionary(grouping: files) { file in
      let path = file.split(separator: "/", omittingEmptySubsequences: false)
      let folder = path.dropLast().joined(separator: "/")
      let ending = path.last?.split(separator: ".").last.map { "." + $0 } ?? ""
      return (folder.isEmpty ? "." : folder) + "/*" + ending
    }
    guard let (pattern, files) = patterns.max(by: { $0.value.count < $1.value.count }),
      files.count > 1
    else { return nil }
    (count, self.pattern) = (files.count, pattern)
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
