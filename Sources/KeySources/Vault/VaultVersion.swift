/// One version of a secret, as the metadata of KV 2 describes it.
///
/// Two that are equal hold the same value: numbers begin again at 1 when a secret is removed with
/// all its metadata, but the time of creation differs then.
struct VaultVersion: Sendable, Hashable {
  let number: Int
  private let created: String
  private let deletion: String
  /// Whether its value is gone for good.
  let isDestroyed: Bool

  /// Reads the description at `path` in a body; nil where there is none.
  init?(_ number: Int, _ body: VaultBody, at path: [String]) {
    guard let created = body.string(path + ["created_time"]) else { return nil }
    self.number = number
    self.created = created
    deletion = body.string(path + ["deletion_time"]) ?? ""
    isDestroyed = body.isTrue(path + ["destroyed"])
  }

  /// Its name in ``Key/label``.
  var label: String { "\(number)" }

  /// When it was deleted or, with `delete_version_after`, will be, in milliseconds since 1970; nil
  /// for never.
  var expires: Int64? { deletion.isEmpty ? nil : Timestamp.moment(deletion) }

  /// Whether its time is over by this clock; the server's word decides.
  func seemsDeleted(at now: Int64) -> Bool { expires.map { $0 <= now } ?? false }
}

/// The present version of a secret and the one before.
struct VaultMetadata: Sendable, Equatable {
  let current: VaultVersion?
  let previous: VaultVersion?

  /// Reads the answer of a metadata path.
  init(_ body: VaultBody) {
    let number = body.integer(["data", "current_version"]) ?? 0
    let version = { VaultVersion($0, body, at: ["data", "versions", "\($0)"]) }
    current = version(number)
    previous = version(number - 1)
  }
}
