import ArgumentParser
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

      The same value again changes nothing. For another value of a key that is there, 'keys \
      rotate' gives the old one a time of overlap; --replace drops it at once.

      Example:
        nightjar keys add anthropic --provider anthropic
        pass show openai | nightjar keys add openai --expires 90d
      """
  )

  @OptionGroup var value: NewValueOptions

  @Flag(help: "Give a key that is there already the new value, and drop the old one at once.")
  var replace = false

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func validate() throws {
    try options.leaveStandardInput(to: "the key")
  }

  func run() throws {
    let keystore = try options.openedForChange()
    if value.isAsked, !replace { try keystore.refuseKnown(try KeyReference.keystoreID(value.id)) }
    let key = try value.key()
    let change = try keystore.store(key, value.terms, replacing: replace)
    let entry = change.after.map { " (\($0.summary))" } ?? ""
    print(
      change.isChange
        ? "stored \(key.reference)\(entry)"
        : "\(key.reference) has this value already\(entry); nothing was changed"
    )
  }
}
