import KeySources
import Testing

struct KeyringTests {
  private let clock = ManualClock()

  private func keyring(_ sources: any KeySource...) -> Keyring {
    let clock = clock
    return Keyring(sources: sources, now: { clock.now })
  }

  private func lease(_ keyring: Keyring) throws -> Key {
    try #require(keyring.lease())
  }

  @Test func `has nothing before it is loaded, and the first source's key after`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a"), ScriptedSource("B", "sk-b"))
    #expect(keyring.lease() == nil)
    try await keyring.load()
    #expect(value(of: try lease(keyring)) == "sk-a")
  }

  @Test func `does not start with less than was named`() async {
    let broken = ScriptedSource("B", "")
    broken.fail("the store is on fire")
    let keyring = keyring(ScriptedSource("A", "sk-a"), broken)
    let error = await #expect(throws: KeySourceError.self) { try await keyring.load() }
    #expect(error?.description == "the store is on fire")
  }

  @Test func `a changed value is used from the next lease on`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let old = try lease(keyring)
    source.answer("sk-new")
    await keyring.refresh()
    #expect(value(of: try lease(keyring)) == "sk-new")
    #expect(value(of: old) == "sk-old")
  }

  @Test func `the newest key goes first, whichever source it is from`() async throws {
    let second = ScriptedSource("B", "sk-b")
    let keyring = keyring(ScriptedSource("A", "sk-a"), second)
    try await keyring.load()
    second.answer("sk-b2")
    await keyring.refresh()
    #expect(value(of: try lease(keyring)) == "sk-b2")
  }

  @Test func `an unchanged value keeps its key object`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a"))
    try await keyring.load()
    let before = try lease(keyring)
    await keyring.refresh()
    #expect(try lease(keyring) === before)
  }

  @Test func `a refused key is replaced by what its source now holds`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    source.answer("sk-new")
    #expect(await keyring.reject(try lease(keyring)) == .replaced)
    #expect(value(of: try lease(keyring)) == "sk-new")
  }

  @Test func `a refused key gives way to another without reading any source`() async throws {
    let (first, second) = (ScriptedSource("A", "sk-a"), ScriptedSource("B", "sk-b"))
    let keyring = keyring(first, second)
    try await keyring.load()
    #expect(await keyring.reject(try lease(keyring)) == .replaced)
    #expect(value(of: try lease(keyring)) == "sk-b")
    #expect(first.fetches == 1 && second.fetches == 1)
  }

  @Test func `with no good key left it says why, without the value`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a-secret"))
    try await keyring.load()
    guard case .exhausted(let reason) = await keyring.reject(try lease(keyring)) else {
      Issue.record("a refused key with no other is not replaced")
      return
    }
    #expect(reason.contains("env:A") && reason.contains("same value"))
    #expect(!reason.contains("secret"))
    #expect(keyring.lease() == nil)
  }

  @Test func `refusals force at most one reading every five seconds`() async throws {
    let source = ScriptedSource("A", "sk-1")
    let keyring = keyring(source)
    try await keyring.load()
    let key = try lease(keyring)
    for _ in 0..<100 { _ = await keyring.reject(key) }
    #expect(source.fetches == 2)
    clock.advance(by: .seconds(5))
    _ = await keyring.reject(key)
    #expect(source.fetches == 3)
  }

  @Test func `refusals at the same moment share one reading and its result`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let key = try lease(keyring)
    source.answer("sk-new")
    let results = await withTaskGroup(of: Keyring.Rejection.self) { group in
      for _ in 0..<200 { group.addTask { await keyring.reject(key) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.allSatisfy { $0 == .replaced })
    #expect(source.fetches == 2)
  }

  @Test func `a late refusal of an old key leaves the new one in use`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    let old = try lease(keyring)
    source.answer("sk-new")
    await keyring.refresh()
    #expect(await keyring.reject(old) == .replaced)
    #expect(value(of: try lease(keyring)) == "sk-new")
  }

  @Test func `a parked account resumes when a refresh brings another value`() async throws {
    let source = ScriptedSource("A", "sk-old")
    let keyring = keyring(source)
    try await keyring.load()
    _ = await keyring.reject(try lease(keyring))
    await keyring.refresh()
    #expect(keyring.lease() == nil)
    source.answer("sk-new")
    await keyring.refresh()
    #expect(value(of: try lease(keyring)) == "sk-new")
  }

  @Test func `a rollback to an earlier value is a new value`() async throws {
    let source = ScriptedSource("A", "sk-one")
    let keyring = keyring(source)
    try await keyring.load()
    let first = try lease(keyring)
    source.answer("sk-two")
    _ = await keyring.reject(first)
    source.answer("sk-one")
    await keyring.refresh()
    #expect(value(of: try lease(keyring)) == "sk-one")
    #expect(await keyring.reject(first) == .replaced)
  }

  @Test func `a source that fails keeps its last good value`() async throws {
    let source = ScriptedSource("A", "sk-a")
    let keyring = keyring(source)
    try await keyring.load()
    source.fail("unreachable")
    await keyring.refresh()
    #expect(value(of: try lease(keyring)) == "sk-a")
  }

  @Test func `remembers that a key has worked`() async throws {
    let keyring = keyring(ScriptedSource("A", "sk-a"))
    try await keyring.load()
    #expect(!keyring.everWorked)
    let key = try lease(keyring)
    keyring.confirm(key)
    #expect(keyring.everWorked)
    _ = await keyring.reject(key)
    #expect(keyring.everWorked)
  }
}
