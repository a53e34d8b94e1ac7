import ArgumentParser
import FoundationEssentials
import KeySources

/// `nightjar keys list`: shows what the keystore holds, never the values.
struct KeysList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the keys in the keystore, never their values.",
    discussion: """
      The fingerprint is a short name of the value: it changes when the value does, and the same \
      value has the same fingerprint everywhere. A key that was rotated shows the value before, \
      and until when it may be used.

      Example:
        nightjar keys list
        nightjar keys list --json | jq -r '.[] | select(.usable) | .id'
      """
  )

  @Flag(help: "Print a JSON array, one object for each key.")
  var json = false

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  /// One value as `--json` prints it.
  private struct Value: Encodable {
    let version: Int
    let state: String
    let usable: Bool
    let created: String
    let notBefore: String?
    let expires: String?
    let fingerprint: String

    init(_ version: KeystoreEntry.Version, at now: Int64) {
      self.version = version.number
      state = version.state.rawValue
      usable = version.standing(at: now) == .usable
      created = version.created
      notBefore = version.notBefore.map { Timestamp.text($0) }
      expires = version.expires.map { Timestamp.text($0) }
      fingerprint = version.fingerprint
    }
  }

  /// One key as `--json` prints it: its present value, and what concerns all of them.
  private struct Line: Encodable {
    private enum Name: CodingKey {
      case id, provider, rotation, previous
    }

    let entry: KeystoreEntry
    let now: Int64

    func encode(to encoder: any Encoder) throws {
      try Value(entry.current, at: now).encode(to: encoder)
      var fields = encoder.container(keyedBy: Name.self)
      try fields.encode(entry.id, forKey: .id)
      try fields.encodeIfPresent(entry.provider, forKey: .provider)
      try fields.encodeIfPresent(entry.rotation, forKey: .rotation)
      try fields.encodeIfPresent(entry.previous.map { Value($0, at: now) }, forKey: .previous)
    }
  }

  func run() throws {
    let entries = try options.opened().entries()
    let now = Timestamp.now()
    guard json else { return printResult(Self.table(entries, at: now)) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let text = try encoder.encode(entries.map { Line(entry: $0, now: now) })
    printResult(String(decoding: text, as: UTF8.self))
  }

  private static func table(_ entries: [KeystoreEntry], at now: Int64) -> String {
    let head = [
      "ID", "PROVIDER", "STATE", "VERSION", "CREATED", "EXPIRES", "FINGERPRINT", "BEFORE",
    ]
    return TextTable.text(
      [head]
        + entries.map { entry in
          [
            entry.id, entry.provider ?? "-", entry.current.word(at: now),
            String(entry.current.number), entry.current.created,
            entry.current.expires.map { Timestamp.text($0) } ?? "-", entry.current.fingerprint,
            entry.previous.map { before($0, at: now) } ?? "-",
          ]
        }
    )
  }

  private static func before(_ version: KeystoreEntry.Version, at now: Int64) -> String {
    "\(version.fingerprint) \(version.word(at: now))"
      + (version.standing(at: now) == .usable
        ? version.expires.map { " until \(Timestamp.text($0))" } ?? "" : "")
  }
}
