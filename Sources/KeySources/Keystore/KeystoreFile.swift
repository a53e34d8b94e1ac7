import Secrets
import Synchronization

/// The age file of a keystore: opened with an identity or a passphrase, and changed as a whole.
///
/// What was opened is kept until the file changes, because a passphrase takes a second of work.
final class KeystoreFile: Sendable {
  /// What was in the file, and what it takes to write it again in the same way.
  final class Opened: Sendable {
    let document: KeystoreDocument
    let identities: [AgeIdentity]
    let details: AgeFile.Details
    let stamp: FileStamp?

    init(
      _ document: consuming KeystoreDocument,
      _ identities: [AgeIdentity],
      _ details: AgeFile.Details,
      _ stamp: FileStamp?
    ) {
      self.document = document
      self.identities = identities
      self.details = details
      self.stamp = stamp
    }

    var seen: KeystoreMemory.Seen {
      KeystoreMemory.Seen(store: document.index.store, generation: document.index.generation)
    }
  }

  /// A change to write: the new text, and what the audit log says about it.
  struct Change: ~Copyable {
    let text: Secret
    let audit: [AuditEntry]
  }

  /// An age file is little larger than the document in it, a third more in armor.
  static let largest = 2 * KeystoreDocument.largest

  let location: KeystoreLocation
  let memory: KeystoreMemory
  let passphrase: KeystorePassphrase
  let lastOpened = Mutex<Opened?>(nil)
  /// Identities that came from a descriptor, which can be read but once.
  let givenIdentities = Mutex<[AgeIdentity]>([])

  init(_ location: KeystoreLocation, notice: @escaping @Sendable (String) -> Void) {
    self.location = location
    memory = KeystoreMemory(of: location.path, in: location.memory, notice: notice)
    passphrase = KeystorePassphrase(location)
  }

  /// What is in the file now.
  ///
  /// - Throws: ``KeySourceError``; also when it is older than what was seen before, or another
  ///   keystore.
  func read() throws(KeySourceError) -> Opened {
    try LockedFolder.check(parentOf: location.path)
    if let known = unchanged { return known }
    let opened = try open()
    if [.same, .newer].contains(memory.compare(opened.seen)) { return keep(opened) }
    // A change by another process may have come between reading the file and the note on it.
    let folder = try LockedFolder(of: location.path, creating: false)
    return try withExtendedLifetime(folder) { () throws(KeySourceError) in try openTrusted() }
  }

  /// Writes what `body` makes of the document, while no other process can.
  ///
  /// - Parameters:
  ///   - named: whom to encrypt to from now on; as before when nil.
  ///   - body: gives the change, or nil when nothing has to change.
  func change(
    for named: [AgeRecipient]? = nil,
    _ body: (borrowing KeystoreDocument) throws(KeySourceError) -> Change?
  ) throws(KeySourceError) {
    // A passphrase is asked for while nobody waits for the lock.
    _ = try read()
    let folder = try LockedFolder(of: location.path, creating: false)
    let opened = try openedUnderLock()
    guard let change = try body(opened.document) else { return }
    let kept = try recipients(of: opened, insteadOf: named)
    let document = try KeystoreDocument(change.text)
    let store = document.index.store ?? Self.newName()
    try noting(change.audit) { () throws(KeySourceError) in
      try write(
        document.stamped(store: store, recipients: kept),
        for: kept,
        opened.identities,
        armored: opened.details.isArmored,
        in: folder
      )
    }
    memory.note(.init(store: store, generation: document.index.generation + 1))
  }

  /// Writes a first document where there is no keystore yet.
  ///
  /// - Returns: whom it is encrypted to; nobody with a passphrase.
  func create(
    protection: Keystore.Protection,
    armored: Bool,
    recipients others: [AgeRecipient],
    audit: AuditEntry
  ) throws(KeySourceError) -> [AgeRecipient] {
    try checkAbsence()
    let identities =
      switch protection {
      case .identity: try IdentityFile.readOrCreate(location.identity)
      case .passphrase: [try passphrase.new()]
      }
    let folder = try LockedFolder(of: location.path, creating: true)
    try checkAbsence()
    let recipients = Self.distinct(identities.compactMap(\.recipient) + others)
    let store = Self.newName()
    let document = try KeystoreDocument(KeystoreDocument.empty())
    let text = document.stamped(store: store, recipients: recipients)
    try noting([audit]) { () throws(KeySourceError) in
      try write(text, for: recipients, identities, armored: armored, in: folder)
    }
    memory.note(.init(store: store, generation: document.index.generation + 1))
    return recipients
  }

  /// Takes the keystore for the true one from now on, whatever was seen before.
  ///
  /// - Returns: whether that was necessary.
  func accept(audit: AuditEntry) throws(KeySourceError) -> Bool {
    let folder = try LockedFolder(of: location.path, creating: false)
    return try withExtendedLifetime(folder) { () throws(KeySourceError) in try acceptNow(audit) }
  }

  private func acceptNow(_ audit: AuditEntry) throws(KeySourceError) -> Bool {
    let opened = try open()
    if [.same, .newer].contains(memory.compare(opened.seen)) { return false }
    try noting([audit]) {}
    memory.note(opened.seen)
    return true
  }

  /// The public keys of the identities at hand.
  func ownRecipients() throws(KeySourceError) -> [AgeRecipient] {
    try identities(needPassphrase: false).compactMap(\.recipient)
  }

  /// The list without repetitions.
  static func distinct(_ recipients: [AgeRecipient]) -> [AgeRecipient] {
    var seen: Set<AgeRecipient> = []
    return recipients.filter { seen.insert($0).inserted }
  }

  private static func newName() -> String {
    Random.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
