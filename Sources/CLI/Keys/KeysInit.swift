import ArgumentParser
import KeySources
import Secrets

/// `nightjar keys init`: makes an empty keystore.
struct KeysInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an empty keystore, or say anew who can open it.",
    discussion: """
      Makes a private key too, where there is none yet; keep a copy of it somewhere safe, because \
      without it the keystore cannot be opened. An existing keystore is never replaced.

      With --recipient others can open it with their own private keys: machines that run jobs, \
      colleagues, or a key in a safe. On a keystore that is there already, the recipients named \
      now take the place of those named before. Someone who could open it once may have kept \
      what was in it: rotate the keys too.

      With --passphrase there is no private key: people type the passphrase, which takes about a \
      second to check each time. Programs that run unattended do better with a private key.

      Example:
        nightjar keys init
        nightjar keys init \\
          --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
        nightjar keys init --keystore team.age --passphrase
      """
  )

  @Option(
    name: .customLong("recipient"),
    help: ArgumentHelp(
      "Whose private key opens it too, as age-keygen prints it. Repeatable.",
      valueName: "age1…"
    )
  )
  var recipients: [String] = []

  @Flag(help: "Protect it by a passphrase instead of a private key.")
  var passphrase = false

  @Flag(help: "Write it as text that survives mail and version control.")
  var armor = false

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func validate() throws {
    guard !passphrase || recipients.isEmpty else {
      throw ValidationError("a passphrase is the only way to open a keystore that has one")
    }
  }

  func run() throws {
    let keystore = options.opened()
    let others = try recipients.map { name in
      do throws(AgeError) {
        return try AgeRecipient(name)
      } catch {
        throw CLIError("\(error)", at: "--recipient", exitCode: 64)
      }
    }
    guard !keystore.exists || passphrase || armor else { return try revise(keystore, others) }
    let all = try keystore.create(
      protection: passphrase ? .passphrase : .identity,
      armored: armor,
      recipients: others
    )
    print("keystore:   \(keystore.location.path)")
    if let own = all.first {
      print("identity:   \(keystore.location.identity)")
      print("public key: \(own)")
    }
    for recipient in all.dropFirst() { print("recipient:  \(recipient)") }
  }

  private func revise(_ keystore: Keystore, _ others: [AgeRecipient]) throws {
    let before = try keystore.generation()
    let all = others.isEmpty ? [] : try keystore.setRecipients(others)
    for recipient in all { print("recipient:  \(recipient)") }
    let isChange = try keystore.generation() != before
    print("\(keystore.location.path) is there already" + (isChange ? "" : "; nothing was changed"))
  }
}
