import Foundation
import KeySources
import Secrets
import Testing

struct KeystoreTests {
  private let stores: TestKeystores

  init() throws {
    stores = try TestKeystores()
  }

  @Test func `what is added is listed and found, and what is removed is gone`() throws {
    let store = try stores.made()
    #expect(try store.entries().isEmpty)
    for id in ["a", "b", "c"] { try stores.add(id, "sk-\(id)\"\\", to: store) }
    #expect(value(of: try store.keys(of: "b")[0]) == "sk-b\"\\")
    #expect(try store.entries().map(\.id) == ["a", "b", "c"])
    #expect(try store.entries()[0].provider == "anthropic")
    for (id, rest) in [("b", ["a", "c"]), ("a", ["c"]), ("c", [])] {
      #expect(try store.remove(id).isChange)
      #expect(try store.entries().map(\.id) == rest)
    }
    #expect(try !store.remove("a").isChange)
    #expect(throws: KeySourceError.self) { _ = try store.keys(of: "a") }
    #expect(try stores.document().contains(#""generation":7,"keys":[]}"#))
  }

  @Test func `a key is replaced only when that is meant`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    let error = #expect(throws: KeySourceError.self) { try stores.add("main", "sk-two", to: store) }
    #expect(error?.exitCode == 64)
    #expect(value(of: try store.keys(of: "main")[0]) == "sk-one")
    try stores.add("main", "sk-two", to: store, replacing: true)
    #expect(value(of: try store.keys(of: "main")[0]) == "sk-two")
    #expect(try store.entries().count == 1)
  }

  @Test func `a name that is taken is known before a value is asked for`() throws {
    let store = try stores.made()
    try stores.add("main", "sk-one", to: store)
    #expect(throws: Never.self) { try store.refuseKnown("other") }
    let error = #expect(throws: KeySourceError.self) { try store.refuseKnown("main") }
    #expect(error?.description.contains("keys rotate main") == true)
  }

  @Test func `fields that nobody here knows survive every change`() throws {
    let store = try stores.made()
    let before =
      #"{"v":1,"x":{"y":[1,"}"]},"keys":[{"id":"a","value":"sk-a","note":"\"n\"","state":"active"}],"generation":41}"#
    try stores.write(document: before)
    try stores.add("b", "sk-b", to: store)
    try stores.add("a", "sk-a2", to: store, replacing: true)
    _ = try store.remove("b")
    let after = try stores.document()
    #expect(after.contains(#""x":{"y":[1,"}"]}"#))
    #expect(after.contains(#""note":"\"n\"""#))
    #expect(after.contains(#""generation":44"#))
    #expect(value(of: try store.keys(of: "a")[0]) == "sk-a2")
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(after.utf8)) }
  }

  @Test(
    arguments: [
      "": "not valid JSON", "[]": "not valid JSON", #"{"v":2,"generation":0,"keys":[]}"#: "newer",
      #"{"v":1,"keys":[]}"#: "'generation' is missing",
      #"{"v":1,"generation":0,"keys":[{"id":"a"}]}"#: "no id or no value",
      #"{"v":1,"generation":0,"keys":[{"id":"a","value":"x"},{"id":"a","value":"y"}]}"#:
        "two keys with the id 'a'",
      #"{"v":1,"generation":0,"keys":[{"id":"a","value":"x","state":"odd"}]}"#: "unknown state",
    ])
  func `refuses a document that is not one, and says why`(document: String, why: String) throws {
    let store = try stores.made()
    try stores.write(document: document)
    let error = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(error?.description.contains(why) == true)
    #expect(error?.exitCode == 77)
  }

  @Test(arguments: ["disabled", "retired"])
  func `a key out of use is not handed out`(state: String) throws {
    let store = try stores.made()
    try stores.write(
      document: #"{"v":1,"generation":0,"keys":[{"id":"a","value":"x","state":"\#(state)"}]}"#
    )
    let error = #expect(throws: KeySourceError.self) { _ = try store.keys(of: "a") }
    #expect(error?.description.contains(state) == true)
  }

  @Test func `its files are for their owner only`() throws {
    let store = try stores.made()
    try stores.add("a", "sk-a", to: store)
    #expect(try stores.folder.mode(of: "keystore.age") == 0o600)
    #expect(try stores.folder.mode(of: "identity.txt") == 0o600)
    #expect(try stores.folder.mode(of: "keystore.age.audit") == 0o600)
    let names = try FileManager.default.contentsOfDirectory(atPath: stores.folder.path)
    #expect(names.sorted() == ["identity.txt", "keystore.age", "keystore.age.audit", "memory"])
  }

  @Test(arguments: ["keystore.age", "identity.txt"])
  func `refuses files that others can read, and links`(name: String) throws {
    let store = try stores.made()
    let path = stores.folder.path + "/" + name
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let error = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(error?.description.contains("chmod 600") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
    let linked = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(linked?.description.contains("symbolic link") == true)
  }

  @Test func `refuses a folder in which others can exchange files`() throws {
    let store = try stores.made()
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777],
      ofItemAtPath: stores.folder.path
    )
    #expect(throws: KeySourceError.self) { try store.entries() }
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o1777],
      ofItemAtPath: stores.folder.path
    )
    #expect(try store.entries().isEmpty)
  }

  @Test func `never replaces a keystore that is there`() throws {
    let store = try stores.made()
    try stores.add("a", "sk-a", to: store)
    let error = #expect(throws: KeySourceError.self) { try store.create(protection: .identity) }
    #expect(error?.exitCode == 73)
    #expect(try store.entries().count == 1)
  }

  @Test func `can be made with a passphrase, and is kept in armor`() throws {
    let location = try stores.location(passphrase: "correct horse\n")
    _ = try Keystore(at: location).create(protection: .passphrase, armored: true)
    let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: location.path)))
    let details = try AgeFile.Details(of: file)
    #expect(details.needsPassphrase && details.isArmored)
    let identity = AgeIdentity(passphrase: secret("correct horse"))
    #expect(text(try AgeFile.decrypt(file, with: [identity])).contains(#""keys":[]"#))
  }

  @Test func `a passphrase is asked for once, and another is refused`() throws {
    let file = try AgeFile.encrypt(
      secret(#"{"v":1,"generation":0,"keys":[{"id":"a","value":"sk-a"}]}"#),
      passphrase: secret("correct horse"),
      workFactor: 10,
      armored: true
    )
    try stores.folder.write(String(decoding: file, as: UTF8.self), to: "keystore.age")
    let store = Keystore(at: try stores.location(passphrase: "correct horse"))
    #expect(try store.entries().map(\.id) == ["a"])
    #expect(value(of: try store.keys(of: "a")[0]) == "sk-a")
    let wrong = Keystore(at: try stores.location(passphrase: "battery staple"))
    let error = #expect(throws: KeySourceError.self) { try wrong.entries() }
    #expect(error?.exitCode == 77)
  }

  @Test func `changes made at the same time are all kept`() async throws {
    _ = try stores.made()
    let location = try stores.location()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          let key = try Key(.keystore(id: "key-\(number)"), value: secret("sk-\(number)"))
          _ = try Keystore(at: location).store(key, .init(), replacing: false)
        }
      }
      try await group.waitForAll()
    }
    #expect(Set(try Keystore(at: location).entries().map(\.id)).count == 20)
  }

  @Test func `says what to do when there is none, or nothing that opens it`() throws {
    let none = #expect(throws: KeySourceError.self) {
      try Keystore(at: stores.folder.location()).entries()
    }
    #expect(none?.description.contains("keys init") == true)
    let store = try stores.made()
    try FileManager.default.removeItem(atPath: stores.folder.path + "/identity.txt")
    let locked = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(locked?.description.contains("--identity") == true)
  }
}
