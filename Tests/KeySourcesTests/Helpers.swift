import Foundation
import Glibc
import KeySources
import Secrets
import Synchronization

func secret(_ text: String) -> Secret {
  let bytes = Array(text.utf8)
  return Secret(copying: bytes.span)
}

func text(_ secret: borrowing Secret) -> String {
  secret.withBytes { bytes in
    String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
  }
}

func value(of key: Key) -> String {
  key.withSecret { text($0) }
}

/// A folder that is removed when the test lets go of it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("nightjar-keys-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: url,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    path = url.path
  }

  @discardableResult
  func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
    let file = path + "/" + name
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }

  func mode(of name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  /// The location of a keystore in this folder, of which nothing is noted elsewhere.
  func location(passphrase: String? = nil) throws -> KeystoreLocation {
    var location = KeystoreLocation(
      keystore: path + "/keystore.age",
      identity: path + "/identity.txt",
      passphraseDescriptor: try passphrase.map { try Self.pipe(holding: $0) }
    )
    location.memory = nil
    return location
  }

  /// A file descriptor from which a text can be read once.
  static func pipe(holding text: String) throws -> Int32 {
    let pipe = Pipe()
    try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try pipe.fileHandleForWriting.close()
    return dup(pipe.fileHandleForReading.fileDescriptor)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A source whose answers a test decides, and that counts how often it is asked.
final class ScriptedSource: KeySource {
  private struct Script {
    var answer: Result<[String], KeySourceError>
    var labels: [String?] = []
    var fetches = 0
  }

  let reference: KeyReference
  private let script: Mutex<Script>

  init(_ name: String, _ values: String...) {
    reference = .environment(name: name)
    script = Mutex(Script(answer: .success(values)))
  }

  var fetches: Int { script.withLock { $0.fetches } }

  /// The labels that it was asked with, which are the values themselves.
  var labels: [String?] { script.withLock { $0.labels } }

  func answer(_ values: String...) {
    script.withLock { $0.answer = .success(values) }
  }

  func fail(_ problem: String, _ kind: KeySourceError.Kind = .unavailable) {
    script.withLock { $0.answer = .failure(KeySourceError(kind, problem)) }
  }

  func fetch(unless label: String?) async throws(KeySourceError) -> [Key]? {
    let answer = script.withLock { script in
      script.fetches += 1
      script.labels.append(label)
      return script.answer
    }
    let values = try answer.get()
    if let label, label == values.first { return nil }
    return try values.map { value throws(KeySourceError) in
      try Key(reference, value: secret(value), label: value)
    }
  }
}

/// The newest value of a source, which a test expects to have one.
func newest(_ source: any KeySource) async throws -> Key {
  guard let key = try await source.fetch(unless: nil)?.first else {
    throw KeySourceError(.denied, "the source gave no key")
  }
  return key
}

/// A clock that a test moves.
final class ManualClock: Sendable {
  private let time = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { time.withLock { $0 } }

  func advance(by duration: Duration) {
    time.withLock { $0 += duration }
  }
}
