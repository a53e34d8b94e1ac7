import ArgumentParser
import Glibc
import KeySources

/// A key's name, and a new value for it from anywhere but the command line.
struct NewValueOptions: ParsableArguments {
  @Argument(help: "A name of your choice; jobs refer to the key as keystore:ID.")
  var id: String

  @Flag(help: "Read the value from standard input, even when that is a terminal.")
  var stdin = false

  @Option(
    help: ArgumentHelp(
      "Whose key it is, for instance anthropic.",
      valueName: "provider"
    )
  )
  var provider: String?

  @Option(
    help: ArgumentHelp(
      "Until when the provider accepts the value: 90d, 2027-01-31 or 2027-01-31T12:00:00Z.",
      valueName: "time"
    ),
    transform: MomentArgument.flag
  )
  var expires: MomentArgument?

  @Option(
    help: ArgumentHelp("From when on the value may be used, in the same forms.", valueName: "time"),
    transform: MomentArgument.flag
  )
  var notBefore: MomentArgument?

  /// Catches a key given as an argument, which the parser's own message would repeat.
  @Argument(help: .hidden)
  var unexpected: [String] = []

  func validate() throws {
    guard unexpected.isEmpty else {
      throw ValidationError(
        "the value of a key is asked for, or piped in; if you have just typed it as an argument, "
          + "it is in your shell's history, so remove it there or replace the key"
      )
    }
    if let end = expires?.moment, end <= Timestamp.now() {
      throw ValidationError("--expires \(Timestamp.text(end)) is in the past: check the date")
    }
    if let start = notBefore?.moment, let end = expires?.moment, start >= end {
      throw ValidationError("the value would expire before it may be used")
    }
  }

  /// What is stored with the value.
  var terms: Keystore.Terms {
    Keystore.Terms(provider: provider, notBefore: notBefore?.moment, expires: expires?.moment)
  }

  /// Whether a person types the value.
  var isAsked: Bool { !stdin && isatty(STDIN_FILENO) == 1 }

  /// The key with its new value, piped in or typed.
  func key() throws -> Key {
    let reference = KeyReference.keystore(id: try KeyReference.keystoreID(id))
    if !isAsked {
      return try Key(reference, value: try HiddenInput.read(from: STDIN_FILENO, "the key"))
    }
    let value = try HiddenInput.ask(
      "value of the key \(id) (not shown)",
      otherwise: "pipe it in on standard input"
    )
    return try Key(reference, value: value)
  }
}
