import Runner
import Testing

@Suite struct `In simulated trouble our pacer` {
  @Test(arguments: Seeds.some(4))
  func `sends nothing while it is told to wait and the other account goes on`(seed: UInt64) {
    let held = PacingCell.requests(perMinute: 1_200).with { $0.settings.holds = [15..<105] }
    let free = PacingCell.requests(perMinute: 600)
    let simulation = run([held, free], seconds: 120, seed: seed)
    let (first, second) = (simulation.accounts[0], simulation.accounts[1])
    #expect(first.sentWhileHeld == 0)
    #expect(first.books.sum(17..<105) { $0.arrived } == 0)
    #expect(first.books.sum(15..<17) { $0.arrived } > 0)
    #expect(first.books.utilisation(of: .requests, 107..<120) >= 0.98)
    #expect(second.books.utilisation(of: .requests, 10..<120) >= 0.99)
  }

  @Test(arguments: Seeds.some(10))
  func `uses the sum of two accounts`(seed: UInt64) {
    let cells: [PacingCell] = [.requests(perMinute: 1_200), .requests(perMinute: 600)]
    let simulation = run(cells, seconds: 40, seed: seed)
    let used = simulation.accounts.map { $0.books.utilisation(of: .requests, 10..<40) }
    #expect((used[0] * 1_200 + used[1] * 600) / 1_800 >= 0.98)
    for account in simulation.accounts { #expect(account.books.limitedShare(0..<40) <= 0.001) }
  }

  @Test(arguments: Seeds.some(10))
  func `probes an outage and is back at full rate within 15 s`(seed: UInt64) {
    let cells: [PacingCell] = [
      .requests(perMinute: 1_500), .output(.produced), .output(.reserved, perMinute: 2e5),
    ]
    for cell in cells {
      let failing = cell.with { $0.settings.outages = [15..<75] }
      let books = failing.run(seconds: 100, seed: seed).books
      // At most one each of 1, 2, 4 and then 8 seconds, less the quarter that is jitter.
      #expect(books.sum(20..<75) { $0.arrived } <= 12)
      #expect(books.pages[20..<75].allSatisfy { $0.arrived <= 1 })
      #expect(books.utilisation(of: cell.meter, 90..<100) >= 0.93)
      #expect(books.limitedShare(75..<100) <= 0.01)
    }
  }

  @Test(arguments: Seeds.some(3), [-0.5, 5])
  func `lives with a provider whose clock is wrong`(seed: UInt64, skew: Double) {
    let cell = PacingCell.requests(perMinute: 1_500).with {
      $0.stated = 2
      $0.settings.resetSkew = skew
    }
    let books = cell.run(seconds: 60, seed: seed).books
    #expect(books.utilisation(of: .requests, 30..<60) >= 0.98)
    #expect(books.limitedShare(30..<60) <= 0.01)
  }

  private func run(_ cells: [PacingCell], seconds: Int, seed: UInt64) -> PacingSimulation {
    let accounts = cells.enumerated().map { index, cell in
      let seed = seed + UInt64(index) * 1_000
      return PacingSimulation.Account(cell.nightjar(seed: seed), cell.settings, seed: seed)
    }
    var simulation = PacingSimulation(accounts, cells[0].workload, seed: seed)
    simulation.run(seconds: seconds)
    return simulation
  }
}
