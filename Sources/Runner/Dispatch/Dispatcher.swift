import Synchronization

/// The shell around ``DispatchState``: its one lock, and those who wait for it.
///
/// Slots wait here for their next job, and the claimer for a reason to claim.
package final class Dispatcher: Sendable {
  fileprivate struct Guarded {
    var state: DispatchState
    var slots: [Int: CheckedContinuation<SlotWork?, Never>] = [:]
    var claimer: CheckedContinuation<Int?, Never>?
    /// Segments to claim that the claimer has not heard of.
    var dueClaim: Int?
    var isClosed = false
  }

  /// Whoever is to be told something once the lock is free.
  fileprivate struct Outbox {
    var slots: [(CheckedContinuation<SlotWork?, Never>, SlotWork?)] = []
    var claimer: (CheckedContinuation<Int?, Never>, Int?)?
    var actions: [DispatchState.Action] = []
  }

  private let guarded: Mutex<Guarded>
  let clock: any RunClock
  private let alarm: AlarmClock
  private let onAction: @Sendable (DispatchState.Action) -> Void

  /// - Parameter onAction: told of what concerns neither slots nor claims nor time.
  package init(
    _ state: DispatchState,
    clock: any RunClock,
    alarm: AlarmClock,
    onAction: @escaping @Sendable (DispatchState.Action) -> Void = { _ in }
  ) {
    guarded = Mutex(Guarded(state: state))
    self.clock = clock
    self.alarm = alarm
    self.onAction = onAction
  }

  /// Looks at the state.
  package func look<T: Sendable>(_ body: (inout DispatchState) -> T) -> T {
    guarded.withLock { body(&$0.state) }
  }

  /// The next thing to do for a slot, or nil when there is none left or the run stops.
  package func next(for slot: Int) async -> SlotWork? {
    await withCheckedContinuation { continuation in
      tell(.free(slot: slot)) { $0.slots[slot] = continuation }
    }
  }

  /// How many segments to claim, as soon as that is due; nil when there will be no more need.
  package func claimIsDue() async -> Int? {
    await withCheckedContinuation { continuation in
      let answer: Int?? = guarded.withLock { guarded in
        if let due = guarded.dueClaim.take() { return .some(due) }
        if guarded.isClosed { return .some(nil) }
        guarded.claimer = continuation
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  /// Tells that a request has ended; says what becomes of its job.
  package func ended(_ assignment: Assignment, _ end: AttemptEnd) -> JobVerdict {
    tell(.ended(assignment, end)) ?? .again
  }

  /// Tells of an event; returns the verdict on a job where the event asks for one.
  @discardableResult
  package func tell(_ event: DispatchState.Event) -> JobVerdict? {
    tell(event) { _ in }
  }

  @discardableResult
  private func tell(_ event: DispatchState.Event, _ prepare: (inout Guarded) -> Void)
    -> JobVerdict?
  {
    let now = clock.now
    let (verdict, outbox) = guarded.withLock { guarded in
      prepare(&guarded)
      var verdict: JobVerdict?
      var outbox = Outbox()
      for action in guarded.state.event(event, at: now) {
        if case .verdict(let said) = action { verdict = said }
        guarded.sort(action, into: &outbox)
      }
      guarded.close(&outbox)
      return (verdict, outbox)
    }
    send(outbox)
    return verdict
  }

  private func send(_ outbox: consuming Outbox) {
    for (slot, work) in outbox.slots { slot.resume(returning: work) }
    if let (claimer, count) = outbox.claimer { claimer.resume(returning: count) }
    for action in outbox.actions {
      if case .wake(let time) = action { wake(at: time) } else { onAction(action) }
    }
  }

  private func wake(at time: ContinuousClock.Instant) {
    Task {
      if await alarm.sleep(until: time) == .elapsed { tell(.tick) }
    }
  }
}

extension Dispatcher.Guarded {
  fileprivate mutating func sort(
    _ action: DispatchState.Action,
    into outbox: inout Dispatcher.Outbox
  ) {
    switch action {
    case .assign(let slot, let work):
      if let waiting = slots.removeValue(forKey: slot) { outbox.slots.append((waiting, work)) }
    case .dismiss(let slot):
      if let waiting = slots.removeValue(forKey: slot) { outbox.slots.append((waiting, nil)) }
    case .claim(let count):
      dueClaim = count
      if let claimer = claimer.take() { outbox.claimer = (claimer, dueClaim.take()) }
    case .verdict: break
    case .wake, .findKey, .parked, .resumed, .rateLimited, .stop: outbox.actions.append(action)
    }
  }

  /// Lets the claimer go once nothing will be claimed any more.
  fileprivate mutating func close(_ outbox: inout Dispatcher.Outbox) {
    guard !isClosed, state.isDone else { return }
    isClosed = true
    dueClaim = nil
    if let claimer = claimer.take() { outbox.claimer = (claimer, nil) }
  }
}
