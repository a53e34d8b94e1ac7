package import Secrets

extension Keystore {
  /// Stores a key; the same value again changes nothing.
  ///
  /// - Parameters:
  ///   - key: the id and value; another value for an id that is there needs `replacing`.
  ///   - terms: what is stored with it.
  ///   - replacing: whether the value that is there gives way at once, without overlap.
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func store(
    _ key: Key,
    _ terms: Terms,
    replacing: Bool
  ) throws(KeySourceError) -> Change {
    let id = Self.id(of: key)
    return try change(id) { document throws(KeySourceError) in
      guard let place = document.index.place(of: id) else {
        let text = key.withSecret { document.adding(id, $0, stamp(terms)) }
        return Step(text: text, event: .added)
      }
      guard Self.fingerprint(of: place.current, in: document) != key.version else { return nil }
      guard replacing else { throw Self.known(id, "with another value ") }
      let text = key.withSecret { document.replacing(place, with: $0, stamp(terms)) }
      return Step(text: text, event: .replaced)
    }
  }

  /// Refuses a name that is taken, before anybody types a value for it.
  ///
  /// - Throws: ``KeySourceError``.
  package func refuseKnown(_ id: String) throws(KeySourceError) {
    guard try !entries().contains(where: { $0.id == id }) else { throw Self.known(id) }
  }

  private static func known(_ id: String, _ difference: String = "") -> KeySourceError {
    KeySourceError(
      .usage,
      "the keystore has a key '\(id)' \(difference)already; "
        + "'nightjar keys rotate \(id)' gives it a new value with a time of overlap, and "
        + "--replace at once"
    )
  }

  /// Gives a key a new value, and lets the one before be used until the overlap ends; the same
  /// value again changes nothing.
  ///
  /// - Parameters:
  ///   - key: the id of a key that is there, and its new value.
  ///   - terms: what is stored with it.
  ///   - overlap: how long the value before stays usable.
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func rotate(
    _ key: Key,
    _ terms: Terms,
    overlap: Duration
  ) throws(KeySourceError) -> Change {
    let id = Self.id(of: key)
    return try change(id) { document throws(KeySourceError) in
      guard let place = document.index.place(of: id) else { throw unknown(id) }
      return try rotation(of: place, in: document, to: key, terms, overlap: overlap)
    }
  }

  /// Puts the value before the last rotation back into use, and takes the present one out of use;
  /// done again it changes nothing.
  ///
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func rollBack(_ id: String) throws(KeySourceError) -> Change {
    try change(id, pruning: false) { document throws(KeySourceError) in
      guard let place = document.index.place(of: id) else { throw unknown(id) }
      guard let earlier = place.previous else {
        throw KeySourceError(
          .usage,
          "the keystore holds no earlier value of the key '\(id)': it was never rotated, or its "
            + "overlap is over; give it the value that you want with 'nightjar keys rotate \(id)'"
        )
      }
      guard earlier.number < place.current.number else { return nil }
      guard earlier.state != .disabled, earlier.state != .retired else {
        throw KeySourceError(
          .usage,
          "the value of the key '\(id)' before the last rotation was \(earlier.state.rawValue), "
            + "and stays so; give it the value that you want with 'nightjar keys rotate \(id)'"
        )
      }
      return Step(text: document.rollingBack(place, to: earlier), event: .rolledBack)
    }
  }

  /// Takes a key out of use, or puts it into use.
  ///
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func setEnabled(_ id: String, _ isEnabled: Bool) throws(KeySourceError) -> Change {
    try change(id) { document throws(KeySourceError) in
      guard let place = document.index.place(of: id) else { throw unknown(id) }
      let state: KeystoreEntry.State = isEnabled ? .active : .disabled
      guard place.current.state != state else { return nil }
      return Step(
        text: document.setting(state, of: place),
        event: isEnabled ? .enabled : .disabled
      )
    }
  }

  /// Takes a key out of the keystore; one that is not there changes nothing.
  ///
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func remove(_ id: String) throws(KeySourceError) -> Change {
    try change(id) { document throws(KeySourceError) in
      guard let text = document.removing(id) else { return nil }
      return Step(text: text, event: .removed)
    }
  }

  /// Stores several keys in one change: new ones are added, others rotated where the value differs.
  ///
  /// - Returns: what became of each.
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func store(
    all keys: [Key],
    overlap: Duration
  ) throws(KeySourceError) -> [Change] {
    var changes: [Change] = []
    try file.change { document throws(KeySourceError) in
      changes = []
      var audit: [AuditEntry] = []
      var text = document.text.copy()
      for key in keys {
        let id = Self.id(of: key)
        let before = try KeystoreDocument(text)
        let step = try importing(key, as: id, into: before, overlap: overlap)
        guard let step else {
          changes.append(Change(before: before.entry(of: id), after: before.entry(of: id)))
          text = before.text.copy()
          continue
        }
        let event = step.event
        let after = try KeystoreDocument(step.text)
        changes.append(Change(before: before.entry(of: id), after: after.entry(of: id)))
        audit += changes.suffix(1).map { Self.note(event, $0) }
        text = after.text.copy()
      }
      return audit.isEmpty ? nil : KeystoreFile.Change(text: text, audit: audit)
    }
    return changes
  }

  /// Names anew who can open the keystore besides the identity at hand.
  ///
  /// - Returns: every public key that it is encrypted to from now on, our own first.
  /// - Throws: ``KeySourceError``; the keystore is unchanged then.
  package func setRecipients(
    _ others: [AgeRecipient]
  ) throws(KeySourceError) -> [AgeRecipient] {
    let opened = try file.read()
    guard !opened.details.needsPassphrase else {
      throw KeySourceError(
        .usage,
        "\(location.path) opens with a passphrase, which allows no other recipients; make a new "
          + "keystore with 'nightjar keys init --keystore PATH --recipient age1…'"
      )
    }
    let recipients = KeystoreFile.distinct(try file.ownRecipients() + others)
    let names = recipients.map(\.description)
    guard names != opened.document.index.recipients || names.count != opened.details.recipients
    else { return recipients }
    try file.change(for: recipients) { document throws(KeySourceError) in
      let detail = "encrypted to \(names.joined(separator: " "))"
      return KeystoreFile.Change(
        text: document.text.copy(),
        audit: [.keystore(.recipients, key: nil, detail: detail)]
      )
    }
    return recipients
  }

  /// Takes the keystore for the true one, although it is older than, or another than, the one seen
  /// before.
  ///
  /// - Returns: whether it was.
  package func accept() throws(KeySourceError) -> Bool {
    try file.accept(audit: .keystore(.accepted, key: nil, detail: nil))
  }
}

// MARK: - How changes are made

extension Keystore {
  /// A change of one key.
  private struct Step: ~Copyable {
    let text: Secret
    let event: AuditEntry.Event
  }

  private func change(
    _ id: String,
    pruning: Bool = true,
    _ body: (borrowing KeystoreDocument) throws(KeySourceError) -> Step?
  ) throws(KeySourceError) -> Change {
    var change = Change(before: nil, after: nil)
    try file.change { document throws(KeySourceError) in
      let before = document.entry(of: id)
      change = Change(before: before, after: before)
      guard let step = try body(document) else { return nil }
      let event = step.event
      let after = try KeystoreDocument(step.text)
      change = Change(before: before, after: after.entry(of: id))
      let text = pruning ? after.pruned(at: now()) : after.text.copy()
      return KeystoreFile.Change(text: text, audit: [Self.note(event, change)])
    }
    return change
  }

  private func importing(
    _ key: Key,
    as id: String,
    into document: borrowing KeystoreDocument,
    overlap: Duration
  ) throws(KeySourceError) -> Step? {
    guard let place = document.index.place(of: id) else {
      let text = key.withSecret { document.adding(id, $0, stamp(Terms())) }
      return Step(text: text, event: .added)
    }
    return try rotation(of: place, in: document, to: key, Terms(), overlap: overlap)
  }

  private func rotation(
    of place: KeystoreIndex.Place,
    in document: borrowing KeystoreDocument,
    to key: Key,
    _ terms: Terms,
    overlap: Duration
  ) throws(KeySourceError) -> Step? {
    guard Self.fingerprint(of: place.current, in: document) != key.version else { return nil }
    if let earlier = place.previous, Self.fingerprint(of: earlier, in: document) == key.version,
      earlier.state == .draining
    {
      throw KeySourceError(
        .usage,
        "this is the value that the key '\(place.id)' had before the last rotation; "
          + "'nightjar keys rollback \(place.id)' puts it back into use"
      )
    }
    let until = now() + overlap.components.seconds * 1000
    let name = "r-" + Random.bytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let text = key.withSecret {
      document.rotating(place, to: $0, stamp(terms), rotation: name, until: until)
    }
    return Step(text: text, event: .rotated)
  }

  private func stamp(_ terms: Terms) -> KeystoreDocument.Terms {
    KeystoreDocument.Terms(
      provider: terms.provider,
      notBefore: terms.notBefore,
      expires: terms.expires,
      now: now()
    )
  }

  private static func fingerprint(
    of version: KeystoreIndex.Version,
    in document: borrowing KeystoreDocument
  ) -> String {
    Fingerprint(of: document.value(at: version.value)).version
  }

  private static func id(of key: Key) -> String {
    guard case .keystore(let id) = key.reference else {
      preconditionFailure("only a keystore reference can be stored")
    }
    return id
  }

  private static func note(_ event: AuditEntry.Event, _ change: Change) -> AuditEntry {
    guard let entry = change.after ?? change.before else { return .keystore(event) }
    var detail: String?
    if event == .rotated, let rotation = entry.rotation, let previous = entry.previous {
      detail =
        "rotation \(rotation), version \(previous.number) (\(previous.fingerprint)) "
        + "is \(previous.state.rawValue)"
        + (previous.expires.map { " until " + Timestamp.text($0) } ?? "")
    }
    let key = AuditEntry.KeyName(
      reference: KeyReference.keystore(id: entry.id).description,
      label: String(entry.current.number),
      fingerprint: entry.current.fingerprint
    )
    return .keystore(event, key: key, detail: detail)
  }
}
