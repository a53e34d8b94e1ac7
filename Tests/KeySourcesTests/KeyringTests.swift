import KeySources
import Synchronization
import Testing

struct KeyringTests {
  private let clock = ManualClock()

  private func keyring(_ sources: any KeySource...) -> Keyring {
    let clock = clock
    return Keyring(sources: sources, now: { clock.now })
  }

  private func lease(_ keyring: Keyring) throws -> KeyLease {
    try #require(keyring.lease())
  }

  /// The value that the next request would go out with.
  private func nextValue(_ keyring: Keyring) throws -> String {
    let lease = try lease(keyring)
    defer { keyring.release(lease) }
    return value(of: lease.key)
  }

  /// Lets as much time pass as it takes for the sources to be read again.
  private func readAgain(_ keyring: Keyring) async {
    clock.advance(by: .seconds(60))
    await keyring.poll()
  }

  @Test func `has nothing before it is loaded, and the first source's key after`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a"), ScriptedSource("B", "sk-b"))
    #expect(keyring.lease() == nil)
    try await keyring.load()
    #expect(try nextValue(keyring) == "sk-a")
  }

  @Test func `does not start with less than was named`() async {
    let broken = ScriptedSource("B", "")
    broken.fail("the store is on fire")
    let keyring = keyring(ScriptedSource("A", "sk-a"), broken)
    let error = await #expect(throws: KeySourceError.self) {
      try await keyring.load(patience: .zero)
    }
    #expect(error?.description == "the store is on fire")
  }

  /// A store that takes connections, never answers, and heeds nobody who gives up.
  private struct HangingSource: KeySource {
    let isRemote = true
    let reference = KeyReference.vault(path: "secret/x", field: "k")

    func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
      await unsafe withUnsafeContinuation { (_: UnsafeContinuation<[Key]?, Never>) in }
    }
  }

  @Test func `waits for a store that hangs as long as was said, and no longer`() async {
    let error = await #expect(throws: KeySourceError.self) {
      try await Keyring(sources: [HangingSource()]).load(patience: .milliseconds(20))
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.description.contains("did not answer") == true)
  }

  @Test func `a changed value is used from the next lease on`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let old = try lease(keyring)
    source.answer("sk-new")
    await readAgain(keyring)
    #expect(try nextValue(keyring) == "sk-new")
    #expect(value(of: old.key) == "sk-old")
  }

  @Test func `the newest key goes first, whichever source it is from`() async throws {
    let second = ScriptedSource("B", "sk-b")
    let keyring = keyring(ScriptedSource("A", "sk-a"), second)
    try await keyring.load()
    second.answer("sk-b2")
    await readAgain(keyring)
    #expect(try nextValue(keyring) == "sk-b2")
  }

  @Test func `a value that is held is not given again`() async throws {
    let source = ScriptedSource("A", "sk-a")
    let keyring = keyring(source)
    try await keyring.load()
    let before = try lease(keyring)
    await readAgain(keyring)
    #expect(source.labels == [nil, "sk-a"])
    #expect(try lease(keyring).generation == before.generation)
  }

  @Test func `a refused key is replaced by what its source now holds`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    source.answer("sk-new")
    #expect(!keyring.reject(try lease(keyring)))
    #expect(keyring.nextDue <= clock.now)
    await keyring.poll()
    #expect(try nextValue(keyring) == "sk-new")
  }

  @Test func `a refused key gives way to another without reading any source`() async throws {
    let (first, second) = (ScriptedSource("A", "sk-a"), ScriptedSource("B", "sk-b"))
    let keyring = keyring(first, second)
    try await keyring.load()
    #expect(keyring.reject(try lease(keyring)))
    #expect(try nextValue(keyring) == "sk-b")
    #expect(first.fetches == 1 && second.fetches == 1)
  }

  @Test func `with no good key left it says why, without the value`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a-secret"))
    try await keyring.load()
    #expect(!keyring.reject(try lease(keyring)))
    await keyring.poll()
    #expect(keyring.lease() == nil && !keyring.maySoonLease)
    #expect(keyring.exhaustion.contains("env:A") && keyring.exhaustion.contains("stop it"))
    #expect(!keyring.exhaustion.contains("secret"))
  }

  @Test func `a hundred refusals force one reading`() async throws {
    let source = ScriptedSource("A", "sk-1")
    let keyring = keyring(source)
    try await keyring.load()
    let lease = try lease(keyring)
    for _ in 0..<100 {
      #expect(!keyring.reject(lease))
      await keyring.poll()
    }
    #expect(source.fetches == 2)
  }

  @Test func `a late refusal of an old key leaves the new one in use`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let old = try lease(keyring)
    source.answer("sk-new")
    await readAgain(keyring)
    #expect(keyring.reject(old))
    #expect(try nextValue(keyring) == "sk-new")
  }

  @Test func `a rollback to an earlier value is a new value`() async throws {
    let source = ScriptedSource("A", "sk-one")
    let keyring = keyring(source)
    try await keyring.load()
    let first = try lease(keyring)
    source.answer("sk-two")
    _ = keyring.reject(first)
    await keyring.poll()
    source.answer("sk-one")
    await readAgain(keyring)
    #expect(try nextValue(keyring) == "sk-one")
    #expect(keyring.reject(first))
  }

  @Test func `a source that fails keeps its last good value, and says so in time`() async throws {
    let source = ScriptedSource("A", "sk-a")
    let keyring = keyring(source)
    try await keyring.load()
    source.fail("unreachable")
    await readAgain(keyring)
    #expect(try nextValue(keyring) == "sk-a")
    #expect(keyring.complaints.isEmpty)
    clock.advance(by: .seconds(300))
    #expect(keyring.complaints == ["env:A was last read 360 s ago: unreachable"])
  }

  @Test func `remembers that a key has worked`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a"))
    try await keyring.load()
    #expect(!keyring.everWorked)
    let lease = try lease(keyring)
    keyring.confirm(lease)
    #expect(keyring.everWorked)
    _ = keyring.reject(lease)
    #expect(keyring.everWorked)
  }

  @Test func `tells its whole story, and lets go of a value with its last request`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let story = Mutex<[KeyEvent]>([])
    keyring.observe { event in story.withLock { $0.append(event) } }
    let old = try lease(keyring)
    keyring.confirm(old)
    source.answer("sk-new")
    await readAgain(keyring)
    let new = try lease(keyring)
    keyring.confirm(new)
    keyring.release(old)
    let kinds = story.withLock { $0.map(\.kind) }
    #expect(kinds == [.loaded, .accepted, .loaded, .accepted, .draining, .retired])
    #expect(story.withLock { $0.last?.fingerprint } == old.key.fingerprint)
  }

  @Test func `says which value is used, and why it is not the one that its source gives`()
    async throws
  {
    let source = ScriptedSource("A", "sk-two")
    let keyring = keyring(source)
    try await keyring.load()
    let two = try lease(keyring)
    keyring.confirm(two)
    #expect(keyring.complaints.isEmpty)
    source.answer("sk-one")
    await readAgain(keyring)
    let one = try lease(keyring)
    #expect(value(of: one.key) == "sk-one")
    let (used, given) = (two.key.fingerprint, one.key.fingerprint)
    #expect(
      keyring.complaints == [
        "version sk-one (\(given)), which env:A gives now, is being tried; version sk-two (\(used)) "
          + "is used until it works"
      ]
    )
    #expect(keyring.reject(one))
    #expect(
      keyring.complaints == [
        "the provider refuses version sk-one (\(given)), which env:A gives now; "
          + "version sk-two (\(used)) is used until it accepts it"
      ]
    )
  }

  @Test func `only of a value that has worked it is said that it works`() async throws {
    let told = Mutex<[String]>([])
    let source = ScriptedSource("A", "sk-one")
    let keyring = keyring(source)
    keyring.observe { event in
      if event.kind == .draining { told.withLock { $0.append(event.detail ?? "") } }
    }
    try await keyring.load()
    source.answer("sk-two")
    await readAgain(keyring)
    #expect(told.withLock { $0 } == ["its source gives another one now"])
    keyring.confirm(try lease(keyring))
    source.answer("sk-three")
    await readAgain(keyring)
    #expect(told.withLock { $0.count } == 1)
    keyring.confirm(try lease(keyring))
    #expect(told.withLock { $0.last } == "a newer one works")
  }
}
