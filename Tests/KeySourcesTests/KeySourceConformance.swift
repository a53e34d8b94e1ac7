import Foundation
import Glibc
import KeySources
import Secrets
import TestSupport
import Testing

/// A kind of source, which makes a fresh one for each test.
struct SourceKind: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable () throws -> SourceUnderTest
}

/// A source under test, and the ways to change what it holds from outside.
struct SourceUnderTest: Sendable {
  let source: any KeySource
  let put: @Sendable (String) throws -> Void
  let remove: @Sendable () throws -> Void
  var stop: @Sendable () -> Void = {}
}

/// What every key source must do.
///
/// A new source adds itself to `all` and passes.
struct KeySourceConformance {
  static let all = [environment, file, jsonField, keystore, command]

  /// What a store that is a server of its own is asked for; each case starts one.
  static let servers: [SourceKind] = OpenBaoServer.isInstalled ? [vault] : []

  @Test(arguments: all + servers)
  func `gives the value that is there, under its reference`(
    kind: SourceKind
  ) async throws {
    let subject = try kind.make()
    defer { subject.stop() }
    try subject.put("sk-first-value")
    let key = try await newest(subject.source)
    #expect(value(of: key) == "sk-first-value")
    #expect(key.reference == subject.source.reference)
    try subject.remove()
  }

  @Test(arguments: all + servers)
  func `the version changes if and only if the value does`(
    kind: SourceKind
  ) async throws {
    let subject = try kind.make()
    defer { subject.stop() }
    try subject.put("sk-first-value")
    let first = try await newest(subject.source)
    let again = try await newest(subject.source)
    #expect(first.version == again.version)
    try subject.put("sk-other-value")
    let other = try await newest(subject.source)
    #expect(other.version != first.version)
    #expect(value(of: other) == "sk-other-value")
    try subject.remove()
  }

  @Test(arguments: all + servers)
  func `a missing key is an error with advice`(
    kind: SourceKind
  ) async throws {
    let subject = try kind.make()
    defer { subject.stop() }
    try subject.put("sk-first-value")
    try subject.remove()
    let error = await #expect(throws: KeySourceError.self) { try await newest(subject.source) }
    // A command may work again in a moment.
    #expect(error?.exitCode == (kind.testDescription == "command" ? 69 : 77))
    #expect(error?.description.contains(";") == true)
  }

  @Test(arguments: all, ["sk-a\u{e9}", "sk-with space", "sk-a\tb"])
  func `a value that cannot stand in a header is denied and not shown`(
    kind: SourceKind,
    bad: String
  ) async throws {
    let subject = try kind.make()
    defer { subject.stop() }
    try subject.put(bad)
    let error = await #expect(throws: KeySourceError.self) { try await newest(subject.source) }
    #expect(error?.exitCode == 77)
    #expect(error?.description.contains(bad) == false)
    try subject.remove()
  }

  // MARK: - The sources

  static let environment = SourceKind(testDescription: "environment") {
    let name = "NIGHTJAR_TEST_\(UInt32.random(in: .min ... .max))"
    return SourceUnderTest(
      source: EnvironmentKeySource(name: name),
      put: { unsafe setenv(name, $0, 1) },
      remove: { unsafe unsetenv(name) }
    )
  }

  static let file = SourceKind(testDescription: "file") {
    let folder = try TemporaryFolder()
    return SourceUnderTest(
      source: FileKeySource(path: folder.path + "/key"),
      put: { try folder.write($0 + "\n", to: "key") },
      remove: { try FileManager.default.removeItem(atPath: folder.path + "/key") }
    )
  }

  static let command = SourceKind(testDescription: "command") {
    let folder = try TemporaryFolder()
    return SourceUnderTest(
      source: CommandKeySource(command: "cat '\(folder.path)/key'"),
      put: { try folder.write($0 + "\n", to: "key") },
      remove: { try FileManager.default.removeItem(atPath: folder.path + "/key") }
    )
  }

  static let jsonField = SourceKind(testDescription: "jsonField") {
    let folder = try TemporaryFolder()
    return SourceUnderTest(
      source: FileKeySource(path: folder.path + "/keys.json", field: "main"),
      put: {
        let object = ["other": "no", "main": $0]
        let json = try JSONEncoder().encode(object)
        try folder.write(String(decoding: json, as: UTF8.self), to: "keys.json")
      },
      remove: { try folder.write(#"{"other":"no"}"#, to: "keys.json") }
    )
  }

  /// Its document is written as the age program would, so that it may hold what we never store.
  static let keystore = SourceKind(testDescription: "keystore") {
    let folder = try TemporaryFolder()
    let store = Keystore(at: try folder.location())
    let recipients = try store.create(protection: .identity)
    let write: @Sendable ([String: String]) throws -> Void = { values in
      let keys = values.map { ["id": $0.key, "value": $0.value] }
      let list = String(decoding: try JSONEncoder().encode(keys), as: UTF8.self)
      let document = secret(#" { "keys": \#(list), "generation": 7, "v": 1 } "#)
      let file = try AgeFile.encrypt(document, to: recipients, armored: true)
      try folder.write(String(decoding: file, as: UTF8.self), to: "keystore.age")
    }
    return SourceUnderTest(
      source: try KeySources(keystore: store).source(for: .keystore(id: "main")),
      put: { try write(["other": "sk-no", "main": $0]) },
      remove: { try write([:]) }
    )
  }

  static let vault = SourceKind(testDescription: "vault") {
    let server = try OpenBaoServer()
    return SourceUnderTest(
      source: try VaultUser(of: server).source("secret/conformance"),
      put: { try server.put("conformance", ["key": $0]) },
      remove: { try server.remove("conformance") },
      stop: { server.stop() }
    )
  }
}
