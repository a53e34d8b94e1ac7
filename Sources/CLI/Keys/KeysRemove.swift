import ArgumentParser
import KeySources

/// `nightjar keys remove`: takes a key out of the keystore.
struct KeysRemove: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Take a key out of the keystore.",
    discussion: """
      The provider still accepts the key until you revoke it there.

      Example:
        nightjar keys remove anthropic-main
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup var options: KeystoreOptions

  func run() throws {
    try Keystore(at: options.location).remove(id)
    print("removed \(id)")
  }
}
