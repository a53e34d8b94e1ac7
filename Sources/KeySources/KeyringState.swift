/// What is known of the present value of one source.
enum KeyState: Hashable {
  /// Nothing was fetched yet.
  case missing
  /// Fetched and not used yet.
  case pending
  /// The provider has accepted it.
  case active
  /// The provider has refused it; only another value makes the source good again.
  case quarantined
}

/// The decisions of a ``Keyring``: which of an account's keys to use, and what to do when the
/// provider refuses one. A pure value in the caller's time; it sees versions, never keys.
struct KeyringState {
  typealias Instant = ContinuousClock.Instant

  /// One source and the value it last gave.
  struct Slot {
    var version: String?
    var state = KeyState.missing
    /// Counts up across the keyring with every new value, so the highest is the newest.
    var generation = 0
  }

  /// What to do about a refused key.
  enum Verdict: Hashable {
    /// Another good key is there: send again with it.
    case useAnother
    /// Read the sources again, now, then look again.
    case refresh
    /// No good key is left, and the sources were read only just now.
    case park
  }

  /// The least time between two refreshes that refusals force.
  static let refreshInterval = Duration.seconds(5)

  private(set) var slots: [Slot]
  private(set) var everWorked = false
  private var lastForced: Instant?
  private var generation = 0

  init(sources: Int) {
    slots = Array(repeating: Slot(), count: sources)
  }

  /// The slot to use: the newest good value, the first source among equals; nil when none is good.
  var best: Int? {
    var best: Int?
    for (index, slot) in slots.enumerated() where slot.state == .pending || slot.state == .active {
      if let current = best, slots[current].generation >= slot.generation { continue }
      best = index
    }
    return best
  }

  /// A round of reading all sources begins; the values it brings count as equally new.
  mutating func beginRound() {
    generation += 1
  }

  /// A source gave a value. Returns whether it is another one than before.
  mutating func fetched(slot: Int, version: String) -> Bool {
    guard slots[slot].version != version else { return false }
    slots[slot] = Slot(version: version, state: .pending, generation: generation)
    return true
  }

  /// The provider accepted the value of a slot.
  mutating func confirmed(slot: Int) {
    everWorked = true
    if slots[slot].state == .pending { slots[slot].state = .active }
  }

  /// The provider refused a value: the present one of `slot`, or an older one when that is nil.
  mutating func rejected(slot: Int?, at now: Instant) -> Verdict {
    if let slot { slots[slot].state = .quarantined }
    if best != nil { return .useAnother }
    if let lastForced, now - lastForced < Self.refreshInterval { return .park }
    lastForced = now
    return .refresh
  }
}
