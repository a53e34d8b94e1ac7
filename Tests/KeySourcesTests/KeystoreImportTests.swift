import Foundation
import KeySources
import Secrets
import Testing

struct KeystoreImportTests {
  private func parsed(_ text: String) throws -> [String] {
    try KeyImport.parse(secret(text)).map { "\($0.reference) \(value(of: $0))" }
  }

  @Test(arguments: [
    #" {"main": "sk-1", "other": "sk-\"2"} "#,
    "# keys\nmain=sk-1\n\n export other='sk-\"2' # the second\r\n",
    "main = \"sk-1\"\nother=sk-\"2   # it",
  ])
  func `objects and assignments are read`(text: String) throws {
    #expect(try parsed(text) == ["keystore:main sk-1", "keystore:other sk-\"2"])
  }

  @Test(arguments: [
    ("", "holds no keys"), ("{}", "holds no keys"), ("# only\n", "holds no keys"),
    ("sk-canary", "line 1 has no '='"), (#"{"a":{"b":"sk-canary"}}"#, "member 1"),
    (#"{"a":"sk-canary","a":"x"}"#, "two values for keystore:a"),
    ("a=sk-canary\nb c=x", "line 2"), ("a='sk-canary", "quote"), ("a=\n", "line 1"),
    (#"{"a":"sk-canary x"}"#, "member 1"), ("a=sk-canary x", "line 1"),
    ("a=ENC[AES256_GCM,data:sk-canary,type:str]", "sops -d"), (#"{"a":"sk-canary""#, "JSON"),
  ])
  func `what is no good is refused whole, and not shown`(text: String, why: String) {
    let error = #expect(throws: KeySourceError.self) { try parsed(text) }
    #expect(error?.exitCode == 77)
    #expect(error?.description.contains(why) == true, "\(String(describing: error))")
    #expect(error?.description.contains("canary") == false)
  }

  @Test func `new keys are added, others rotated, and the same left alone`() throws {
    let stores = try TestKeystores()
    let store = try stores.made()
    try stores.add("same", "sk-s", to: store)
    try stores.add("main", "sk-1", to: store)
    let generation = try store.generation()
    let keys = try KeyImport.parse(secret("same=sk-s\nmain=sk-2\nnew=sk-n"))
    let changes = try store.store(all: keys, overlap: .seconds(3600))
    #expect(changes.map(\.isChange) == [false, true, true])
    #expect(try store.generation() == generation + 1)
    #expect(try values("main", in: store) == ["sk-2", "sk-1"])
    #expect(try values("new", in: store) == ["sk-n"])
    #expect(try stores.events().suffix(2) == ["rotated 2", "added 1"])
    let before = try stores.bytes
    #expect(try store.store(all: keys, overlap: .seconds(3600)).allSatisfy { !$0.isChange })
    #expect(try stores.bytes == before)
  }

  @Test func `all are imported or none`() throws {
    let stores = try TestKeystores()
    let store = try stores.made()
    try stores.add("main", "sk-1", to: store)
    try stores.rotate("main", "sk-2", in: store)
    let keys = try KeyImport.parse(secret("new=sk-n\nmain=sk-1"))
    #expect(throws: KeySourceError.self) { try store.store(all: keys, overlap: .seconds(60)) }
    #expect(try store.entries().map(\.id) == ["main"])
  }
}
