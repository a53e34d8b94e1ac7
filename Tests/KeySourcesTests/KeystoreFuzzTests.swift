import Foundation
import KeySources
import Secrets
import TestSupport
import Testing

/// Damaged documents in whole keystores: each is read, and can be changed without harm to the
/// rest, or is refused in plain words that tell none of its values.
struct KeystoreFuzzTests {
  /// Nothing that may be an id has these signs.
  private static let hidden = "Z$7+q!R2&x;W9$k@m"

  private let stores: TestKeystores
  private let store: Keystore
  private let identities: [AgeIdentity]

  init() throws {
    stores = try TestKeystores()
    var location = try stores.location()
    location.memory = nil
    store = try stores.store(location)
    _ = try store.create(protection: .identity)
    identities = try stores.identities()
  }

  private static let documents = [
    #"{"v":1,"store":"9f","generation":3,"keys":[{"id":"main","version":2,"provider":"anthropic","#
      + #""state":"active","created":"2026-11-23T10:00:00Z","value":"\#(hidden)","previous":"#
      + #"{"version":1,"state":"draining","until":"2026-11-29T10:00:00Z","value":"old\#(hidden)"}},"#
      + #"{"id":"b.2","value":"\u0073\#(hidden)","not_before":null,"expires":"2027-01-01T00:00:00Z"},"#
      + #"{"id":"c","value":"\#(hidden)\"\\","state":"disabled","x":{"y":[1,"}"]}}]}"#,
    #"{"keys":[],"generation":41,"v":1}"#,
    #"{ "v" : 1 , "generation" : 0 , "keys" : [ { "value" : "\#(hidden)" , "id" : "a" } ] } "#,
  ].map { Array($0.utf8) }

  @Test func `a damaged document is read and changed, or refused without a value`() throws {
    var mutator = Mutator(seed: 40)
    var changed = 0
    for _ in Mutator.rounds(250) {
      let sample = mutator.one(of: Self.documents)
      try write(mutator.damaged(sample, with: Self.documents, changes: 0...2))
      do throws(KeySourceError) {
        let entries = try store.entries()
        expectKeys(of: entries)
        if try change(entries, &mutator) { changed += 1 }
      } catch {
        expectPlain(error)
      }
    }
    #expect(changed > 30)
  }

  @Test func `a damaged keystore file is refused, and never read as another`() throws {
    var mutator = Mutator(seed: 41)
    try write(Self.documents[0])
    let entries = try store.entries()
    let files = try [stores.bytes, AgeFile.encrypt(secret("{}"), for: identities)]
    for _ in Mutator.rounds(150) {
      let file = mutator.damaged(files[0], with: files, changes: 1...2)
      try put(file)
      do throws(KeySourceError) {
        #expect(try store.entries() == entries)
      } catch {
        expectPlain(error)
        #expect(error.kind == .denied)
      }
    }
  }

  @Test func `a keystore with a turned bit is refused, wherever it is`() throws {
    var mutator = Mutator(seed: 42)
    try write(Self.documents[0])
    let sound = try stores.bytes
    for _ in Mutator.rounds(400) {
      var file = sound
      file[mutator.number(0...file.count - 1)] ^= 1 << UInt8(mutator.number(0...7))
      try put(file)
      let error = #expect(throws: KeySourceError.self) { try store.entries() }
      #expect(error?.kind == .denied)
    }
  }

  @Test(arguments: ["9223372036854775807", "-1", "18446744073709551616", "1e3"])
  func `a number that cannot be counted on is refused or passed over`(_ number: String) throws {
    try write(Array(#"{"v":1,"generation":\#(number),"keys":[]}"#.utf8))
    let error = #expect(throws: KeySourceError.self) { try store.entries() }
    #expect(error?.description.contains("'generation' is not a number") == true)
    let keys = #"[{"id":"a","value":"sk-a","version":\#(number)}]"#
    try write(Array(#"{"v":1,"generation":1,"keys":\#(keys)}"#.utf8))
    #expect(try stores.rotate("a", "sk-b", in: store).after?.current.number == 2)
  }

  @Test(arguments: [
    #"{"id":"a","state":"\#(hidden)","value":"x"}"#,
    #"{"id":"\#(hidden)","value":"x","expires":1}"#,
    #"{"id":"\#(hidden)","value":"x"},{"id":"\#(hidden)","value":"x"}"#,
  ])
  func `a value in the place of a name is not shown`(_ keys: String) throws {
    try write(Array(#"{"v":1,"generation":1,"keys":[\#(keys)]}"#.utf8))
    let error = try #require(throws: KeySourceError.self) { try store.entries() }
    expectPlain(error)
  }

  // MARK: - What must hold

  /// Every key of a name that can be asked for has values, or a reason why not.
  private func expectKeys(of entries: [KeystoreEntry]) {
    for entry in entries where (try? KeyReference.keystoreID(entry.id)) != nil {
      do throws(KeySourceError) {
        let keys = try store.keys(of: entry.id)
        #expect(!keys.isEmpty && keys.allSatisfy { !value(of: $0).isEmpty })
      } catch {
        expectPlain(error)
      }
    }
  }

  /// Makes one change, after which the other keys are as they were.
  private func change(
    _ entries: [KeystoreEntry],
    _ mutator: inout Mutator
  ) throws(KeySourceError) -> Bool {
    let ids = entries.map(\.id).filter { (try? KeyReference.keystoreID($0)) != nil }
    let id = mutator.one(of: ids + ["new"])
    let generation = try store.generation()
    let key = try Key(.keystore(id: id), value: secret("sk-\"\\new"))
    let change =
      switch mutator.number(0...4) {
      case 0: try store.store(key, .init(provider: "p"), replacing: true)
      case 1: try store.rotate(key, .init(), overlap: .seconds(60))
      case 2: try store.rollBack(id)
      case 3: try store.setEnabled(id, mutator.number(0...1) == 0)
      default: try store.remove(id)
      }
    let after = try store.entries()
    #expect(after.first { $0.id == id } == change.after)
    #expect(try store.generation() == generation + (change.isChange ? 1 : 0))
    let others = { (entries: [KeystoreEntry]) in entries.filter { $0.id != id }.map(\.current) }
    #expect(others(after) == others(entries))
    return change.isChange
  }

  private func expectPlain(_ error: KeySourceError) {
    let fault = PlainWords.fault(in: error.description, hiding: Self.hidden)
    #expect(fault == nil, "\(error)")
  }

  private func write(_ document: [UInt8]) throws {
    let text = Secret(copying: document.span)
    try put(try AgeFile.encrypt(text, for: identities))
  }

  private func put(_ file: [UInt8]) throws {
    try Data(file).write(to: URL(fileURLWithPath: store.location.path))
  }
}
