import ArgumentParser
import Glibc
import KeySources

/// `nightjar keys import`: stores many keys at once.
struct KeysImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Store many keys at once, all or none.",
    discussion: """
      Reads a JSON object {"id":"value",…}, or lines NAME=value as in .env files, from a file that \
      only you may read, or from standard input. New keys are added; keys with another value are \
      rotated, so that the old value may be used until the overlap ends; the rest stays as it is.

      Example:
        sops -d keys.enc.json | nightjar keys import -
        nightjar keys import keys.env --overlap 1h
        age -d -i old-identity.txt old.age | jq '[.keys[]|{(.id):.value}]|add' | \\
          nightjar keys import -
      """
  )

  @Argument(help: "The file, or - for standard input.", completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp(
      "How long old values may still be used: 45s, 30m, 24h, 7d, or 0.",
      valueName: "time"
    ),
    transform: SpanArgument.flag
  )
  var overlap = SpanArgument(hours: 24)

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func validate() throws {
    if file == "-" { try options.leaveStandardInput(to: "the keys") }
  }

  func run() throws {
    let keystore = try options.openedForChange()
    let keys = file == "-" ? try KeyImport.read(from: STDIN_FILENO) : try KeyImport.read(file)
    let changes = try keystore.store(all: keys, overlap: overlap.duration)
    for change in changes {
      guard let entry = change.after else { continue }
      let what = change.before == nil ? "new" : change.isChange ? "changed" : "unchanged"
      print("\(what): keystore:\(entry.id) (\(entry.summary))")
    }
  }
}
