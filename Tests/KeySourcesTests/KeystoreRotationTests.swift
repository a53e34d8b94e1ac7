import Foundation
import KeySources
import Secrets
import Testing

struct KeystoreRotationTests {
  private let stores: TestKeystores

  init() throws {
    stores = try TestKeystores()
  }

  private func failure(_ id: String, in store: Keystore) -> KeySourceError? {
    #expect(throws: KeySourceError.self) { try store.keys(of: id) }
  }

  @Test func `a rotated key hands out both values until the overlap ends`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    let change = try stores.rotate("main", "sk-two", in: store)
    #expect(change.after?.current.number == 2 && change.after?.previous?.number == 1)
    #expect(change.after?.previous?.fingerprint == change.before?.current.fingerprint)
    let keys = try store.keys(of: "main")
    #expect(keys.map { value(of: $0) } == ["sk-two", "sk-one"])
    #expect(keys.map(\.label) == ["2", "1"])
    #expect(keys.map(\.expires) == [nil, stores.moment.now + 86_400_000])
    stores.moment.advance(hours: 23)
    #expect(try values("main", in: store).count == 2)
    stores.moment.advance(hours: 1)
    #expect(try values("main", in: store) == ["sk-two"])
    #expect(try stores.document().contains("sk-one"))
    try stores.add("other", "sk-other", to: store)
    #expect(try !stores.document().contains("sk-one"))
  }

  @Test func `the same value again changes nothing`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    #expect(try !stores.add("main", "sk-one", to: store).isChange)
    let first = try stores.rotate("main", "sk-two", in: store)
    let before = try stores.bytes
    let again = try stores.rotate("main", "sk-two", in: store)
    #expect(!again.isChange && again.after?.rotation == first.after?.rotation)
    #expect(first.after?.rotation?.hasPrefix("r-") == true)
    #expect(try stores.bytes == before)
    #expect(try stores.events() == ["created", "added 1", "rotated 2"])
  }

  @Test func `rolling back puts the value before into use, once`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    #expect(throws: KeySourceError.self) { try store.rollBack("main") }
    try stores.rotate("main", "sk-two", in: store)
    #expect(try store.rollBack("main").isChange)
    #expect(try values("main", in: store) == ["sk-one"])
    #expect(try store.keys(of: "main")[0].label == "1")
    #expect(try store.keys(of: "main")[0].expires == nil)
    #expect(try !store.rollBack("main").isChange)
    try stores.rotate("main", "sk-three", in: store)
    #expect(try store.keys(of: "main").map(\.label) == ["3", "1"])
    #expect(try stores.events().suffix(2) == ["rolled_back 1", "rotated 3"])
  }

  @Test func `the value that drains is not taken for a new one`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    try stores.rotate("main", "sk-two", in: store)
    let error = #expect(throws: KeySourceError.self) {
      try stores.rotate("main", "sk-one", in: store)
    }
    #expect(error?.description.contains("keys rollback main") == true)
    #expect(throws: KeySourceError.self) { try stores.rotate("none", "sk-x", in: store) }
  }

  @Test func `what is said of a value moves with it`() throws {
    let store = try stores.made()
    try stores.write(
      document:
        #"{"v":1,"generation":1,"keys":[{"id":"a","value":"x","note":"n","expires":"2027-01-01T00:00:00Z","created":"then"}]}"#
    )
    try stores.rotate("a", "y", in: store)
    #expect(try store.entries()[0].current.expires == nil)
    #expect(try store.keys(of: "a")[1].expires == stores.moment.now + 86_400_000)
    _ = try store.rollBack("a")
    let entry = try store.entries()[0]
    #expect(entry.current.expires == Timestamp.moment("2027-01-01T00:00:00Z"))
    #expect(entry.current.created == "then" && entry.rotation == nil)
    #expect(try stores.document().contains(#""note":"n""#))
    let text = try stores.document()
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  }

  @Test func `a disabled key is gone until it is enabled, and its old value with it`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    try stores.rotate("main", "sk-two", in: store)
    #expect(try store.setEnabled("main", false).isChange)
    #expect(try !store.setEnabled("main", false).isChange)
    #expect(failure("main", in: store)?.kind == .gone)
    #expect(try store.setEnabled("main", true).isChange)
    #expect(try values("main", in: store).count == 2)
    _ = try store.setEnabled("main", false)
    try stores.rotate("main", "sk-three", in: store)
    #expect(try values("main", in: store) == ["sk-three"])
    #expect(throws: KeySourceError.self) { try store.rollBack("main") }
  }

  @Test func `a key is used from its first moment to its last`() throws {
    let store = try stores.made()
    let hour = Int64(3_600_000)
    let key = try Key(.keystore(id: "a"), value: secret("sk-a"))
    let now = stores.moment.now
    _ = try store.store(
      key,
      .init(notBefore: now + hour, expires: now + 2 * hour),
      replacing: false
    )
    let early = failure("a", in: store)
    #expect(early?.kind == .denied && early?.description.contains("2026-11-23T11:00:00Z") == true)
    stores.moment.advance(hours: 1)
    #expect(try store.keys(of: "a")[0].expires == now + 2 * hour)
    stores.moment.advance(hours: 1)
    let late = failure("a", in: store)
    #expect(late?.kind == .gone && late?.description.contains("keys rotate a") == true)
  }

  @Test(arguments: [("pending", "denied", "keys enable"), ("retired", "gone", "keys rotate")])
  func `a state that others wrote is honoured`(state: String, kind: String, advice: String) throws {
    let store = try stores.made()
    try stores.write(
      document: #"{"v":1,"generation":1,"keys":[{"id":"a","value":"x","state":"\#(state)"}]}"#
    )
    let error = failure("a", in: store)
    #expect(error.map { "\($0.kind)" } == kind)
    #expect(error?.description.contains(advice) == true)
    #expect(failure("none", in: store)?.kind == .gone)
  }

  @Test func `a new value that must wait leaves the old one in use`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    let key = try Key(.keystore(id: "main"), value: secret("sk-two"))
    let start = stores.moment.now + 3_600_000
    _ = try store.rotate(key, .init(notBefore: start), overlap: .seconds(7200))
    #expect(try values("main", in: store) == ["sk-one"])
    stores.moment.advance(hours: 1)
    #expect(try values("main", in: store) == ["sk-two", "sk-one"])
  }

  @Test(arguments: [#""expires":"soon""#, #""not_before":7"#, #""previous":{"version":1}"#])
  func `a field that is no good is named`(field: String) throws {
    let store = try stores.made()
    try stores.write(
      document: #"{"v":1,"generation":1,"keys":[{"id":"a","value":"x",\#(field)}]}"#
    )
    #expect(throws: KeySourceError.self) { try store.entries() }
  }

  @Test func `a keystore is decrypted again only after it has changed`() throws {
    let file = try AgeFile.encrypt(
      secret(#"{"v":1,"generation":1,"keys":[{"id":"a","value":"sk-a"}]}"#),
      passphrase: secret("correct horse"),
      workFactor: 16
    )
    try Data(file).write(to: URL(fileURLWithPath: stores.folder.path + "/keystore.age"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600],
      ofItemAtPath: stores.folder.path + "/keystore.age"
    )
    let store = try stores.store(stores.location(passphrase: "correct horse"))
    let clock = ContinuousClock()
    let first = try clock.measure { _ = try store.keys(of: "a") }
    let rest = try clock.measure { for _ in 0..<20 { _ = try store.keys(of: "a") } }
    #expect(rest < first)
    try stores.add("a", "sk-b", to: store, replacing: true)
    #expect(try values("a", in: store) == ["sk-b"])
  }
}
