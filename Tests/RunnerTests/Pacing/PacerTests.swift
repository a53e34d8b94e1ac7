import Runner
import Testing

@Suite struct `A pacer` {
  private let start = ContinuousClock.now
  private let shape = RequestShape(model: "m", maxTokens: 200, bytes: 400)

  private func pacer(
    _ limits: RateLimits = RateLimits(),
    charges: ChargeModel = .anthropic,
    output: Double = 100
  ) -> Pacer {
    Pacer(limits: limits, charges: charges, expectedOutput: output, at: start)
  }

  /// Lets requests leave as early as they may until `end`, each answered at once as expected.
  private func run(
    _ pacer: inout Pacer,
    until end: ContinuousClock.Instant,
    output: Double = 100
  ) -> [ContinuousClock.Instant] {
    var times: [ContinuousClock.Instant] = []
    var now = start
    while now < end {
      let charge = pacer.charge(for: shape, at: now)
      if let (wait, _) = pacer.hold(charge, at: now) {
        now += max(wait, .microseconds(10))
        continue
      }
      pacer.take(charge)
      pacer.settle(charge, input: 100, output: output, elapsed: .seconds(1), at: now)
      times.append(now)
    }
    return times
  }

  @Test func `counts a file by its tokens, and learns nothing from it about text`() {
    var pacer = pacer()
    var attached = RequestShape(model: "m", maxTokens: 200, bytes: 4_000_400)
    attached.attached = AttachedShape(
      base64: 4_000_000,
      tokens: AttachmentTokens(expected: 1_500, most: 1_500)
    )
    let charge = pacer.charge(for: attached, at: start)
    #expect(charge.expected.inputTokens == 1_600)
    for _ in 0..<9 {
      pacer.take(charge)
      pacer.settle(charge, input: 90_000, output: 100, elapsed: .seconds(1), at: start)
    }
    #expect(pacer.charge(for: shape, at: start).expected.inputTokens == 100)
  }

  private func requests(_ remaining: Double, of limit: Double) -> LimitSighting {
    var sighting = LimitSighting.nothing
    sighting.requests = LimitStanding(limit: limit, remaining: remaining)
    return sighting
  }

  @Test(
    arguments: [
      (RateLimits(requestsPerMinute: 600), 10.0),
      (RateLimits(inputTokensPerMinute: 60_000), 10),
      (RateLimits(outputTokensPerMinute: 60_000), 10),
      (
        RateLimits(
          requestsPerMinute: 6_000,
          inputTokensPerMinute: 60_000,
          outputTokensPerMinute: 600_000
        ), 10
      ),
    ] as [(RateLimits, Double)]
  )
  func `holds the tightest limit and no more`(_ limits: RateLimits, _ rate: Double) {
    var pacer = pacer(limits)
    let times = run(&pacer, until: start + .seconds(120))
    #expect(Double(times.count) / 120 > rate * 0.99)
    #expect(Double(times.count) / 120 < rate * 1.003)
  }

  @Test func `lets no burst out that is longer than a quarter of a second`() {
    var pacer = pacer(RateLimits(requestsPerMinute: 6_000))
    let times = run(&pacer, until: start + .seconds(10))
    for (index, time) in times.enumerated() {
      let next = times[index...].prefix { $0 <= time + .milliseconds(100) }
      #expect(next.count <= 25 + 10 + 2)
    }
  }

  @Test func `starts slowly where nothing is known and finds out quickly`() {
    var pacer = pacer()
    let times = run(&pacer, until: start + .milliseconds(500))
    #expect(times.prefix { $0 < start + .milliseconds(20) }.count < 40)
    #expect(times.count > 1_000)
  }

  @Test func `believes the headers more than what was stated`() {
    for stated in [300, 600, 1_200] {
      var pacer = pacer(RateLimits(requestsPerMinute: stated))
      pacer.see(requests(50, of: 600), at: start)
      let times = run(&pacer, until: start + .seconds(60))
      #expect(abs(Double(times.count) - 600) < 30)
    }
  }

  @Test func `goes no faster than a ceiling whatever the headers allow`() {
    var pacer = pacer(RateLimits(requestsPerMinute: 300, isCeiling: true))
    pacer.see(requests(600, of: 600), at: start)
    #expect(run(&pacer, until: start + .seconds(60)).count <= 301)
  }

  @Test func `waits while the provider has nothing left`() {
    var pacer = pacer(RateLimits(requestsPerMinute: 600))
    for _ in 0..<20 { pacer.see(requests(0, of: 600), at: start) }
    let hold = pacer.hold(pacer.charge(for: shape, at: start), at: start)
    #expect(hold?.reason == .meter(.requests))
    #expect(hold?.wait ?? .zero > .milliseconds(5))
  }

  @Test func `holds back what is not yet settled no longer than it must`() {
    var pacer = pacer(RateLimits(inputTokensPerMinute: 60_000))
    var now = start
    for _ in 0..<50 {
      let charge = pacer.charge(for: shape, at: now)
      if let (wait, _) = pacer.hold(charge, at: now) { now += wait }
      pacer.take(charge)
      pacer.giveBack(charge, counts: false, at: now)
    }
    #expect(now - start < .milliseconds(1))
  }

  @Test func `learns how many tokens a byte and an answer have`() {
    var pacer = pacer(output: 1_000)
    for _ in 0..<2_000 {
      let charge = pacer.charge(for: shape, at: start)
      pacer.take(charge)
      pacer.settle(charge, input: 200, output: 40, elapsed: .seconds(1), at: start)
    }
    let charge = pacer.charge(for: shape, at: start)
    #expect((39...41).contains(charge.expected.outputTokens))
    #expect((195...201).contains(charge.expected.inputTokens))
  }

  @Test func `charges what each provider charges`() {
    let anthropic = pacer(charges: .anthropic).charge(for: shape, at: start)
    #expect(anthropic.held.inputTokens == 100 && anthropic.held.outputTokens == 0)
    #expect(anthropic.expected.outputTokens == 100 && anthropic.expected.tokens == 200)
    let reserved = pacer(RateLimits(outputCharge: .reserved)).charge(for: shape, at: start)
    #expect(reserved.held.outputTokens == 200 && reserved.expected.outputTokens == 100)
    let openAI = pacer(charges: .openAI).charge(for: shape, at: start)
    #expect(openAI.held.tokens == 200 && openAI.expected.tokens == 200)
    #expect(openAI.held.inputTokens == 100 && openAI.held.outputTokens == 200)
    let gemini = pacer(charges: .gemini).charge(for: shape, at: start)
    #expect(gemini.expected.inputTokens == 100 && gemini.expected.outputTokens == 0)
  }

  @Test func `goes on after refusals between which nothing was let through`() {
    var pacer = pacer()
    for second in [0, 2] {
      let now = start + .seconds(second)
      let charge = pacer.charge(for: shape, at: now)
      pacer.take(charge)
      pacer.refused(charge, for: nil, wait: nil, sighting: .nothing, at: now, random: 0)
    }
    let later = start + .seconds(70)
    let hold = pacer.hold(pacer.charge(for: shape, at: later), at: later)
    #expect(hold == nil)
  }

  @Test func `makes up for an answer of absurd size within about a minute`() {
    var pacer = pacer(RateLimits(inputTokensPerMinute: 60_000))
    let charge = pacer.charge(for: shape, at: start)
    pacer.take(charge)
    pacer.settle(charge, input: 1e9, output: 1, elapsed: .seconds(1), at: start)
    let later = start + .seconds(62)
    let small = RequestShape(model: "m", maxTokens: 1, bytes: 0)
    let hold = pacer.hold(pacer.charge(for: small, at: later), at: later)
    #expect(hold == nil)
  }

  @Test func `notices that output is reserved where it was taken to count as produced`() {
    var pacer = pacer(RateLimits(outputTokensPerMinute: 60_000))
    var sighting = LimitSighting.nothing
    sighting.outputTokens = LimitStanding(limit: 60_000, remaining: 150, granularity: 1)
    for second in 0..<2 {
      let now = start + .seconds(second)
      let charge = pacer.charge(for: shape, at: now)
      pacer.take(charge)
      pacer.refused(
        charge,
        for: .outputTokens,
        wait: nil,
        sighting: sighting,
        at: now,
        random: 0
      )
    }
    #expect(pacer.charge(for: shape, at: start).held.outputTokens == 200)
  }

  @Test func `allows a hundred at a time where nothing is known and as many as it takes elsewhere`()
  {
    var pacer = Pacer(
      limits: RateLimits(),
      charges: .anthropic,
      expectedOutput: 100,
      inFlightGuess: 100,
      at: start
    )
    let later = start + .seconds(10)
    var granted = 0
    while pacer.hold(pacer.charge(for: shape, at: later), at: later) == nil, granted < 1_000 {
      pacer.take(pacer.charge(for: shape, at: later))
      granted += 1
    }
    #expect(granted <= 100)
    pacer.see(requests(5_000, of: 6_000), at: later)
    let hold = pacer.hold(pacer.charge(for: shape, at: later), at: later)
    #expect(hold?.reason != .inFlight)
  }
}
