import Jobs
import KeySources
import Runner

// What a dispatcher may do, and when.
extension DispatchWorld {
  /// Tells the dispatcher of an event, does what it asks for, and judges it.
  @discardableResult
  mutating func tell(_ event: DispatchState.Event) -> JobVerdict? {
    var verdict: JobVerdict?
    for action in state.event(event, at: now) {
      switch action {
      case .assign(let slot, let work): take(work, in: slot)
      case .dismiss(let slot):
        expect(freeSlots.remove(slot) != nil, "slot \(slot) was dismissed and not free")
        expect(stopped != nil || isAllDone, "slot \(slot) was dismissed with jobs left")
      case .verdict(let said): verdict = said
      case .claim(let count):
        expect(count > 0, "a claim of nothing")
        later(20, .claimed(count: count))
      case .wake(let time):
        expect(time > now, "a look is wanted in the past")
        coming.append((time, .tick))
      case .findKey: later(2_000, .disturbance)
      case .stop(let reason): stop(reason)
      case .parked, .resumed, .rateLimited: break
      }
    }
    judge()
    return verdict
  }

  var isAllDone: Bool { inFlight.isEmpty && places.values.allSatisfy { $0 == .gone } }

  private mutating func take(_ work: SlotWork, in slot: Int) {
    expect(freeSlots.remove(slot) != nil, "slot \(slot) got a job and was not free")
    expect(!isPaused, "a job left while the batch was paused")
    switch work {
    case .refuse(let job):
      expect(job.shape.model == "nobody's", "a job of \(job.shape.model) was refused")
      leave(job)
      places[job.number] = .settling(slot)
      later(5, .settled(slot: slot, job))
    case .send(let assignment):
      let job = assignment.job
      leave(job)
      judgeOrder(job)
      judge(assignment)
      places[job.number] = .slot(slot)
      inFlight[job.number] = assignment
      later(400, .end(slot: slot, assignment))
    }
  }

  private mutating func leave(_ job: Job) {
    switch places[job.number] {
    case .ready: break
    case .delayed(let until):
      expect(until <= now, "job \(job.number) left before its time")
    case let other: faults.append("job \(job.number) left, and was \(String(describing: other))")
    }
  }

  private mutating func judge(_ assignment: Assignment) {
    let (job, account) = (assignment.job, assignment.account)
    expect(
      account == 0 || job.shape.model == "a",
      "account \(account) got a job of \(job.shape.model)"
    )
    let held = heldUntil["\(account) \(job.shape.model)"]
    expect(held.map { $0 <= now } ?? true, "account \(account) was asked to wait until later")
    expect(keys.canLease(account), "account \(account) has no key")
  }

  /// Of the ready jobs of a model that with the lowest rank leaves.
  private mutating func judgeOrder(_ job: Job) {
    guard job.refusals == 0, job.failures == 0 else { return }
    let before = places.keys.filter { number in
      places[number] == .ready && number < job.number && !refused.contains(number)
        && jobs[number].shape.model == job.shape.model
    }
    expect(before.isEmpty, "job \(job.number) left before \(before.sorted())")
  }

  /// What holds after every event.
  private mutating func judge() {
    if let cap = scale.budget {
      expect(state.money.spent + state.money.reserved <= cap, "the budget does not hold")
    }
    expect(state.money.spent == spent || scale.budget == nil, "the books differ from what was paid")
    let assigned = inFlight.count
    expect(
      state.accounts.members.reduce(0) { $0 + $1.state.inFlight } == assigned,
      "the accounts have another number of requests on their way"
    )
    let bodies = inFlight.values.reduce(0) { $0 + $1.job.shape.bytes }
    expect(bodies <= scale.memory || assigned == 1, "more is held than there is memory for")
  }

  private mutating func stop(_ reason: StopReason) {
    stopped = reason
    switch reason {
    case .budget: expect(scale.budget != nil, "a budget that nobody set is used up")
    default: faults.append("the run stopped: \(reason)")
    }
  }

  /// What holds at the end.
  mutating func finish() {
    guard faults.isEmpty, stopped == nil else { return }
    expect(inFlight.isEmpty, "requests are on their way at the end")
    expect(state.isOver, "every job has its end, and the dispatcher does not know")
  }
}
