import ArgumentParser
import FoundationEssentials
import Glibc
import KeySources

/// `nightjar keys add`: stores a key.
struct KeysAdd: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Store a key, typed in or piped in.",
    discussion: """
      Asks for the value on the terminal without showing it, or reads it from standard input. The \
      value is never an argument, because arguments can be seen by every user of the machine and \
      stay in the shell's history.

      Example:
        nightjar keys add anthropic-main --provider anthropic
        pass show anthropic | nightjar keys add anthropic-main --replace
      """
  )

  @Argument(help: "A name of your choice; jobs refer to the key as keystore:ID.")
  var id: String

  @Option(help: ArgumentHelp("Whose key it is, for instance anthropic.", valueName: "provider"))
  var provider: String?

  @Flag(help: "Give a key that is there already the new value.")
  var replace = false

  @OptionGroup var options: KeystoreOptions

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
    if options.passphraseFd == 0 {
      throw ValidationError(
        "the key is read from standard input, so the passphrase needs another descriptor, "
          + "for instance --passphrase-fd 3"
      )
    }
  }

  func run() throws {
    let reference = KeyReference.keystore(id: try KeyReference.keystoreID(id))
    let key =
      isatty(STDIN_FILENO) == 1
      ? try Key(
        reference,
        value: try HiddenInput.ask(
          "value of the key \(id) (not shown)",
          otherwise: "pipe it in on standard input"
        )
      )
      : try Key(reference, value: try HiddenInput.read(from: STDIN_FILENO, "the key"))
    try Keystore(at: options.location).store(
      key,
      provider: provider,
      created: Date.now.formatted(.iso8601),
      replacing: replace
    )
    print("stored \(key)")
  }
}
