import Secrets
import Synchronization

extension KeystoreFile {
  /// What was opened last and kept, while the file is still the same.
  var unchanged: Opened? {
    guard let known = lastOpened.withLock({ $0 }), let stamp = known.stamp,
      stamp == FileStamp(location.path)
    else { return nil }
    return known
  }

  func openedUnderLock() throws(KeySourceError) -> Opened {
    if let known = unchanged { return known }
    return try openTrusted()
  }

  /// Does what is noted: first the note, so that no change goes without one.
  func noting(
    _ entries: [AuditEntry],
    _ body: () throws(KeySourceError) -> Void
  ) throws(KeySourceError) {
    let log = try AuditLog(location.auditLog)
    try log.append(entries)
    try log.sync()
    do throws(KeySourceError) {
      try body()
    } catch {
      try? log.append([.keystore(.failed, detail: error.description)])
      throw error
    }
  }

  func openTrusted() throws(KeySourceError) -> Opened {
    let opened = try open()
    switch memory.compare(opened.seen) {
    case .same, .newer: break
    case .older(let generation):
      throw KeySourceError(
        .denied,
        "\(location.path) is an older copy: it has generation \(opened.seen.generation), and "
          + "generation \(generation) was seen here before. Keys that were rotated or removed since "
          + "would come back. Put the newer file back; or, when you restored this one yourself, run "
          + "'nightjar keys check --accept'"
      )
    case .other:
      throw KeySourceError(
        .denied,
        "\(location.path) is another keystore than the one seen here before. If somebody else put "
          + "it there, your prompts would go out with their keys. Put yours back; or, when you made "
          + "this one yourself, run 'nightjar keys check --accept'"
      )
    }
    return keep(opened)
  }

  /// Keeps what takes a second of work to open again; else the values in it, among them those that
  /// were replaced, would stay in memory for no gain.
  func keep(_ opened: Opened) -> Opened {
    if opened.details.needsPassphrase { lastOpened.withLock { $0 = opened } }
    return opened
  }

  func open() throws(KeySourceError) -> Opened {
    let stamp = FileStamp(location.path)
    guard stamp != nil else {
      throw KeySourceError(
        .denied,
        "there is no keystore at \(location.path); 'nightjar keys init' makes one, "
          + "--keystore names another"
      )
    }
    let file = try SecretFile.publicBytes(
      of: location.path,
      what: "the keystore",
      largest: Self.largest
    )
    let details = try explaining { () throws(AgeError) in try AgeFile.Details(of: file) }
    let identities = try identities(needPassphrase: details.needsPassphrase)
    let text = try explaining { () throws(AgeError) in
      try AgeFile.decrypt(file, with: identities)
    }
    if details.needsPassphrase { passphrase.remember(identities[0]) }
    return Opened(try KeystoreDocument(text), identities, details, stamp)
  }

  func identities(needPassphrase: Bool) throws(KeySourceError) -> [AgeIdentity] {
    if needPassphrase { return [try passphrase.identity()] }
    guard case .descriptor = location.identity else {
      return try IdentityFile.read(location.identity)
    }
    return try givenIdentities.withLock { given throws(KeySourceError) in
      if given.isEmpty { given = try IdentityFile.read(location.identity) }
      return given
    }
  }

  /// Whom the file is to be encrypted to again.
  ///
  /// The file says only how many they are. When that is not what the document says, another
  /// program has decided anew who may read it, and we must neither lock them out nor let others in.
  func recipients(
    of opened: Opened,
    insteadOf named: [AgeRecipient]?
  ) throws(KeySourceError) -> [AgeRecipient] {
    if let named { return named }
    guard !opened.details.needsPassphrase else { return [] }
    let listed = try explaining { () throws(AgeError) in
      try opened.document.index.recipients.map { name throws(AgeError) in try AgeRecipient(name) }
    }
    let own = opened.identities.compactMap(\.recipient)
    let count = opened.details.recipients
    guard listed.isEmpty ? count <= own.count : count == listed.count else {
      throw KeySourceError(
        .cannotWrite,
        "\(location.path) is encrypted to \(count) recipients, and "
          + (listed.isEmpty ? "does not say which" : "its list names \(listed.count)")
          + ", so a change could lock some of them out or let others in; say once who can open it "
          + "besides you: 'nightjar keys init --recipient age1… --recipient age1…'"
      )
    }
    return listed.isEmpty ? own : listed
  }

  func write(
    _ text: borrowing Secret,
    for recipients: [AgeRecipient],
    _ identities: [AgeIdentity],
    armored: Bool,
    in folder: borrowing LockedFolder
  ) throws(KeySourceError) {
    guard text.count <= KeystoreDocument.largest else {
      throw KeySourceError(.cannotWrite, "the keystore would be larger than 1 MiB; remove keys")
    }
    let file = try explaining { () throws(AgeError) in
      recipients.isEmpty
        ? try AgeFile.encrypt(text, for: identities, armored: armored)
        : try AgeFile.encrypt(text, to: recipients, armored: armored)
    }
    try folder.replace(location.path, with: file.span)
    lastOpened.withLock { $0 = nil }
  }

  func checkAbsence() throws(KeySourceError) {
    guard !SecretFile.exists(location.path) else {
      throw KeySourceError(
        .cannotWrite,
        "\(location.path) exists already and is not replaced; 'nightjar keys list' shows its keys"
      )
    }
  }

  /// Adds to an error of the age format where it happened and what to do.
  private func explaining<Result: ~Copyable>(
    _ body: () throws(AgeError) -> Result
  ) throws(KeySourceError) -> Result {
    do throws(AgeError) {
      return try body()
    } catch {
      let advice =
        switch error {
        case .noMatch, .unsupported:
          "; give the identity it was made with by --identity (tried \(location.identity))"
        case .wrongPassphrase: "; try again"
        case .workFactor: "; encrypt it again with the age program and a lower work factor"
        case .armor, .header, .headerChanged, .payload: "; restore it from a backup"
        case .memory, .malformed: ""
        }
      throw KeySourceError(.denied, "cannot open \(location.path): \(error)\(advice)")
    }
  }
}
