import ArgumentParser
import KeySources

/// `nightjar keys init`: makes an empty keystore.
struct KeysInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an empty keystore.",
    discussion: """
      Makes a private key too, where there is none yet; keep a copy of it somewhere safe, because \
      without it the keystore cannot be opened. An existing keystore is never replaced.

      With --passphrase there is no private key: people type the passphrase, which takes about a \
      second to check each time. Programs that run unattended do better with a private key.

      Example:
        nightjar keys init
        nightjar keys init --keystore team.age --passphrase
      """
  )

  @Flag(help: "Protect it by a passphrase instead of a private key.")
  var passphrase = false

  @Flag(help: "Write it as text that survives mail and version control.")
  var armor = false

  @OptionGroup var options: KeystoreOptions

  func run() throws {
    let location = options.location
    let recipient = try Keystore(at: location).create(
      protection: passphrase ? .passphrase : .identity,
      armored: armor
    )
    print("keystore:   \(location.path)")
    if let recipient {
      print("identity:   \(location.identityPath)")
      print("public key: \(recipient)")
    }
  }
}
