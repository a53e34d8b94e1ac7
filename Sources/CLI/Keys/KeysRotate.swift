import ArgumentParser
import KeySources
import Runner

/// `nightjar keys rotate`: gives a key a new value.
struct KeysRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Give a key a new value; the old one may be used a while longer.",
    discussion: """
      Running batches take the new value for their next requests; what is in flight ends with the \
      old one, and no job fails. Revoke the old value at the provider after the overlap, or as \
      soon as 'keys audit' shows no more attempts with it.

      The same value again changes nothing, so the command may be repeated after a crash. \
      'keys rollback' undoes it while the old value is kept.

      With --probe the provider is asked first whether it accepts the value (GET /v1/models, \
      which costs nothing); if it does not, the keystore stays as it is.

      Example:
        nightjar keys rotate anthropic
        issue-new-key | nightjar keys rotate anthropic --overlap 1h --probe
      """
  )

  @OptionGroup var value: NewValueOptions

  @Option(
    help: ArgumentHelp(
      "How long the old value may still be used: 45s, 30m, 24h, 7d, or 0.",
      valueName: "time"
    ),
    transform: SpanArgument.flag
  )
  var overlap = SpanArgument(hours: 24)

  @Flag(help: "Ask the provider whether it accepts the value before it is stored.")
  var probe = false

  @Option(
    help: ArgumentHelp(
      "Where --probe asks, with or without a trailing /v1. (default: the provider's own)",
      valueName: "url"
    )
  )
  var baseURL: String?

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp("Trust the certificates in this file when asking.", valueName: "pem"),
    completion: .file()
  )
  var caFile: String?

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func validate() throws {
    try options.leaveStandardInput(to: "the key")
  }

  mutating func run() async throws {
    let keystore = try options.openedForChange()
    let id = try KeyReference.keystoreID(value.id)
    guard try keystore.entries().contains(where: { $0.id == id }) else {
      throw CLIError(
        "the keystore has no key '\(id)' to rotate",
        at: keystore.location.path,
        next: "'nightjar keys list' shows what it has, and 'nightjar keys add \(id)' adds it",
        exitCode: 77
      )
    }
    let key = try value.key()
    if probe {
      let entry = try keystore.entries().first { $0.id == value.id }
      if let entry, entry.current.fingerprint != key.fingerprint {
        try await ask(key, of: value.provider ?? entry.provider)
      }
    }
    let change = try keystore.rotate(key, value.terms, overlap: overlap.duration)
    guard let entry = change.after else { return }
    print(change.isChange ? text(entry, before: change.before) : unchanged(entry))
  }

  private func ask(_ key: Key, of provider: String?) async throws {
    guard let provider else {
      throw CLIError.usage(
        "nothing says whose key it is",
        next: "name whom --probe asks: --provider "
          + providers.map { $0.name }.joined(separator: " or ")
      )
    }
    let probe = try KeyProbe(provider: provider, baseURL: baseURL, caFile: caFile)
    try await probe.check(key)
  }

  private func unchanged(_ entry: KeystoreEntry) -> String {
    "keystore:\(entry.id) has this value already (\(entry.summary)"
      + (entry.rotation.map { ", rotation \($0)" } ?? "") + "); nothing was changed"
  }

  private func text(_ entry: KeystoreEntry, before: KeystoreEntry?) -> String {
    var lines = ["rotated keystore:\(entry.id)", "  new: \(entry.summary)"]
    let now = Timestamp.now()
    let isUsable = entry.previous?.standing(at: now) == .usable
    if let old = entry.previous {
      let use =
        isUsable
        ? old.expires.map { "may be used until \(Timestamp.text($0))" } ?? "may be used"
        : "is no longer used"
      lines.append("  old: version \(old.number), fingerprint \(old.fingerprint), \(use)")
    }
    if let dropped = before?.previous, dropped.standing(at: now) == .usable {
      lines.append(
        "  dropped: version \(dropped.number), fingerprint \(dropped.fingerprint): its overlap was not "
          + "over, but only one earlier value is kept"
      )
    }
    if let rotation = entry.rotation { lines.append("  rotation: \(rotation)") }
    if isUsable { lines.append("undo: nightjar keys rollback \(entry.id)") }
    return lines.joined(separator: "\n")
  }
}
