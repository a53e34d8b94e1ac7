import Foundation
import Synchronization
import TestSupport
import Testing

/// A provider that gives the key away in every way it can.
///
/// A prompt says how; the second request that says the same gets a good answer.
private final class EchoingProvider: Sendable {
  let server: RawServer
  /// Where its redirects point.
  let target: RawServer
  private let held = DispatchSemaphore(value: 0)

  init() throws {
    let target = try RawServer { connection in
      connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    }
    let held = held
    let said = Said()
    self.target = target
    server = try RawServer { connection in
      while let request = connection.readRequest() {
        let word = said.newWord(in: request)
        if word == "hold" { held.wait() }
        connection.write(Self.answer(to: word, redirect: target.url))
      }
    }
  }

  deinit {
    release()
    server.stop()
    target.stop()
  }

  /// Lets the prompt that says hold be answered.
  func release() { held.signal() }

  /// What was asked for before.
  private final class Said: Sendable {
    private let words = Mutex<Set<String>>([])

    /// The word after `say` the first time, `fine` from then on.
    func newWord(in request: String) -> String {
      let rest = request.components(separatedBy: "say ").last ?? ""
      let word = String(rest.prefix { $0.isLetter || $0.isNumber })
      return words.withLock { $0.insert(word).inserted } ? word : "fine"
    }
  }

  private static func answer(to word: String, redirect: String) -> String {
    let key = Canary.key
    let head = "X-Echo: \(key)\r\nrequest-id: \(key)\r\nx-request-id: \(key)\r\n"
    guard Int(word) != nil else {
      // A result keeps what it says of a key that never left this machine, so it says nothing.
      let body =
        word == "garbage" ? "{\"content\": \(key)" : #"{"content":[{"type":"text","text":"fine"}]}"#
      return "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(head)\r\n\(body)"
    }
    let error = #"{"type":"\#(key)","code":"\#(key)","message":"your key \#(key) is no good"}"#
    let body = #"{"type":"error","error":\#(error)}"#
    let location = word == "302" ? "Location: \(redirect)\(key)\r\n" : ""
    return "HTTP/1.1 \(word) \(key)\r\nContent-Length: \(body.utf8.count)\r\n"
      + "\(head)\(location)\r\n\(body)"
  }
}

struct SecretTests {
  /// Prepares a key of this kind; gives back its reference and the file that holds it, if any.
  private func keep(
    _ kind: String,
    in folder: Scratch
  ) throws -> (reference: String, file: String?) {
    switch kind {
    case "env": return ("env:CANARY", nil)
    case "file":
      try folder.write("secret", Canary.key + "\n")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600],
        ofItemAtPath: folder.path(of: "secret")
      )
      return ("file:secret", "secret")
    default:
      #expect(try folder.nightjar(["keys", "init"]).status == 0)
      let added = try folder.nightjar(["keys", "add", "canary"], input: Canary.key)
      #expect(added.status == 0, "\(added.errors)")
      #expect(try folder.nightjar(["keys", "list", "--json"]).status == 0)
      return ("keystore:canary", nil)
    }
  }

  private func flags(_ url: String, key: String) -> [String] {
    [
      "--base-url", url, "--provider", "anthropic", "--model", "any", "--max-tokens", "9", "--key",
      key, "--json", "--log-level", "trace", "--max-attempts", "2",
    ]
  }

  private func lines(_ words: [String]) -> String {
    words.map { "{\"id\":\"\($0)\",\"prompt\":\"say \($0)\"}\n" }.joined()
  }

  private func expectNoCanary(in program: Program) throws {
    let path = "/proc/\(program.pid)/cmdline"
    let line = try #require(FileManager.default.contents(atPath: path))
    #expect(!line.isEmpty)
    Canary.expectAbsent(from: line, "the process listing")
  }

  @Test func `the key would be found in each of its forms`() {
    let key = Data(Canary.key.utf8)
    let url = "https%3A%2F%2F" + "sk%2Dcanary%2FZq7%2BkP3w%3DYx9mN5v8Rb2"
    let seen = [
      Data("Bearer ".utf8) + key, Data((Data("Bearer ".utf8) + key).base64EncodedString().utf8),
      Data((Data("user:".utf8) + key).base64EncodedString().utf8),
      Data(key.map { String(format: "%02x", $0) }.joined().utf8), Data(url.utf8),
    ]
    for bytes in seen {
      #expect(Canary.forms.contains { bytes.range(of: Data($0.utf8)) != nil })
    }
  }

  @Test(arguments: ["env", "file", "keystore"])
  func `a key stays where it is kept, whatever the provider gives away`(kind: String) throws {
    let folder = try Scratch()
    let provider = try EchoingProvider()
    let (reference, file) = try keep(kind, in: folder)
    let quick = ["400", "404", "500", "529", "garbage", "fine"]
    try folder.write("in.jsonl", lines(["hold"] + quick))
    let program = try Program(
      ["run", "in.jsonl", "-o", "out.jsonl"] + flags(provider.server.url, key: reference),
      in: folder,
      environment: ["CANARY": Canary.key]
    )
    try folder.wait(for: "results of all but the held job") {
      folder.lines("out.jsonl").count + folder.lines("out.failed.jsonl").count == quick.count
    }
    try expectNoCanary(in: program)
    #expect(folder.exists("out.jsonl.nightjar-wal"))
    Canary.expectAbsent(from: folder, besides: file)
    provider.release()
    let ending = program.ending()
    #expect(ending.status == 1, "\(ending.errors)")
    Canary.expectAbsent(from: folder, besides: file)
    #expect(provider.server.requests.contains { $0.contains(Canary.key) })
    #expect(try folder.failures().contains { $0.error.message.contains("your key") })
  }

  @Test(arguments: [("401", 77 as Int32, "is no good"), ("302", 69, "redirects to")])
  func `what stops a run does not carry the key away`(
    word: String,
    status: Int32,
    reason: String
  ) throws {
    let folder = try Scratch()
    let provider = try EchoingProvider()
    try folder.write("in.jsonl", lines([word]))
    let run = ["run", "in.jsonl", "-o", "out.jsonl"]
    let ending = try folder.nightjar(
      run + flags(provider.server.url, key: "env:CANARY"),
      environment: ["CANARY": Canary.key]
    )
    #expect(ending.status == status, "\(ending.errors)")
    #expect(ending.errors.contains(reason), "\(ending.errors)")
    Canary.expectAbsent(from: folder)
    #expect(provider.target.connectionCount == 0)
  }

  @Test func `a document with a key of the run in it is not sent, whatever it is called`() throws {
    let folder = try Scratch()
    let provider = try EchoingProvider()
    try folder.write("docs/plain.txt", "plain")
    try folder.write("docs/copy.txt", "the key is \(Canary.key)!")
    let run = ["run", "docs", "-o", "out.jsonl"] + flags(provider.server.url, key: "env:REHEARSAL")
    let ending = try folder.nightjar(run, environment: ["REHEARSAL": Canary.key])
    #expect(ending.status == 1, "\(ending.errors)")
    #expect(ending.errors.contains("holds a key of this run"), "\(ending.errors)")
    #expect(!folder.read("out.failed.jsonl").contains(Canary.key))
    #expect(folder.lines("out.jsonl").count == 1)
  }

  @Test func `a key given as an argument is refused without repeating it`() throws {
    let folder = try Scratch()
    try folder.write("in.jsonl", lines(["fine"]))
    for flag in [["--api-key", Canary.key], ["--key", Canary.key], ["--key=\(Canary.key)"]] {
      let ending = try folder.nightjar(
        ["run", "in.jsonl", "-o", "out.jsonl", "--provider", "openai"] + flag
      )
      #expect(ending.status == 64)
      Canary.expectAbsent(from: folder)
    }
  }

  @Test func `a running program leaves no core and is closed to others`() throws {
    let folder = try Scratch()
    let provider = try EchoingProvider()
    try folder.write("in.jsonl", lines(["fine", "hold"]))
    let program = try Program(
      ["run", "in.jsonl", "-o", "out.jsonl"] + flags(provider.server.url, key: "env:REHEARSAL"),
      in: folder
    )
    try folder.wait(for: "the first result") { !folder.lines("out.jsonl").isEmpty }
    let limits = try String(contentsOfFile: "/proc/\(program.pid)/limits", encoding: .utf8)
    let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
    #expect(core?.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
    // The files of a process that may not be dumped belong to root, whoever runs it.
    let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(program.pid)/environ")
    #expect(owner[.ownerAccountID] as? Int == 0)
    provider.release()
    #expect(program.ending().status == 0)
  }
}
