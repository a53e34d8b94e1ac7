import Jobs
import TestSupport
import Testing

/// A few workers at one batch, to which everything happens that can: any schedule follows from its
/// seed.
final class Simulation {
  let place: BatchPlace
  var random: SeededGenerator
  var clock = ManualClock()
  private var starts = 1
  /// Workers by their places, dead ones until they are replaced.
  var crew: [SimulatedProcess?]
  /// Dead processes that nobody has taken in yet.
  var lost: [SimulatedProcess] = []
  var ledger = Ledger()

  init(_ engine: StoreEngine, seed: Int, workers: Int = 3) throws {
    place = try BatchPlace(engine, isQuick: true)
    random = SeededGenerator(seed: UInt64(seed))
    crew = Array(repeating: nil, count: workers)
  }

  enum Event: CaseIterable {
    case append, claim, send, answer, commit, retryLater, heartbeat, release
    case freeze, wake, die, leave, restart, tick, powerCut, cancel, retry

    /// How often it happens, compared with others.
    var weight: Int {
      switch self {
      case .send, .answer: 20
      case .claim, .commit, .restart: 10
      case .append, .heartbeat, .tick: 6
      case .retryLater, .release, .wake: 4
      case .freeze, .die: 3
      case .cancel, .retry: 2
      case .leave, .powerCut: 1
      }
    }
  }

  private static let lots = Event.allCases.flatMap { Array(repeating: $0, count: $0.weight) }

  func run(steps: Int) async throws {
    for _ in 0..<steps {
      guard let event = Self.lots.randomElement(using: &random) else { return }
      try await happen(event)
      try await check()
    }
    try await finish()
  }

  private func happen(_ event: Event) async throws {
    let place = Int.random(in: crew.indices, using: &random)
    switch event {
    case .tick: return clock.advance(by: Int.random(in: 1...400, using: &random))
    case .powerCut: return try await cutPower()
    case .restart: return crew[place] == nil ? try start(at: place) : ()
    case .wake:
      crew[place]?.isFrozen = false
      return
    default: break
    }
    guard let process = crew[place], let worker = process.worker, process.isAwake else { return }
    switch event {
    case .append: try await append(worker.store)
    case .claim: try await claim(process, worker)
    case .send: try send(process, worker)
    case .answer: try answer(process, worker)
    case .commit: try await commit(process, worker)
    case .retryLater: retryLater(process, worker)
    case .heartbeat: try await heartbeat(process, worker)
    case .release: try await release(process, worker)
    case .freeze: freeze(process)
    case .die: try await kill(place)
    case .leave: try await leave(place)
    case .cancel: try await cancel(worker.store)
    case .retry: try await retry(worker.store)
    case .tick, .powerCut, .restart, .wake: break
    }
  }

  // MARK: Lives

  func start(at place: Int) throws {
    let onUnknown: OnUnknown = random.once(in: 3) ? .hold : .resend
    let worker = try self.place.twin(clock: clock, onUnknown: onUnknown)
    let process = SimulatedProcess(worker, at: clock.now)
    let taken = takeReaped(besides: process)
    crew[place] = process
    ledger.note(worker.recovery, of: taken)
  }

  private func freeze(_ process: SimulatedProcess) {
    process.isFrozen = true
    clock.advance(by: Int.random(in: 900...2_500, using: &random))
  }

  func kill(_ place: Int) async throws {
    guard let process = crew[place] else { return }
    await process.worker?.die()
    process.worker = nil
    crew[place] = nil
    if process.isMember { lost.append(process) }
  }

  private func cutPower() async throws {
    for place in crew.indices { try await kill(place) }
    starts += 1
    clock = ManualClock(boot: "start \(starts)", at: Int.random(in: 1...9_000, using: &random))
    for lost in lost { lost.leaseEnd = -1 }
  }

  /// A worker that has nothing on its way leaves, whatever leases it holds.
  private func leave(_ place: Int) async throws {
    guard let process = crew[place], process.journal.isEmpty, process.answers.isEmpty else {
      return
    }
    try process.worker?.close()
    await process.worker?.die()
    crew[place] = nil
  }

  /// The processes that the next one to look takes for dead.
  private func takeReaped(besides self: SimulatedProcess) -> [SimulatedProcess] {
    let stalled = crew.compactMap { $0 }.filter {
      $0 !== self && $0.isMember && $0.leaseEnd < clock.now
    }
    defer { lost = [] }
    for process in stalled { process.isMember = false }
    return lost + stalled
  }

  // MARK: Work

  func append(_ store: any JobStore) async throws {
    guard ledger.total < 60 else { return }
    let priority = Int.random(in: 0...1, using: &random)
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let count = Int.random(in: 1...5, using: &random)
      let failures = random.once(in: 4) ? [failed(ledger.total)] : []
      let draft = Segment(
        firstJob: ledger.total,
        jobCount: count,
        firstLine: ledger.total + 1,
        source: .inline([10]),
        failures: failures,
        priority: priority
      )
      let stored = try await store.append([draft], isLast: true)
      ledger.note(stored)
      ledger.total += count
    }
  }

  func claim(_ process: SimulatedProcess, _ worker: any TestWorker) async throws {
    let taken = takeReaped(besides: process)
    let claim = try await worker.store.claim(Int.random(in: 1...3, using: &random))
    ledger.note(claim.recovery, of: taken)
    try #require(process.isMember || claim.segments.isEmpty)
    for segment in claim.segments {
      try ledger.noteEpoch(of: segment.lease)
      for other in crew.compactMap({ $0 }) where other !== process && other.isMember {
        try #require(!other.isHolding(segment.lease.segment), "two hold \(segment.lease)")
      }
      process.add(segment)
    }
  }

  func send(_ process: SimulatedProcess, _ worker: any TestWorker) throws {
    guard clock.now < process.proven, process.inFlight.count < 20 else { return }
    let leases = process.waiting.keys.sorted { $0.segment < $1.segment }
    guard let lease = leases.first(where: { process.waiting[$0]?.isEmpty == false }),
      let job = process.waiting[lease]?.min()
    else { return }
    process.waiting[lease]?.remove(job)
    // A request of before its lease was lost may still be on its way; its slot is taken.
    guard process.inFlight[job] == nil, !process.answers.contains(where: { $0.result.job == job })
    else { return }
    try ledger.noteSend(job, by: process, among: crew, at: clock.now)
    try worker.send(job, worst: USD(nanos: 100 + job))
    process.inFlight[job] = lease
    process.journal.insert(job)
  }

  func answer(_ process: SimulatedProcess, _ worker: any TestWorker) throws {
    guard
      let (job, lease) = process.inFlight.min(by: {
        $0.key % 7 < $1.key % 7 || ($0.key % 7 == $1.key % 7 && $0.key < $1.key)
      })
    else { return }
    process.inFlight[job] = nil
    ledger.answers += 1
    let text = "answer \(ledger.answers)"
    let hasRetried = process.attempts[job] != nil
    let result =
      random.once(in: 6)
      ? failed(job, text) : completed(job, text, tokens: 3, hasRetried: hasRetried)
    try worker.keep(result, under: lease)
    process.answers.append((lease, result))
  }

  private func retryLater(_ process: SimulatedProcess, _ worker: any TestWorker) {
    guard let (job, lease) = process.inFlight.min(by: { $0.key < $1.key }) else { return }
    process.inFlight[job] = nil
    process.journal.remove(job)
    worker.giveUp(job, worst: USD(nanos: 7))
    let attempts = (process.attempts[job] ?? 0) + 1
    process.attempts[job] = attempts
    let retry = RetryableJob(job: job, attempts: attempts, notBefore: 5, reason: "overloaded")
    process.flush.retryable.append((lease, retry))
    process.flush.unanswered += USD(nanos: 7)
    process.waiting[lease]?.insert(job)
  }

  func commit(_ process: SimulatedProcess, _ worker: any TestWorker) async throws {
    var flush = process.flush
    flush.results = process.answers
    flush.traffic.requestsSent = process.answers.count
    if random.once(in: 4) {
      let offset = Int.random(in: 1...99, using: &random)
      flush.exports = [ExportPosition(state: .completed, offset: offset, sequence: offset)]
    }
    let receipt = try await worker.store.commit(flush)
    try ledger.note(receipt, of: flush)
    process.renew(at: clock.now)
    for (_, result) in process.answers {
      worker.settle(result.job)
      process.journal.remove(result.job)
    }
    worker.forgetAnswers()
    process.answers = []
    process.flush = Flush()
    for lease in receipt.lost { process.waiting[lease] = nil }
    for lease in receipt.committed.keys where receipt.closed.contains(lease.segment) {
      process.waiting[lease] = nil
    }
  }

  func heartbeat(_ process: SimulatedProcess, _ worker: any TestWorker) async throws {
    let heartbeat = try await worker.store.heartbeat()
    try #require(heartbeat.isReborn == !process.isMember)
    if heartbeat.isReborn {
      worker.disown()
      process.waiting = [:]
      process.journal = []
      process.isMember = true
    }
    process.renew(at: clock.now)
    for lease in process.waiting.keys { process.waiting[lease]?.subtract(heartbeat.suspended) }
  }

  func release(_ process: SimulatedProcess, _ worker: any TestWorker) async throws {
    var leases = process.exhausted
    if random.once(in: 4), let any = process.waiting.keys.min(by: { $0.segment < $1.segment }) {
      leases.append(any)
    }
    try await worker.store.release(leases)
    for lease in leases { process.waiting[lease] = nil }
  }
}
