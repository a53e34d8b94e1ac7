import Glibc
import Secrets

/// A key that a command prints: the key alone, or a JSON object with a field for it.
///
/// The command is a line for `/bin/sh`. It runs in a process group of its own with nothing to
/// read, a small part of the environment (see ``ChildEnvironment``) and a deadline, after which
/// the whole group is ended. Messages show its program, never its arguments, and what it says on
/// standard error only without keys.
package struct CommandKeySource: KeySource {
  private let command: ShellCommand
  private let field: String?

  package var reference: KeyReference { .command(command.line, field: field) }

  /// Names the command and, for JSON, the field; see ``JSONField``.
  ///
  /// - Parameters:
  ///   - command: a command line for `/bin/sh`.
  ///   - field: the field of the JSON object that it prints; nil where it prints the key alone.
  ///   - deadline: how long it may run.
  ///   - grace: how long it has to end by itself once its time is up.
  package init(
    command: String,
    field: String? = nil,
    deadline: Duration = .seconds(30),
    grace: Duration = .seconds(2)
  ) {
    self.command = ShellCommand(line: command, deadline: deadline, grace: grace)
    self.field = field
  }

  package func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let output = try await command.run()
    if let failure = Self.failure(of: command, "\(reference)", output) { throw failure }
    let text = output.text.copy()
    let value = try JSONField.value(field, of: text, in: "the output of \(reference)")
    return [try Key(reference, value: value)]
  }

  /// Why a command gave nothing that can be used; nil when it gave something.
  ///
  /// - Parameters:
  ///   - command: the command.
  ///   - name: names it in the message.
  ///   - output: what it printed, and how it ended.
  static func failure(
    of command: ShellCommand,
    _ name: String,
    _ output: CommandOutput
  ) -> KeySourceError? {
    let said = CommandErrors.shown(
      output.errors,
      hidingWordsOf: output.text,
      andThese: command.settings
    )
    let quoted = said.isEmpty ? "" : " and said: \(said)"
    switch output.end {
    case .exit(status: 0):
      let isEmpty = output.text.withBytes { $0.lengthWithoutLineBreak } == 0
      return isEmpty
        ? KeySourceError(.unavailable, "\(name) printed nothing\(quoted); \(advice)") : nil
    case .exit(status: 127):
      return KeySourceError(
        .denied,
        "\(name) failed because a command was not found\(quoted); check its name and PATH"
      )
    case .exit(status: 126):
      return KeySourceError(
        .denied,
        "\(name) failed because a command may not be run\(quoted); check its permissions"
      )
    case .exit(let status):
      return KeySourceError(
        .unavailable,
        "\(name) failed with exit status \(status)\(quoted); \(advice)"
      )
    case .signal(let signal):
      return KeySourceError(
        .unavailable,
        "\(name) was ended by signal \(signal)\(quoted); \(advice)"
      )
    case .overdue:
      return KeySourceError(
        .unavailable,
        "\(name) did not finish within \(command.deadline.formattedSeconds) and was ended\(quoted); "
          + "check whether it waits for input, of which it gets none"
      )
    case .tooLong:
      return KeySourceError(
        .denied,
        "\(name) printed more than \(CommandRun.largestOutput) bytes and was ended; it must print "
          + "the key and nothing else"
      )
    case .cancelled: return KeySourceError(.unavailable, "\(name) was cancelled")
    }
  }

  private static let advice =
    "run it in a terminal to see why. It gets only common settings of the environment: name "
    + "others that it needs in \(ChildEnvironment.namesVariable), with commas between"
}

extension Duration {
  /// Such as "30 s" or "0.5 s".
  fileprivate var formattedSeconds: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
