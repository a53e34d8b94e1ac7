import Foundation
import KeySources
import Secrets
import Synchronization
import Testing

/// A moment that a test moves, in milliseconds since 1970.
final class TestMoment: Sendable {
  private let moment = Mutex<Int64>(1_795_428_000_000)  // 2026-11-23T10:00:00Z

  var now: Int64 { moment.withLock { $0 } }

  func advance(hours: Int64) {
    moment.withLock { $0 += hours * 3_600_000 }
  }
}

/// Keystores in a folder of their own, and ways around them.
struct TestKeystores {
  let folder: TemporaryFolder
  let moment = TestMoment()

  init() throws {
    folder = try TemporaryFolder()
  }

  func location(passphrase: String? = nil) throws -> KeystoreLocation {
    var location = try folder.location(passphrase: passphrase)
    location.identity = .file(folder.path + "/identity.txt")
    location.memory = folder.path + "/memory"
    return location
  }

  func store(_ location: KeystoreLocation? = nil) throws -> Keystore {
    Keystore(at: try location ?? self.location(), now: { [moment] in moment.now })
  }

  func made(recipients: [AgeRecipient] = []) throws -> Keystore {
    let store = try store()
    _ = try store.create(protection: .identity, recipients: recipients)
    return store
  }

  @discardableResult
  func add(
    _ id: String,
    _ value: String,
    to store: Keystore,
    replacing: Bool = false
  ) throws -> Keystore.Change {
    let key = try Key(.keystore(id: id), value: secret(value))
    return try store.store(key, .init(provider: "anthropic"), replacing: replacing)
  }

  @discardableResult
  func rotate(
    _ id: String,
    _ value: String,
    in store: Keystore,
    overlap: Duration = .seconds(86_400)
  ) throws -> Keystore.Change {
    let key = try Key(.keystore(id: id), value: secret(value))
    return try store.rotate(key, .init(), overlap: overlap)
  }

  func identities() throws -> [AgeIdentity] {
    let file = try String(contentsOfFile: folder.path + "/identity.txt", encoding: .utf8)
    return try AgeIdentity.parse(secret(file))
  }

  var bytes: [UInt8] {
    get throws {
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/keystore.age")))
    }
  }

  func document() throws -> String {
    text(try AgeFile.decrypt(bytes, with: identities()))
  }

  /// Writes a document as the age program would, where no keystore was seen before.
  func write(document: String) throws {
    try FileManager.default.removeItem(atPath: folder.path + "/memory")
    try exchange(document: document)
  }

  /// Writes a document as the age program would.
  func exchange(document: String) throws {
    let file = try AgeFile.encrypt(secret(document), for: identities(), armored: true)
    try folder.write(String(decoding: file, as: UTF8.self), to: "keystore.age")
  }

  /// The events of the keystore's audit log, each with the version of its key.
  func events() throws -> [String] {
    var events: [String] = []
    try AuditReader.forEachLine(of: folder.path + "/keystore.age.audit") { line in
      let record = AuditRecord(line)
      events.append((record?["event"] ?? "?") + (record?["version"].map { " " + $0 } ?? ""))
      return true
    }
    return events
  }
}

/// The values of a key that may be used, the present one first.
func values(_ id: String, in store: Keystore) throws -> [String] {
  try store.keys(of: id).map { value(of: $0) }
}
