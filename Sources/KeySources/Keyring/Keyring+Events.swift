extension Keyring.Contents {
  /// The store's name of the value that a source gave.
  func label(of name: String, from source: Int) -> String? {
    state.versions.last { $0.source == source && $0.name == name }
      .flatMap { keys[$0.generation]?.label }
  }

  /// What has happened, in words; lets go of keys that are retired.
  mutating func takeEvents(
    of sources: [any KeySource]
  ) -> [KeyEvent] {
    let told = state.takeEvents().map { ($0, describe($0, sources)) }
    for case (.retired(let generation), _) in told { keys[generation] = nil }
    return told.map(\.1)
  }

  private func describe(_ event: KeyringEvent, _ sources: [any KeySource]) -> KeyEvent {
    switch event {
    case .loaded(let generation): about(generation, .loaded)
    case .accepted(let generation): about(generation, .accepted)
    case .refused(let generation):
      about(
        generation,
        .refused,
        other(than: generation).map { "\(name(of: $0)) is used meanwhile" }
      )
    case .retried(let generation): about(generation, .retried)
    case .draining(let generation, let reason): about(generation, .draining, reason.words)
    case .retired(let generation): about(generation, .retired)
    case .expiring(let generation, let within):
      about(generation, .expiring, "its store takes it back within \(within.components.seconds) s")
    case .sourceFailed(let source):
      about(sources[source], .sourceFailed, problems[source]?.description)
    case .stale(let source, let age):
      about(sources[source], .stale, "last read \(age.components.seconds) s ago")
    case .sourceAnswered(let source): about(sources[source], .sourceAnswered, nil)
    }
  }

  /// The value that requests go out with, where it is not this one.
  private func other(than generation: Int) -> KeyringState.Version? {
    state.versions.first { $0.generation == state.candidate && $0.generation != generation }
  }

  private func about(_ generation: Int, _ kind: KeyEvent.Kind, _ detail: String? = nil) -> KeyEvent
  {
    let key = keys[generation]
    return KeyEvent(
      kind: kind,
      generation: generation,
      reference: key?.reference.description ?? "",
      label: key?.label,
      fingerprint: key?.fingerprint,
      detail: detail
    )
  }

  private func about(
    _ source: any KeySource,
    _ kind: KeyEvent.Kind,
    _ detail: String?
  ) -> KeyEvent {
    KeyEvent(
      kind: kind,
      generation: nil,
      reference: source.reference.description,
      label: nil,
      fingerprint: nil,
      detail: detail
    )
  }
}

extension Keyring.Contents {
  /// How old the last word of a source is that has stopped answering, and why it has.
  func silence(
    of source: Int,
    _ sources: [any KeySource],
    at now: ContinuousClock.Instant
  ) -> String? {
    guard let age = state.staleness(of: source, at: now) else { return nil }
    let problem = problems[source].map { ": \($0)" } ?? ""
    return "\(sources[source].reference) was last read \(age.components.seconds) s ago\(problem)"
  }

  /// Why requests go out with another value than the newest that their source gives.
  func difference(at source: Int, _ sources: [any KeySource]) -> String? {
    guard let newest = state.newest(of: source),
      let used = state.versions.first(where: { $0.generation == state.candidate }),
      used.source == source, used.generation != newest.generation
    else { return nil }
    let given = "\(name(of: newest)), which \(sources[source].reference) gives now"
    return newest.refusals > 0
      ? "the provider refuses \(given); \(name(of: used)) is used until it accepts it"
      : "\(given), is being tried; \(name(of: used)) is used until it works"
  }

  private func name(of version: KeyringState.Version) -> String {
    guard let key = keys[version.generation] else { return "a value" }
    return key.label.map { "version \($0) (\(key.fingerprint))" } ?? "the value \(key.fingerprint)"
  }
}

extension KeyringEvent.DrainReason {
  fileprivate var words: String {
    switch self {
    case .replaced: "a newer one works"
    case .withdrawn: "its source gives another one now"
    case .gone: "its store says that it is no more"
    case .expired: "its time is up"
    case .lapsed: "its store has not answered for too long"
    }
  }
}
