import ArgumentParser
import KeySources

/// `nightjar keys remove`: takes a key out of the keystore.
struct KeysRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take a key out of the keystore.",
    discussion: """
      Its values are gone for good; 'keys disable' keeps them. The provider still accepts them \
      until you revoke them there.

      Example:
        nightjar keys remove anthropic-main
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let change = try options.opened().remove(try KeyReference.keystoreID(id))
    print(
      change.before.map { "removed keystore:\(id) (\($0.summary))" }
        ?? "the keystore has no key '\(id)'; nothing was changed"
    )
  }
}
