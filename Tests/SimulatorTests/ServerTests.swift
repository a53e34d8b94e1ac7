import Foundation
import Simulator
import Testing

/// The simulator as a server, seen by `curl`.
struct ServerTests {
  private func withFault<Result>(
    _ fault: String,
    _ body: (Int) async throws -> Result
  ) async throws -> Result {
    try await simulate({ $0.faults = try FaultPlan(parsing: ["\(fault)=1"]) }, body)
  }

  @Test(arguments: API.allCases)
  func `every endpoint answers`(api: API) async throws {
    let reply = try await simulate { try await Curl(api, port: $0) }
    #expect(reply.exitCode == 0)
    #expect(reply.status == 200)
    #expect(reply.isJSON)
    #expect(reply.announcedLength == reply.body.utf8.count)
  }

  @Test func `a reset arrives in mid-body`() async throws {
    let reply = try await withFault("reset") { try await Curl(.messages, port: $0) }
    #expect(reply.exitCode == 56)
    #expect(reply.status == 200)
    #expect(try !reply.body.isEmpty && reply.body.utf8.count < #require(reply.announcedLength))
  }

  @Test func `a truncated body is shorter than its Content-Length`() async throws {
    let reply = try await withFault("truncate") { try await Curl(.messages, port: $0) }
    #expect(reply.exitCode == 18)
    #expect(reply.status == 200)
    #expect(try !reply.body.isEmpty && reply.body.utf8.count < #require(reply.announcedLength))
  }

  @Test func `malformed JSON arrives as a whole and good transfer`() async throws {
    let reply = try await withFault("malformed") { try await Curl(.responses, port: $0) }
    #expect(reply.exitCode == 0)
    #expect(reply.status == 200)
    #expect(reply.announcedLength == reply.body.utf8.count)
    #expect(!reply.isJSON)
  }

  @Test func `a hang never answers`() async throws {
    let reply = try await withFault("hang") {
      try await Curl(.chatCompletions, port: $0, maxTime: 0.5)
    }
    #expect(reply.exitCode == 28)
    #expect(reply.status == nil)
  }

  @Test func `a slow answer dribbles and stalls`() async throws {
    let reply = try await withFault("slow") { try await Curl(.messages, port: $0, maxTime: 3) }
    #expect(reply.exitCode == 28)
    #expect(reply.status == 200)
    #expect(try !reply.body.isEmpty && reply.body.utf8.count < #require(reply.announcedLength))
  }

  @Test(arguments: ["429", "500", "529"])
  func `an injected status arrives`(fault: String) async throws {
    let reply = try await withFault(fault) { try await Curl(.messages, port: $0) }
    #expect(reply.exitCode == 0)
    #expect(reply.status == Int(fault))
    #expect(reply.isJSON)
  }

  @Test func `an answer takes its latency`() async throws {
    try await simulate({ $0.latency = .fixed(.milliseconds(300)) }) { port in
      let time = try await ContinuousClock().measure { _ = try await Curl(.messages, port: port) }
      #expect(time >= .milliseconds(300))
    }
  }

  @Test func `a body above 32 MB is refused and the refusal arrives`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(count: ProviderRequest.maximumBody + 1).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let reply = try await simulate { port in
      try await Curl([
        "--data-binary", "@\(file.path())", "-H", "Expect:", "-H", "x-api-key: \(rehearsalKey)",
        "http://127.0.0.1:\(port)/v1/messages",
      ])
    }
    #expect(reply.exitCode == 0)
    #expect(reply.status == 413)
  }

  @Test func `keys change on request, and what cannot be read changes nothing`() async throws {
    try await simulate({ $0.keys = [try RehearsalKey(parsing: "main=old")] }) { port in
      let url = "http://127.0.0.1:\(port)"
      func status(_ key: String) async throws -> Int? {
        try await Curl(["-H", "x-api-key: \(key)", "\(url)/v1/models"]).status
      }
      for text in ["{", #"{"add":"new"}"#] {
        let refusal = try await Curl(["-d", text, "\(url)/simulator/keys"])
        #expect(refusal.status == 400)
        #expect(refusal.body.contains(#"{"add":{"account":"NAME","key":"KEY"}"#))
      }
      #expect(try await status("old") == 200)
      let change = #"{"add":{"account":"main","key":"new"},"revoke":"old"}"#
      let reply = try await Curl(["-d", change, "\(url)/simulator/keys"])
      #expect(reply.status == 200)
      #expect(reply.body == #"{"accounts":{"main":1}}"#)
      #expect(try await status("old") == 401)
      #expect(try await status("new") == 200)
    }
  }

  @Test func `accounts are told what to do over HTTP, and the ledger shows it`() async throws {
    try await simulate({ $0.defaultAccount = try AccountPlan(parsing: "rpm=600000") }) { port in
      let url = "http://127.0.0.1:\(port)/simulator"
      func tell(_ path: String, _ body: String) async throws -> Int? {
        try await Curl(["-d", body, "\(url)/\(path)"]).status
      }
      #expect(try await tell("limits", #"{"rpm":60,"burst":0.5,"headers":"none"}"#) == 200)
      #expect(try await Curl(.messages, port: port).status == 200)
      let refused = try await Curl(.messages, port: port)
      #expect(refused.status == 429)
      #expect(refused.headers.keys.allSatisfy { !$0.hasPrefix("anthropic-ratelimit-") })
      #expect(try await tell("hold", #"{"account":"default","seconds":90}"#) == 200)
      let held = try await Curl(.messages, port: port)
      #expect(held.headers["retry-after"] == "90")
      #expect(try await tell("outage", #"{"for":60}"#) == 200)
      #expect(try await Curl(.messages, port: port).status == 529)
      let ledger = try await Curl(["\(url)/ledger?since=3600"])
      #expect(ledger.body.contains(#""outcomes":{"429":2,"529":1,"served":1},"seconds":[]"#))
    }
  }

  @Test(arguments: [
    ("limits", "{"), ("limits", #"{"account":"nobody","rpm":1}"#), ("limits", #"{"speed":1}"#),
    ("hold", #"{"account":"default"}"#), ("outage", #"{"for":"ever"}"#), ("keys", "[]"),
  ])
  func `an order that cannot be obeyed says why`(path: String, body: String) async throws {
    let reply = try await simulate { port in
      try await Curl(["-d", body, "http://127.0.0.1:\(port)/simulator/\(path)"])
    }
    #expect(reply.status == 400)
    #expect(!reply.body.isEmpty)
  }

  @Test func `the models are listed in the caller's own format`() async throws {
    try await simulate({ $0.models = ["model-a", "model-b"] }) { port in
      let url = "http://127.0.0.1:\(port)/v1/models"
      let anthropic = try await Curl(["-H", "x-api-key: k", url])
      let openAI = try await Curl(["-H", "Authorization: Bearer k", url])
      #expect(anthropic.body.contains(#""first_id":"model-a","last_id":"model-b""#))
      #expect(openAI.body.hasPrefix(#"{"object":"list","data":[{"id":"model-a""#))
      #expect(try await Curl([url]).status == 401)
    }
  }
}
