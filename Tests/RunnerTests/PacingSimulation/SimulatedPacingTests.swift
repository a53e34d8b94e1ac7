import Runner
import Testing

/// Holds a cell to bounds, both shares: at least so much of the limit used, at most so many 429s.
private func expect(
  _ cell: PacingCell,
  from start: Int = 10,
  to end: Int,
  used: Double,
  limited: Double,
  seed: UInt64,
  location: SourceLocation = #_sourceLocation
) {
  let books = cell.run(seconds: end, seed: seed).books
  expect(books, of: cell, start..<end, used: used, limited: limited, location)
}

private func expect(
  _ books: ServerBooks,
  of cell: PacingCell,
  _ seconds: Range<Int>,
  used: Double,
  limited: Double,
  _ location: SourceLocation = #_sourceLocation
) {
  let share = books.utilisation(of: cell.meter, seconds)
  let refusals = books.limitedShare(seconds)
  #expect(share >= used, "\(cell.name) in \(seconds)", sourceLocation: location)
  #expect(refusals <= limited, "\(cell.name) in \(seconds)", sourceLocation: location)
}

@Suite struct `In simulation our pacer` {
  // MARK: One limit binds

  @Test(arguments: Seeds.some(6))
  func `uses the requests that it may make`(seed: UInt64) {
    expect(.requests(), to: 20, used: 0.99, limited: 0.001, seed: seed)
    let slow = PacingCell.requests(perMinute: 900).with { $0.settings.latency = 20 }
    expect(slow, to: 60, used: 0.99, limited: 0.001, seed: seed)
  }

  @Test(arguments: Seeds.some(6), [0.05, 0.3])
  func `uses the input tokens that it may send`(seed: UInt64, estimateError: Double) {
    let cell = PacingCell.input().with { $0.workload.estimateError = estimateError }
    expect(cell, to: 40, used: 0.99, limited: 0.001, seed: seed)
  }

  @Test(arguments: Seeds.some(6), [60, 6, 2])
  func `uses the output tokens that may be produced`(seed: UInt64, burst: Double) {
    expect(.output(.produced, burst: burst), to: 40, used: 0.98, limited: 0.005, seed: seed)
  }

  @Test(arguments: Seeds.some(6), [60, 6])
  func `uses the output tokens that are reserved`(seed: UInt64, burst: Double) {
    let cell = PacingCell.output(.reserved, perMinute: 2e5, burst: burst)
    expect(cell, to: 40, used: 0.98, limited: 0.005, seed: seed)
  }

  @Test(arguments: Seeds.some(6), [ServerCharge.reservedForGood, .reserved])
  func `uses one limit on tokens of both kinds`(seed: UInt64, charge: ServerCharge) {
    let cell = PacingCell.tokens(charge, perMinute: 1e6)
    expect(cell, from: 30, to: 50, used: 0.98, limited: 0.005, seed: seed)
  }

  @Test(arguments: Seeds.some(6))
  func `uses small accounts whose buckets hold few requests`(seed: UInt64) {
    let free = PacingCell.requests(perMinute: 5, burst: 60)
    expect(free, from: 60, to: 660, used: 0.97, limited: 0, seed: seed)
    let output = PacingCell.output(.produced, perMinute: 8_000)
    expect(output, from: 60, to: 360, used: 0.97, limited: 0.01, seed: seed)
    let input = PacingCell.input(perMinute: 30_000)
    expect(input, from: 60, to: 360, used: 0.9, limited: 0.03, seed: seed)
    // Four prompts in five are larger than all that may be saved up.
    let large = PacingCell.input(perMinute: 200_000).with { $0.workload.medianPrompt = 40_000 }
    expect(large, from: 60, to: 1_260, used: 0.6, limited: 0.4, seed: seed)
  }

  // MARK: Limits that are not as stated

  @Test(arguments: Seeds.some(3), [2, 0.5])
  func `finds the real limits where others are stated`(seed: UInt64, stated: Double) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let wrong = cell.with { $0.stated = stated }
      expect(wrong, from: 30, to: 50, used: 0.98, limited: 0.01, seed: seed)
    }
  }

  @Test(arguments: Seeds.some(3))
  func `never goes above what is stated as a ceiling, whatever the headers allow`(seed: UInt64) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let capped = cell.with {
        $0.stated = 0.5
        $0.isCeiling = true
      }
      let books = capped.run(seconds: 90, seed: seed).books
      let used = books.utilisation(of: cell.meter, 30..<90)
      #expect((0.47...0.505).contains(used), "\(cell.name): \(used)")
    }
  }

  @Test(arguments: Seeds.some(5))
  func `finds the real limits where none are stated`(seed: UInt64) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let blind = cell.with { $0.stated = nil }
      expect(blind, from: 30, to: 70, used: 0.98, limited: 0.01, seed: seed)
    }
  }

  @Test(arguments: Seeds.some(3))
  func `follows limits that are halved and restored within half a minute`(seed: UInt64) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let changing = cell.with { $0.settings.changes = [(15, 0.5), (65, 1)] }
      let books = changing.run(seconds: 115, seed: seed).books
      expect(books, of: changing, 45..<65, used: 0.95, limited: 0.01)
      expect(books, of: changing, 95..<115, used: 0.95, limited: 0.01)
    }
  }

  @Test(arguments: Seeds.some(4), [nil, 2] as [Int?])
  func `leaves others the half that they take`(seed: UInt64, every: Int?) {
    let others = OtherUsers(share: 0.5, from: 10, every: every)
    let cells: [PacingCell] = [
      .requests(perMinute: 1_500), .input(), .output(.produced),
      .output(.reserved, perMinute: 2e5),
    ]
    for cell in cells {
      let shared = cell.with { $0.settings.others = others }
      expect(shared, from: 10, to: 50, used: 0.9, limited: 0.02, seed: seed)
    }
  }

  @Test(arguments: Seeds.some(5))
  func `finds a limit that no header shows`(seed: UInt64) {
    let cell = PacingCell.requests(perMinute: 1_500).with { $0.settings.hiddenPerSecond = 20 }
    expect(cell, from: 30, to: 60, used: 0.95 * 20 / 25, limited: 0.02, seed: seed)
  }

  // MARK: Headers that tell less

  @Test(arguments: Seeds.some(3), [0.3, 1])
  func `needs no headers where the limits are stated`(seed: UInt64, loss: Double) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let mute = cell.with { $0.settings.headers.loss = loss }
      expect(mute, from: 20, to: 50, used: 0.98, limited: 0.005, seed: seed)
    }
  }

  @Test(arguments: Seeds.some(3))
  func `reads headers of the admission and of whole minutes`(seed: UInt64) {
    for cell in [.requests(perMinute: 1_500), .input(), .output(.produced)] as [PacingCell] {
      let early = cell.with { $0.settings.headers.areOfAdmission = true }
      expect(early, to: 40, used: 0.98, limited: 0.005, seed: seed)
      let minutes = cell.with { $0.settings.headers.showsWholeMinute = true }
      expect(minutes, to: 40, used: 0.98, limited: 0.005, seed: seed)
    }
  }

  @Test(arguments: Seeds.some(3))
  func `learns from refusals alone`(seed: UInt64) {
    let cells: [PacingCell] = [
      .requests(perMinute: 1_500), .input(), .output(.produced),
      .output(.reserved, perMinute: 2e5),
    ]
    for cell in cells {
      let blind = cell.with {
        $0.stated = nil
        $0.settings.headers.loss = 1
      }
      expect(blind, from: 30, to: 70, used: 0.8, limited: 0.1, seed: seed)
      let wrong = cell.with {
        $0.stated = 2
        $0.settings.headers.loss = 1
      }
      expect(wrong, from: 30, to: 70, used: 0.8, limited: 0.1, seed: seed)
    }
  }
}
