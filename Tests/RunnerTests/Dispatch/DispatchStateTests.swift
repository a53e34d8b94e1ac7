import Jobs
import KeySources
import Runner
import Testing

@Suite struct `A dispatcher` {
  private static let start = ContinuousClock.now
  private let first = SegmentLease(segment: 1, epoch: 1)
  private let second = SegmentLease(segment: 2, epoch: 1)

  private func jobs(
    _ numbers: Range<Int>,
    of lease: SegmentLease,
    model: String = "a",
    priority: Int = 0,
    bytes: Int = 1
  ) -> DispatchState.Event {
    let lines = numbers.map { number in
      JobLine(number: number, id: "\(number)", shape: RequestShape(model: model, bytes: bytes))
    }
    let segment = LoadedSegment(lease: lease, priority: priority, lines: lines)
    return .leased(lease, segment.jobs().map { ($0, .zero) }, bytes: 0)
  }

  /// A dispatcher with the jobs 0 to 2 and no slot.
  private func dispatcher(
    leaseOf length: Duration? = nil,
    memory: Int = 1 << 20,
    parkFor: Duration? = nil,
    models: [ModelMap] = [ModelMap()]
  ) async throws -> DispatchState {
    try await TestKeyDesk.load()
    var settings = DispatchState.Settings(lease: WorkerLease(length: length, at: Self.start))
    settings.memory = memory
    settings.parkFor = parkFor
    let members = models.map { models in
      AccountSet.Member(
        models: models,
        state: AccountState(limits: RateLimits(), charges: .anthropic, at: Self.start)
      )
    }
    var state = DispatchState(
      settings,
      accounts: AccountSet(members),
      keys: TestKeyDesk(accounts: models.count),
      supply: SegmentSupply(.input, slots: 1, segmentJobs: 4, memory: 1 << 20)
    )
    _ = state.event(jobs(0..<3, of: first), at: Self.start)
    return state
  }

  private func work(_ actions: [DispatchState.Action]) -> [SlotWork] {
    actions.compactMap { if case .assign(_, let work) = $0 { work } else { nil } }
  }

  private func assignments(_ actions: [DispatchState.Action]) -> [Assignment] {
    work(actions).compactMap { if case .send(let assignment) = $0 { assignment } else { nil } }
  }

  private func next(_ state: inout DispatchState, after time: Duration = .zero) -> Assignment? {
    assignments(state.event(.free(slot: 0), at: Self.start + time)).first
  }

  private func finish(_ assignment: Assignment, _ state: inout DispatchState) {
    let end = AttemptEnd(outcome: .completed(Completion()))
    _ = state.event(.ended(assignment, end), at: Self.start)
    _ = state.event(.finished(assignment.job), at: Self.start)
  }

  @Test func `hands out nothing once its lease may have ended, until it is heard`() async throws {
    var state = try await dispatcher(leaseOf: .seconds(60))
    let assignment = try #require(next(&state, after: .seconds(49)))
    #expect(state.mayLeave(assignment, at: Self.start + .seconds(49)))
    #expect(!state.mayLeave(assignment, at: Self.start + .seconds(51)))
    #expect(next(&state, after: .seconds(51)) == nil)
    let heard = DispatchState.Event.heard(Heartbeat(), asked: Self.start + .seconds(50))
    #expect(assignments(state.event(heard, at: Self.start + .seconds(52))).count == 1)
    #expect(next(&state, after: .seconds(101)) == nil)
  }

  @Test func `of an owner never waits to be heard`() async throws {
    var state = try await dispatcher()
    #expect(next(&state, after: .seconds(1_000_000)) != nil)
  }

  @Test func `hands out nothing while the batch is paused`() async throws {
    var state = try await dispatcher()
    let assignment = try #require(next(&state))
    _ = state.event(.paused(true), at: Self.start)
    #expect(next(&state) == nil)
    #expect(!state.mayLeave(assignment, at: Self.start))
    _ = state.event(.withdrawn(assignment, isOver: false), at: Self.start)
    let again = assignments(state.event(.paused(false), at: Self.start))
    #expect(again.map(\.job.number) == [0])
  }

  @Test func `drops what it held when others took it for dead`() async throws {
    var state = try await dispatcher(leaseOf: .seconds(60))
    let assignment = try #require(next(&state))
    var heartbeat = Heartbeat()
    heartbeat.isReborn = true
    _ = state.event(.heard(heartbeat, asked: Self.start), at: Self.start)
    #expect(!state.mayLeave(assignment, at: Self.start))
    _ = state.event(.withdrawn(assignment, isOver: false), at: Self.start)
    #expect(next(&state) == nil)
    #expect(state.leases.isEmpty)
  }

  @Test func `lets go of jobs that somebody has set aside, wherever they are`() async throws {
    var state = try await dispatcher()
    let running = try #require(next(&state))
    var heartbeat = Heartbeat()
    heartbeat.suspended = [0, 1]
    _ = state.event(.heard(heartbeat, asked: Self.start), at: Self.start)
    #expect(!state.mayLeave(running, at: Self.start))
    let last = try #require(next(&state))
    #expect(last.job.number == 2)
    _ = state.event(.withdrawn(running, isOver: false), at: Self.start)
    #expect(next(&state) == nil)
    finish(last, &state)
    var receipt = FlushReceipt()
    receipt.committed = [first: 1]
    _ = state.event(.committed(receipt), at: Self.start)
    #expect(state.takeExhausted() == [first])
    #expect(state.leases.isEmpty)
  }

  @Test func `puts jobs of a higher priority before others, then goes by the input`() async throws {
    var state = try await dispatcher()
    let third = SegmentLease(segment: 3, epoch: 1)
    _ = state.event(jobs(3..<5, of: second, priority: 2), at: Self.start)
    _ = state.event(jobs(5..<7, of: third, priority: 1), at: Self.start)
    var order: [Int] = []
    while let assignment = next(&state) {
      order.append(assignment.job.number)
      finish(assignment, &state)
    }
    #expect(order == [3, 4, 5, 6, 0, 1, 2])
  }

  @Test func `holds no more bodies than there is memory for, and a larger one alone`() async throws
  {
    var state = try await dispatcher(memory: 100)
    _ = state.event(jobs(3..<5, of: second, bytes: 99), at: Self.start)
    let third = SegmentLease(segment: 3, epoch: 1)
    _ = state.event(jobs(5..<6, of: third, bytes: 5_000), at: Self.start)
    let running = (0..<4).flatMap { slot in
      assignments(state.event(.free(slot: slot), at: Self.start + .seconds(slot)))
    }
    #expect(running.map(\.job.number) == [0, 1, 2])
    var started: [[Int]] = []
    for assignment in running {
      let now = Self.start + .seconds(10)
      _ = state.event(.ended(assignment, AttemptEnd(outcome: .completed(Completion()))), at: now)
      let actions = state.event(.finished(assignment.job), at: now)
      started.append(assignments(actions).map(\.job.number))
    }
    #expect(started == [[], [3], []])
  }

  @Test func `refuses a job that no account serves, at no account's cost`() async throws {
    var state = try await dispatcher(models: [ModelMap(["b": "b"])])
    let work = work(state.event(.free(slot: 0), at: Self.start))
    guard case .refuse(let job) = try #require(work.first) else {
      Issue.record("it was sent")
      return
    }
    #expect(job.number == 0)
    #expect(state.accounts.members[0].state.inFlight == 0)
  }

  @Test func `keeps no slot for a model whose accounts are parked`() async throws {
    var state = try await dispatcher(models: [ModelMap(["a": "a"]), ModelMap(["b": "b"])])
    let refusal = Refusal(status: 402, code: "billing", message: "no credit")
    let parked = try #require(next(&state))
    _ = state.event(jobs(3..<5, of: second, model: "b"), at: Self.start)
    let end = AttemptEnd(outcome: .park(refusal, .billing, until: nil))
    _ = state.event(.ended(parked, end), at: Self.start)
    let open = assignments(state.event(.free(slot: 0), at: Self.start))
    #expect(open.map(\.job.number) == [3])
    #expect(state.accounts.members[0].state.inFlight == 0)
  }

  private func refusal(_ wait: Duration) -> AttemptEnd {
    let refusal = Refusal(status: 429, code: "slow", message: "too many, please wait")
    return AttemptEnd(outcome: .pace(refusal, .limit(nil), after: wait))
  }

  private func reasons(_ actions: [DispatchState.Action]) -> [String] {
    actions.compactMap { if case .stop(.parked(let reason)) = $0 { reason } else { nil } }
  }

  @Test func `waits no longer than it may for a provider that holds everything`() async throws {
    var state = try await dispatcher(parkFor: .seconds(10))
    let held = try #require(next(&state))
    _ = state.event(.ended(held, refusal(.seconds(7_200))), at: Self.start)
    #expect(state.accounts.members[0].state.trouble == "HTTP 429 slow: too many, please wait")
    #expect(next(&state) == nil)
    #expect(reasons(state.event(.tick, at: Self.start + .seconds(9))).isEmpty)
    let reason = reasons(state.event(.tick, at: Self.start + .seconds(10)))
    #expect(
      reason == ["the provider asks to wait 1 h 59 min more: HTTP 429 slow: too many, please wait"]
    )
  }

  @Test func `waits for a limit by the minute although it may not wait long`() async throws {
    var state = try await dispatcher(parkFor: .seconds(10))
    let held = try #require(next(&state))
    _ = state.event(.ended(held, refusal(.seconds(60))), at: Self.start)
    #expect(next(&state) == nil)
    #expect(reasons(state.event(.tick, at: Self.start + .seconds(50))).isEmpty)
    let again = assignments(state.event(.tick, at: Self.start + .seconds(60)))
    finish(try #require(again.first), &state)
    #expect(state.accounts.members[0].state.trouble == nil)
  }

  @Test func `claims more while jobs for one model wait and another has none left`() async throws {
    var state = try await dispatcher(models: [ModelMap(["a": "a"]), ModelMap(["b": "b"])])
    let claims = { (actions: [DispatchState.Action]) in
      actions.contains { if case .claim = $0 { true } else { false } }
    }
    _ = state.event(jobs(3..<9, of: second), at: Self.start)
    #expect(!claims(state.event(.claimed(.segments), at: Self.start)))
    let running = try #require(next(&state))
    let refusal = Refusal(status: 402, code: "billing", message: "no credit")
    let end = AttemptEnd(outcome: .park(refusal, .billing, until: nil))
    #expect(!claims(state.event(.ended(running, end), at: Self.start)))
    #expect(claims(state.event(.free(slot: 0), at: Self.start)))
  }

  @Test func `ends a run with a sentence when something impossible happens`() async throws {
    var state = try await dispatcher()
    let assignment = try #require(next(&state))
    finish(assignment, &state)
    let reasons = state.event(.finished(assignment.job), at: Self.start)
      .compactMap { if case .stop(let reason) = $0 { reason } else { nil } }
    guard case .impossible(let what)? = reasons.first else {
      Issue.record("nothing came of it")
      return
    }
    #expect(what == "job 1 was finished, but no slot had it")
  }
}
