import Foundation
import Runner
import Testing

@Suite struct `The memory of an account` {
  private let start = ContinuousClock.now
  private let moment: Int = 1_795_464_000_000
  private let shape = RequestShape(model: "m", maxTokens: 20, bytes: 20)

  private func account() -> AccountState {
    AccountState(limits: RateLimits(), charges: .anthropic, at: start)
  }

  /// What an account remembers after a restart that takes so many seconds, through the text that is
  /// stored.
  private func restarted(_ account: AccountState, after seconds: Int) throws -> AccountState {
    let data = try JSONEncoder().encode(account.memory(at: start, unixMilliseconds: moment))
    let memory = try JSONDecoder().decode(AccountMemory.self, from: data)
    var next = self.account()
    next.remember(memory, at: start, unixMilliseconds: moment + 1_000 * seconds)
    return next
  }

  private func grant(_ account: inout AccountState, model: String = "m") throws
    -> AccountState.Grant
  {
    guard case .granted(let grant) = account.admit(shape, model: model, at: start) else {
      throw Refused()
    }
    return grant
  }

  private struct Refused: Error {}

  @Test func `knows no more models than people have`() throws {
    var account = account()
    for number in 0..<2_000 { _ = account.admit(shape, model: "m\(number)", at: start) }
    #expect(account.pacerReports.count <= 512)
  }

  @Test(arguments: [Int.min, -1, 0, .max])
  func `may hold any number, since a disk can change it`(_ number: Int) throws {
    let double = number == 0 ? "1e300" : "\(number)"
    let limits = Meter.allCases.map { meter in
      #"{"meter":"\#(meter.name)","told":\#(double),"found":\#(double),"capacity":\#(double)}"#
    }
    let model = """
      {"name":"m","heldUntil":\(number),"limits":[\(limits.joined(separator: ","))],
      "concurrency":{"ceiling":\(number),"knee":\(double)}}
      """
    var account = account()
    for saved in [number, moment] {
      let text = """
        {"savedAt":\(saved),"heldUntil":\(number),"models":[\(model)],
        "parking":{"reason":"billing","message":"","until":\(number)}}
        """
      let memory = try JSONDecoder().decode(AccountMemory.self, from: Data(text.utf8))
      account.remember(memory, at: start, unixMilliseconds: moment)
    }
    _ = account.admit(shape, model: "m", at: start + .seconds(1))
    _ = account.memory(at: start, unixMilliseconds: moment)
  }

  @Test func `holds a model until the time that the provider named`() throws {
    var account = account()
    let refused = try grant(&account)
    _ = account.ended(
      refused,
      .paced(.limit(nil), wait: .seconds(90)),
      job: 0,
      at: start,
      random: 0
    )
    var next = try restarted(account, after: 30)
    #expect(next.admit(shape, at: start) == .wait(until: start + .seconds(60)))
    _ = try grant(&next, model: "other")
    var later = try restarted(account, after: 90)
    _ = try grant(&later)
  }

  /// An account that was told to wait.
  private func told(_ wait: Duration) throws -> AccountState {
    var account = account()
    let refused = try grant(&account)
    _ = account.ended(refused, .paced(.limit(nil), wait: wait), job: 0, at: start, random: 0)
    return account
  }

  /// Requests that leave before any is answered, of three that want to.
  private func leaving(_ account: inout AccountState) -> Int {
    (0..<3).count { _ in
      if case .granted = account.admit(shape, at: start) { true } else { false }
    }
  }

  @Test(arguments: [3_601, 86_400, 31 * 86_400, 1_795_464_000, 999_999_999_999])
  func `asks at once by one request whether a long wait is over`(_ seconds: Int) throws {
    var next = try restarted(told(.seconds(seconds)), after: 0)
    let grant = try grant(&next)
    #expect(leaving(&next) == 0)
    let answered = RequestEnd.answered(usage: Usage(), elapsed: .seconds(1))
    _ = next.ended(grant, answered, job: 0, at: start, random: 0)
    #expect(leaving(&next) == 3)
  }

  @Test func `asks at once whether a long wait is over that an older version noted`() throws {
    let json = """
      {"savedAt":\(moment),"heldUntil":\(moment + 1_800_000_000_000),"models":[
        {"name":"m","heldUntil":\(moment + 1_800_000_000_000),"limits":[],
         "concurrency":\(try concurrency())}]}
      """
    var next = account()
    next.remember(
      try JSONDecoder().decode(AccountMemory.self, from: Data(json.utf8)),
      at: start,
      unixMilliseconds: moment
    )
    #expect(leaving(&next) == 1)
  }

  /// What a fresh account remembers of how many requests may be under way.
  private func concurrency() throws -> String {
    var account = account()
    _ = try grant(&account)
    let model = try #require(account.memory(at: start, unixMilliseconds: moment).models.first)
    return String(decoding: try JSONEncoder().encode(model.concurrency), as: UTF8.self)
  }

  @Test func `tries a parking at once by one request of which much is left`() throws {
    var account = account()
    _ = account.park(.billing, "spent", for: .seconds(20 * 86_400), at: start)
    var next = try restarted(account, after: 86_400)
    #expect(next.parking?.message == "spent")
    let grant = try grant(&next)
    #expect(leaving(&next) == 0)
    let answered = RequestEnd.answered(usage: Usage(), elapsed: .seconds(1))
    #expect(next.ended(grant, answered, job: 0, at: start, random: 0).isBack)
    #expect(next.parking == nil)
  }

  @Test func `keeps a parking until the time that was named, and no other`() throws {
    var account = account()
    _ = account.park(.billing, "spent", for: .seconds(600), at: start)
    var next = try restarted(account, after: 100)
    #expect(next.parking?.message == "spent" && next.parking?.reason == .billing)
    #expect(next.admit(shape, at: start) == .closed)
    #expect(next.parking?.retryAt == start + .seconds(500))
    #expect(try restarted(account, after: 600).parking == nil)
    var guessed = self.account()
    _ = guessed.park(.billing, "spent", at: start)
    #expect(try restarted(guessed, after: 1).parking == nil)
  }

  @Test func `keeps what headers told for an hour`() throws {
    var account = account()
    var status = LimitSighting.nothing
    status.requests = LimitStanding(limit: 600, remaining: 590)
    _ = account.ended(
      try grant(&account),
      .answered(usage: Usage(), elapsed: .seconds(1)),
      job: 0,
      sighting: status,
      at: start,
      random: 0
    )
    let told = { (account: AccountState) in account.pacerReports.first?.limits.first }
    #expect(told(account)?.learnedPerMinute == 600)
    #expect(told(try restarted(account, after: 3_600))?.learnedPerMinute == 600)
    #expect(told(try restarted(account, after: 3_601))?.learnedPerMinute == nil)
  }
}
