import Runner
import Testing

/// The judge is judged too: a server that lets too much through would prove nothing.
@Suite struct `The simulated server` {
  private static let cells: [PacingCell] = [
    .requests(perMinute: 600), .input(), .output(.reserved), .tokens(.reservedForGood),
  ]

  @Test(arguments: Seeds.some(3))
  func `lets in no more than its limits and its burst`(seed: UInt64) {
    for cell in Self.cells {
      let books = cell.run(FixedConcurrency(seed: seed), seconds: 20, seed: seed).books
      let used = books.pages[0..<20].reduce(0) { $0 + $1.used[cell.meter] }
      let rate = (cell.settings.limits[cell.meter] ?? 0) / 60
      #expect(used <= rate * (20 + cell.settings.burst) * 1.001)
      #expect(books.limitedShare(0..<20) > 0.2)
    }
  }

  @Test func `says how long to wait in whole seconds that suffice`() {
    var settings = ServerSettings()
    settings.limits = .perMinute(requests: 60)
    settings.burst = 2
    var server = SimulatedServer(settings, seed: 1)
    let job = SimulatedJob(bytes: 10, inputTokens: 2, outputTokens: 2, maxTokens: 4)
    for _ in 0..<2 { #expect(isAccepted(server.admit(job, at: 0.5))) }
    guard case .limited(.requests, let wait?) = server.admit(job, at: 0.5) else {
      Issue.record("a third request was let in")
      return
    }
    #expect(wait == 1)
    #expect(!isAccepted(server.admit(job, at: 0.5 + wait - 0.01)))
    #expect(isAccepted(server.admit(job, at: 0.5 + wait)))
  }

  @Test func `gives back what was reserved and not used`() {
    var settings = ServerSettings()
    settings.limits = .perMinute(output: 600)
    settings.burst = 60
    settings.charge = .reserved
    settings.headers.granularity = 1
    var server = SimulatedServer(settings, seed: 1)
    let job = SimulatedJob(bytes: 10, inputTokens: 2, outputTokens: 100, maxTokens: 400)
    #expect(isAccepted(server.admit(job, at: 0)))
    #expect(server.sighting(at: 0).outputTokens?.remaining == 200)
    #expect(!isAccepted(server.admit(job, at: 0)))
    server.end(job, at: 0)
    #expect(server.sighting(at: 0).outputTokens?.remaining == 500)
    #expect(isAccepted(server.admit(job, at: 0)))
  }

  @Test func `rounds the tokens that it shows to thousands`() {
    var server = SimulatedServer(PacingCell.input(perMinute: 60_000, burst: 10).settings, seed: 1)
    let job = SimulatedJob(bytes: 10, inputTokens: 1_600, outputTokens: 2, maxTokens: 4)
    #expect(isAccepted(server.admit(job, at: 0)))
    #expect(server.sighting(at: 0).inputTokens?.remaining == 8_000)
    #expect(server.sighting(at: 0).inputTokens?.limit == 60_000)
  }

  @Test func `counts a burst that was saved as no use of the rate`() {
    var settings = ServerSettings()
    settings.limits = .perMinute(requests: 60)
    settings.burst = 60
    var server = SimulatedServer(settings, seed: 1)
    let job = SimulatedJob(bytes: 10, inputTokens: 2, outputTokens: 2, maxTokens: 4)
    server.turn(to: 1)
    for _ in 0..<30 { #expect(isAccepted(server.admit(job, at: 1))) }
    for second in 2...11 { server.turn(to: second) }
    // Thirty were used in ten seconds that allowed ten, and the bucket lost twenty.
    #expect(abs(server.books.utilisation(of: .requests, 1..<11) - 1) < 1e-9)
  }

  @Test func `runs the same again for the same seed`() {
    for cell in Self.cells {
      let (one, same) = (cell.run(seconds: 15, seed: 7), cell.run(seconds: 15, seed: 7))
      let other = cell.run(seconds: 15, seed: 8)
      let amounts = [one, same, other].map { run in run.books.pages.map { $0.used[cell.meter] } }
      #expect(amounts[0] == amounts[1])
      #expect(amounts[0] != amounts[2])
    }
  }

  private func isAccepted(_ verdict: Verdict) -> Bool {
    if case .accepted = verdict { return true }
    return false
  }
}
