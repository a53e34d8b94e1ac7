import Foundation
import Glibc
import KeySources
import Secrets
import Synchronization
import Testing

/// Keystores that are not, or no longer, the ones that they should be, and who may open them.
struct KeystoreTrustTests {
  private let stores: TestKeystores

  init() throws {
    stores = try TestKeystores()
  }

  private func copy() throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: stores.folder.path + "/keystore.age"))
  }

  private func putBack(_ data: Data) throws {
    let path = stores.folder.path + "/keystore.age"
    try? FileManager.default.removeItem(atPath: path)
    try data.write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
  }

  @Test func `an older copy is refused until it is accepted`() throws {
    let store = try stores.made()
    try stores.add("a", "sk-one", to: store)
    let old = try copy()
    try stores.add("a", "sk-two", to: store, replacing: true)
    #expect(try values("a", in: store) == ["sk-two"])
    try putBack(old)
    for store in [store, try stores.store()] {
      let error = #expect(throws: KeySourceError.self) { try store.keys(of: "a") }
      #expect(error?.exitCode == 77)
      #expect(error?.description.contains("generation 3") == true)
      #expect(error?.description.contains("keys check --accept") == true)
      #expect(throws: KeySourceError.self) { try stores.add("b", "sk-b", to: store) }
    }
    #expect(try store.accept())
    #expect(try values("a", in: store) == ["sk-one"])
    #expect(try !store.accept())
    #expect(try stores.events().last == "accepted")
  }

  @Test func `another keystore in its place is refused until it is accepted`() throws {
    let store = try stores.made()
    try stores.add("a", "sk-mine", to: store)
    let mine = try copy()
    try FileManager.default.removeItem(atPath: stores.folder.path + "/keystore.age")
    let other = try TestKeystores()
    var location = try stores.location()
    location.memory = other.folder.path
    let foreign = Keystore(at: location)
    _ = try foreign.create(protection: .identity)
    for number in 0..<5 { try stores.add("a", "sk-theirs-\(number)", to: foreign, replacing: true) }
    let error = #expect(throws: KeySourceError.self) { try store.keys(of: "a") }
    #expect(error?.description.contains("another keystore") == true)
    try putBack(mine)
    #expect(try values("a", in: store) == ["sk-mine"])
  }

  @Test func `a document without a name may not take the place of one that has one`() throws {
    let store = try stores.made()
    try stores.exchange(document: #"{"v":1,"generation":99,"keys":[]}"#)
    #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(try store.accept())
    try stores.add("a", "sk-a", to: store)
    #expect(try stores.document().contains(#""store":""#))
    #expect(try values("a", in: store) == ["sk-a"])
  }

  @Test func `where nothing can be noted, it says so once and goes on`() throws {
    let told = Mutex<[String]>([])
    var location = try stores.location()
    location.memory = "/proc/nowhere"
    let store = Keystore(at: location, notice: { text in told.withLock { $0.append(text) } })
    _ = try store.create(protection: .identity)
    try stores.add("a", "sk-a", to: store)
    #expect(try values("a", in: store) == ["sk-a"])
    #expect(told.withLock { $0.count } == 1)
    #expect(told.withLock { $0[0].contains("older copy") })
  }

  @Test func `readers and writers at the same time take nothing for an older copy`() async throws {
    let store = try stores.made()
    try stores.add("main", "sk-0", to: store)
    let location = try stores.location()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 1...40 {
          let key = try Key(.keystore(id: "main"), value: secret("sk-\(number)"))
          _ = try Keystore(at: location).rotate(key, .init(), overlap: .seconds(60))
        }
      }
      for _ in 0..<3 {
        group.addTask {
          let source = KeystoreKeySource(id: "main", keystore: Keystore(at: location))
          for _ in 0..<40 { _ = try await source.newest() }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.keys(of: "main").map(\.label) == ["41", "40"])
    #expect(try AuditReader.verify(location.auditLog).entries == 42)
  }

  @Test func `every recipient can open it after every change`() throws {
    let others = [AgeIdentity.generate(), AgeIdentity.generate()]
    let store = try stores.made(recipients: others.compactMap(\.recipient))
    try stores.add("a", "sk-a", to: store)
    try stores.rotate("a", "sk-b", in: store)
    for identity in others {
      #expect(text(try AgeFile.decrypt(stores.bytes, with: [identity])).contains("sk-b"))
    }
  }

  @Test func `recipients of another program's making are asked for before a change`() throws {
    let store = try stores.made()
    let mine = try #require(try stores.identities()[0].recipient)
    let other = AgeIdentity.generate()
    let recipient = try #require(other.recipient)
    let file = try AgeFile.encrypt(secret(stores.document()), to: [mine, recipient], armored: true)
    try stores.folder.write(String(decoding: file, as: UTF8.self), to: "keystore.age")
    #expect(try store.entries().isEmpty)
    let error = #expect(throws: KeySourceError.self) { try stores.add("a", "sk-a", to: store) }
    #expect(error?.exitCode == 73)
    #expect(error?.description.contains("keys init --recipient") == true)
    #expect(try store.setRecipients([recipient]) == [mine, recipient])
    try stores.add("a", "sk-a", to: store)
    #expect(text(try AgeFile.decrypt(stores.bytes, with: [other])).contains("sk-a"))
  }

  @Test func `a recipient that was taken out by another program does not come back`() throws {
    let other = AgeIdentity.generate()
    let store = try stores.made(recipients: [try #require(other.recipient)])
    try stores.exchange(document: try stores.document())
    #expect(throws: KeySourceError.self) { try stores.add("a", "sk-a", to: store) }
    #expect(try store.setRecipients([]).count == 1)
    try stores.add("a", "sk-a", to: store)
    #expect(throws: AgeError.noMatch) { _ = try AgeFile.decrypt(stores.bytes, with: [other]) }
  }

  @Test func `the identity may come from a descriptor, which is read once`() throws {
    let store = try stores.made()
    try stores.add("a", "sk-a", to: store)
    let identity = try String(contentsOfFile: stores.folder.path + "/identity.txt", encoding: .utf8)
    try FileManager.default.removeItem(atPath: stores.folder.path + "/identity.txt")
    var location = try stores.location()
    location.identity = .descriptor(try TemporaryFolder.pipe(holding: identity))
    let other = try stores.store(location)
    #expect(try values("a", in: other) == ["sk-a"])
    try stores.add("a", "sk-b", to: other, replacing: true)
    #expect(try values("a", in: other) == ["sk-b"])
  }

  @Test func `a credential of systemd may be readable by its group, an identity file not`() throws {
    let store = try stores.made()
    let path = stores.folder.path + "/identity.txt"
    try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: path)
    #expect(throws: KeySourceError.self) { try store.entries() }
    var location = try stores.location()
    location.identity = .credential(path)
    #expect(try stores.store(location).entries().isEmpty)
    try FileManager.default.setAttributes([.posixPermissions: 0o464], ofItemAtPath: path)
    #expect(throws: KeySourceError.self) { try stores.store(location).entries() }
  }

  @Test func `post-quantum identities are unsupported, not damaged`() throws {
    let store = try stores.made()
    try stores.folder.write(
      "AGE-SECRET-KEY-PQ-1XXC4XS9DXHZ6TREKQTT3XECY8VNNU7GJ83C3Y49D0GZ3ZUME4JWS6QC3EF\n",
      to: "identity.txt"
    )
    let error = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(error?.description.contains("not supported by this build") == true)
  }
}

struct KeystoreLocationTests {
  @Test func `is found by flag, then environment, then in the home folder`() {
    let home = KeystoreLocation(environment: { ["HOME": "/home/me"][$0] })
    #expect(home.path == "/home/me/.config/nightjar/keystore.age")
    #expect(home.memory == "/home/me/.local/state/nightjar/keystores")
    let configured = KeystoreLocation(
      identity: "mine",
      environment: {
        ["XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s", "NIGHTJAR_KEYSTORE": "k"][$0]
      }
    )
    #expect(configured.path == "k")
    #expect(configured.identity == .file("mine"))
    #expect(configured.memory == "/s/nightjar/keystores")
    #expect(KeystoreLocation(keystore: "flag", environment: { _ in "k" }).path == "flag")
  }

  @Test func `the identity is found by flag, descriptor, environment, systemd, then at home`()
    throws
  {
    let folder = try TemporaryFolder()
    let credential = try folder.write("", to: "nightjar-identity")
    var environment = [
      "HOME": "/h", "CREDENTIALS_DIRECTORY": folder.path, "NIGHTJAR_IDENTITY": "e",
    ]
    func identity(_ path: String? = nil, _ descriptor: Int32? = nil) -> KeystoreLocation.Identity {
      KeystoreLocation(
        identity: path,
        identityDescriptor: descriptor,
        environment: { environment[$0] }
      ).identity
    }
    #expect(identity("f", 3) == .file("f"))
    #expect(identity(nil, 3) == .descriptor(3))
    #expect(identity() == .file("e"))
    environment["NIGHTJAR_IDENTITY"] = nil
    #expect(identity() == .credential(credential))
    try FileManager.default.removeItem(atPath: credential)
    #expect(identity() == .file("/h/.config/nightjar/identity.txt"))
  }
}
