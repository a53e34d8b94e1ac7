import ArgumentParser
import KeySources

/// `nightjar keys rollback`: undoes a rotation.
struct KeysRollback: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Undo the last rotation of a key.",
    discussion: """
      The value from before the rotation is used again, and the new one is kept out of use. A run \
      that is under way goes on with the new one until the provider has accepted the old one \
      again; 'nightjar status' says which it uses, and why. Done twice, the second changes \
      nothing. It works until the overlap has ended and the keystore was changed after that.

      Example:
        nightjar keys rollback anthropic
      """
  )

  @Argument(help: "The name under which the key was stored.")
  var id: String

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let change = try options.opened().rollBack(try KeyReference.keystoreID(id))
    guard let entry = change.after else { return }
    guard change.isChange else {
      return print(
        "keystore:\(id) was rolled back already (\(entry.summary)); nothing was changed"
      )
    }
    print("rolled keystore:\(id) back")
    print("  in use: \(entry.summary)")
    if let other = entry.previous {
      print("  out of use: version \(other.number), fingerprint \(other.fingerprint)")
      print(
        "runs under way go on with the version that they use until the provider has accepted version "
          + "\(entry.current.number); 'nightjar status' says which that is"
      )
    }
  }
}
