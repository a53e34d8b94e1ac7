import KeySources
import Testing

struct VaultTokenLifeTests {
  private let start = ContinuousClock.now

  private func life(
    ttl: Duration?,
    isRenewable: Bool = true,
    jitter: Double = 0
  ) -> VaultTokenLife {
    VaultTokenLife(ttl: ttl, isRenewable: isRenewable, at: start, jitter: jitter)
  }

  @Test(arguments: [nil, Duration.zero])
  func `a token without an end is used for ever`(ttl: Duration?) {
    let life = life(ttl: ttl)
    #expect(life.action(at: start + .seconds(1_000_000)) == .use)
    #expect(life.timeToRenewal(at: start) == nil)
    #expect(!life.isOver(at: start + .seconds(1_000_000)))
  }

  @Test(arguments: [0, 0.25, 0.999])
  func `is renewed after two thirds of its life and before its grace begins`(jitter: Double) throws
  {
    let life = life(ttl: .seconds(300), jitter: jitter)
    let wait = try #require(life.timeToRenewal(at: start))
    #expect(wait >= .seconds(200))
    #expect(wait <= .seconds(221))
    #expect(life.action(at: start + wait - .seconds(1)) == .use)
    #expect(life.action(at: start + wait) == .renew)
    #expect(life.action(at: start + .seconds(241 - 1)) == .renew)
    #expect(life.action(at: start + .seconds(271)) == .replace)
    #expect(!life.isOver(at: start + .seconds(271)))
    #expect(life.isOver(at: start + .seconds(300)))
  }

  @Test func `a renewal begins its life anew`() {
    var life = life(ttl: .seconds(300))
    life.renewed(ttl: .seconds(300), isRenewable: true, at: start + .seconds(210))
    #expect(life.action(at: start + .seconds(400)) == .use)
    #expect(life.timeToRenewal(at: start + .seconds(210)) == .seconds(210))
  }

  @Test func `near the end of its longest life it is replaced instead`() {
    var life = life(ttl: .seconds(300))
    life.renewed(ttl: .seconds(20), isRenewable: true, at: start + .seconds(210))
    #expect(life.action(at: start + .seconds(210)) == .replace)
    #expect(life.timeToRenewal(at: start + .seconds(210)) == nil)
  }

  @Test func `is asked for again after pauses that double, up to five minutes`() {
    var life = life(ttl: .seconds(100_000))
    let now = start + .seconds(70_000)
    var pauses: [Duration?] = []
    for _ in 1...11 {
      life.renewalFailed(at: now)
      pauses.append(life.timeToRenewal(at: now))
    }
    #expect(pauses.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
    #expect(pauses.suffix(2) == [.seconds(300), .seconds(300)])
  }

  @Test func `what cannot be renewed is used until its grace`() {
    for refused in [false, true] {
      var life = life(ttl: .seconds(300), isRenewable: refused)
      if refused { life.renewalRefused() }
      #expect(life.timeToRenewal(at: start) == nil)
      #expect(life.action(at: start + .seconds(269)) == .use)
      #expect(life.action(at: start + .seconds(270)) == .replace)
    }
  }
}
