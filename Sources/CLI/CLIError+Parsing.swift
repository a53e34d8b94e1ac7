import ArgumentParser
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
    if let negative = NegativeValue(missedBy: message, in: arguments) {
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
    if message.contains("'--prompt'") {
      self = .usage(
        "there is no --prompt",
        next: "prompts stand in the input, a line each; what all have in common is --system, or a "
          + "template: `prompt` in a job file"
      )
      return
    }
    let flag = message.firstMatch(of: /option '--([a-z_-]+)'/).map { String($0.output.1) } ?? ""
    let parameter = flag.replacing("-", with: "_")
    if Parameter.common.contains(parameter) {
      self = .usage(
        "there is no --\(flag)",
        next: "it is the provider's own: --param \(parameter)=…, or `params` in a job file"
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
