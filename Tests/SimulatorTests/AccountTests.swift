import Simulator
import Testing

/// What accounts can be told, played in virtual time.
struct AccountTests {
  /// How many of the requests that come every `step` are served between two seconds.
  private func served(
    _ provider: inout SimulatedProvider,
    seconds: Range<Int>,
    everyMilliseconds step: Int = 5,
    api: API = .messages
  ) -> Int {
    let times = stride(from: seconds.lowerBound * 1000, to: seconds.upperBound * 1000, by: step)
    return times.count { provider.answer(api.request(), at: .milliseconds($0)).status == 200 }
  }

  @Test func `a burst may be a part of a second, and one meter may have its own`() throws {
    var provider = try makeProvider(account: "rpm=600,burst=0.5")
    #expect((0..<9).count { _ in provider.answer(API.messages.request()).status == 200 } == 5)
    var both = try makeProvider(account: "rpm=600,itpm=1200,burst=0.5,itpm-burst=100ms")
    #expect((0..<9).count { _ in both.answer(API.messages.request()).status == 200 } == 1)
  }

  @Test func `a limit that changes and is restored is exact in each phase`() throws {
    var provider = try makeProvider(account: "rpm=6000,burst=1,rpm=3000@20s-40s")
    #expect(served(&provider, seconds: 0..<20) == 2100 - 1)
    #expect((999...1051).contains(served(&provider, seconds: 20..<40)))
    #expect((1998...2002).contains(served(&provider, seconds: 40..<60)))
  }

  @Test func `a limit is changed, taken away and given while it runs`() throws {
    var provider = try makeProvider(account: "rpm=60,burst=1")
    #expect(served(&provider, seconds: 0..<10) == 10)
    try provider.obey("limits", #"{"account":"default","rpm":600}"#, at: .seconds(10))
    #expect((99...101).contains(served(&provider, seconds: 10..<20)))
    try provider.obey("limits", #"{"rpm":null}"#, at: .seconds(20))
    #expect(served(&provider, seconds: 20..<21) == 200)
    try provider.obey("limits", #"{"rpm":60,"burst":3}"#, at: .seconds(20.999))
    #expect(
      (0..<9).count { _ in
        provider.answer(API.messages.request(), at: .seconds(20.999)).status == 200
      } == 3
    )
    let now = try provider.obey("limits", #"{"rpm":120,"others":"0.5"}"#, at: .seconds(21))
    #expect(now == #"{"account":"default","limits":{"others":"0.5","rpm":120}}"#)
    _ = served(&provider, seconds: 21..<22)
    #expect((9...11).contains(served(&provider, seconds: 22..<32)))
  }

  @Test(arguments: ["others=0.5@20s-40s", "others=poisson:0.5@20s-40s"])
  func `other users take their share of the rate while they are there`(others: String) throws {
    var provider = try makeProvider(account: "rpm=6000,burst=1,\(others)")
    _ = served(&provider, seconds: 0..<10)
    #expect((999...1001).contains(served(&provider, seconds: 10..<20)))
    let shared = served(&provider, seconds: 20..<40)
    #expect((900...1100).contains(shared))
    #expect((1998...2002).contains(served(&provider, seconds: 40..<60)))
  }

  @Test func `a sub-limit refuses what the headers call allowed`() throws {
    var provider = try makeProvider(account: "rpm=60,burst=60,sub=1s")
    #expect(provider.answer(API.messages.request()).status == 200)
    let refused = provider.answer(API.messages.request(), at: .milliseconds(400))
    #expect(refused.status == 429)
    #expect(refused.headers["anthropic-ratelimit-requests-remaining"] == "59")
    #expect(refused.headers["retry-after"] == "1")
    #expect(provider.answer(API.messages.request(), at: .seconds(1)).status == 200)
  }

  @Test func `a hold refuses everything and says how long it will`() throws {
    var provider = try makeProvider(account: "rpm=600")
    try provider.obey("hold", #"{"account":"default","seconds":90}"#, at: .seconds(10))
    let early = provider.answer(API.messages.request(), at: .seconds(10.5))
    #expect(early.status == 429)
    #expect(early.headers["retry-after"] == "90")
    #expect(provider.answer(API.messages.request(), at: .seconds(99)).headers["retry-after"] == "1")
    #expect(provider.answer(API.messages.request(), at: .seconds(100)).status == 200)
  }

  @Test func `an outage lasts as long as it is told, or until it is ended`() throws {
    var provider = makeProvider()
    try provider.obey("outage", #"{"for":60}"#, at: .seconds(10))
    #expect(provider.answer(API.messages.request(), at: .seconds(69.9)).status == 529)
    #expect(provider.answer(API.messages.request(), at: .seconds(70)).status == 200)
    try provider.obey("outage", #"{"for":60}"#, at: .seconds(80))
    #expect(provider.answer(API.chatCompletions.request(), at: .seconds(90)).status == 503)
    try provider.obey("outage", #"{"for":0}"#, at: .seconds(91))
    #expect(provider.answer(API.messages.request(), at: .seconds(91)).status == 200)
  }

  @Test(arguments: [
    ("spend_limit", 429, #""details":{"error_code":"enforced_spend_limit_reached"}"#),
    ("usage_limit", 400, "specified API usage limits. You will regain access on 2025-09-01 at"),
    ("credit", 400, "Your credit balance is too low to access the Anthropic API."),
    ("disabled", 400, "This organization has been disabled."),
  ])
  func `Anthropic's terminal refusals have no retry-after`(
    reason: String,
    status: Int,
    words: String
  ) throws {
    var provider = try makeProvider(account: "refuse=\(reason)@30s")
    #expect(provider.answer(API.messages.request(), at: .seconds(29)).status == 200)
    let answer = provider.answer(API.messages.request(), at: .seconds(30))
    #expect(answer.status == status)
    #expect(answer.body.contains(words))
    #expect(answer.headers["retry-after"] == nil)
  }

  @Test(arguments: [
    ("spend_limit", 429, "organization_spend_limit_exceeded"),
    ("usage_limit", 429, "project_spend_limit_exceeded"),
    ("credit", 429, "credit_balance_exhausted"), ("disabled", 401, "account_deactivated"),
  ])
  func `OpenAI's terminal refusals are told by their codes`(
    reason: String,
    status: Int,
    code: String
  ) throws {
    var provider = try makeProvider(account: "refuse=\(reason)")
    let answer = provider.answer(API.responses.request())
    #expect(answer.status == status)
    #expect(answer.body.contains(#""code":"\#(code)""#))
    #expect(answer.body.contains(#""type":"insufficient_quota""#) == (status == 429))
  }

  @Test func `a rate that rises slowly passes where a sharp rise is refused`() throws {
    var provider = try makeProvider(account: "accel=50")
    #expect(served(&provider, seconds: 0..<3, everyMilliseconds: 10) == 10 + 15 + 22)
    let refused = provider.answer(API.messages.request(), at: .seconds(2.999))
    #expect(refused.status == 429)
    #expect(refused.body.contains("acceleration limit"))
    let openAI = provider.answer(API.chatCompletions.request(), at: .seconds(2.999))
    #expect(openAI.body.contains(#""code":"slow_down""#))
    #expect(served(&provider, seconds: 60..<61, everyMilliseconds: 10) == 10)
  }

  @Test func `a change is planned for an account by its name`() throws {
    var provider = try makeProvider {
      $0.keys = try ["main=key-1,rpm=60,burst=1", "spare=key-2"].map {
        try RehearsalKey(parsing: $0, common: ["burst=9"])
      }
      try $0.plan(AccountChange(parsing: "10s:main,rpm=600,hold=5"))
    }
    func statuses(at time: Double, _ key: String) -> [Int] {
      (0..<3).map { _ in
        provider.answer(API.messages.request(key: key), at: .seconds(time)).status
      }
    }
    #expect(statuses(at: 9, "key-1") == [200, 429, 429])
    #expect(statuses(at: 14.9, "key-1") == [429, 429, 429])
    #expect(statuses(at: 15, "key-1") == [200, 200, 200])
    #expect(statuses(at: 15, "key-2") == [200, 200, 200])
  }

  @Test func `a change of an account that is not there is refused`() throws {
    let change = try AccountChange(parsing: "10s:other,rpm=600")
    var configuration = SimulatorConfiguration()
    let error = #expect(throws: SimulatorError.self) { try configuration.plan(change) }
    #expect(error?.description == "there is no account 'other' to change")
  }

  @Test(arguments: ["30s", "30s:main", "main,rpm=5", "soon:main,rpm=5"])
  func `a change that cannot be read is refused with its form`(text: String) {
    let error = #expect(throws: SimulatorError.self) { try AccountChange(parsing: text) }
    #expect(error?.description.contains("30s:main,rpm=3000") == true)
  }

  @Test(arguments: [
    "rpm=0", "rpm=many", "burst=0", "charge=free", "others=1", "others=2@1s-2s", "accel=0",
    "refuse=all", "headers=some", "rpm=5@9s-3s", "rpm=5@soon", "speed=3", "rpm",
  ])
  func `a setting that cannot be read is refused with its form`(settings: String) {
    let error = #expect(throws: SimulatorError.self) { try AccountPlan(parsing: settings) }
    #expect(error?.description.isEmpty == false)
  }

  @Test func `an order for an account that is not there names those that are`() throws {
    var provider = makeProvider()
    let error = #expect(throws: SimulatorError.self) {
      try provider.obey("limits", #"{"account":"main","rpm":1}"#, at: .zero)
    }
    #expect(error?.description == "there is no account 'main', only default")
  }
}
