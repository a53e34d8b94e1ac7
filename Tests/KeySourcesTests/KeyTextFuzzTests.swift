import Foundation
import KeySources
import Secrets
import TestSupport
import Testing
import Transport

/// Damaged texts in which keys stand: each is read, or refused in plain words without a value.
struct KeyTextFuzzTests {
  /// Nothing that may be a name has these signs.
  private static let hidden = "Z$7+q!R2&x;W9$k@m"

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func `keys to import are read, or refused without a value`() {
    var mutator = Mutator(seed: 50)
    let samples = [
      #"{"main":"\#(Self.hidden)","b":"\u0073k\ud83d\n\#(Self.hidden)"}"#,
      "# keys\nexport MAIN=\"\(Self.hidden)\" # the one\nB='\(Self.hidden)'\r\nC = \(Self.hidden)\n",
    ].map { Array($0.utf8) }
    var read = 0
    for _ in Mutator.rounds(1_000) {
      let text = mutator.damaged(mutator.one(of: samples), with: samples, changes: 0...2)
      do throws(KeySourceError) {
        let keys = try KeyImport.parse(Secret(copying: text.span))
        read += 1
        #expect(!keys.isEmpty && keys.allSatisfy { !value(of: $0).isEmpty })
      } catch {
        expectPlain(error)
      }
    }
    #expect(read > 100)
  }

  @Test func `what JSON says of a key is what is imported`() throws {
    var mutator = Mutator(seed: 51)
    let signs = (0x21...0x7E).map { Character(Unicode.Scalar(UInt8($0))) }
    for number in Mutator.rounds(300) {
      // Other first signs are those of quotes and placeholders.
      let text = "k" + String((0..<mutator.number(1...40)).map { _ in mutator.one(of: signs) })
      let json = try JSONSerialization.data(withJSONObject: ["key-\(number)": text])
      let keys = try KeyImport.parse(secret(String(decoding: json, as: UTF8.self)))
      #expect(keys.map { value(of: $0) } == [text])
    }
  }

  @Test func `a field of a key file is found, or refused without a value`() async throws {
    var mutator = Mutator(seed: 52)
    let text = #"{"a":{"b":"\#(Self.hidden)","c":[{"d":null}]},"n":5,"main":"\#(Self.hidden)\u00"}"#
    let path = folder.path + "/keys.json"
    try folder.write(text, to: "keys.json")
    for _ in Mutator.rounds(500) {
      let damaged = mutator.damaged(Array(text.utf8), changes: 0...2)
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      let field = mutator.one(of: ["a.b", "main", "a.c.d", "n.", "."])
      do throws(KeySourceError) {
        let keys = try await FileKeySource(path: path, field: field).fetch(unless: nil)
        #expect(keys?.count == 1)
      } catch {
        let fault = PlainWords.fault(in: error.description)
        #expect(fault == nil, "\(error)")
      }
    }
  }

  @Test func `profiles of AWS are read, or refused without a value`() async throws {
    var mutator = Mutator(seed: 53)
    let samples = [
      "[default]\naws_access_key_id = AKIANOSUCHKEY1234567\naws_secret_access_key=\(Self.hidden)\n",
      "# two\n[profile night]\nregion = us-east-1\nendpoint_url = https://127.0.0.1\ns3 =\n"
        + "  region = eu\naws_session_token = \(Self.hidden)\nrole_arn = arn:aws:iam::1:role/x\n",
    ].map { Array($0.utf8) }
    let files = ["config", "credentials"].map { folder.path + "/" + $0 }
    for _ in Mutator.rounds(150) {
      for (file, number) in zip(files, 0...) {
        let text = mutator.damaged(samples[1 - number], with: samples, changes: 0...2)
        try Data(text).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
      }
      let caller = AWSCaller(
        environment: [
          "AWS_CONFIG_FILE": files[0], "AWS_SHARED_CREDENTIALS_FILE": files[1],
          "AWS_PROFILE": mutator.one(of: ["default", "night"]),
          "AWS_EC2_METADATA_DISABLED": "true",
        ],
        client: NoNetwork()
      )
      expectPlain(try await caller.failure("llm"))
    }
  }

  private func expectPlain(_ error: KeySourceError) {
    let fault = PlainWords.fault(in: error.description, hiding: Self.hidden)
    #expect(fault == nil, "\(error)")
  }
}

/// A network that nothing answers from.
private struct NoNetwork: HTTPClient {
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    throw TransportError(.connect, "nothing answers")
  }
}
