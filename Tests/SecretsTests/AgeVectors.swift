import Foundation
import Secrets
import Testing

/// A vector of C2SP's age test kit: what must happen when a file is opened.
struct AgeVector: Sendable, CustomTestStringConvertible {
  let name: String
  var expectation = ""
  var payloadHash = ""
  var identities: [String] = []
  var passphrases: [String] = []
  var file: [UInt8] = []

  var testDescription: String { name }

  /// Only keys that this program does not support are offered.
  var isPostQuantum: Bool {
    identities.contains { $0.hasPrefix("AGE-SECRET-KEY-PQ-") }
  }

  static let all: [AgeVector] = {
    let folder = Bundle.module.resourceURL?.appendingPathComponent("age-testkit")
    guard let folder,
      let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    else { return [] }
    return names.sorted().map { name in
      let data = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
      return AgeVector(name: name, contents: [UInt8](data))
    }
  }()

  init(name: String, contents: [UInt8]) {
    self.name = name
    var rest = contents[...]
    var isCompressed = false
    while let end = rest.firstIndex(of: 0x0A) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      let value = line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? ""
      switch line.prefix(while: { $0 != ":" }) {
      case "expect": expectation = value
      case "payload": payloadHash = value
      case "identity": identities.append(value)
      case "passphrase": passphrases.append(value)
      case "compressed": isCompressed = true
      default: break
      }
    }
    file = isCompressed ? Zlib.inflate(Array(rest)) : Array(rest)
  }

  func open() throws(AgeError) -> Secret {
    var keys = passphrases.map { AgeIdentity(passphrase: secret($0)) }
    for identity in identities { keys += try AgeIdentity.parse(secret(identity)) }
    return try AgeFile.decrypt(file, with: keys)
  }
}

struct AgeVectors {
  @Test func `the test kit is there`() {
    #expect(AgeVector.all.count >= 70)
  }

  @Test(arguments: AgeVector.all)
  func `a file opens, or fails, as the vector says`(_ vector: AgeVector) {
    let outcome: String
    do throws(AgeError) {
      let plaintext = try vector.open()
      let hash = unsafe plaintext.withUnsafeBytes { unsafe SHA256.digest(of: $0).hex }
      #expect(hash == vector.payloadHash)
      outcome = "success"
    } catch {
      outcome = error.outcome
    }
    if vector.isPostQuantum {
      let outcomes = ["unsupported", vector.expectation]
      #expect(outcome != "success" && outcomes.contains(outcome))
    } else {
      #expect(outcome == vector.expectation)
    }
  }
}

extension AgeError {
  /// The test kit's name of the outcome.
  var outcome: String {
    switch self {
    case .armor: "armor failure"
    case .header, .workFactor, .memory: "header failure"
    case .headerChanged: "HMAC failure"
    case .payload: "payload failure"
    case .noMatch, .wrongPassphrase: "no match"
    case .unsupported: "unsupported"
    case .malformed: "malformed"
    }
  }
}
