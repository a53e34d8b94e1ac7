import ArgumentParser
import KeySources

/// `nightjar keys disable`: takes a key out of use.
struct KeysDisable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable",
    abstract: "Take a key out of use, and keep it.",
    discussion: """
      Runs that use the key stop sending with it as soon as they see the change; their jobs wait. \
      The provider still accepts the key until you revoke it there.

      Example:
        nightjar keys disable anthropic
        nightjar keys enable anthropic
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let change = try options.opened().setEnabled(try KeyReference.keystoreID(id), false)
    print(
      change.isChange
        ? "disabled keystore:\(id)" : "keystore:\(id) is disabled already; nothing was changed"
    )
  }
}

/// `nightjar keys enable`: puts a key into use.
struct KeysEnable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable",
    abstract: "Put a disabled or pending key into use.",
    discussion: """
      Accounts that wait for the key go on by themselves.

      Example:
        nightjar keys enable anthropic
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let change = try options.opened().setEnabled(try KeyReference.keystoreID(id), true)
    let entry = change.after.map { " (\($0.summary))" } ?? ""
    print(
      change.isChange
        ? "enabled keystore:\(id)\(entry)"
        : "keystore:\(id) is in use already\(entry); nothing was changed"
    )
  }
}
