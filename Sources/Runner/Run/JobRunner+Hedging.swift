import Jobs
import KeySources
import Synchronization
import Transport

/// What hedging goes by, for all jobs of a run.
package final class Hedging: Sendable {
  private let control: Mutex<HedgeControl>

  package init(_ policy: HedgePolicy) {
    control = Mutex(HedgeControl(policy))
  }

  var age: Duration? { control.withLock { $0.age } }

  func sent(tokens: Double) { control.withLock { $0.sent(tokens: tokens) } }

  func answered(after latency: Duration) { control.withLock { $0.answered(after: latency) } }

  /// A second request that may leave: within the budget, and where there is room at once.
  func take(tokens: Double, _ admit: () -> Account.Permit?) -> Account.Permit? {
    guard control.withLock({ $0.take(tokens: tokens) }) else { return nil }
    let permit = admit()
    if permit == nil { control.withLock { $0.giveBack(tokens: tokens) } }
    return permit
  }
}

// Sending a slow request twice.
extension JobRunner {
  /// A request of a job and what came of it.
  struct Attempt: Sendable {
    let permit: Account.Permit
    let reservation: Budget.Reservation
    var answer: Answer

    /// True when the job needs no other answer.
    var isDecisive: Bool {
      switch answer.outcome {
      case .completed, .fail: true
      case .retry, .pace, .park, nil: false
      }
    }
  }

  private enum RaceEvent: Sendable {
    case ended(Attempt)
    case mayHedge(Account.Permit, Budget.Reservation)
    case mayNotHedge
  }

  /// How often it is looked whether a slow request may be sent a second time.
  private static let glance: Duration = .seconds(1)

  /// Sends a job's request; with hedging, a second one may follow.
  func attempt(
    _ prepared: PreparedJob,
    _ permit: Account.Permit,
    _ reservation: Budget.Reservation,
    job: Int
  ) async -> Attempt {
    let first = Attempt(permit: permit, reservation: reservation, answer: Answer())
    guard let hedging else { return await carryOut(first, prepared) }
    return await race(prepared, job: job, first, hedging)
  }

  private func carryOut(_ attempt: Attempt, _ prepared: PreparedJob) async -> Attempt {
    var attempt = attempt
    attempt.answer = await send(prepared, attempt.permit)
    return attempt
  }

  /// Sends a job's request, and a second one when it takes long; the first good answer wins.
  ///
  /// - Returns: the attempt that decides about the job; the other one has been settled.
  private func race(
    _ prepared: PreparedJob,
    job: Int,
    _ first: Attempt,
    _ hedging: Hedging
  ) async -> Attempt {
    hedging.sent(tokens: prepared.shape.estimatedTokens)
    let over = AlarmClock.Bell()
    let start = over.mark
    return await withTaskGroup(of: RaceEvent.self) { group in
      group.addTask { .ended(await carryOut(first, prepared)) }
      group.addTask { await waitToHedge(prepared, first.permit, hedging, until: start) }
      var running = 1
      var winner: Attempt?
      for await event in group {
        switch event {
        case .mayNotHedge: break
        case .mayHedge(let permit, let reservation):
          if winner != nil {
            accounts.withdraw(permit)
            budget.giveBack(reservation)
          } else {
            running += 1
            let second = Attempt(permit: permit, reservation: reservation, answer: Answer())
            group.addTask { .ended(await carryOut(second, prepared)) }
          }
        case .ended(let attempt):
          running -= 1
          if winner == nil, attempt.isDecisive || running == 0 {
            winner = attempt
            accounts.alarm.ring(over)
            group.cancelAll()
          } else {
            lose(attempt, job: job)
          }
        }
      }
      if let elapsed = winner?.answer.response?.elapsed { hedging.answered(after: elapsed) }
      return winner ?? first
    }
  }

  private func waitToHedge(
    _ prepared: PreparedJob,
    _ first: Account.Permit,
    _ hedging: Hedging,
    until over: AlarmClock.Mark
  ) async -> RaceEvent {
    while !Task.isCancelled {
      let now = clock.now
      let due = hedging.age.map { first.grant.sentAt + $0 }
      if let due, due <= now {
        if let second = hedge(prepared, first, hedging) { return second }
      }
      let next = due.flatMap { $0 > now ? $0 : nil } ?? now + Self.glance
      guard await accounts.alarm.sleep(until: next, orRingSince: over) == .elapsed else { break }
    }
    return .mayNotHedge
  }

  /// Leave for a second request: within the hedging's own bounds and the budget, where there is room
  /// at once.
  private func hedge(
    _ prepared: PreparedJob,
    _ first: Account.Permit,
    _ hedging: Hedging
  ) -> RaceEvent? {
    guard let reservation = budget.reserveAtOnce(prepared) else { return nil }
    let permit = hedging.take(tokens: prepared.shape.estimatedTokens) {
      accounts.admitAtOnce(prepared, besides: first)
    }
    if let permit { return .mayHedge(permit, reservation) }
    budget.giveBack(reservation)
    return nil
  }

  /// Settles an attempt whose job goes by another one: its account learns from it, the job does not.
  private func lose(_ attempt: Attempt, job: Int) {
    let (permit, answer) = (attempt.permit, attempt.answer)
    audit.note(answer.audited, job: job, with: permit)
    // One that was cut off may be billed all the same.
    let isCutOff = answer.outcome == nil && answer.mayHaveLeft
    let cost = budget.close(attempt.reservation, isCutOff ? .unknown : answer.bill)
    if let cost { budget.keep(cost) }
    defer { permit.account.keyring.release(permit.lease) }
    switch answer.outcome {
    case .completed(let usage):
      accounts.answered(
        permit,
        usage: usage,
        elapsed: answer.response?.elapsed ?? .zero,
        sighting: answer.sighting
      )
    case .fail:
      accounts.answered(permit, usage: nil, elapsed: .zero, sighting: answer.sighting)
    case .retry(_, let cause, let after):
      _ = accounts.failed(
        permit,
        job: job,
        cause: cause,
        wait: after,
        answered: answer.response != nil,
        isAboutRequest: answer.isAboutRequest,
        othersWait: true
      )
    case .pace(_, let cause, let after):
      accounts.paced(permit, for: cause, wait: after, sighting: answer.sighting)
      batcher.count(Traffic(rateLimited: 1))
    case .park(let refusal, let reason, let until):
      accounts.refused(permit, refusal, reason, until: until)
    case nil:
      accounts.cancelled(permit, left: answer.mayHaveLeft)
      batcher.count(Traffic(requestsSent: answer.mayHaveLeft ? 1 : 0))
    }
  }
}

extension RequestShape {
  /// Tokens that a request takes at most, as far as its body tells.
  fileprivate var estimatedTokens: Double { Double(bytes) / 4 + Double(maxTokens ?? 0) }
}
