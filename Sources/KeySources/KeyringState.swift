/// What is known of the present value of one source.
package enum KeyState: Hashable, Sendable {
  /// Nothing was fetched yet.
  case missing
  /// Fetched and not used yet.
  case pending
  /// The provider has accepted it.
  case active
  /// The provider has refused it; only another value makes the source good again.
  case quarantined

  /// Whether requests may be sent with it.
  package var isGood: Bool { self == .pending || self == .active }
}

/// The decisions of a ``Keyring``: which of an account's keys to use, and what to do when the
/// provider refuses one.
///
/// A pure value in the caller's time; it sees versions, never keys.
package struct KeyringState: Sendable {
  /// One source and the value it last gave.
  package struct Slot: Hashable, Sendable {
    /// Which value it is; nil before the first.
    package fileprivate(set) var version: String?
    /// What is known of it.
    package fileprivate(set) var state = KeyState.missing
    /// The round of reading that brought it: the highest is the newest.
    package fileprivate(set) var round = 0
  }

  /// What to do about a refused key.
  package enum Verdict: Hashable, Sendable {
    /// Another good key is there: send again with it.
    case useAnother
    /// Read the sources again, now, then look again.
    case refresh
    /// No good key is left, and the sources were read only just now.
    case park
  }

  /// The least time between two readings that refusals force.
  package static let refreshInterval = Duration.seconds(5)

  /// The sources, in order of preference.
  package private(set) var slots: [Slot]
  /// Whether the provider has accepted any value.
  package private(set) var everWorked = false
  private var lastForced: ContinuousClock.Instant?
  private var round = 0

  /// Nothing is known yet of a number of sources.
  package init(sources: Int) {
    slots = Array(repeating: Slot(), count: sources)
  }

  /// The slot to use: the newest good value, the first source among equals; nil when none is good.
  package var best: Int? {
    var best: Int?
    for (index, slot) in slots.enumerated() where slot.state.isGood {
      if let current = best, slots[current].round >= slot.round { continue }
      best = index
    }
    return best
  }

  /// A round of reading all sources begins; the values that it brings count as equally new.
  package mutating func beginRound() {
    round += 1
  }

  /// A source gave a value.
  ///
  /// - Returns: whether it is another one than before.
  package mutating func fetched(slot: Int, version: String) -> Bool {
    guard slots[slot].version != version else { return false }
    slots[slot] = Slot(version: version, state: .pending, round: round)
    return true
  }

  /// The provider accepted the present value of a slot.
  package mutating func confirmed(slot: Int) {
    everWorked = true
    if slots[slot].state == .pending { slots[slot].state = .active }
  }

  /// The provider refused a value: the present one of `slot`, or an earlier one when that is nil.
  package mutating func rejected(slot: Int?, at now: ContinuousClock.Instant) -> Verdict {
    if let slot { slots[slot].state = .quarantined }
    if best != nil { return .useAnother }
    if let lastForced, now - lastForced < Self.refreshInterval { return .park }
    lastForced = now
    return .refresh
  }
}
