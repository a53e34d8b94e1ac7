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
      value has the same fingerprint everywhere.

      Example:
        nightjar keys list
        nightjar keys list --json | jq -r '.[].id'
      """
  )

  @Flag(help: "Print a JSON array, one object for each key.")
  var json = false

  @OptionGroup var options: KeystoreOptions

  /// One key as `--json` prints it.
  private struct Line: Encodable {
    let id: String
    let provider: String?
    let state: String
    let created: String
    let fingerprint: String
  }

  func run() throws {
    let lines = try Keystore(at: options.location).entries().map {
      Line(
        id: $0.id,
        provider: $0.provider,
        state: $0.state.rawValue,
        created: $0.created,
        fingerprint: $0.fingerprint
      )
    }
    print(json ? try Self.json(lines) : Self.table(lines))
  }

  private static func json(_ lines: [Line]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(lines), as: UTF8.self)
  }

  private static func table(_ lines: [Line]) -> String {
    let rows =
      [["ID", "PROVIDER", "STATE", "CREATED", "FINGERPRINT"]]
      + lines.map { [$0.id, $0.provider ?? "-", $0.state, $0.created, $0.fingerprint] }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row.dropLast(), widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }
        .joined() + (row.last ?? "")
    }.joined(separator: "\n")
  }
}
