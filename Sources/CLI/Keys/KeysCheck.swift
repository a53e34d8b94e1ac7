import ArgumentParser
import KeySources

/// `nightjar keys check`: whether the keystore and its keys can be used.
struct KeysCheck: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the keystore, its files and how long its keys last.",
    discussion: """
      Opens the keystore, and refuses it as a run would: files that others can read or exchange, \
      links, an older copy or another keystore than the one seen before. Then shows each key, and \
      warns when its value expires within 7 days, a day or an hour. Asks no provider. The exit \
      status is 77 when a key that should be in use has no usable value.

      When you have restored an older copy, or put another keystore in this place, and are sure \
      that it is yours, --accept takes it for the true one from now on.

      Example:
        nightjar keys check
        nightjar keys check --accept
      """
  )

  @Flag(help: "Take an older copy, or another keystore in its place, for the true one.")
  var accept = false

  @OptionGroup(title: "Keystore") var options: KeystoreOptions

  func run() throws {
    let keystore = options.opened()
    if accept {
      print(try keystore.accept() ? "accepted from now on" : "there was nothing to accept")
    }
    let entries = try keystore.entries()
    let now = Timestamp.now()
    print("keystore:  \(keystore.location.path), generation \(try keystore.generation())")
    let log = try Self.log(keystore.location.auditLog)
    print("audit log: \(log.text)")
    let head = ["ID", "STATE", "VERSION", "FINGERPRINT", "EXPIRES", "REMARK"]
    print(TextTable.text([head] + entries.map { Self.row($0, at: now) }))
    let unusable = entries.filter { $0.isUnexpectedlyUnusable(at: now) }.map(\.id)
    guard unusable.isEmpty, log.isWhole else {
      throw CLIError(
        unusable.isEmpty
          ? "the audit log is broken" : "not usable: \(unusable.joined(separator: ", "))",
        at: keystore.location.path,
        next: unusable.isEmpty
          ? "see 'nightjar keys audit --verify'"
          : "give it a new value: nightjar keys rotate \(unusable[0])",
        exitCode: 77
      )
    }
  }

  private static func log(_ path: String) throws -> (text: String, isWhole: Bool) {
    guard AuditReader.exists(path) else { return ("none yet", true) }
    let summary = try AuditReader.verify(path)
    if let broken = summary.firstBreak {
      return ("\(path), line \(broken.line): \(broken.why)", false)
    }
    return ("\(path), \(summary.entries) entries, whole", true)
  }

  private static func row(_ entry: KeystoreEntry, at now: Int64) -> [String] {
    let value = entry.current
    return [
      entry.id, value.word(at: now), String(value.number), value.fingerprint,
      value.expires.map { Timestamp.text($0) } ?? "-", remark(entry, at: now),
    ]
  }

  private static func remark(_ entry: KeystoreEntry, at now: Int64) -> String {
    switch entry.current.standing(at: now) {
    case .usable:
      guard let expires = entry.current.expires else { return "" }
      let hours = (expires - now) / 3_600_000
      if hours < 1 { return "expires within the hour" }
      if hours < 24 { return "expires in \(hours) h" }
      return hours < 7 * 24 ? "expires in \(hours / 24) d" : ""
    case .expired: return "rotate it"
    case .notYet(nil): return "'keys enable' puts it into use"
    case .disabled: return "'keys enable' puts it back into use"
    case .notYet, .retired: return ""
    }
  }
}

extension KeystoreEntry {
  /// Whether nobody took the key out of use, and yet it has no value that may be used.
  fileprivate func isUnexpectedlyUnusable(at now: Int64) -> Bool {
    guard case .expired = current.standing(at: now) else { return false }
    return previous?.standing(at: now) != .usable
  }
}
