import ArgumentParser
import KeySources

/// `nightjar keys remove`: takes a key out of the keystore.
struct KeysRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take a key out of the keystore.",
    discussion: """
      Its values are gone for good; 'keys disable' keeps them. The provider still accepts them \
      until you revoke them there. On a terminal it asks first.

      Example:
        nightjar keys remove anthropic
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup var confirmation: Confirmation

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let keystore = options.opened()
    let id = try KeyReference.keystoreID(id)
    if let entry = try keystore.entries().first(where: { $0.id == id }),
      !confirmation.allows("remove keystore:\(id) (\(entry.summary)) for good")
    {
      throw CLIError(
        "keystore:\(id) was not removed",
        next: "'nightjar keys disable \(id)' takes it out of use and keeps it",
        exitCode: 75
      )
    }
    let change = try keystore.remove(id)
    print(
      change.before.map { "removed keystore:\(id) (\($0.summary))" }
        ?? "the keystore has no key '\(id)'; nothing was changed"
    )
  }
}
