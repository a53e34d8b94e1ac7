import KeySources
import TestSupport
import Testing

struct KeyringStateTests {
  private let start = ContinuousClock.now

  /// A state in which the values of one source are known, newest first.
  private func state(_ names: String..., policy: KeyringPolicy = .init()) -> KeyringState {
    var state = KeyringState(sources: 1, policy: policy)
    give(names, to: &state, at: start)
    return state
  }

  private func give(
    _ names: [String],
    from source: Int = 0,
    to state: inout KeyringState,
    at time: ContinuousClock.Instant
  ) {
    _ = state.beginReading([source], at: time)
    _ = state.answered(source, names.map { KeyringState.Offer(name: $0) }, at: time)
  }

  private func name(_ generation: Int?, in state: KeyringState) -> String? {
    state.versions.first { $0.generation == generation }?.name
  }

  /// Leases, and expects a value.
  private func lease(_ state: inout KeyringState) throws -> Int {
    let generation = state.lease()
    return try #require(generation)
  }

  @Test func `a new value proves itself with one request while an accepted one is there`() throws {
    var state = state("old")
    state.confirm(try lease(&state))
    give(["new"], to: &state, at: start + .seconds(60))
    let trial = try lease(&state)
    #expect(name(trial, in: state) == "new")
    let other = try lease(&state)
    #expect(name(other, in: state) == "old")
    state.confirm(trial)
    let next = try lease(&state)
    #expect(name(next, in: state) == "new")
  }

  @Test func `an old value lives until its last request ends`() throws {
    var state = state("old")
    let request = try lease(&state)
    state.confirm(request)
    give(["new"], to: &state, at: start)
    state.confirm(try lease(&state))
    #expect(state.versions.map(\.name) == ["old", "new"])
    _ = state.takeEvents()
    state.release(request)
    #expect(state.versions.map(\.name) == ["new"])
    #expect(state.takeEvents() == [.retired(generation: request)])
  }

  @Test func `a bad new value leaves the old one in use`() throws {
    var state = state("old")
    state.confirm(try lease(&state))
    give(["typo"], to: &state, at: start)
    let trial = try lease(&state)
    let verdict = state.reject(trial, at: start)
    #expect(verdict == .useAnother)
    let next = try lease(&state)
    #expect(name(next, in: state) == "old")
  }

  @Test func `an overlapping value bridges until the new one works, and does not come back`() throws
  {
    var state = state("new", "previous")
    #expect(state.versions.count == 2)
    let request = try lease(&state)
    #expect(name(request, in: state) == "new")
    state.confirm(request)
    #expect(state.versions.map(\.name) == ["new"])
    give(["new", "previous"], to: &state, at: start + .seconds(60))
    #expect(state.versions.map(\.name) == ["new"])
  }

  @Test func `in need the overlapping value is asked for again`() throws {
    var state = state("new", "previous")
    let request = try lease(&state)
    state.confirm(request)
    let verdict = state.reject(request, at: start)
    #expect(verdict == .search)
    let wanted = state.beginReading([0], at: start)
    #expect(wanted == [nil])
    _ = state.answered(0, [.init(name: "new"), .init(name: "previous")], at: start)
    let next = try lease(&state)
    #expect(name(next, in: state) == "previous")
  }

  @Test func `in need an earlier value is tried with one request`() throws {
    var state = state("new", "previous")
    _ = state.reject(try lease(&state), at: start)
    let trial = try lease(&state)
    #expect(name(trial, in: state) == "previous")
    #expect(!state.canLease && state.maySoonLease)
    state.confirm(trial)
    #expect(state.canLease)
  }

  @Test func `a reading that nothing hurries need not give what is held`() {
    var state = state("held")
    let wanted = state.beginReading([0], at: start)
    #expect(wanted == ["held"])
  }

  @Test func `a source that names its old value first again is followed`() throws {
    var state = state("two", "one")
    _ = state.beginReading([0], at: start)
    _ = state.answered(0, [.init(name: "one"), .init(name: "two")], at: start)
    let next = try lease(&state)
    #expect(name(next, in: state) == "one")
  }

  @Test func `fruitless searches come quickly at first and then ever more rarely`() throws {
    var state = state("only")
    let request = try lease(&state)
    state.confirm(request)
    let verdict = state.reject(request, at: start)
    #expect(verdict == .search)
    var (now, times) = (start, [Duration]())
    for _ in 0..<8 {
      now = state.nextDue(at: now)
      times.append(now - start)
      give(["only"], to: &state, at: now)
    }
    let expected = [0, 50, 150, 350, 750, 1_550, 3_150, 6_350].map { Duration.milliseconds($0) }
    #expect(times == expected)
  }

  @Test func `slow answers from before a refusal do not bring a value back, later ones do`() throws
  {
    var state = state("only")
    var turns: [Int] = []
    let generation = try lease(&state)
    state.confirm(generation)
    for _ in 0..<3 {
      _ = try lease(&state)
      turns.append(state.turn)
    }
    _ = state.reject(generation, turn: turns[1], at: start)
    state.confirm(generation, turn: turns[0])
    #expect(!state.canLease)
    state.confirm(generation, turn: turns[2])
    #expect(state.canLease)
  }

  @Test func `a refused value is tried again with one request, ever more rarely`() throws {
    var state = state("only")
    let first = try lease(&state)
    _ = state.reject(first, at: start)
    state.release(first)
    state.tick(at: start + .seconds(9))
    #expect(!state.canLease)
    state.tick(at: start + .seconds(10))
    let trial = try lease(&state)
    #expect(trial == first && !state.canLease && state.maySoonLease)
    _ = state.reject(trial, at: start + .seconds(10))
    state.release(trial)
    state.tick(at: start + .seconds(29))
    #expect(!state.canLease)
    state.tick(at: start + .seconds(30))
    state.confirm(try lease(&state))
    #expect(state.canLease && !state.isOnTrial)
  }

  @Test func `an outage of the source is bridged, told once, and ends after its time`() {
    var policy = KeyringPolicy()
    policy.staleIfError = .seconds(600)
    var state = state("key", policy: policy)
    state.failed(0, .unavailable, at: start + .seconds(60))
    state.tick(at: start + .seconds(299))
    #expect(state.staleness(of: 0, at: start + .seconds(299)) == nil)
    _ = state.takeEvents()
    state.tick(at: start + .seconds(300))
    state.tick(at: start + .seconds(301))
    #expect(state.takeEvents() == [.stale(source: 0, age: .seconds(300))])
    #expect(state.canLease)
    state.tick(at: start + .seconds(900))
    #expect(!state.canLease && state.versions.isEmpty)
    give(["key"], to: &state, at: start + .seconds(901))
    #expect(state.canLease)
  }

  @Test(arguments: [KeySourceError.Kind.unavailable, .missing])
  func `unless told otherwise an outage is bridged for a day and five minutes`(
    kind: KeySourceError.Kind
  ) {
    var state = state("key")
    state.failed(0, kind, at: start + .seconds(60))
    state.tick(at: start + .seconds(86_400 + 299))
    #expect(state.canLease)
    state.tick(at: start + .seconds(86_400 + 300))
    #expect(!state.canLease)
  }

  @Test func `a source that denies is believed after the ttl, one whose key is gone at once`() {
    var denied = state("key")
    denied.failed(0, .denied, at: start + .seconds(60))
    denied.tick(at: start + .seconds(299))
    #expect(denied.canLease)
    denied.tick(at: start + .seconds(300))
    #expect(!denied.canLease)
    var gone = state("key")
    gone.failed(0, .gone, at: start + .seconds(60))
    #expect(!gone.canLease)
  }

  @Test func `an expiring value is spoken of and then drained`() {
    var state = KeyringState(sources: 1)
    let end = start + .seconds(8 * 86_400)
    _ = state.beginReading([0], at: start)
    _ = state.answered(0, [.init(name: "key", expires: end)], at: start)
    _ = state.takeEvents()
    var told: [KeyringEvent] = []
    for hours in [1, 25, 166, 167.5, 190, 191.5, 192] {
      state.tick(at: start + .seconds(hours * 3_600))
      told += state.takeEvents()
    }
    let warnings = [604_800, 86_400, 3_600].map {
      KeyringEvent.expiring(generation: 1, within: .seconds($0))
    }
    #expect(
      told == warnings + [.draining(generation: 1, .expired), .retired(generation: 1)]
    )
  }

  /// Plays thousands of random lives of a keyring in virtual time.
  @Test(arguments: 0..<50)
  func `its rules hold whatever happens`(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<100 {
      var life = KeyringLife(sources: Int.random(in: 1...3, using: &random))
      for _ in 0..<80 { life.step(&random) }
      life.end()
    }
  }
}
