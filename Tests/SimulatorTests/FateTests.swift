import Foundation
import Simulator
import Testing

/// What a request meets besides limits: faults, latency, outages and revoked keys.
struct FateTests {
  private let everyFault = [
    "429=0.1", "500=0.1", "529=0.1", "reset=0.1", "truncate=0.1", "malformed=0.1", "hang=0.1",
    "slow=0.1",
  ]

  /// The fate of each prompt, twice in a row.
  private func fates(seed: UInt64, prompts: [String]) throws -> [String: [String]] {
    var provider = try makeProvider {
      $0.seed = seed
      $0.faults = try FaultPlan(parsing: everyFault)
      $0.latency = .uniform(.zero ... .seconds(1))
    }
    var fates: [String: [String]] = [:]
    for prompt in prompts + prompts {
      let exchange = provider.receive(API.messages.request(prompt), at: .zero)
      fates[prompt, default: []].append(
        "\(exchange.reply.status) \(exchange.delivery) \(exchange.latency)"
      )
    }
    return fates
  }

  @Test func `the same seed gives each prompt the same fate, in any order of arrival`() throws {
    let prompts = (0..<100).map { "Prompt \($0)" }
    let fates = try fates(seed: 7, prompts: prompts)
    #expect(try self.fates(seed: 7, prompts: prompts.reversed()) == fates)
    #expect(try self.fates(seed: 8, prompts: prompts) != fates)
    #expect(fates.values.contains { $0[0] != $0[1] })
  }

  @Test func `faults come as often as they were asked for`() throws {
    var provider = try makeProvider {
      $0.faults = try FaultPlan(parsing: ["500=0.2", "reset=0.05"])
    }
    let exchanges = (0..<4000).map {
      provider.receive(API.messages.request("Prompt \($0)"), at: .zero)
    }
    let errors = exchanges.count { $0.reply.status == 500 }
    let resets = exchanges.count { $0.delivery == .reset }
    #expect((720...880).contains(errors))
    #expect((150...250).contains(resets))
  }

  @Test(arguments: [
    (API.messages, "429", 429, "rate_limit_error"), (.messages, "500", 500, "api_error"),
    (.messages, "529", 529, "overloaded_error"),
    (.chatCompletions, "429", 429, "rate_limit_exceeded"), (.responses, "500", 500, "server_error"),
    (.embeddings, "529", 503, "server_is_overloaded"),
  ])
  func `an injected error is the provider's own`(
    api: API,
    fault: String,
    status: Int,
    word: String
  ) throws {
    var provider = try makeProvider {
      $0.faults = try FaultPlan(parsing: ["\(fault)=1"])
      $0.retryAfter = 17
    }
    let answer = provider.answer(api.request())
    #expect(answer.status == status)
    #expect(answer.body.contains("\"\(word)\""))
    #expect(answer.headers["retry-after"] == (fault == "500" ? nil : "17"))
  }

  @Test func `an outage answers overloaded from its start until its end`() throws {
    var provider = try makeProvider { $0.outages = [try Range(parsingOutage: "10s-25s")] }
    let statuses = [9.9, 10, 24.9, 25].map {
      provider.answer(API.messages.request(), at: .seconds($0)).status
    }
    #expect(statuses == [200, 529, 529, 200])
  }

  @Test func `a revoked key is refused from its time on, others of the account are not`() throws {
    var provider = try makeProvider {
      $0.keys = [
        try RehearsalKey(parsing: "main=old-key"), try RehearsalKey(parsing: "main=new-key"),
      ]
      $0.revocations = [try Revocation(parsing: "old-key@30")]
    }
    let old = API.messages.request(key: "old-key")
    #expect(provider.answer(old, at: .seconds(29)).status == 200)
    #expect(provider.answer(old, at: .seconds(30)).status == 401)
    #expect(provider.answer(API.messages.request(key: "new-key"), at: .seconds(30)).status == 200)
  }

  @Test func `keys are added and revoked while it runs`() throws {
    var provider = try makeProvider { $0.keys = [try RehearsalKey(parsing: "main=key-1")] }
    func statuses() -> [Int] {
      ["key-1", "key-2"].map {
        provider.answer(API.messages.request(key: $0), at: .seconds(1)).status
      }
    }
    func change(_ text: String) throws {
      try provider.obey("keys", text, at: .seconds(1))
    }
    #expect(statuses() == [200, 401])
    try change(#"{"add":{"account":"main","key":"key-2"},"revoke":"key-1"}"#)
    #expect(statuses() == [401, 200])
    try change(#"{"add":{"account":"main","key":"key-1"}}"#)
    #expect(statuses() == [200, 200])
  }

  @Test(arguments: [
    (API.messages, "anthropic-organization-id"), (.chatCompletions, "openai-organization"),
  ])
  func `an account tells its organisation where it has one`(api: API, header: String) throws {
    var provider = try makeProvider {
      $0.keys = try ["a=key-1,org=org-7", "b=key-2"].map { try RehearsalKey(parsing: $0) }
    }
    #expect(provider.answer(api.request(key: "key-1")).headers[header] == "org-7")
    #expect(provider.answer(api.request(key: "key-2")).headers[header] == nil)
  }

  @Test func `the keys of one account share its limits, accounts do not`() throws {
    var provider = try makeProvider {
      $0.keys = try ["a=key-1,rpm=60,burst=1", "a=key-2", "b=key-3,rpm=60,burst=1"].map {
        try RehearsalKey(parsing: $0)
      }
    }
    let statuses = ["key-1", "key-2", "key-3"].map {
      provider.answer(API.messages.request(key: $0)).status
    }
    #expect(statuses == [200, 429, 200])
  }

  @Test func `latencies follow their distribution`() throws {
    func latencies(_ text: String) throws -> [Duration] {
      var provider = try makeProvider { $0.latency = try Latency(parsing: text) }
      return (0..<2001).map {
        provider.receive(API.messages.request("Prompt \($0)"), at: .zero).latency
      }
    }
    #expect(try Set(latencies("200ms")) == [.milliseconds(200)])
    let uniform = try latencies("uniform:100ms-300ms").sorted()
    #expect(uniform[0] >= .milliseconds(100))
    #expect(uniform[2000] <= .milliseconds(300))
    #expect((.milliseconds(190) ... .milliseconds(210)).contains(uniform[1000]))
    let logNormal = try latencies("lognormal:800ms,0.5").sorted()
    #expect((.milliseconds(750) ... .milliseconds(850)).contains(logNormal[1000]))
    let upper = 0.8 * exp(0.5)
    #expect((.seconds(upper * 0.92) ... .seconds(upper * 1.08)).contains(logNormal[1683]))
  }

  @Test func `refusals come at once`() throws {
    var provider = try makeProvider {
      $0.latency = .fixed(.seconds(9))
      $0.failingPrompts = ["poison"]
      $0.faults = try FaultPlan(parsing: ["500=1"])
    }
    for prompt in ["poison", "good"] {
      let exchange = provider.receive(API.messages.request(prompt), at: .zero)
      #expect(exchange.reply.status >= 400)
      #expect(exchange.latency == .zero)
    }
  }

  @Test(arguments: ["", "fast", "uniform:3s-1s", "uniform:1s", "lognormal:1s", "lognormal:1s,-1"])
  func `an unreadable latency is refused with the three forms`(text: String) {
    #expect(throws: SimulatorError.self) { try Latency(parsing: text) }
  }

  @Test(arguments: [["crash=0.1"], ["500"], ["500=2"], ["500=0.6", "reset=0.6"]])
  func `an unreadable fault plan is refused`(texts: [String]) {
    #expect(throws: SimulatorError.self) { try FaultPlan(parsing: texts) }
  }

  @Test(arguments: ["main", "main=k,rpm", "main=k,rpm=0", "main=k,tpm=9", ""])
  func `an unreadable account is refused without its key`(text: String) throws {
    let error = try #require(throws: SimulatorError.self) { try RehearsalKey(parsing: text) }
    #expect(!error.description.contains("=k"))
  }
}
