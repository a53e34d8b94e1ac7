import Runner

/// A server that misbehaves in a way that real ones do, and what a client can get of it.
struct TroubledCell {
  let name: String
  var cell: PacingCell
  /// Answers a second, at a hundred requests at a time.
  let allows: Double
  /// Refusals for each answer, once settled.
  var refusals = 0.05

  private init(
    _ name: String,
    allows: Double,
    refusals: Double = 0.05,
    latency: Double = 0.1,
    _ change: (inout ServerSettings) -> Void
  ) {
    self.name = name
    self.allows = allows
    self.refusals = refusals
    cell = PacingCell(name: name, meter: .requests)
    cell.stated = nil
    cell.settings.limits = .perMinute()
    cell.settings.latency = latency
    cell.settings.network = 0.0005...0.002
    cell.settings.headers.loss = 1
    cell.settings.tellsRetryAfter = false
    change(&cell.settings)
  }

  static let all: [TroubledCell] = [
    TroubledCell("ten at a time, 503", allows: 20, latency: 0.5) {
      $0.slots = ServerSlots(count: 10)
    },
    TroubledCell("sixty at a time, 503", allows: 30, latency: 2) {
      $0.slots = ServerSlots(count: 60)
    },
    TroubledCell("a 429 in twenty", allows: 475, refusals: 0.06, latency: 0.2) {
      $0.refusals = RandomRefusals(share: 0.05, isRateLimit: true)
    },
    TroubledCell("50 a second, told", allows: 50, refusals: 0.02) { $0.perSecond = 50 },
    TroubledCell("nothing left, told", allows: 100, refusals: 0.02) {
      $0.headers.emptyLimit = 6_000
    },
    TroubledCell("10 a second, untold", allows: 10) {
      $0.limits = .perMinute(requests: 600)
      $0.burst = 1
    },
    TroubledCell("10 a second, refuses late", allows: 10) {
      $0.limits = .perMinute(requests: 600)
      $0.burst = 1
      $0.refusesLate = true
    },
    TroubledCell("200 a second, untold", allows: 200) {
      $0.limits = .perMinute(requests: 12_000)
      $0.burst = 1
    },
    TroubledCell("a 502 in four", allows: 375, refusals: 0.4, latency: 0.2) {
      $0.refusals = RandomRefusals(share: 0.25)
    },
    TroubledCell("one at a time, queues", allows: 10) {
      $0.slots = ServerSlots(count: 1, queues: true)
    },
    TroubledCell("eight at a time, queues", allows: 16, latency: 0.5) {
      $0.slots = ServerSlots(count: 8, queues: true)
    },
    TroubledCell("no trouble", allows: 500, latency: 0.2) { _ in },
    TroubledCell("no trouble, slow", allows: 10, latency: 10) { _ in },
  ]

  /// Overloads that come by chance.
  static func overload(share: Double, retryAfter: Double?) -> TroubledCell {
    let told = retryAfter.map { ", retry-after \(Int($0))" } ?? ""
    return TroubledCell(
      "\(Int(share * 100)) % overloaded\(told)",
      allows: 500 * (1 - share),
      refusals: 1.2 * share / max(0.01, 1 - share),
      latency: 0.2
    ) {
      $0.refusals = RandomRefusals(share: share, retryAfter: retryAfter)
    }
  }

  static let overloads = [0.01, 0.05, 0.2, 0.5, 1].flatMap { share in
    [nil, 1, 30].map { overload(share: share, retryAfter: $0) }
  }

  /// What came of a run.
  struct Outcome {
    /// Answers of what was allowed, as a share, and refusals for each answer.
    let used: Double
    let refusals: Double
    /// Answers a second of the first ten.
    let start: Double
    let mostInFlight: Int
    let requests: Int
  }

  func run(seconds: Int = 40, from start: Int = 10, seed: UInt64) -> Outcome {
    let account = PacingSimulation.Account(cell.nightjar(seed: seed), cell.settings, seed: seed)
    var simulation = PacingSimulation([account], cell.workload, concurrency: 100, seed: seed)
    simulation.run(seconds: seconds)
    let books = simulation.books
    let answered = Double(books.sum(start..<seconds) { $0.answered })
    let refused = Double(books.sum(start..<seconds) { $0.limited + $0.unavailable })
    return Outcome(
      used: answered / (Double(seconds - start) * max(allows, 1e-9)),
      refusals: refused / max(1, answered),
      start: Double(books.sum(0..<start) { $0.answered }) / Double(start),
      mostInFlight: simulation.accounts[0].mostInFlight,
      requests: books.sum(start..<seconds) { $0.arrived }
    )
  }
}
